"""Messages over a socket between two processes."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from labkeeper_edge.supervision.isolation.frames import Unframer, frame
from labkeeper_edge.supervision.isolation.messages import Message, pack, unpack

READ_BYTES = 64 * 1024


@dataclass(slots=True)
class Channel:
    """One end; `send` never waits: what may be under way is bounded by the protocol, not here."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    _unframer: Unframer = field(default_factory=Unframer)

    def send(self, message: Message) -> int:
        """Send a message; return its size in bytes. Nothing happens where the other side is gone."""
        sent = frame(pack(message))
        if not self.writer.is_closing():
            self.writer.write(sent)
        return len(sent)

    async def messages(self) -> AsyncIterator[tuple[Message, int]]:
        """Yield messages with their sizes until the other side is gone; raises BadFrame."""
        with suppress(ConnectionError):
            while data := await self.reader.read(READ_BYTES):
                for body in self._unframer.feed(data):
                    yield unpack(body), len(body)


@asynccontextmanager
async def open_channel(end: socket.socket) -> AsyncIterator[Channel]:
    """Speak over a connected socket, which is closed with it."""
    reader, writer = await asyncio.open_connection(sock=end)
    try:
        yield Channel(reader, writer)
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
