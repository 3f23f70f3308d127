"""Attempts under way between two visits to the provider: each ends once, in the browser that began it. Pure.

The browser holds a token in a cookie, the hub its digest and what must come back. Times are monotonic seconds.
"""

import hmac
from collections import OrderedDict
from dataclasses import dataclass, field

from labkeeper_hub.accounts.sessions import NOT_THERE, There
from labkeeper_hub.accounts.tokens import digest, make_token

LIFETIME_S = 600.0  # for the form over there; the same as a sign-in link's
CODE_S = 300.0  # for a code of the second factor
MOST = 1024
MOST_OF_ONE = 32  # of one client address, so that nobody pushes out everybody


@dataclass(frozen=True, slots=True)
class Link:
    """Who links the school's account to theirs, and the key of the session that asked."""

    name: str
    session: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """What was sent with the browser, and must come back with it; `proved`: who only lacks a code by now, and `there`
    as whom the provider knows them.
    """

    back: str
    address: str
    until_s: float
    link: Link | None = None
    proved: str | None = None
    there: There = NOT_THERE
    state: str = field(default_factory=make_token, repr=False)
    nonce: str = field(default_factory=make_token, repr=False)
    verifier: str = field(default_factory=make_token, repr=False)  # 43 letters, RFC 7636's least


class Attempts:
    """The attempts that are out, the oldest first."""

    def __init__(self) -> None:
        self._open: OrderedDict[str, Attempt] = OrderedDict()

    def begin(self, back: str, address: str, now_s: float, link: Link | None = None) -> tuple[str, Attempt]:
        """Return the browser's token and a new attempt."""
        return self._keep(Attempt(back, address, now_s + LIFETIME_S, link))

    def take(self, token: str, state: str, now_s: float) -> Attempt | None:
        """Return the attempt of this browser and state, and end it. A wrong state ends nothing."""
        attempt = self._living(token, now_s)
        if attempt is None or attempt.proved or not hmac.compare_digest(attempt.state.encode(), state.encode()):
            return None
        return self._open.pop(digest(token))

    def wait_for_code(self, name: str, there: There, attempt: Attempt, now_s: float) -> str:
        """Return the browser's token for the second step of somebody whom the provider has proved."""
        return self._keep(Attempt(attempt.back, attempt.address, now_s + CODE_S, proved=name, there=there))[0]

    def proved(self, token: str, now_s: float) -> Attempt | None:
        """Return the attempt of who only lacks a code in this browser."""
        attempt = self._living(token, now_s)
        return attempt if attempt and attempt.proved else None

    def drop(self, token: str) -> None:
        """Forget what this browser began."""
        self._open.pop(digest(token), None)

    def _living(self, token: str, now_s: float) -> Attempt | None:
        attempt = self._open.get(digest(token))
        return attempt if attempt is not None and now_s < attempt.until_s else None

    def _keep(self, attempt: Attempt) -> tuple[str, Attempt]:
        mine = [key for key, one in self._open.items() if one.address == attempt.address]
        if len(mine) >= MOST_OF_ONE:
            del self._open[mine[0]]
        if len(self._open) >= MOST:
            self._open.popitem(last=False)
        token = make_token()
        self._open[digest(token)] = attempt
        return token, attempt
