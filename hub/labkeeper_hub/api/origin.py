"""Requests that change something, and WebSockets, come from our own page or from a program, never from another site."""

from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from labkeeper_hub.api.gate import by_cookie
from labkeeper_hub.api.problems import Refusal, answer

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


@dataclass(frozen=True, slots=True)
class OriginCheck:
    """Pure ASGI middleware: an `Origin` that is there must be the host that was asked; with a session's cookie one has
    to be there, or the browser's word that the page is ours.
    """

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = _refusal(Headers(scope=scope)) if _matters(scope) else None
        if refusal is not None:
            return await answer(refusal)(scope, receive, send)
        return await self.app(scope, receive, send)


def is_ours(headers: Headers) -> bool:
    """Return whether the request has no Origin or that of the host it is addressed to."""
    origins = headers.getlist("origin")
    if headers.get("sec-fetch-site") == "cross-site":
        return False
    return not origins or (len(origins) == 1 and _same_host(origins[0], headers.get("host", "")))


def says_ours(headers: Headers) -> bool:
    """Return whether a browser says that our own page asks."""
    return "origin" in headers or headers.get("sec-fetch-site") == "same-origin"


def _refusal(headers: Headers) -> Refusal | None:
    if not is_ours(headers):
        return Refusal(HTTPStatus.FORBIDDEN, "foreign_origin", "This request comes from another site's page")
    if by_cookie(headers) and not says_ours(headers):
        detail = "With a session's cookie say by Origin which page asks; a program uses a token instead"
        return Refusal(HTTPStatus.FORBIDDEN, "no_origin", detail)
    return None


def _matters(scope: Scope) -> bool:
    kind: str = scope["type"]
    return kind == "websocket" or (kind == "http" and scope["method"] not in SAFE_METHODS)


def _same_host(origin: str, host: str) -> bool:
    try:
        said, asked = urlsplit(origin), urlsplit(f"//{host}")
        default = DEFAULT_PORTS.get(said.scheme)
        same_port = (said.port or default) == (asked.port or default)
    except ValueError:
        return False
    return bool(said.hostname) and said.hostname == asked.hostname and same_port
