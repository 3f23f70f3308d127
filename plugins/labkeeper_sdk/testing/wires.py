"""What lies between a driver and its device, and can be broken on purpose: for TCP here, others have their own."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

Direction: TypeAlias = Literal["device", "driver"]  # whom the bytes go to
Tap: TypeAlias = Callable[[Direction, bytes], None]
CHUNK = 65_536


class Wire(Protocol):
    """A connection to a device that a test takes away and gives back."""

    async def cut(self) -> None:
        """Let the device vanish: open connections end at once, new ones are refused."""

    async def restore(self) -> None:
        """Undo `cut` and `hush`: the next connection works."""

    async def hush(self) -> None:
        """Let the device stay connected and say nothing; what is said to it does not arrive."""

    async def garble(self, chance: random.Random, frames: int) -> None:
        """Spoil the next `frames` pieces of what the device says; return when they have gone by."""


def spoil(chance: random.Random, raw: bytes) -> bytes:
    """Return the bytes with a few of them changed, lost or made up; never unchanged."""
    spoiled = bytearray(raw)
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(spoiled) + 1)
        match chance.randrange(3):
            case 0:
                spoiled[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                del spoiled[at : at + chance.randint(1, 8)]
            case _:
                spoiled[at:at] = chance.randbytes(chance.randint(1, 4))
    return bytes(spoiled) if spoiled != raw else raw + b"\xff"


@dataclass(slots=True)
class Spoiler:
    """Counts down the pieces that are to be spoiled."""

    _chance: random.Random | None = None
    _left: int = 0
    _done: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, chance: random.Random, frames: int) -> None:
        """Ask for the next `frames` pieces and wait until they have gone by; cancelled, nothing more is spoiled."""
        self._chance, self._left = chance, frames
        self._done.clear()
        try:
            await self._done.wait()
        finally:
            self._left = 0

    def pass_on(self, raw: bytes) -> bytes:
        """Return a piece of what the device says, spoiled or not."""
        if self._left == 0 or self._chance is None:
            return raw
        self._left -= 1
        if self._left == 0:
            self._done.set()
        return spoil(self._chance, raw)


@dataclass(slots=True)
class TcpWire:
    """A proxy on loopback before a TCP server: `host` and `port` are what the driver is told.

    `delay_s` holds up what passes to the device, so that a driver that does not wait for it is seen.
    """

    target: tuple[str, int]
    tap: Tap | None = None
    delay_s: float = 0.0
    host: str = "127.0.0.1"
    port: int = 0
    spoiler: Spoiler = field(default_factory=Spoiler)
    _server: asyncio.Server | None = field(default=None, init=False)
    _links: set[asyncio.Task[None]] = field(default_factory=set, init=False)
    _speaking: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    async def cut(self) -> None:
        """Close the port and every connection."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        links = [*self._links]
        for link in links:
            link.cancel()
        await asyncio.gather(*links, return_exceptions=True)

    async def restore(self) -> None:
        """Listen (again) on the same port; connections of a hushed time are ended, they are out of step."""
        if not self._speaking.is_set():
            await self.cut()
            self._speaking.set()
        if self._server is None:
            self._server = await asyncio.start_server(self._accept, self.host, self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    async def hush(self) -> None:
        """Hold everything back, both ways."""
        self._speaking.clear()

    async def garble(self, chance: random.Random, frames: int) -> None:
        """Spoil the next `frames` chunks from the device."""
        await self.spoiler.run(chance, frames)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = asyncio.create_task(self._link(reader, writer), name="wire")
        self._links.add(link)
        link.add_done_callback(self._links.discard)

    async def _link(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            try:
                await self._speaking.wait()
                device_reader, device_writer = await asyncio.open_connection(*self.target)
                try:
                    await first_of(self._to_device(reader, device_writer), self._to_driver(device_reader, writer))
                finally:
                    device_writer.close()
            finally:
                writer.close()

    async def _to_device(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(CHUNK):
            await self._speaking.wait()
            if self.delay_s:
                await asyncio.sleep(self.delay_s)
            if self.tap is not None:
                self.tap("device", data)
            sink.write(data)
            await sink.drain()

    async def _to_driver(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(CHUNK):
            await self._speaking.wait()
            if self.tap is not None:
                self.tap("driver", data)
            sink.write(self.spoiler.pass_on(data))
            await sink.drain()


async def first_of(*pumps: Coroutine[None, None, None]) -> None:
    """Run the pumps until one of them ends."""
    tasks = [asyncio.create_task(pump, name="wire") for pump in pumps]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def open_tcp_wire(host: str, port: int, *, tap: Tap | None = None) -> AsyncIterator[TcpWire]:
    """Put a wire before a TCP server: give the driver the wire's `host` and `port` instead of the server's."""
    wire = TcpWire((host, port), tap)
    await wire.restore()
    try:
        yield wire
    finally:
        await wire.cut()
