"""The owner's secret: made at the first run, shown once, kept only as an argon2id hash."""

import hmac
import secrets
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from labkeeper_hub.accounts.files import read_owner, write_owner
from labkeeper_hub.accounts.tokens import make_token

# OWASP Password Storage Cheat Sheet, argon2id: 19 MiB, two passes, one lane; small enough for a Pi.
HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


class OwnerSecret:
    """The hash, and a keyed digest of the secret once somebody has proved to know it."""

    def __init__(self, hashed: str) -> None:
        self._hashed = hashed
        self._key = secrets.token_bytes(32)
        self._proved: bytes | None = None

    def verify(self, secret: str) -> bool:
        """Return whether this is the secret, by argon2id: tens of milliseconds, so never call it on the event loop."""
        try:
            HASHER.verify(self._hashed, secret.encode("utf-8", "surrogatepass"))
        except (VerificationError, InvalidHashError):
            return False
        self._proved = self._digest(secret)
        return True

    def is_proved(self, secret: str) -> bool:
        """Return whether this very secret has been verified before: microseconds, in constant time."""
        return self._proved is not None and hmac.compare_digest(self._digest(secret), self._proved)

    def _digest(self, secret: str) -> bytes:
        return hmac.digest(self._key, secret.encode("utf-8", "surrogatepass"), "sha256")


def open_owner_secret(data: Path) -> tuple[OwnerSecret, str | None]:
    """Return the owner's secret, and its text at the first run only; raise BadConfiguration for a damaged file."""
    hashed = read_owner(data)
    if hashed is not None:
        return OwnerSecret(hashed), None
    text = make_token()
    hashed = HASHER.hash(text)
    write_owner(data, hashed)
    return OwnerSecret(hashed), text
