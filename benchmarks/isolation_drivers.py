"""The drivers of `benchmarks.isolation`: one that works, with fifty devices, and one that does harm in four ways."""

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from pydantic import BaseModel

from labkeeper_sdk import DeviceInfo, Driver, Found, Observation, Reading, Report, Services, Setpoint, Value, hookimpl
from labkeeper_sdk.plugins import Loaded, Source

DEVICES = 50
BLOCKS_S = 10.0
RAISES_AFTER_S = 0.5  # so that commands meet the device, too
LEAK_BYTES = 1_000_000_000
PIECE_BYTES = 20_000_000
POINTS = (Setpoint("level", minimum=0, maximum=1000),)
FAULTY = ("blocks", "leaks", "raises", "exits")


class Configuration(BaseModel):
    """`fault` says what a faulty instance does."""

    fault: str = ""


@dataclass(slots=True)
class Lamps:
    """Fifty lamps that obey at once."""

    _said: asyncio.Queue[Report] = field(default_factory=asyncio.Queue)

    async def observations(self) -> AsyncIterator[Observation]:
        """Yield the lamps, then what they were told."""
        yield Observation(tuple(Found(DeviceInfo(id=f"lamp-{n}", points=POINTS)) for n in range(DEVICES)))
        while True:
            yield Observation((await self._said.get(),))

    async def write(self, device: str, point: str, value: Value) -> None:
        """Take the value."""
        self._said.put_nowait(Report(device, (Reading(point, value),)))


@dataclass(slots=True)
class Harmful:
    """A device that is found, and then does its harm again and again."""

    fault: str
    _hoard: list[bytes] = field(default_factory=list)

    async def observations(self) -> AsyncIterator[Observation]:
        """Yield the device, and do harm."""
        yield Observation((Found(DeviceInfo(id=self.fault, points=POINTS)),))
        if self.fault == "raises":
            await asyncio.sleep(RAISES_AFTER_S)
        while True:
            await self._harm()

    async def write(self, device: str, point: str, value: Value) -> None:  # noqa: ARG002 -- the protocol's signature
        """Do harm."""
        await self._harm()

    async def _harm(self) -> None:
        match self.fault:
            case "blocks":
                time.sleep(BLOCKS_S)  # noqa: ASYNC251 -- that is the fault
            case "leaks" if len(self._hoard) * PIECE_BYTES < LEAK_BYTES:
                self._hoard.append(b"x" * PIECE_BYTES)
            case "exits":
                os._exit(1)
            case "raises":
                raise RuntimeError("raises everywhere")
        await asyncio.sleep(0.05)


@asynccontextmanager
async def connect(configuration: Configuration, _services: Services) -> AsyncIterator[Lamps | Harmful]:
    """Connect to nothing; what raises everywhere raises here every other time, else nobody would see the rest."""
    if configuration.fault == "raises" and random.random() < 1 / 2:
        raise RuntimeError("raises when it is connected")
    yield Harmful(configuration.fault) if configuration.fault else Lamps()


@hookimpl
def labkeeper_driver() -> Driver:
    """Return the driver, as an entry point does."""
    return Driver("lamps", Configuration, connect)


# the lamps are vouched for and run in the node; the harmful ones are strangers, whose code it does not read
LOADED = Loaded({"lamps": labkeeper_driver()}, sources={"stranger": Source("stranger", "benchmarks.isolation_drivers")})
