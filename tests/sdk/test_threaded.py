"""A driver on a library that blocks: in a thread of its own, one call after the other, and the loop never waits."""

import asyncio
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import ClassVar

import pytest
from pydantic import BaseModel

from labkeeper_sdk import DeviceUnreachable, Measure, Point, Readable, Services, Setpoint, Value, Writable, threaded


class Nothing(BaseModel):
    """A driver with nothing to configure."""


class Nobody:
    """Services that are not used."""


@dataclass
class Oven:
    points: ClassVar[Sequence[Point]] = (Measure("temperature"), Setpoint("target"))
    release: threading.Event = field(default_factory=threading.Event)
    entered: threading.Event = field(default_factory=threading.Event)
    threads: set[int] = field(default_factory=set)
    done: list[str] = field(default_factory=list)

    def read(self) -> Mapping[str, Value]:
        self.threads.add(threading.get_ident())
        self.entered.set()
        self.release.wait()
        self.done.append("read")
        return {"temperature": 20.0}

    def write(self, point: str, value: Value) -> None:
        self.threads.add(threading.get_ident())
        if value == -1.0:
            raise OSError("no such wire")
        self.done.append(f"{point} {value}")


@dataclass
class Gauge:
    points: ClassVar[Sequence[Point]] = (Measure("t"),)

    def read(self) -> Mapping[str, Value]:
        return {"t": 1.0}


@dataclass
class Bell:
    points: ClassVar[Sequence[Point]] = (Setpoint("t"),)

    def write(self, point: str, value: Value) -> None:
        """Ring."""


def opening(device: object, done: list[str]) -> threaded:
    @contextmanager
    def connect(_configuration: Nothing, _services: Services) -> Iterator[object]:
        try:
            yield device
        finally:
            done.append("closed")

    return threaded(connect)  # type: ignore[arg-type] # as little of each as is needed


async def test_everything_runs_in_one_other_thread_in_order_while_the_loop_goes_on() -> None:
    oven = Oven()
    async with opening(oven, oven.done)(Nothing(), Nobody()) as device:  # type: ignore[arg-type] # as little of each as is needed
        assert isinstance(device, Readable)
        assert isinstance(device, Writable)
        assert device.points == Oven.points
        reading = asyncio.create_task(device.read())
        writing = asyncio.create_task(device.write("target", 5.0))
        await asyncio.to_thread(oven.entered.wait)  # the loop runs while the thread stands
        assert oven.done == []
        oven.release.set()
        assert await reading == {"temperature": 20.0}
        await writing
        with pytest.raises(OSError, match="no such wire"):
            await device.write("target", -1.0)
    assert oven.done == ["read", "target 5.0", "closed"]
    assert len(oven.threads) == 1
    assert threading.get_ident() not in oven.threads


async def test_while_a_call_has_not_returned_its_instance_is_unreachable_and_others_are_not() -> None:
    oven, services = Oven(), Nobody()
    connect = opening(oven, oven.done)

    async def ask(owner: Nobody) -> None:
        async with asyncio.timeout(0.05), connect(Nothing(), owner) as device:  # type: ignore[arg-type] # as little of each as is needed
            assert isinstance(device, Readable)
            await device.read()

    asking = asyncio.create_task(ask(services))
    await asyncio.to_thread(oven.entered.wait)
    asking.cancel()
    closing = asyncio.wait_for(asyncio.shield(asking), 5)
    with pytest.raises(DeviceUnreachable, match="has not returned"):
        await ask(services)
    oven.release.set()
    with pytest.raises((asyncio.CancelledError, TimeoutError)):
        await closing
    assert oven.done[-1] == "closed"
    async with connect(Nothing(), services):  # type: ignore[arg-type] # as little of each as is needed
        pass


async def test_a_device_has_after_the_wrapping_what_it_had_before() -> None:
    done: list[str] = []
    async with opening(Gauge(), done)(Nothing(), Nobody()) as gauge:  # type: ignore[arg-type] # as little of each as is needed
        assert (isinstance(gauge, Readable), isinstance(gauge, Writable)) == (True, False)
    async with opening(Bell(), done)(Nothing(), Nobody()) as bell:  # type: ignore[arg-type] # as little of each as is needed
        assert (isinstance(bell, Readable), isinstance(bell, Writable)) == (False, True)
    assert done == ["closed", "closed"]
