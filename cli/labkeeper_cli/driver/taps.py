"""A tap on a WebSocket: on its messages, for its bytes are masked and may be packed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed, WebSocketException

from labkeeper_sdk.testing.wires import Direction, Tap, first_of

HOST = "127.0.0.1"
LARGEST = 16_000_000  # bytes of a message


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the driver is to connect instead."""

    host: str
    port: int


@asynccontextmanager
async def open_websocket_tap(host: str, port: int, *, tap: Tap) -> AsyncIterator[Standing]:
    """Stand before a WebSocket server; one that is not there hangs up."""

    async def accept(driver: ServerConnection) -> None:
        request = driver.request
        with suppress(OSError, WebSocketException):
            async with connect(f"ws://{host}:{port}{request.path if request else '/'}", max_size=LARGEST) as device:
                await first_of(_pass_on("device", driver, device, tap), _pass_on("driver", device, driver, tap))

    async with serve(accept, HOST, 0, max_size=LARGEST, close_timeout=0.2) as server:
        yield Standing(HOST, next(iter(server.sockets)).getsockname()[1])


async def _pass_on(
    to: Direction, source: ServerConnection | ClientConnection, sink: ServerConnection | ClientConnection, tap: Tap
) -> None:
    with suppress(ConnectionClosed):
        async for message in source:
            tap(to, message.encode() if isinstance(message, str) else bytes(message))
            await sink.send(message)
