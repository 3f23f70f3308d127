#!/usr/bin/env python3
"""Make the secrets and settings of a school: every password and key new, nothing with a default.

    python3 deploy/init.py --school minhang-3 --node physics-pi --address 192.168.10.2

writes `deploy/secrets` (read by the compose file), and for each node a folder with what goes onto its Pi. What is there
already is kept, so a later run with another --node adds that node. Needs python3 and openssl, nothing else.
"""

import argparse
import base64
import hashlib
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
DAYS = "3650"
INTERLOCK_KEY = "interlocks.key"  # in the hub's data folder: 32 bytes, any of which are an Ed25519 key (RFC 8032)
PKCS8 = bytes.fromhex("302e020100300506032b657004220420")  # what DER says before the 32 bytes (RFC 8410)
ITERATIONS = 10_000  # of PBKDF2; Mosquitto's own tool makes 101
HUB_TOML = """\
data = "/var/lib/labkeeper-hub"
host = "0.0.0.0"
port = 8080
broker = "mqtts://hub:{password}@broker:8883"

[influx]
url = "http://influxdb:8086"
version = 2
org = "labkeeper"
database = "labkeeper"
token_file = "/run/secrets/influx_token"
"""
NODE_TOML = """\
school = "{school}"
node = "{node}"
broker = "mqtts://{node}:{password}@{address}:8883"
interlock_keys = ["{interlock_key}"]  # of this hub, which signs what two persons agreed on

[lab]
id = "{node}"
title = {{ zh = "{node}", en = "{node}" }}

[drivers.zigbee]
driver = "zigbee2mqtt"
base_topic = "lab/{node}/zigbee2mqtt"

[drivers.homie]
driver = "homie"
domain = "{node}"
"""


def main(words: Sequence[str] | None = None) -> int:
    """Make what is missing; return the exit status."""
    options = _parser().parse_args(words)
    for name in (options.school, *options.node):
        if not NAME.fullmatch(name) or name == "hub":
            print(f"init: {name!r}: letters, digits, - and _, and not 'hub'", file=sys.stderr)
            return 2
    folder: Path = options.to
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    _authority(folder)
    _certificate(folder, options.address)
    passwords = {name: _secret(folder / f"{name}.password") for name in ("hub", *options.node)}
    for name in ("influx_password", "influx_token", "grafana_password"):
        _secret(folder / name)
    _password_file(folder)
    _compose(folder.parent)
    interlock_key = _public(_interlock_key(folder.parent / "data" / "hub" / INTERLOCK_KEY))
    _keep(folder / "hub.toml", lambda: HUB_TOML.format(password=passwords["hub"]))
    for node in options.node:
        known = {"school": options.school, "address": options.address, "interlock_key": interlock_key}
        _node(folder / "nodes" / node, folder, {**known, "password": passwords[node]})
    print(f"init: secrets are in {folder}; each node's files are in {folder / 'nodes'}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--school", required=True, help="the school's name in topics and dashboards")
    parser.add_argument("--node", action="append", default=[], help="a node; may be repeated")
    parser.add_argument("--address", required=True, help="how nodes reach this machine: its address or name")
    parser.add_argument("--to", type=Path, default=HERE / "secrets", help="where to (deploy/secrets)")
    return parser


def _compose(folder: Path) -> None:
    """Make the folders that the compose file mounts, and tell it whose they are: its services run as that user."""
    for name in ("broker", "hub", "influxdb", "influxdb-config", "grafana"):
        (folder / "data" / name).mkdir(parents=True, exist_ok=True)
    (folder / ".env").write_text(f"LABKEEPER_UID={os.getuid()}\n", encoding="utf-8")


def _keep(file: Path, make: Callable[[], str]) -> str:
    """Return the file's text, made if it is not there; nobody but its owner reads it."""
    if not file.exists():
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            out.write(make())
    return file.read_text(encoding="utf-8")


def _secret(file: Path) -> str:
    return _keep(file, lambda: secrets.token_urlsafe(24))


def _password_file(folder: Path) -> None:
    """Write Mosquitto's password file anew, from all passwords there are; salted, so never twice the same."""
    lines = [_mosquitto_line(file.stem, file.read_text()) for file in sorted(folder.glob("*.password"))]
    written = folder / "passwd"
    written.write_text("".join(lines), encoding="utf-8")
    written.chmod(0o600)


def _mosquitto_line(user: str, password: str) -> str:
    """Return a line of Mosquitto 2's `$7$` form: PBKDF2-HMAC-SHA512, its iterations, salt and hash."""
    salt = secrets.token_bytes(12)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ITERATIONS, 64)
    parts = (base64.b64encode(part).decode() for part in (salt, digest))
    return f"{user}:$7${ITERATIONS}${'$'.join(parts)}\n"


def _authority(folder: Path) -> None:
    """Make the school's own authority, whose key should leave this machine when the nodes are set up."""
    if (folder / "ca.crt").exists():
        return
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", DAYS)
    made = ("-keyout", str(folder / "ca.key"), "-out", str(folder / "ca.crt"), "-subj", "/CN=Labkeeper of this school")
    # RFC 5280: a certificate authority says so, and what its key may do
    usage = ("-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
    _openssl("req", "-x509", *curve, *made, *usage)


def _certificate(folder: Path, address: str) -> None:
    """Make the broker's certificate, for its address, its name in the compose network and this machine itself."""
    if (folder / "broker.crt").exists():
        return
    kind = "IP" if re.fullmatch(r"[0-9.]+|[0-9a-fA-F:]*:[0-9a-fA-F:]+", address) else "DNS"
    extensions = folder / "broker.ext"
    extensions.write_text(
        f"subjectAltName={kind}:{address},DNS:broker,DNS:localhost,IP:127.0.0.1\n"
        "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n"
        "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
    )
    request, key = str(folder / "broker.csr"), str(folder / "broker.key")
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    _openssl("req", *curve, "-keyout", key, "-out", request, "-subj", "/CN=broker")
    signed = ("-CA", str(folder / "ca.crt"), "-CAkey", str(folder / "ca.key"), "-CAcreateserial")
    out = ("-out", str(folder / "broker.crt"), "-days", DAYS, "-extfile", str(extensions))
    _openssl("x509", "-req", "-in", request, *signed, *out)


def _openssl(*words: str) -> None:
    """Run openssl under a mask that lets nobody else read the keys it makes."""
    subprocess.run(("openssl", *words), check=True, capture_output=True, umask=0o077)  # noqa: S603, S607 -- of this system


def _interlock_key(file: Path) -> bytes:
    """Return the key with which the hub signs interlocks, made if neither this nor the hub has made it."""
    if not file.exists():
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            out.write(secrets.token_bytes(32))
    return file.read_bytes()


def _public(secret: bytes) -> str:
    """Return what a node's settings name: base64 of the public half's 32 bytes."""
    words = ("openssl", "pkey", "-inform", "DER", "-pubout", "-outform", "DER")
    told = subprocess.run(words, input=PKCS8 + secret, check=True, capture_output=True)  # noqa: S603 -- of this system
    return base64.b64encode(told.stdout[-32:]).decode()


def _node(folder: Path, of_school: Path, known: Mapping[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    _keep(folder / "node.toml", lambda: NODE_TOML.format(node=folder.name, **known))
    _keep(folder / "ca.crt", (of_school / "ca.crt").read_text)


if __name__ == "__main__":
    sys.exit(main())
