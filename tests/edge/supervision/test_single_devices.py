"""One device behind one connection: asked, heard, written to, and thrown away when it is lost."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import ClassVar

import pytest
from pydantic import BaseModel

from labkeeper_edge.supervision.polling import SingleDevice
from labkeeper_sdk import (
    CommandRejected,
    Device,
    DeviceUnreachable,
    Driver,
    Found,
    Measure,
    Observation,
    Point,
    Reading,
    Report,
    Services,
    Setpoint,
    Value,
)
from labkeeper_sdk.plugins import Loaded
from labkeeper_sdk.testing import Broker
from labkeeper_wire.commands import CommandState
from tests.edge.conftest import RunEdge
from tests.edge.tiny_host import open_host

COMMAND = "0a3f2c56-2f0e-4b4c-9a54-0d6c1f6f0a01"


class NoSettings(BaseModel):
    """A driver with nothing to configure."""


@dataclass(slots=True)
class Chamber:
    points: ClassVar[Sequence[Point]] = (Measure("temperature"), Setpoint("target", minimum=0, maximum=50))
    values: dict[str, Value] = field(default_factory=lambda: {"temperature": 20.0, "target": 20.0})

    async def read(self) -> Mapping[str, Value]:
        return dict(self.values)

    async def write(self, point: str, value: Value) -> None:
        self.values[point] = value


@dataclass(slots=True)
class Bell:
    points: ClassVar[Sequence[Point]] = (Measure("rings", type=int),)
    times: int

    async def changes(self) -> AsyncIterator[Sequence[Reading]]:
        for number in range(self.times):
            yield [Reading("rings", number)]


@dataclass(slots=True)
class Mute:
    points: ClassVar[Sequence[Point]] = (Measure("t"),)

    async def read(self) -> Mapping[str, Value]:
        await asyncio.sleep(3600)
        return {}


async def first(device: Device, times: int, timeout_s: float = 5.0) -> list[Observation]:
    found = []
    observations = SingleDevice("x", device, every_s=0.001, timeout_s=timeout_s).observations()
    async for observation in observations:
        found.append(observation)
        if len(found) == times:
            break
    await observations.aclose()  # type: ignore[attr-defined]
    return found


async def test_a_device_that_is_asked_is_asked_again_and_again() -> None:
    about, *reports = await first(Chamber(), 3)
    (found,) = about.events
    assert isinstance(found, Found)
    assert found.device.points == Chamber.points
    assert reports[0].events == (Report("x", (Reading("temperature", 20.0), Reading("target", 20.0))),)
    assert len(reports) == 2


async def test_a_device_that_tells_is_heard_and_its_end_is_its_loss() -> None:
    assert [observation.events for observation in await first(Bell(2), 3)][1:] == [
        (Report("x", (Reading("rings", 0),)),),
        (Report("x", (Reading("rings", 1),)),),
    ]
    with pytest.raises(DeviceUnreachable, match="no more to say"):
        await first(Bell(0), 2)


async def test_a_device_that_does_not_answer_is_lost() -> None:
    with pytest.raises(DeviceUnreachable, match="does not answer"):
        await first(Mute(), 2, timeout_s=0.01)


async def test_a_device_without_write_refuses_commands() -> None:
    with pytest.raises(CommandRejected):
        await SingleDevice("x", Mute(), 1.0).write("x", "t", 1.0)


def loaded(make: Callable[[], Device]) -> Loaded:
    @asynccontextmanager
    async def connect(_configuration: BaseModel, _services: Services) -> AsyncIterator[Device]:
        yield make()

    return Loaded({"single": Driver("single", NoSettings, connect)})


async def test_a_single_device_is_read_and_commanded_through_the_node(broker: Broker, run_edge: RunEdge) -> None:
    tables = '[drivers.oven]\ndriver = "single"\n'
    async with open_host(broker.url) as host, run_edge(tables, "poll_every_s = 0.05", drivers=loaded(Chamber)):
        await host.born("oven")
        await host.until(lambda: host.values("temperature", "oven"))
        host.command(COMMAND, "oven", "target", 42.0)
        await host.result(COMMAND, CommandState.DONE)
        await host.until(lambda: 42.0 in host.values("target", "oven"))


@dataclass(slots=True)
class OneQuestionAtATime:
    points: ClassVar[Sequence[Point]] = (Setpoint("target", minimum=0, maximum=50),)
    busy: bool = False
    collisions: int = 0
    reads: int = 0

    async def read(self) -> Mapping[str, Value]:
        await self._ask()
        self.reads += 1
        return {"target": 1.0}

    async def write(self, point: str, value: Value) -> None:  # noqa: ARG002 - a driver's
        await self._ask()

    async def _ask(self) -> None:
        self.collisions += self.busy
        self.busy = True
        await asyncio.sleep(0.001)
        self.busy = False


async def test_a_device_is_never_read_and_written_at_the_same_time() -> None:
    device = OneQuestionAtATime()
    single = SingleDevice("d1", device, 0.0001)
    async for _ in single.observations():
        await single.write("d1", "target", 2.0)
        if device.reads >= 20:
            break
    assert device.collisions == 0
