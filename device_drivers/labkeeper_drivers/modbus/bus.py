"""Several units on one line, each a device of its own: asked in turn, and a silent one takes nobody with it."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

from labkeeper_sdk import (
    Availability,
    CommandRejected,
    DeviceInfo,
    DeviceUnreachable,
    Found,
    GatewayEvent,
    Nonsense,
    Observation,
    Point,
    Reading,
    Report,
    Title,
    Urgency,
    Value,
)

REST_S = 10.0  # a unit that did not answer is left alone for so long: each question to it holds up the others


class Unreadable(DeviceUnreachable):
    """The unit answers, and has not got what the map asks for."""


class Unit(Protocol):
    """One device on the line."""

    @property
    def points(self) -> Sequence[Point]: ...
    async def read(self) -> Mapping[str, Value]: ...
    async def write_urgently(self, point: str, value: Value, urgency: Urgency) -> None: ...


@dataclass(slots=True)
class Bus:
    """A gateway to the units by the names the school gave them; they are asked every `every_s`, and after a write."""

    units: Mapping[str, Unit]
    titles: Mapping[str, Title]
    every_s: float
    _resting: dict[str, float] = field(default_factory=dict)  # until when, by unit that does not answer
    _asked: asyncio.Event = field(default_factory=asyncio.Event)

    async def observations(self) -> AsyncIterator[Observation]:
        """Yield the units, then what they say. Raises DeviceUnreachable when none of them answers: it is the line."""
        yield Observation(tuple(Found(info) for info in self._infos()))
        while True:
            self._asked.clear()
            for name in [*self._due()]:
                yield Observation(tuple(await self._look(name)))
            if len(self._resting) == len(self.units):
                raise DeviceUnreachable("none of the units answers")
            with suppress(TimeoutError):
                async with asyncio.timeout(self.every_s):
                    await self._asked.wait()

    async def write(self, device: str, point: str, value: Value) -> None:
        """Write to a unit, and have it asked so that the new value shows."""
        await self.write_urgently(device, point, value, Urgency.COMMAND)

    async def write_urgently(self, device: str, point: str, value: Value, urgency: Urgency) -> None:
        """Write before what is less urgent, whichever unit that is to."""
        if device not in self.units:
            raise CommandRejected("read_only", f"{device} cannot be commanded")
        await self.units[device].write_urgently(point, value, urgency)
        self._asked.set()

    def _infos(self) -> Iterator[DeviceInfo]:
        for name, unit in self.units.items():
            yield DeviceInfo(id=name, points=tuple(unit.points), title=self.titles[name])

    def _due(self) -> Iterator[str]:
        now_s = asyncio.get_running_loop().time()
        yield from (name for name in self.units if self._resting.get(name, 0.0) <= now_s)

    async def _look(self, name: str) -> list[GatewayEvent]:
        try:
            values = await self.units[name].read()
        except DeviceUnreachable as error:
            return self._lost(name, error)
        back = [Availability(name, online=True)] if self._resting.pop(name, None) is not None else []
        return [*back, Report(name, tuple(Reading(point, value) for point, value in values.items()))]

    def _lost(self, name: str, error: DeviceUnreachable) -> list[GatewayEvent]:
        news = name not in self._resting
        self._resting[name] = asyncio.get_running_loop().time() + REST_S
        if not news:
            return []
        why = [Nonsense(name, "unreadable", str(error))] if isinstance(error, Unreadable) else []
        return [*why, Availability(name, online=False)]
