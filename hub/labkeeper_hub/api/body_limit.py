"""No request of ours has a large body, but for a timetable's file."""

from dataclasses import dataclass
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from labkeeper_hub.api.problems import Refusal, answer

MOST_BYTES = 64 * 1024
IMPORT = "/import"
MOST_IMPORTED = 2 * 1024 * 1024  # a school's timetable as a file


@dataclass(frozen=True, slots=True)
class BodyLimit:
    """Pure ASGI middleware: refuses a body that is announced too long, or turns out to be."""

    app: ASGIApp
    most: int = MOST_BYTES

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        most = MOST_IMPORTED if scope["path"].endswith(IMPORT) else self.most
        if self._announced(scope) > most:
            return await answer(_refusal(most))(scope, receive, send)
        return await self.app(scope, self._counted(receive, most), send)

    def _counted(self, receive: Receive, most: int) -> Receive:
        received = 0

        async def receive_counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > most:
                raise _refusal(most)
            return message

        return receive_counted

    @staticmethod
    def _announced(scope: Scope) -> int:
        announced = Headers(scope=scope).get("content-length", "0")
        return int(announced) if announced.isdecimal() else 0


def _refusal(most: int) -> Refusal:
    detail = f"A request's body has at most {most} bytes"
    return Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_too_large", detail)
