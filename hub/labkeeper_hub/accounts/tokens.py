"""Random tokens, of which only the digest is ever kept."""

import hashlib
import secrets

TOKEN_BYTES = 32  # 256 bits: cannot be guessed, so a fast digest protects it at rest


def make_token() -> str:
    """Return a new token, safe in URLs and cookies."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def digest(token: str) -> str:
    """Return what is kept of a token: SHA-256 in hex."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
