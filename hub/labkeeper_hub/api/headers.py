"""What every answer tells the browser about security, and a count of every answer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from labkeeper_hub.console import CONTENT_SECURITY_POLICY

SECURITY: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",  # for browsers that do not know frame-ancestors
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
NOT_STORED: Final = "no-store"  # readings and commands stay out of shared tablets' caches


@dataclass(frozen=True, slots=True)
class SecurityHeaders:
    """Pure ASGI middleware. `count` gets the status of every HTTP answer."""

    app: ASGIApp
    count: Callable[[int], None]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                secure(MutableHeaders(scope=message))
                self.count(message["status"])
            await send(message)

        await self.app(scope, receive, send_with_headers)


def secure(headers: MutableHeaders) -> None:
    """Add the security headers; a route whose page is not ours to load anything has said so more strictly."""
    for name, value in SECURITY.items():
        headers.setdefault(name, value)
    headers.setdefault("Cache-Control", NOT_STORED)
