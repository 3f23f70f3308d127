"""A link that is slow and breaks: TCP connections passed on in pieces, and cut at random amid what is said."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from random import Random

PIECE_BYTES = 1400  # what a packet of Ethernet holds


@dataclass(slots=True)
class LossyLink:
    """Passes connections on to a port; while it is `bad`, each lives about `life_s` and each piece takes a while."""

    host: str
    port: int
    random: Random
    life_s: float
    slow_s: float = 0.002
    bad: bool = False
    cuts: int = 0
    listens_at: int = 0
    _alive: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.listens_at}"

    def spoil(self) -> None:
        """Become bad, and cut what there is."""
        self.bad = True
        for task in self._alive:
            task.cancel()

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Pass one connection on, until it ends or is cut."""
        task = asyncio.current_task()
        assert task is not None
        self._alive.add(task)
        task.add_done_callback(self._alive.discard)
        try:
            far_reader, far_writer = await asyncio.open_connection(self.host, self.port)
        except OSError:
            writer.transport.abort()
            return
        ways = (self._pass_on(reader, far_writer), self._pass_on(far_reader, writer))
        passing = [asyncio.create_task(way) for way in ways]
        try:
            life_s = self.random.expovariate(1 / self.life_s) if self.bad else None
            done, _ = await asyncio.wait(passing, timeout=life_s, return_when=asyncio.FIRST_COMPLETED)
            self.cuts += not done
        finally:
            for way in passing:
                way.cancel()
            await asyncio.gather(*passing, return_exceptions=True)
            writer.transport.abort()
            far_writer.transport.abort()

    async def _pass_on(self, reader: StreamReader, writer: StreamWriter) -> None:
        with suppress(OSError):
            while piece := await reader.read(PIECE_BYTES):
                if self.bad:
                    half = self.random.randrange(len(piece))
                    writer.write(piece[:half])
                    await asyncio.sleep(self.random.uniform(0, self.slow_s))
                    piece = piece[half:]
                writer.write(piece)
                await writer.drain()

    async def end(self) -> None:
        for task in self._alive:
            task.cancel()
        await asyncio.gather(*self._alive, return_exceptions=True)


@asynccontextmanager
async def open_lossy_link(host: str, port: int, random: Random, life_s: float) -> AsyncIterator[LossyLink]:
    """Listen for connections; they end with it."""
    link = LossyLink(host, port, random, life_s)
    server = await asyncio.start_server(link.serve, "127.0.0.1", 0)
    link.listens_at = server.sockets[0].getsockname()[1]
    try:
        yield link
    finally:
        server.close()
        await link.end()
