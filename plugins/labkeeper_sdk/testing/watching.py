"""A driver run as the platform runs it, with everything it says within reach of a test."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from labkeeper_sdk.configuration import check_configuration
from labkeeper_sdk.drivers import (
    Changing,
    Device,
    DeviceInfo,
    Driver,
    Found,
    Gateway,
    GatewayEvent,
    Readable,
    Report,
    Services,
    Writable,
    described,
)
from labkeeper_sdk.errors import CommandRejected, DeviceUnreachable
from labkeeper_sdk.points import Point
from labkeeper_sdk.values import Reading, Value

PATIENCE_S = 10.0
READ_TIMEOUT_S = 5.0  # the platform's own
ALONE = "device"  # what a device alone behind its connection is called here


@runtime_checkable
class _Gateway(Gateway, Protocol):
    """The SDK's Gateway, told from a Device by what it has."""


@dataclass(slots=True)
class Watched:
    """An open driver. `ended` is done when the driver has nothing more to say, and holds what it raised."""

    thing: Gateway | Device
    every_s: float = 0.02
    settling: bool = True
    found: dict[str, DeviceInfo] = field(default_factory=dict)
    events: list[GatewayEvent] = field(default_factory=list)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)
    ended: asyncio.Task[None] | None = None
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def points(self) -> list[tuple[str, Point]]:
        """Return every (device, point) known so far."""
        return [(info.id, point) for info in self.found.values() for point in info.points]

    @property
    def is_gateway(self) -> bool:
        """Whether devices come and go behind this connection."""
        return isinstance(self.thing, _Gateway)

    async def write(self, device: str, point: str, value: Value) -> None:
        """Write as the platform does, without its deadline."""
        if isinstance(self.thing, _Gateway):
            await self.thing.write(device, point, value)
        elif isinstance(self.thing, Writable):
            async with self._one_at_a_time:
                await self.thing.write(point, value)
        else:
            raise CommandRejected("read_only", f"{device} cannot be commanded")

    def readings(self, device: str = "", point: str = "") -> list[Reading]:
        """Return what was reported so far, of one device and one point where they are given."""
        reports = (event for event in self.events if isinstance(event, Report) and device in ("", event.device))
        return [reading for report in reports for reading in report.readings if point in ("", reading.point)]

    async def until(self, found: Callable[[], object], within_s: float = PATIENCE_S) -> None:
        """Wait until `found` finds something. Raises TimeoutError, or at once what ended the driver."""

        def over() -> bool:
            return bool(found()) or (self.ended is not None and self.ended.done())

        async with asyncio.timeout(within_s), self.news:
            await self.news.wait_for(over)
        if not found() and self.ended is not None:
            await self.ended
            raise DeviceUnreachable("the driver ended without a word")

    async def listen(self) -> None:
        """Take everything the driver says, until it raises."""
        try:
            if isinstance(self.thing, _Gateway):
                async for observation in self.thing.observations():
                    await self._took(observation.events)
                    if self.settling:
                        observation.settle()
            else:
                await self._alone(self.thing)
        finally:
            async with self.news:
                self.news.notify_all()

    async def _alone(self, device: Device) -> None:
        await self._took([Found(described(ALONE, device))])
        sources = []
        if isinstance(device, Readable):
            sources.append(self._poll(device))
        if isinstance(device, Changing):
            sources.append(self._changes(device))
        tasks = [asyncio.create_task(source, name="driver under test") for source in sources]
        try:
            if not tasks:
                await asyncio.Event().wait()
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        raise DeviceUnreachable("the device has no more to say")

    async def _poll(self, device: Readable) -> None:
        while True:
            try:
                async with self._one_at_a_time, asyncio.timeout(READ_TIMEOUT_S):
                    values: Mapping[str, Value] = await device.read()
            except TimeoutError:
                raise DeviceUnreachable(f"read() did not return within {READ_TIMEOUT_S:g} s") from None
            await self._took([Report(ALONE, tuple(Reading(name, value) for name, value in values.items()))])
            await asyncio.sleep(self.every_s)

    async def _changes(self, device: Changing) -> None:
        async for readings in device.changes():
            await self._took([Report(ALONE, tuple(readings))])

    async def _took(self, events: Sequence[GatewayEvent]) -> None:
        async with self.news:
            self.events.extend(events)
            self.found.update({event.device.id: event.device for event in events if isinstance(event, Found)})
            self.news.notify_all()


@asynccontextmanager
async def open_driver(
    driver: Driver, settings: Mapping[str, object], services: Services, *, settling: bool = True
) -> AsyncIterator[Watched]:
    """Open a driver with an instance's keys and listen to it. Leaving raises nothing; `ended` has what ended it."""
    configuration = check_configuration(driver, settings)
    async with driver.connect(configuration, services) as thing:
        watched = Watched(thing, settling=settling)
        watched.ended = asyncio.create_task(watched.listen(), name="driver under test")
        try:
            yield watched
        finally:
            watched.ended.cancel()
            await asyncio.wait([watched.ended])
            if not watched.ended.cancelled():
                watched.ended.exception()  # looked at
