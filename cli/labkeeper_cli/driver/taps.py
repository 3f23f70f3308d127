"""A tap on a WebSocket: on its messages, for its bytes are masked and may be packed."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed, WebSocketException

from labkeeper_sdk.testing.wires import Direction, Tap

HOST = "127.0.0.1"
LARGEST = 16_000_000  # bytes of a message


@asynccontextmanager
async def open_websocket_tap(host: str, port: int, tap: Tap) -> AsyncIterator[tuple[str, int]]:
    """Stand before a WebSocket server; yield where to connect instead. A server that is not there hangs up."""

    async def accept(driver: ServerConnection) -> None:
        request = driver.request
        with suppress(OSError, WebSocketException):
            async with connect(f"ws://{host}:{port}{request.path if request else '/'}", max_size=LARGEST) as device:
                await _first_of(_pass_on("device", driver, device, tap), _pass_on("driver", device, driver, tap))

    async with serve(accept, HOST, 0, max_size=LARGEST, close_timeout=0.2) as server:
        yield HOST, next(iter(server.sockets)).getsockname()[1]


async def _pass_on(
    to: Direction, source: ServerConnection | ClientConnection, sink: ServerConnection | ClientConnection, tap: Tap
) -> None:
    with suppress(ConnectionClosed):
        async for message in source:
            tap(to, message.encode() if isinstance(message, str) else bytes(message))
            await sink.send(message)


async def _first_of(*pumps: Coroutine[None, None, None]) -> None:
    tasks = [asyncio.create_task(pump) for pump in pumps]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
