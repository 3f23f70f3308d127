"""Sessions on the hub's side: a browser holds a token that changes now and then, the hub its digest and two limits."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from labkeeper_hub.accounts.tokens import digest, make_token

IDLE_MS = 30 * 60_000
ABSOLUTE_MS = 12 * 3_600_000
TURN_EVERY_MS = 15 * 60_000
OVERLAP_MS = 30_000  # for requests that were under way with the token before
CLOCK_SLACK_MS = 300_000  # a session from further in the future than this means the clock was set back
MOST_SESSIONS = 1_000


class There(NamedTuple):
    """Whom the school's provider proved, and in which session of theirs over there, as marks; "": it did not say."""

    subject: str = ""
    session: str = ""


NOT_THERE = There()


@dataclass(frozen=True, slots=True)
class Session:
    """One signed-in browser. Times are milliseconds since the epoch, UTC.

    `key` names it in the hub as long as it lives; `token` and `before` are digests of what the browser holds. The token
    before is good until its successor has been used, and a little longer: an answer can be lost.
    """

    key: str
    name: str  # whose: the pseudonym, so that what they may do is looked up each time
    opened_ms: int
    seen_ms: int
    token: str
    turned_ms: int
    before: str | None = None
    before_until_ms: int | None = None  # None: the successor was not used yet
    there_subject: str = ""  # see There; "" for one that the school's provider did not open
    there_session: str = ""

    def lives(self, now_ms: int) -> bool:
        """Return whether neither limit has passed."""
        from_future = self.opened_ms > now_ms + CLOCK_SLACK_MS
        return not from_future and now_ms - self.seen_ms < IDLE_MS and now_ms - self.opened_ms < ABSOLUTE_MS

    def ends_with(self, there: There) -> bool:
        """Return whether the provider opened it, and has now ended that: one session, or where it names none, or had
        named none here, all of the same person.
        """
        if not self.there_subject or there.subject not in ("", self.there_subject):
            return False
        if there.session and self.there_session:
            return there.session == self.there_session
        return bool(there.subject)

    def opens(self, token: str, now_ms: int) -> bool:
        """Return whether this is the digest of a token that is still good."""
        return token == self.token or (
            token == self.before and (self.before_until_ms is None or now_ms < self.before_until_ms)
        )

    def used(self, token: str, now_ms: int) -> "Session":
        """Return the session after a use: the first one of a new token sets the end of the one before."""
        arrived = token == self.token and self.before is not None and self.before_until_ms is None
        return replace(self, seen_ms=now_ms, before_until_ms=now_ms + OVERLAP_MS if arrived else self.before_until_ms)

    def due(self, token: str, now_ms: int) -> bool:
        """Return whether whoever used this token should be given another: it is old, or its successor got lost."""
        if token == self.token:
            return now_ms - self.turned_ms >= TURN_EVERY_MS
        return self.before_until_ms is None and now_ms - self.turned_ms >= OVERLAP_MS

    def turned(self, fresh: str, token: str | None, now_ms: int) -> "Session":
        """Return the session with a fresh token; `token` stays good for a while, None: no other does."""
        return replace(self, token=fresh, turned_ms=now_ms, before=token, before_until_ms=None)


class Sessions:
    """The open sessions, by their key, and found by their tokens."""

    def __init__(self, kept: Iterable[Session] = ()) -> None:
        self._by_key: dict[str, Session] = {}
        self._keys: dict[str, str] = {}  # by the digest of a token
        for session in kept:
            self._keep(session)
        self.changed = False  # since the last `kept`

    def open(self, name: str, now_ms: int, there: There = NOT_THERE) -> str:
        """Return the token of a new session; of too many, the longest unseen one ends of whoever has most."""
        token = make_token()
        self.sweep(now_ms)
        if len(self._by_key) >= MOST_SESSIONS:
            self._drop(self._one_too_many())
        fresh = Session(digest(make_token()), name, now_ms, now_ms, digest(token), now_ms)
        self._keep(replace(fresh, there_subject=there.subject, there_session=there.session))
        return token

    def _one_too_many(self) -> Session:
        each = Counter(session.name for session in self._by_key.values())
        return min(self._by_key.values(), key=lambda session: (-each[session.name], session.seen_ms))

    def use(self, token: str, now_ms: int) -> Session | None:
        """Return the living session of this token and note that it was used."""
        key = digest(token)
        session = self._by_key.get(self._keys.get(key, ""))
        if session is None or not session.lives(now_ms) or not session.opens(key, now_ms):
            return None
        return self._keep(session.used(key, now_ms))

    def turn_if_due(self, token: str, now_ms: int) -> str | None:
        """Return the token that follows this one, if it is time for that."""
        key = digest(token)
        session = self._by_key.get(self._keys.get(key, ""))
        if session is None or not session.lives(now_ms) or not session.due(key, now_ms):
            return None
        fresh = make_token()
        self._keep(session.turned(digest(fresh), key, now_ms))
        return fresh

    def turn(self, key: str, now_ms: int) -> str | None:
        """Return a fresh token for this session at once: no other is good any more. None if it has ended."""
        session = self.find(key, now_ms)
        if session is None:
            return None
        fresh = make_token()
        self._keep(session.turned(digest(fresh), None, now_ms))
        return fresh

    def hurry(self, name: str) -> None:
        """Let everybody's next request who is this person be answered with a fresh token."""
        for session in self.of(name):
            self._keep(replace(session, turned_ms=session.turned_ms - TURN_EVERY_MS))

    def of(self, name: str) -> tuple[Session, ...]:
        """Return the sessions of one person."""
        return tuple(session for session in self._by_key.values() if session.name == name)

    def touch(self, key: str, now_ms: int) -> Session | None:
        """Note that the session was used; None if it has ended."""
        session = self.find(key, now_ms)
        return self._keep(replace(session, seen_ms=now_ms)) if session else None

    def find(self, key: str, now_ms: int) -> Session | None:
        """Return the session if it is open, without using it."""
        session = self._by_key.get(key)
        return session if session is not None and session.lives(now_ms) else None

    def close(self, token: str) -> None:
        """End the session of this token, if there is one."""
        session = self._by_key.get(self._keys.get(digest(token), ""))
        if session is not None:
            self._drop(session)

    def close_all(self, name: str, but: str | None = None) -> None:
        """End every session of one person, but for the one of that key."""
        for session in self.of(name):
            if session.key != but:
                self._drop(session)

    def close_there(self, there: There) -> set[str]:
        """End the sessions that ended at the school's provider, and return whose they were."""
        ended = [one for one in self._by_key.values() if one.ends_with(there)]
        for session in ended:
            self._drop(session)
        return {one.name for one in ended}

    def sweep(self, now_ms: int) -> None:
        """Forget the sessions that have ended."""
        for session in [one for one in self._by_key.values() if not one.lives(now_ms)]:
            self._drop(session)

    def kept(self) -> tuple[Session, ...]:
        """Return all of them for storing, and count them as stored."""
        self.changed = False
        return tuple(self._by_key.values())

    def _keep(self, session: Session) -> Session:
        former = self._by_key.get(session.key)
        for token in (former.token, former.before) if former else ():
            self._keys.pop(token or "", None)
        self._by_key[session.key] = session
        self._keys |= {token: session.key for token in (session.token, session.before) if token}
        self.changed = True
        return session

    def _drop(self, session: Session) -> None:
        del self._by_key[session.key]
        for token in (session.token, session.before):
            self._keys.pop(token or "", None)
        self.changed = True
