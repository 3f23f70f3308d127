"""Secrets for one node: sealed to its key by anybody, opened by that node alone.

An ephemeral X25519 key, HKDF-SHA256 and ChaCha20-Poly1305, of the `cryptography` library; it is imported only by roles
that have it. `bound` is what the secret is for: sealed for one thing it does not open for another.
"""

from base64 import b64decode, b64encode
from binascii import Error as NotBase64

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

PURPOSE = b"labkeeper sealed secret 1"
KEY_BYTES = 32
NONCE = bytes(12)  # each key encrypts one secret


class CannotOpen(ValueError):
    """It was sealed for another node or for another thing, or it is no sealed secret."""


def new_key() -> X25519PrivateKey:
    """Make a node's key."""
    return X25519PrivateKey.generate()


def public(key: X25519PrivateKey) -> str:
    """Return what others seal with, as text."""
    return b64encode(key.public_key().public_bytes_raw()).decode()


def seal(to: str, secret: str, bound: str) -> str:
    """Seal a secret to a public key; raises ValueError for one that is none."""
    raw = _bytes(to)
    ephemeral = new_key()
    shared = ephemeral.exchange(X25519PublicKey.from_public_bytes(raw))
    mine = ephemeral.public_key().public_bytes_raw()
    sealed = ChaCha20Poly1305(_key(shared, mine, raw)).encrypt(NONCE, secret.encode(), bound.encode())
    return b64encode(mine + sealed).decode()


def unseal(key: X25519PrivateKey, sealed: str, bound: str) -> str:
    """Open a secret; raises CannotOpen."""
    try:
        raw = _bytes(sealed)
        theirs, rest = raw[:KEY_BYTES], raw[KEY_BYTES:]
        shared = key.exchange(X25519PublicKey.from_public_bytes(theirs))
        own = key.public_key().public_bytes_raw()
        return ChaCha20Poly1305(_key(shared, theirs, own)).decrypt(NONCE, rest, bound.encode()).decode()
    except (ValueError, InvalidTag) as error:
        raise CannotOpen("sealed for another node, or for another thing") from error


def binding(school: str, node: str, instance: str, driver: str) -> str:
    """Return what a secret of a driver instance is bound to."""
    return f"{school}\0{node}\0{instance}\0{driver}"


def _key(shared: bytes, ephemeral: bytes, receiver: bytes) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, None, PURPOSE + ephemeral + receiver).derive(shared)


def _bytes(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except NotBase64 as error:
        raise ValueError("not base64") from error
