"""A device that answers datagrams, in this process and on a real socket."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

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


# --- before a real device -------------------------------------------------------------------------------------------
@asynccontextmanager
async def open_udp_wire(host: str, port: int, *, tap: Tap | None = None) -> AsyncIterator[UdpWire]:
    """Put a wire before a device that answers datagrams: give the driver the wire's `host` and `port` instead."""
    far: asyncio.DatagramTransport

    def pass_on(data: bytes) -> Iterable[bytes]:
        far.sendto(data)
        return ()

    async with serve_udp(pass_on, tap=tap) as wire:
        far, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Back(wire), remote_addr=(host, port)
        )
        try:
            yield wire
        finally:
            far.close()


@dataclass(slots=True)
class _Back(asyncio.DatagramProtocol):
    wire: UdpWire

    def datagram_received(self, data: bytes, _: tuple[str | Any, int]) -> None:
        self.wire.say(data)


# a drone talks to a port of ours by itself, before which nothing can stand: there the tap lies in the event loop
@contextmanager
def tapped_datagrams(tap: Tap) -> Iterator[None]:
    """Show every datagram of the sockets that this event loop opens meanwhile."""
    loop: Any = asyncio.get_running_loop()
    make = loop.create_datagram_endpoint

    async def tapped(factory: Callable[[], asyncio.DatagramProtocol], **options: object) -> tuple[object, object]:
        seen: list[_Tapped] = []

        def wrapped() -> asyncio.DatagramProtocol:
            seen.append(_Tapped(factory(), tap))
            return seen[0]

        await make(wrapped, **options)
        return seen[0].transport, seen[0].inner

    loop.create_datagram_endpoint = tapped
    try:
        yield
    finally:
        del loop.create_datagram_endpoint


@dataclass(slots=True)
class _Tapped(asyncio.DatagramProtocol):
    inner: asyncio.DatagramProtocol
    tap: Tap
    transport: "_TappedTransport | None" = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = _TappedTransport(cast(asyncio.DatagramTransport, transport), self.tap)
        self.inner.connection_made(self.transport)

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        self.tap("driver", data)
        self.inner.datagram_received(data, addr)

    def error_received(self, exc: Exception) -> None:
        self.inner.error_received(exc)

    def connection_lost(self, exc: Exception | None) -> None:
        self.inner.connection_lost(exc)


class _TappedTransport(asyncio.DatagramTransport):
    def __init__(self, real: asyncio.DatagramTransport, tap: Tap) -> None:
        super().__init__()
        self._real, self._tap = real, tap

    def sendto(self, data: Any, addr: Any = None) -> None:  # noqa: ANN401 -- as asyncio has it
        self._tap("device", bytes(data))
        self._real.sendto(data, addr)

    def get_extra_info(self, name: str, default: Any = None) -> Any:  # noqa: ANN401 -- as asyncio has it
        return self._real.get_extra_info(name, default)

    def is_closing(self) -> bool:
        return self._real.is_closing()

    def close(self) -> None:
        self._real.close()

    def abort(self) -> None:
        self._real.abort()
