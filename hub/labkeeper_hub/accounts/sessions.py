"""Sessions on the hub's side: a browser holds a token, the hub its digest and two limits of time."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from labkeeper_hub.accounts.tokens import digest, make_token

IDLE_MS = 30 * 60_000
ABSOLUTE_MS = 12 * 3_600_000
CLOCK_SLACK_MS = 300_000  # a session from further in the future than this means the clock was set back
MOST_SESSIONS = 1_000


@dataclass(frozen=True, slots=True)
class Session:
    """One signed-in browser. Times are milliseconds since the epoch, UTC."""

    key: str  # digest of the token
    name: str  # whose: the pseudonym, so that what they may do is looked up each time
    opened_ms: int
    seen_ms: int

    def lives(self, now_ms: int) -> bool:
        """Return whether neither limit has passed."""
        from_future = self.opened_ms > now_ms + CLOCK_SLACK_MS
        return not from_future and now_ms - self.seen_ms < IDLE_MS and now_ms - self.opened_ms < ABSOLUTE_MS


class Sessions:
    """The open sessions, by the digest of their token."""

    def __init__(self, kept: Iterable[Session] = ()) -> None:
        self._by_key = {session.key: session for session in kept}
        self.changed = False  # since the last `kept`

    def open(self, name: str, now_ms: int) -> str:
        """Return the token of a new session; when there are too many, the longest unseen one ends."""
        token = make_token()
        self.sweep(now_ms)
        if len(self._by_key) >= MOST_SESSIONS:
            del self._by_key[min(self._by_key.values(), key=lambda session: session.seen_ms).key]
        self._by_key[digest(token)] = Session(digest(token), name, now_ms, now_ms)
        self.changed = True
        return token

    def use(self, token: str, now_ms: int) -> Session | None:
        """Return the living session of this token and note that it was used."""
        session = self._by_key.get(digest(token))
        return self.touch(session.key, now_ms) if session else None

    def touch(self, key: str, now_ms: int) -> Session | None:
        """Note that the session was used; None if it has ended."""
        if not self.lives(key, now_ms):
            return None
        session = self._by_key[key] = replace(self._by_key[key], seen_ms=now_ms)
        self.changed = True
        return session

    def lives(self, key: str, now_ms: int) -> bool:
        """Return whether the session is open, without using it."""
        return self.find(key, now_ms) is not None

    def find(self, key: str, now_ms: int) -> Session | None:
        """Return the session if it is open, without using it."""
        session = self._by_key.get(key)
        return session if session is not None and session.lives(now_ms) else None

    def close(self, token: str) -> None:
        """End the session of this token, if there is one."""
        if self._by_key.pop(digest(token), None):
            self.changed = True

    def close_all(self, name: str) -> None:
        """End every session of one person."""
        for key in [key for key, session in self._by_key.items() if session.name == name]:
            del self._by_key[key]
            self.changed = True

    def sweep(self, now_ms: int) -> None:
        """Forget the sessions that have ended."""
        ended = [key for key, session in self._by_key.items() if not session.lives(now_ms)]
        for key in ended:
            del self._by_key[key]
            self.changed = True

    def kept(self) -> tuple[Session, ...]:
        """Return all of them for storing, and count them as stored."""
        self.changed = False
        return tuple(self._by_key.values())
