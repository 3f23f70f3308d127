"""Drivers on libraries that block: written with plain functions, run in a thread of their own.

`Driver(..., connect=threaded(connect))`, where `connect` is a `@contextmanager` that yields a device whose `read` and
`write` are plain functions. Connecting, reading, writing and closing run in one thread, one after the other.
"""

import asyncio
import logging
import queue
import threading
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol, TypeVar, runtime_checkable

from labkeeper_sdk.drivers import Device, Services
from labkeeper_sdk.errors import DeviceUnreachable
from labkeeper_sdk.points import Point
from labkeeper_sdk.values import Value

log = logging.getLogger(__name__)
T = TypeVar("T")
Job = Callable[[], None]


class BlockingDevice(Protocol):
    """A thing with points. It also has `read` or `write` or both, as plain functions that may block."""

    @property
    def points(self) -> Sequence[Point]: ...


@runtime_checkable
class BlockingReadable(Protocol):
    """A device that is asked."""

    def read(self) -> Mapping[str, Value]: ...


@runtime_checkable
class BlockingWritable(Protocol):
    """A device that obeys. Returning means the device has confirmed."""

    def write(self, point: str, value: Value) -> None: ...


BlockingConnect = Callable[[Any, Services], AbstractContextManager[BlockingDevice]]


@dataclass(slots=True)
class Lane:
    """One thread, and what it has to do in order. A call that is given up goes on in the thread until it returns."""

    name: str
    unfinished: int = 0
    _jobs: queue.SimpleQueue[Job | None] = field(default_factory=queue.SimpleQueue)

    def start(self) -> None:
        """Start the thread; it must not keep the process alive, since nothing can end a call that hangs."""
        threading.Thread(target=self._work, name=self.name, daemon=True).start()

    def finish(self) -> None:
        """Let the thread end after what it has to do."""
        self._jobs.put(None)

    async def call(self, function: Callable[[], T]) -> T:
        """Return what the function returns in the thread, or raise what it raises."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        self.unfinished += 1
        self._jobs.put(partial(self._run, function, loop, done))
        return await done

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()

    def _run(self, function: Callable[[], T], loop: asyncio.AbstractEventLoop, done: "asyncio.Future[T]") -> None:
        try:
            result = function()
        except BaseException as error:  # noqa: BLE001 -- it belongs to the one who called
            tell = partial(_give_up, done, error)
        else:
            tell = partial(_give, done, result)
        try:
            loop.call_soon_threadsafe(self._finished, tell)
        except RuntimeError:
            log.debug("%s: came back after its loop had ended", self.name)

    def _finished(self, tell: Job) -> None:
        self.unfinished -= 1
        tell()


@dataclass(slots=True)
class threaded:  # noqa: N801 -- it is used like a function
    """Make an asynchronous `connect` of a blocking one. While a call of an earlier connection has not returned, there
    is no new one: DeviceUnreachable.
    """

    connect: BlockingConnect
    _left: list[tuple[Services, Lane]] = field(default_factory=list)

    @asynccontextmanager
    async def __call__(self, configuration: Any, services: Services) -> AsyncIterator[Device]:  # noqa: ANN401 -- the driver's own configuration
        """Connect in a thread of its own."""
        self._left = [(owner, lane) for owner, lane in self._left if lane.unfinished]
        if any(owner is services for owner, _ in self._left):
            raise DeviceUnreachable("a call of the earlier connection has not returned yet")
        lane = Lane(f"driver {self.connect.__module__}")
        lane.start()
        self._left.append((services, lane))
        try:
            opening = await lane.call(partial(self.connect, configuration, services))
            device = await lane.call(opening.__enter__)
            try:
                yield _asynchronous(device, lane)
            finally:
                await lane.call(partial(opening.__exit__, None, None, None))
        finally:
            lane.finish()


@dataclass(slots=True)
class _Asked:
    device: BlockingDevice
    lane: Lane

    @property
    def points(self) -> Sequence[Point]:
        return self.device.points


class _Reading(_Asked):
    async def read(self) -> Mapping[str, Value]:
        assert isinstance(self.device, BlockingReadable)  # noqa: S101 -- chosen for it
        return await self.lane.call(self.device.read)


class _Writing(_Asked):
    async def write(self, point: str, value: Value) -> None:
        assert isinstance(self.device, BlockingWritable)  # noqa: S101 -- chosen for it
        await self.lane.call(partial(self.device.write, point, value))


class _Both(_Reading, _Writing):
    """A device that is asked and obeys."""


def _asynchronous(device: BlockingDevice, lane: Lane) -> Device:
    reads, writes = isinstance(device, BlockingReadable), isinstance(device, BlockingWritable)
    if reads and writes:
        return _Both(device, lane)
    if writes:
        return _Writing(device, lane)
    return _Reading(device, lane) if reads else _Asked(device, lane)


def _give(done: "asyncio.Future[T]", result: T) -> None:
    if not done.done():
        done.set_result(result)


def _give_up(done: "asyncio.Future[T]", error: BaseException) -> None:
    if not done.done():
        done.set_exception(error)
