"""The school's authority, the broker's certificate and the nodes', made with openssl; what one brings is taken."""

import re
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

DAYS = "3650"
DAYS_OF_A_NODE = "1095"
SOON_S = 90 * 86_400
REVOKED = "revoked"  # the folder of certificates that are to hold no more: NODE.SERIAL.crt
RENEWED = "renewed"  # of those that a newer one has followed, and that hold until they end
LIST = "crl.pem"
CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


class NotSignable(Exception):
    """The broker's certificate is not there, and cannot be signed; the message says why."""


def certify(folder: Path, address: str) -> None:
    """Make what is not there of the two certificates and their keys; raises NotSignable without the authority's key."""
    if (folder / "broker.crt").exists() and (folder / "ca.crt").exists():
        return
    if not (folder / "ca.crt").exists():
        _authority(folder)
    if not (folder / "ca.key").exists():
        raise NotSignable(
            f"{folder / 'ca.key'} is not there, and without it no certificate can be signed for the broker"
        )
    _certificate(folder, address)


def _authority(folder: Path) -> None:
    """Make the school's own authority, whose key should leave this machine when the nodes are set up."""
    made = ("-keyout", str(folder / "ca.key"), "-out", str(folder / "ca.crt"), "-subj", "/CN=Labkeeper of this school")
    # RFC 5280: a certificate authority says so, and what its key may do
    usage = ("-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
    _openssl("req", "-x509", *CURVE, "-days", DAYS, *made, *usage)


def _certificate(folder: Path, address: str) -> None:
    """Make the broker's certificate, for its address, its name in the compose network and this machine itself."""
    kind = "IP" if re.fullmatch(r"[0-9.]+|[0-9a-fA-F:]*:[0-9a-fA-F:]+", address) else "DNS"
    names = f"subjectAltName={kind}:{address},DNS:broker,DNS:localhost,IP:127.0.0.1"
    _openssl(
        "req", *CURVE, "-keyout", str(folder / "broker.key"), "-out", str(folder / "broker.csr"), "-subj", "/CN=broker"
    )
    _sign(folder, folder / "broker", DAYS, names, "extendedKeyUsage=serverAuth")


def certify_node(folder: Path, of_node: Path) -> None:
    """Make a node's certificate anew, whose name is its account, and its key if there is none; raises NotSignable."""
    need_key(folder)
    of_node.mkdir(parents=True, exist_ok=True)
    if (of_node / "node.crt").exists():
        _put_away(of_node / "node.crt", of_node.name, folder / RENEWED)
    key = of_node / "node.key"
    made = ("-new", "-key", str(key)) if key.exists() else (*CURVE, "-keyout", str(key))
    _openssl("req", *made, "-out", str(of_node / "node.csr"), "-subj", f"/CN={of_node.name}")
    _sign(folder, of_node / "node", DAYS_OF_A_NODE, "extendedKeyUsage=clientAuth")
    (of_node / "node.csr").unlink()
    (of_node / "node.ext").unlink()


def need_key(folder: Path) -> None:
    """Raise NotSignable if the authority's key is not here."""
    if not (folder / "ca.key").exists():
        raise NotSignable(f"{folder / 'ca.key'} is not there, and without it nothing can be signed or revoked")


def revoke(folder: Path, of_node: Path) -> None:
    """Put all certificates that a node ever had among those that are to hold no more."""
    for certificate in (of_node / "node.crt", *(folder / RENEWED).glob(f"{of_node.name}.*")):
        if certificate.exists():
            _put_away(certificate, of_node.name, folder / REVOKED)


def revoked(folder: Path) -> set[str]:
    """Return the nodes that a certificate was taken from."""
    return {file.name.partition(".")[0] for file in (folder / REVOKED).glob("*.crt")}


def list_revoked(folder: Path) -> None:
    """Make the list of revoked certificates anew; without the authority's key the old one stays. Raises NotSignable.

    It holds as long as the authority: a broker with a list that has expired lets in nobody at all.
    """
    if not (folder / "ca.key").exists():
        return
    with tempfile.TemporaryDirectory() as temporary:
        index, settings = Path(temporary) / "index.txt", Path(temporary) / "ca.conf"
        index.write_text("".join(_lines(folder / REVOKED)))
        settings.write_text(
            f"[ca]\ndefault_ca=this\n[this]\ndatabase={index}\ndefault_md=sha256\ndefault_crl_days={DAYS}\n"
        )
        signed = ("-cert", str(folder / "ca.crt"), "-keyfile", str(folder / "ca.key"))
        _openssl("ca", "-gencrl", "-config", str(settings), *signed, "-out", str(folder / LIST))


def ends_soon(certificate: Path) -> bool:
    """Tell whether it has less than three months left, or none."""
    words = ("openssl", "x509", "-noout", "-checkend", str(SOON_S), "-in", str(certificate))
    return subprocess.run(words, check=False, capture_output=True).returncode != 0  # noqa: S603 -- of this system


def _lines(revoked: Path) -> Iterator[str]:
    """Give openssl's index of what is revoked: when it would have ended, when it was revoked, its number, its name."""
    for file in sorted(revoked.glob("*.crt")):
        ends = datetime.strptime(_told(file, "-enddate"), "%b %d %H:%M:%S %Y GMT").replace(tzinfo=UTC)
        since = datetime.fromtimestamp(file.stat().st_ctime, UTC)
        serial = file.stem.partition(".")[2]
        yield f"R\t{ends:%y%m%d%H%M%SZ}\t{since:%y%m%d%H%M%SZ}\t{serial}\tunknown\t/CN=revoked\n"


def _put_away(certificate: Path, node: str, folder: Path) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    certificate.rename(folder / f"{node}.{_told(certificate, '-serial')}.crt")


def _told(certificate: Path, what: str) -> str:
    """Return what openssl says of a certificate behind the equals sign."""
    return _openssl("x509", "-noout", what, "-in", str(certificate)).decode().strip().partition("=")[2]


def _sign(folder: Path, request: Path, days: str, *extensions: str) -> None:
    """Sign what lies in `request`.csr; the certificate lies beside it."""
    lines = (*extensions, "basicConstraints=critical,CA:FALSE", "keyUsage=critical,digitalSignature")
    about = request.with_suffix(".ext")
    about.write_text("\n".join((*lines, "subjectKeyIdentifier=hash", "authorityKeyIdentifier=keyid", "")))
    signed = ("-CA", str(folder / "ca.crt"), "-CAkey", str(folder / "ca.key"), "-CAcreateserial")
    out = ("-out", str(request.with_suffix(".crt")), "-days", days, "-extfile", str(about))
    _openssl("x509", "-req", "-in", str(request.with_suffix(".csr")), *signed, *out)


def _openssl(*words: str) -> bytes:
    """Run openssl under a mask that lets nobody else read the keys it makes, and return what it prints; raises
    NotSignable with what it says.
    """
    try:
        return subprocess.run(("openssl", *words), check=True, capture_output=True, umask=0o077).stdout  # noqa: S603, S607 -- of this system
    except FileNotFoundError as missing:
        raise NotSignable("openssl is not installed: apt install openssl") from missing
    except subprocess.CalledProcessError as failed:
        raise NotSignable(f"openssl: {failed.stderr.decode(errors='replace').strip()}") from failed
