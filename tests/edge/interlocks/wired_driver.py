"""A board that is wired to the node itself: what a set of interlocks reads and drives, without any broker between."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from pydantic import BaseModel

from labkeeper_sdk import (
    DeviceInfo,
    Driver,
    Found,
    Measure,
    Observation,
    Point,
    Reading,
    Report,
    Services,
    State,
    Switch,
    Title,
    Value,
)
from labkeeper_sdk.plugins import Loaded, Source
from labkeeper_wire.interlock_rules import InterlockSet, Place

DEADLINE_S, LOOK_S = 30.0, 0.02
EVERY_S = 0.2  # how often the board says where everything stands


class Configuration(BaseModel):
    """There is nothing to set."""


@dataclass(slots=True)
class Board:
    """The inputs stand as a test puts them, the outputs as the node drives them; `written` is every write."""

    rules: InterlockSet
    values: dict[Place, Value] = field(default_factory=dict)
    written: list[tuple[Place, Value]] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.values = {
            **{one.place: False if one.type is bool else 0.0 for one in self.rules.inputs.values()},
            **{one.place: False for one in self.rules.outputs.values()},
        }

    def put(self, **inputs: Value) -> None:
        """Have inputs stand otherwise."""
        self.values.update((self.rules.inputs[name].place, value) for name, value in inputs.items())
        self.changed.set()

    def output(self, name: str) -> Value:
        """Return where an output stands."""
        return self.values[self.rules.outputs[name].place]

    def switch(self, **outputs: Value) -> None:
        """Have outputs stand otherwise, by a hand that is not the node's."""
        self.values.update((self.rules.outputs[name].place, value) for name, value in outputs.items())

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until something is so."""
        async with asyncio.timeout(DEADLINE_S):
            while not true():
                await asyncio.sleep(LOOK_S)

    async def observations(self) -> AsyncIterator[Observation]:
        yield Observation(tuple(Found(info) for info in self._devices()))
        while True:
            self.changed.clear()
            yield Observation(tuple(Report(at.device, (Reading(at.point, on),)) for at, on in self.values.items()))
            try:
                async with asyncio.timeout(EVERY_S):
                    await self.changed.wait()
            except TimeoutError:
                pass

    async def write(self, device: str, point: str, value: Value) -> None:
        place = Place(device, point)
        self.values[place] = value
        self.written.append((place, value))
        self.changed.set()

    def _devices(self) -> Iterable[DeviceInfo]:
        names = sorted({place.device for place in self.values})
        return [DeviceInfo(id=name, points=tuple(self._points(name)), title=Title(en="Wired")) for name in names]

    def _points(self, device: str) -> Iterable[Point]:
        outputs = {one.place for one in self.rules.outputs.values()}
        units = {one.place: one.unit for one in self.rules.inputs.values()}
        for place, value in self.values.items():
            if place.device == device and place in outputs:
                yield Switch(place.point)
            elif place.device == device:
                yield State(place.point) if isinstance(value, bool) else Measure(place.point, unit=units[place])


def wired(board: Board) -> Loaded:
    """Return the drivers of a node that has nothing but this board."""

    @asynccontextmanager
    async def connect(_configuration: BaseModel, _services: Services) -> AsyncIterator[Board]:
        yield board

    driver = Driver("wired", Configuration, connect, Title(en="Wired"))
    return Loaded({"wired": driver}, sources={"wired": Source("wired", "tests.edge.interlocks.wired_driver")})
