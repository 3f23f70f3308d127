"""Secrets that must be read again, encrypted: Fernet, with a key in a file that only the hub's user may read.

`cryptography` is imported where a secret is sealed or opened: 6 MB, which a hub that keeps none does without.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_bytes

from labkeeper_hub.private_files import replace_private

KEY = "vault.key"
KEY_BYTES = 32  # of a Fernet key: half of it signs, half of it encrypts
FORMER_KEY = "telling.key"  # when only channels had secrets


class CannotOpen(Exception):
    """The text was sealed with another key, or is damaged."""


@dataclass(frozen=True, slots=True)
class Vault:
    """Seals texts and opens them."""

    key: bytes = field(repr=False)

    def seal(self, text: str) -> str:
        """Return the text as it is kept."""
        from cryptography.fernet import Fernet  # noqa: PLC0415 -- as above

        return Fernet(self.key).encrypt(text.encode()).decode()

    def mark(self, text: str) -> str:
        """Return what tells this text from others and nobody else can reckon: an HMAC-SHA-256 in hex."""
        return hmac.new(self.key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()

    def open(self, sealed: str) -> str:
        """Return the text; raises CannotOpen."""
        from cryptography.fernet import Fernet, InvalidToken  # noqa: PLC0415 -- as above

        try:
            return Fernet(self.key).decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise CannotOpen from error


def open_vault(folder: Path) -> Vault:
    """Return the vault of a hub's data folder; the first run makes its key."""
    path, former = folder / KEY, folder / FORMER_KEY
    if former.exists() and not path.exists():
        former.rename(path)
    if not path.exists():
        replace_private(path, urlsafe_b64encode(token_bytes(KEY_BYTES)))
    return Vault(path.read_bytes())
