"""One device behind one connection: asked, heard, written to, and thrown away when it is lost."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from typing import ClassVar

import pytest
from pydantic import BaseModel

from labkeeper_edge.supervision.polling import SingleDevice
from labkeeper_sdk import (
    About,
    CommandFailed,
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
    Title,
    Urgency,
    Value,
)
from labkeeper_sdk.plugins import Loaded
from labkeeper_sdk.testing import Broker
from labkeeper_wire.commands import CommandState
from labkeeper_wire.stop import LATCH, MISSING, StopWord, topic
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
    await observations.aclose()  # type: ignore[attr-defined] # a generator, behind an iterator's type
    return found


async def test_a_device_that_is_asked_is_asked_again_and_again() -> None:
    about, *reports = await first(Chamber(), 3)
    (found,) = about.events
    assert isinstance(found, Found)
    assert found.device.points == Chamber.points
    assert reports[0].events == (Report("x", (Reading("temperature", 20.0), Reading("target", 20.0))),)
    assert len(reports) == 2


@dataclass(slots=True)
class Named(Chamber):
    about: About = field(default_factory=About)


async def test_a_device_says_what_it_is_and_one_without_a_name_has_its_driver_s() -> None:
    known = About(title=Title("箱", "Box"), make="Acme", model="B1", firmware="7")
    for about, title in ((known, known.title), (About(make="Acme"), Title("炉", "Oven"))):
        observations = SingleDevice("x", Named(about=about), every_s=60.0, title=Title("炉", "Oven")).observations()
        (found,) = (await anext(observations)).events
        assert isinstance(found, Found)
        assert (found.device.title, found.device.make, found.device.model) == (title, "Acme", about.model)
        await observations.aclose()  # type: ignore[attr-defined] # a generator, behind an iterator's type


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


SLOW_S = 1.0
DONE = 1.0


@dataclass(slots=True)
class Line:
    """A device that answers each line with a number, one after the other and bearing no name: a driver as the tutorial
    has it, over a real socket. `set` takes its time."""

    points: ClassVar[Sequence[Point]] = (
        Measure("temperature"),
        Setpoint("target", minimum=0, maximum=50, safe_value=5.0),
    )
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def read(self) -> Mapping[str, Value]:
        return {"temperature": await self._ask("get")}

    async def write(self, point: str, value: Value) -> None:  # noqa: ARG002 -- a driver's
        if await self._ask(f"set {value}") != DONE:
            raise CommandFailed("device_refused")

    async def _ask(self, words: str) -> float:
        self.writer.write(f"{words}\n".encode())
        return float(await self.reader.readline())


@dataclass(slots=True)
class Oven:
    """The other side. `set` is what it was told, connection by connection."""

    set: list[list[float]] = field(default_factory=list)
    _told: asyncio.Event = field(default_factory=asyncio.Event)

    async def hears(self, value: float) -> None:
        """Wait until it has been told this last; it has not answered yet, if that takes its time."""
        async with asyncio.timeout(20):
            while [told[-1:] for told in self.set][-1:] != [[value]]:
                self._told.clear()
                await self._told.wait()

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        told: list[float] = []
        self.set.append(told)
        with suppress(ConnectionError), closing(writer):
            while words := (await reader.readline()).split():
                if words[0] == b"set":
                    told.append(float(words[1]))
                    self._told.set()
                    await asyncio.sleep(SLOW_S if told[-1] > 5 else 0)
                writer.write(b"20.0\n" if words[0] == b"get" else f"{DONE}\n".encode())


@asynccontextmanager
async def open_oven(oven: Oven) -> AsyncIterator[Callable[[], AbstractAsyncContextManager[Line]]]:
    """Serve it; yields what opens a line to it."""

    @asynccontextmanager
    async def open_line() -> AsyncIterator[Line]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            yield Line(reader, writer)
        finally:
            writer.close()

    async with await asyncio.start_server(oven.handle, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        yield open_line


async def listen(observations: AsyncIterator[Observation], seen: list[Observation]) -> None:
    async for observation in observations:
        seen.append(observation)  # noqa: PERF401 -- what was seen before it raises is looked at


async def test_a_write_that_is_broken_off_ends_the_connection_before_its_answer_is_taken_for_another_one_s() -> None:
    seen: list[Observation] = []
    oven = Oven()
    async with open_oven(oven) as open_line, open_line() as line:
        single = SingleDevice("x", line, every_s=0.01)
        observations = single.observations()
        await anext(observations)
        seen.append(await anext(observations))
        writing = asyncio.create_task(single.write("x", "target", 50.0))
        await oven.hears(50.0)
        writing.cancel()
        with pytest.raises(DeviceUnreachable, match="broken off"):
            await listen(observations, seen)
        assert {observation.events for observation in seen} == {(Report("x", (Reading("temperature", 20.0),)),)}
        with pytest.raises(DeviceUnreachable, match="broken off"):
            await single.write("x", "target", 6.0)


async def test_a_write_that_is_given_up_as_unreachable_ends_the_connection_too() -> None:
    class GivenUp(Chamber):
        async def write(self, point: str, value: Value) -> None:  # noqa: ARG002 -- a driver's
            raise DeviceUnreachable("no answer")

    single = SingleDevice("x", GivenUp(), every_s=0.01)
    observations = single.observations()
    await anext(observations)
    with pytest.raises(DeviceUnreachable, match="no answer"):
        await single.write("x", "target", 1.0)
    with pytest.raises(DeviceUnreachable, match="broken off"):
        await listen(observations, [])


async def test_a_safe_value_goes_out_behind_a_write_that_was_broken_off_but_is_not_believed() -> None:
    oven = Oven()
    async with open_oven(oven) as open_line, open_line() as line:
        single = SingleDevice("x", line, every_s=60.0)
        observations = single.observations()
        await anext(observations)
        await anext(observations)
        writing = asyncio.create_task(single.write("x", "target", 50.0))
        await oven.hears(50.0)
        writing.cancel()
        with pytest.raises(DeviceUnreachable, match="broken off"):
            await single.write_urgently("x", "target", 5.0, Urgency.STOP)
        await observations.aclose()  # type: ignore[attr-defined] # it is an async generator
    assert oven.set == [[50.0, 5.0]]


async def test_a_device_that_only_tells_stays_connected_when_a_write_is_broken_off() -> None:
    @dataclass(slots=True)
    class Slow(Bell):
        async def write(self, point: str, value: Value) -> None:  # noqa: ARG002 -- a driver's
            await asyncio.sleep(3600)

    single = SingleDevice("x", Slow(1), every_s=0.01)
    writing = asyncio.create_task(single.write("x", "rings", 1))
    await asyncio.sleep(0)
    writing.cancel()
    await asyncio.wait([writing])
    observations = single.observations()
    assert [(await anext(observations)).events for _ in range(2)][1] == (Report("x", (Reading("rings", 0),)),)
    await observations.aclose()  # type: ignore[attr-defined] # it is an async generator


async def test_a_stop_breaks_off_a_command_and_nothing_of_its_answer_is_read(broker: Broker, run_edge: RunEdge) -> None:
    oven = Oven()
    tables = '[drivers.oven]\ndriver = "single"\n'
    async with open_host(broker.url) as host, open_oven(oven) as open_line:
        drivers = Loaded({"single": Driver("single", NoSettings, lambda *_: open_line())})
        async with run_edge(tables, "poll_every_s = 0.02", drivers=drivers):
            await host.born("oven")
            await host.until(lambda: host.values("temperature", "oven"))
            host.command(COMMAND, "oven", "target", 50.0)
            async with asyncio.timeout(10):
                while 50.0 not in oven.set[0]:
                    await asyncio.sleep(0.01)
            stop = StopWord("latch-1", active=True, by="anna", at_ms=1)
            await host.link.publish(topic("s"), stop.to_payload(), qos=1, retain=True)
            assert (await host.result(COMMAND, CommandState.FAILED)).code == "stopped"
            await host.until(lambda: host.node_metric(LATCH) == "latch-1" and host.node_metric(MISSING) == "[]")
            before = len(host.values("temperature", "oven"))
            await host.until(lambda: len(host.values("temperature", "oven")) > before)
        assert set(host.values("temperature", "oven")) == {20.0}
    assert oven.set == [[5.0, 50.0, 5.0], [5.0]]
