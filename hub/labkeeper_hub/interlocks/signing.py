"""The key with which a hub signs what two persons have agreed on: Ed25519, in a file only its user may read."""

import base64
import os
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from labkeeper_hub.model import NodeKey
from labkeeper_sdk import BadConfiguration
from labkeeper_wire.interlocks import AgreedSet

FILE = "interlocks.key"
BYTES = 32


@dataclass(frozen=True, slots=True)
class Signing:
    """Signs sets for nodes."""

    key: Ed25519PrivateKey = field(repr=False)

    @property
    def public(self) -> str:
        """What a node's settings name: base64 of the public half's 32 bytes."""
        raw = serialization.Encoding.Raw, serialization.PublicFormat.Raw
        return base64.b64encode(self.key.public_key().public_bytes(*raw)).decode()

    def signed(self, agreed: AgreedSet, node: NodeKey) -> AgreedSet:
        """Return the set with this hub's signature for that node."""
        return agreed._replace(signature=base64.b64encode(self.key.sign(agreed.signed_bytes(*node))).decode())


def open_signing(folder: Path) -> Signing:
    """Return the key of a hub's data folder; the first run makes it. Raises BadConfiguration for a damaged file."""
    path = folder / FILE
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(Ed25519PrivateKey.generate().private_bytes_raw())
            file.flush()
            os.fsync(file.fileno())
    secret = path.read_bytes()
    if len(secret) != BYTES:
        raise BadConfiguration("interlocks", "is no key; put back a copy, or delete it for a new one", str(path))
    return Signing(Ed25519PrivateKey.from_private_bytes(secret))
