"""`python -m benchmarks.button_node CONFIG DATA`: a node of `benchmarks.page --only button`: one stop button, one lamp.

Both are at this machine's loopback: a datagram `1` or `0` says where the button stands, and one comes back for every
order that the lamp's driver is given. So nothing but the school's stop goes through the broker.
"""

import asyncio
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import cast

from pydantic import BaseModel

from labkeeper_edge.__main__ import main
from labkeeper_edge.settings import read_settings
from labkeeper_sdk import DeviceInfo, Driver, Found, Observation, Reading, Report, Services, State, Switch, Value
from labkeeper_sdk.plugins import Loaded

HELLO, ORDER = b"hello", b"order"
POINTS = (State("button", stops=True), Switch("lamp", safe_value=False))


class Configuration(BaseModel):
    """`device` is what the panel is called, `port` where who presses listens."""

    device: str
    port: int


@dataclass(slots=True)
class Panel(asyncio.DatagramProtocol):
    """The button and the lamp."""

    device: str
    _transport: asyncio.DatagramTransport | None = None
    _said: asyncio.Queue[Report] = field(default_factory=asyncio.Queue)

    def datagram_received(self, data: bytes, addr: object) -> None:  # noqa: ARG002 -- asyncio's signature
        """The button stands otherwise."""
        self._said.put_nowait(Report(self.device, (Reading("button", data == b"1"),)))

    async def observations(self) -> AsyncIterator[Observation]:
        """Yield the panel, and where the button stands."""
        yield Observation((Found(DeviceInfo(id=self.device, points=POINTS)),))
        while True:
            yield Observation((await self._said.get(),))

    async def write(self, device: str, point: str, value: Value) -> None:
        """Tell who presses, and obey."""
        self.tell(ORDER)
        self._said.put_nowait(Report(device, (Reading(point, value),)))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say hello, so that who presses knows where to."""
        self._transport = cast(asyncio.DatagramTransport, transport)
        self.tell(HELLO)

    def tell(self, word: bytes) -> None:
        """Send a word with the panel's name."""
        if self._transport is not None:
            self._transport.sendto(word + b" " + self.device.encode())


@asynccontextmanager
async def connect(configuration: Configuration, _services: Services) -> AsyncIterator[Panel]:
    """Connect to who presses."""
    where = ("127.0.0.1", configuration.port)
    loop = asyncio.get_running_loop()
    transport, panel = await loop.create_datagram_endpoint(lambda: Panel(configuration.device), remote_addr=where)
    try:
        yield panel
    finally:
        transport.close()


LOADED = Loaded({"panel": Driver("panel", Configuration, connect)})

if __name__ == "__main__":
    config, data = map(Path, sys.argv[1:])
    logging.basicConfig(level=logging.INFO)
    read = partial(read_settings, config)
    asyncio.run(main(read(), data, drivers=LOADED, source=str(config), read=read))
