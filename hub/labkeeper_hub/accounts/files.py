"""The two private files of the accounts, readable by the hub's user only, replaced whole or not at all."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from labkeeper_hub.accounts.sessions import Session
from labkeeper_hub.private_files import read_private, replace_private

OWNER_FILE = "owner.json"
SESSIONS_FILE = "sessions.json"


class _StoredOwner(BaseModel):
    model_config = ConfigDict(extra="forbid")
    secret_argon2id: str


class _StoredSession(BaseModel):
    model_config = ConfigDict(extra="ignore")  # earlier versions kept a role beside the name
    key: str
    name: str
    opened_ms: int
    seen_ms: int
    token: str = ""  # earlier versions had the token's digest as the key
    turned_ms: int = 0
    before: str | None = None
    before_until_ms: int | None = None
    there_subject: str = ""
    there_session: str = ""

    def session(self) -> Session:
        return Session(**{**self.model_dump(), "token": self.token or self.key})


class _StoredSessions(BaseModel):
    model_config = ConfigDict(extra="forbid")
    sessions: list[_StoredSession]


def read_owner(data: Path) -> str | None:
    """Return the hash of the owner's secret, None before the first run; raise BadConfiguration for a damaged file."""
    advice = "delete the file and the next start makes a new owner secret"
    stored = read_private(data / OWNER_FILE, _StoredOwner, "secret_argon2id", advice)
    return None if stored is None else stored.secret_argon2id


def write_owner(data: Path, hashed: str) -> None:
    """Keep the hash of the owner's secret."""
    replace_private(data / OWNER_FILE, _StoredOwner(secret_argon2id=hashed).model_dump_json())


def read_sessions(data: Path) -> tuple[Session, ...]:
    """Return the sessions of the last run; none if the file is absent or damaged (people sign in again)."""
    try:
        stored = _StoredSessions.model_validate_json((data / SESSIONS_FILE).read_bytes())
    except (FileNotFoundError, ValidationError):
        return ()
    return tuple(one.session() for one in stored.sessions)


def write_sessions(data: Path, sessions: Sequence[Session]) -> None:
    """Keep the sessions for the next run."""
    stored = [_StoredSession(**asdict(session)) for session in sessions]
    replace_private(data / SESSIONS_FILE, _StoredSessions(sessions=stored).model_dump_json())
