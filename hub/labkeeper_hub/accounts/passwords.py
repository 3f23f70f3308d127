"""Passwords: which are refused, and how the others are kept."""

from argon2.exceptions import InvalidHashError, VerificationError

from labkeeper_hub.accounts.common_words import ENOUGH, guesses
from labkeeper_hub.accounts.secret import HASHER

SHORTEST = 10
LONGEST = 64  # the estimate below takes long for more
STRONG_ENOUGH = 3  # of 4, by zxcvbn: more than 10^8 guesses, which throttled sign-in makes out of reach


class WeakPassword(Exception):
    """Tell the person to choose another: `code` is short_password, long_password or common_password."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def check_password(password: str, *own: str) -> None:
    """Raise WeakPassword for one that is short, or easy to guess: from lists of leaked passwords, names, dates,
    keyboards, or the person's `own` words.

    zxcvbn knows some 30,000 leaked passwords, all of them Western; what is usual here, our own rule knows. Nothing is
    asked of the internet. Tens of milliseconds: call it off the event loop.
    """
    from zxcvbn import zxcvbn  # noqa: PLC0415 -- 13 MB of words, for the rare moment in which someone chooses a password

    if len(password) < SHORTEST:
        raise WeakPassword("short_password", f"a password has at least {SHORTEST} characters")
    if len(password) > LONGEST:
        raise WeakPassword("long_password", f"a password has at most {LONGEST} characters")
    known = ("labkeeper", *own)
    if guesses(password, known) < ENOUGH or zxcvbn(password, user_inputs=[*known])["score"] < STRONG_ENOUGH:
        raise WeakPassword("common_password", "this password is too easy to guess")


def hash_password(password: str) -> str:
    """Return what is kept of a password: argon2id, tens of milliseconds."""
    return HASHER.hash(password)


def is_password(hashed: str, password: str) -> bool:
    """Return whether this is the password: argon2id, tens of milliseconds."""
    try:
        return HASHER.verify(hashed, password.encode("utf-8", "surrogatepass"))
    except (VerificationError, InvalidHashError):
        return False
