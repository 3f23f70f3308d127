"""A WebSocket whose errors are ours. Needs websockets."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from labkeeper_sdk import DeviceUnreachable, reaching

OPEN_S, SAY_S, CLOSE_S = 3.0, 2.0, 0.2
ALIVE_S = 4.0  # how often the other side is asked whether it is there, and how long it may take
LARGEST = 1_000_000  # bytes of a message: topics with pictures are no points


@dataclass(frozen=True, slots=True)
class Socket:
    """An open WebSocket."""

    connection: ClientConnection
    where: str

    async def messages(self) -> AsyncIterator[str | bytes]:
        """Yield messages; raises DeviceUnreachable at the end."""
        try:
            while True:
                yield await self.connection.recv()
        except ConnectionClosed as closed:
            raise DeviceUnreachable(f"{self.where}: {closed}") from closed

    async def say(self, message: str) -> None:
        """Send; raises DeviceUnreachable."""
        try:
            async with reaching(self.where, SAY_S):
                await self.connection.send(message)
        except ConnectionClosed as closed:
            raise DeviceUnreachable(f"{self.where}: {closed}") from closed


@asynccontextmanager
async def open_socket(where: str) -> AsyncIterator[Socket]:
    """Connect; raises DeviceUnreachable."""
    try:
        async with reaching(where, OPEN_S):
            connection = await connect(
                where, proxy=None, open_timeout=OPEN_S, close_timeout=CLOSE_S, max_size=LARGEST,
                ping_interval=ALIVE_S, ping_timeout=ALIVE_S,
            )  # fmt: skip
    except (WebSocketException, ValueError) as error:
        raise DeviceUnreachable(f"{where}: {error}") from error
    try:
        yield Socket(connection, where)
    finally:
        await connection.close()
