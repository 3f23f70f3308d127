"""No request of ours has a large body."""

from dataclasses import dataclass
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from labkeeper_hub.api.problems import Refusal, answer

MOST_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class BodyLimit:
    """Pure ASGI middleware: refuses a body that is announced too long, or turns out to be."""

    app: ASGIApp
    most: int = MOST_BYTES

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        if self._announced(scope) > self.most:
            return await answer(self._refusal())(scope, receive, send)
        return await self.app(scope, self._counted(receive), send)

    def _counted(self, receive: Receive) -> Receive:
        received = 0

        async def receive_counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.most:
                raise self._refusal()
            return message

        return receive_counted

    def _refusal(self) -> Refusal:
        detail = f"A request's body has at most {self.most} bytes"
        return Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_too_large", detail)

    @staticmethod
    def _announced(scope: Scope) -> int:
        announced = Headers(scope=scope).get("content-length", "0")
        return int(announced) if announced.isdecimal() else 0
