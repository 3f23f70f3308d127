"""A device that answers datagrams, in this process and on a real socket."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from labkeeper_sdk.testing.wires import Spoiler, Tap


@dataclass(slots=True)
class UdpWire(asyncio.DatagramProtocol):
    """A device that answers datagrams. `say` lets it speak by itself to whoever spoke to it last."""

    answer: Callable[[bytes], Iterable[bytes]]
    tap: Tap | None = None
    delay_s: float = 0.0
    host: str = "127.0.0.1"
    port: int = 0
    spoiler: Spoiler = field(default_factory=Spoiler)
    _transport: asyncio.DatagramTransport | None = field(default=None, init=False)
    _peer: tuple[str, int] | None = field(default=None, init=False)
    _silent: bool = field(default=False, init=False)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer a datagram, unless hushed."""
        if self._silent:
            return
        self._peer = addr
        asyncio.get_running_loop().call_later(self.delay_s, self._take, data)

    def say(self, data: bytes) -> None:
        """Send a datagram to the driver."""
        if self._transport is None or self._peer is None or self._silent:
            return
        if self.tap is not None:
            self.tap("driver", data)
        self._transport.sendto(self.spoiler.pass_on(data), self._peer)

    async def cut(self) -> None:
        """Close the port: the system answers that nobody is there."""
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.close()
            await asyncio.sleep(0)

    async def restore(self) -> None:
        """Listen again on the same port."""
        self._silent = False
        if self._transport is None:
            loop = asyncio.get_running_loop()
            self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(self.host, self.port))
            self.port = self._transport.get_extra_info("sockname")[1]

    async def hush(self) -> None:
        """Lose every datagram."""
        self._silent = True

    async def garble(self, chance: random.Random, frames: int) -> None:
        """Spoil the next `frames` datagrams of the device."""
        await self.spoiler.run(chance, frames)

    def _take(self, data: bytes) -> None:
        if self.tap is not None:
            self.tap("device", data)
        for each in self.answer(data):
            self.say(each)


@asynccontextmanager
async def serve_udp(
    answer: Callable[[bytes], Iterable[bytes]], *, tap: Tap | None = None, port: int = 0
) -> AsyncIterator[UdpWire]:
    """Run a device that answers datagrams, at this port or any; it is its own wire."""
    wire = UdpWire(answer, tap, port=port)
    await wire.restore()
    try:
        yield wire
    finally:
        await wire.cut()
