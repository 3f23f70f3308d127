"""The gate: nothing answers without credentials but what is listed here, unknown addresses included."""

from dataclasses import dataclass
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from typing import TypeAlias

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from labkeeper_hub.accounts import OWNER, Accounts, Person, SignInRefused, TooManyAttempts
from labkeeper_hub.api.problems import Refusal, answer

COOKIE = "labkeeper_session"
OPEN = frozenset({("GET", "/"), ("GET", "/wall"), ("GET", "/healthz"), ("GET", "/readyz"), ("POST", "/api/v1/session")})
OPEN_FOLDERS = ("/static/", "/s/")  # the pupils' page, like the wall's: what it shows wants credentials
PERSON = "labkeeper.credentials"


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who is asking, and the key of their session; without a key their secret came with the request."""

    person: Person
    session: str | None = None

    def renewed(self, accounts: Accounts) -> "Credentials | None":
        """Return who this is with what they may do by now; None if the credentials are good no more."""
        if self.session is None:
            return self
        person = accounts.person_of(self.session)
        return None if person is None else Credentials(person, self.session)


Proof: TypeAlias = tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class Gate:
    """Pure ASGI middleware: credentials are put into the scope, or the request ends here."""

    app: ASGIApp
    accounts: Accounts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or is_open(scope):
            return await self.app(scope, receive, send)
        try:
            scope[PERSON] = await self._admit(Headers(scope=scope), client_address(scope))
        except Refusal as refusal:
            return await answer(refusal)(scope, receive, send)
        return await self.app(scope, receive, send)

    async def _admit(self, headers: Headers, address: str) -> Credentials:
        scheme, secret = _authorization(headers)
        if scheme in ("bearer", "wall"):
            return await self._proved(scheme, secret, address)
        token = session_token(headers)
        session = self.accounts.use_session(token) if token else None
        person = self.accounts.person_of(session.key) if session else None
        if session is None or person is None:
            raise Refusal(HTTPStatus.UNAUTHORIZED, "not_signed_in", "Sign in first, or your session has ended")
        return Credentials(person, session.key)

    async def _proved(self, scheme: str, secret: str, address: str) -> Credentials:
        try:
            if scheme == "wall":
                return Credentials(self.accounts.enter_wall(secret, address))
            await self.accounts.check_bearer(secret, address)
        except SignInRefused as refused:
            raise wrong_secret() from refused
        except TooManyAttempts as refused:
            raise too_many(refused) from refused
        return Credentials(OWNER)


def is_open(scope: Scope) -> bool:
    """Return whether this request needs no credentials."""
    if scope["type"] != "http":
        return False
    method = "GET" if scope["method"] == "HEAD" else scope["method"]
    path: str = scope["path"]
    return (method, path) in OPEN or (method == "GET" and path.startswith(OPEN_FOLDERS))


def client_address(scope: Scope) -> str:
    """Return the address of the other end of the socket; no header may say otherwise."""
    return scope["client"][0] if scope.get("client") else "unknown"


def session_token(headers: Headers) -> str | None:
    """Return the token in the session cookie."""
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return None
    return found.value if found else None


def wrong_secret() -> Refusal:
    """Return the refusal of a secret or link that is not good."""
    return Refusal(HTTPStatus.UNAUTHORIZED, "not_signed_in", "This secret or link is not valid, or no longer")


def too_many(refused: TooManyAttempts) -> Refusal:
    """Return the refusal of somebody who tried too often."""
    seconds = max(1, round(refused.retry_after_s))
    detail = f"Too many attempts; try again in {seconds} s"
    return Refusal(HTTPStatus.TOO_MANY_REQUESTS, "too_many_attempts", detail, retry_after_s=seconds)


def _authorization(headers: Headers) -> tuple[str, str]:
    """Return the scheme and the secret: `bearer` is the owner's, `wall` the token of a wall's link."""
    scheme, _, secret = headers.get("authorization", "").partition(" ")
    return scheme.lower(), secret.strip()
