"""The key with which a hub signs what two persons have agreed on: Ed25519, in a file only its user may read.

`cryptography` is imported where a set is signed or the public half is asked for: 6 MB, which most hubs do without.
"""

import base64
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from labkeeper_hub.model import NodeKey
from labkeeper_hub.private_files import replace_private
from labkeeper_sdk import BadConfiguration
from labkeeper_wire.interlocks import AgreedSet

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

FILE = "interlocks.key"
BYTES = 32


@dataclass(frozen=True, slots=True)
class Signing:
    """Signs sets for nodes."""

    secret: bytes = field(repr=False)

    @property
    def public(self) -> str:
        """What a node's settings name: base64 of the public half's 32 bytes."""
        return base64.b64encode(self._key.public_key().public_bytes_raw()).decode()

    def signed(self, agreed: AgreedSet, node: NodeKey) -> AgreedSet:
        """Return the set with this hub's signature for that node."""
        return agreed._replace(signature=base64.b64encode(self._key.sign(agreed.signed_bytes(*node))).decode())

    @property
    def _key(self) -> "Ed25519PrivateKey":
        from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415 -- as above

        return ed25519.Ed25519PrivateKey.from_private_bytes(self.secret)


def open_signing(folder: Path) -> Signing:
    """Return the key of a hub's data folder; the first run makes it. Raises BadConfiguration for a damaged file."""
    path = folder / FILE
    if not path.exists():
        replace_private(path, secrets.token_bytes(BYTES))  # any 32 bytes are a key, RFC 8032 5.1.5
    secret = path.read_bytes()
    if len(secret) != BYTES:
        raise BadConfiguration("interlocks", "is no key; put back a copy, or delete it for a new one", str(path))
    return Signing(secret)
