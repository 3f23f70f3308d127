"""The gate: nothing answers without credentials but what is listed here, unknown addresses included."""

from dataclasses import dataclass
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from typing import TypeAlias

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from labkeeper_hub.accounts import OWNER, Accounts, CodeNeeded, Person, SignInRefused, TooManyAttempts
from labkeeper_hub.accounts.api_token import PREFIX
from labkeeper_hub.accounts.sessions import ABSOLUTE_MS
from labkeeper_hub.api.problems import Refusal, answer

COOKIE = "labkeeper_session"
SCHOOL_SIGN_IN = "/api/v1/session/oidc"
OPEN = frozenset(
    {("GET", "/"), ("GET", "/wall"), ("GET", "/healthz"), ("GET", "/readyz"), ("POST", "/api/v1/session")}
) | {
    ("GET", SCHOOL_SIGN_IN),
    ("POST", SCHOOL_SIGN_IN),
    ("GET", f"{SCHOOL_SIGN_IN}/callback"),
    ("GET", f"{SCHOOL_SIGN_IN}/leave"),
    ("GET", f"{SCHOOL_SIGN_IN}/left"),
    ("POST", f"{SCHOOL_SIGN_IN}/back-channel-logout"),
}
"""What is open to everybody: the page, and ways to get credentials."""
OPEN_FOLDERS = ("/static/", "/s/", "/calendar/")
"""The pupils' page, like the wall's: what it shows wants credentials; calendars, whose address is their secret."""
SCHEMES = ("bearer", "wall")  # of what a program or a wall brings; no page of another site can send it
SET_COOKIE = "set-cookie"
PERSON = "labkeeper.credentials"


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who is asking, and the key of their session or the digest of their token; without either their secret came with
    the request.
    """

    person: Person
    session: str | None = None
    token: str | None = None

    def renewed(self, accounts: Accounts) -> "Credentials | None":
        """Return who this is with what they may do by now; None if the credentials are good no more."""
        if self.token is not None:
            person = accounts.person_of_token(self.token)
            return None if person is None else Credentials(person, token=self.token)
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
        if scope["type"] == "http" and scope[PERSON].session is not None:
            send = self._turning(scope, send)
        return await self.app(scope, receive, send)

    def _turning(self, scope: Scope, send: Send) -> Send:
        """Return a `send` that hands the browser a fresh token where the one it came with is old by now."""

        async def turned(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                fresh = None if SET_COOKIE in headers else self._successor(scope)
                if fresh:
                    headers.append(SET_COOKIE, cookie(fresh, secure=scope["scheme"] == "https"))
            await send(message)

        return turned

    def _successor(self, scope: Scope) -> str | None:
        token = session_token(Headers(scope=scope))
        return self.accounts.turn_if_due(token) if token else None

    async def _admit(self, headers: Headers, address: str) -> Credentials:
        scheme, secret = _authorization(headers)
        if scheme in SCHEMES:
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
            if secret.startswith(PREFIX):
                return await self._program(secret, address)
            await self.accounts.check_bearer(secret, address)
        except SignInRefused as refused:
            raise wrong_secret() from refused
        except CodeNeeded as needed:
            raise code_needed() from needed
        except TooManyAttempts as refused:
            raise too_many(refused) from refused
        return Credentials(self.accounts.person(OWNER.name) or OWNER)

    async def _program(self, text: str, address: str) -> Credentials:
        token = self.accounts.use_token(text, address)
        person = self.accounts.person_of_token(token.digest)
        if person is None or self.accounts.staff is None:
            raise SignInRefused
        await self.accounts.staff.tokens.note_use(token)
        return Credentials(person, token=token.digest)


def by_cookie(headers: Headers) -> bool:
    """Return whether it is the session's cookie that would let this request in: a browser adds it, whoever asks."""
    scheme, _ = _authorization(headers)
    return scheme not in SCHEMES and session_token(headers) is not None


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
    return cookie_value(headers, COOKIE)


def cookie_value(headers: Headers, name: str) -> str | None:
    """Return what a cookie holds."""
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return None
    return found.value if found else None


def cookie(token: str, *, secure: bool) -> str:
    """Return the header that hands a browser the token of its session."""
    answer = Response()
    answer.set_cookie(COOKIE, token, ABSOLUTE_MS // 1000, secure=secure, httponly=True, samesite="strict")
    return answer.headers[SET_COOKIE]


def code_needed() -> Refusal:
    """Return the refusal of a proof that is half of what is asked for."""
    return Refusal(HTTPStatus.UNAUTHORIZED, "second_factor_needed", "A code of the second factor is needed besides")


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
