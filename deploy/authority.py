"""The school's authority and the broker's certificate, made with openssl; one's own are taken where they lie there."""

import re
import subprocess
from pathlib import Path

DAYS = "3650"
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
    extensions = folder / "broker.ext"
    extensions.write_text(
        f"subjectAltName={kind}:{address},DNS:broker,DNS:localhost,IP:127.0.0.1\n"
        "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n"
        "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
    )
    request, key = str(folder / "broker.csr"), str(folder / "broker.key")
    _openssl("req", *CURVE, "-keyout", key, "-out", request, "-subj", "/CN=broker")
    signed = ("-CA", str(folder / "ca.crt"), "-CAkey", str(folder / "ca.key"), "-CAcreateserial")
    out = ("-out", str(folder / "broker.crt"), "-days", DAYS, "-extfile", str(extensions))
    _openssl("x509", "-req", "-in", request, *signed, *out)


def _openssl(*words: str) -> None:
    """Run openssl under a mask that lets nobody else read the keys it makes; raises NotSignable with what it says."""
    try:
        subprocess.run(("openssl", *words), check=True, capture_output=True, umask=0o077)  # noqa: S603, S607 -- of this system
    except FileNotFoundError as missing:
        raise NotSignable("openssl is not installed: apt install openssl") from missing
    except subprocess.CalledProcessError as failed:
        raise NotSignable(f"openssl: {failed.stderr.decode(errors='replace').strip()}") from failed
