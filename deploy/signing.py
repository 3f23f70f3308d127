"""The key with which the hub signs interlocks: made before the hub's first start, so that its nodes can be told it."""

import base64
import os
import secrets
import subprocess
from pathlib import Path

from authority import NotSignable

FILE = "interlocks.key"  # in the hub's data folder: 32 bytes, any of which are an Ed25519 key (RFC 8032)
PKCS8 = bytes.fromhex("302e020100300506032b657004220420")  # what DER says before the 32 bytes (RFC 8410)


def public_key(hub: Path) -> str:
    """Return what nodes' settings name, base64 of the public half's 32 bytes; make the key if the hub has none yet."""
    words = ("openssl", "pkey", "-inform", "DER", "-pubout", "-outform", "DER")
    try:
        told = subprocess.run(words, input=PKCS8 + _secret(hub / FILE), check=True, capture_output=True)  # noqa: S603 -- of this system
    except FileNotFoundError as missing:
        raise NotSignable("openssl is not installed: apt install openssl") from missing
    except subprocess.CalledProcessError as failed:
        raise NotSignable(f"{hub / FILE}: {failed.stderr.decode(errors='replace').strip()}") from failed
    return base64.b64encode(told.stdout[-32:]).decode()


def _secret(file: Path) -> bytes:
    if not file.exists():
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(secrets.token_bytes(32))
    return file.read_bytes()
