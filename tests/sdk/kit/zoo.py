"""Twenty drivers, each with one fault that real drivers have, made from the pump, which has none."""

import asyncio
import contextlib
import itertools
import logging
import os
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from labkeeper_sdk import (
    Device,
    DeviceUnreachable,
    Driver,
    Measure,
    Point,
    Reading,
    Risk,
    Services,
    Switch,
    Title,
    Value,
)
from labkeeper_sdk.testing import Bench

from .pump import DRIVER, POINTS, Pump, PumpConfiguration, connect
from .pump_bench import BENCH

log = logging.getLogger("acme_pump")
Connect = Callable[[Any, Services], AbstractAsyncContextManager[Device]]


@dataclass(frozen=True, slots=True)
class Specimen:
    """A driver with a fault: the check that is to find it, and words its report is to say."""

    fault: str
    check: str
    says: str
    driver: Driver
    bench: Bench = BENCH


def made(kind: type[Pump]) -> Driver:
    """Return the pump's driver with another device class."""

    @asynccontextmanager
    async def other(configuration: PumpConfiguration, services: Services) -> AsyncIterator[Pump]:
        async with connect(configuration, services) as pump:
            yield kind(pump.reader, pump.writer)

    return replace(DRIVER, connect=other)


def opened(around: Callable[[], AbstractAsyncContextManager[None]]) -> Driver:
    """Return the pump's driver that does something besides when it is opened."""

    @asynccontextmanager
    async def other(configuration: PumpConfiguration, services: Services) -> AsyncIterator[Pump]:
        async with around(), connect(configuration, services) as pump:
            yield pump

    return replace(DRIVER, connect=other)


# --- bronze -----------------------------------------------------------------------------------------------------------
LEFT: list[object] = []  # what the leaking drivers leave behind; the tests clear it away


@asynccontextmanager
async def _leaves_a_task() -> AsyncIterator[None]:
    LEFT.append(asyncio.create_task(asyncio.sleep(3600), name="heartbeat"))
    yield


@asynccontextmanager
async def leaves_one_that_ends() -> AsyncIterator[None]:
    LEFT.append(asyncio.create_task(asyncio.sleep(3), name="farewell"))
    yield


@asynccontextmanager
async def _leaves_a_file() -> AsyncIterator[None]:
    LEFT.append(os.open("/dev/null", os.O_RDONLY))
    yield


@asynccontextmanager
async def _leaves_a_file_in_vain(configuration: PumpConfiguration, services: Services) -> AsyncIterator[Pump]:
    """Closes what it opened, but where the pump is away."""
    lock = os.open("/dev/null", os.O_RDONLY)
    async with connect(configuration, services) as pump:
        yield pump
        os.close(lock)


@asynccontextmanager
async def _leaves_memory() -> AsyncIterator[None]:
    LEFT.append(bytearray(100_000))
    yield


class Blocks(Pump):
    async def read(self) -> Mapping[str, Value]:
        time.sleep(0.08)  # noqa: ASYNC251 -- the fault
        return await super().read()


class BlocksAtTimes(Pump):
    """Blocks in two of three connections."""

    opened: ClassVar = itertools.count()

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        super().__init__(reader, writer)
        self.blocks = next(self.opened) % 3 < 2

    async def read(self) -> Mapping[str, Value]:
        if self.blocks:
            time.sleep(0.08)  # noqa: ASYNC251 -- the fault
        return await super().read()


class WithSecret(PumpConfiguration):
    """A password that everybody knows."""

    password: SecretStr = Field(SecretStr("admin"), description="the pump's password")


class Open(BaseModel):
    """A table that takes whatever is in it."""

    model_config = ConfigDict(extra="allow")


class WithOpenTable(PumpConfiguration):
    """A misspelt key of its line is nobody's."""

    line: Open = Field(Open(), description="the pump's line")


class Login(BaseModel):
    """A token everybody may see."""

    token: str = ""


class WithLogin(PumpConfiguration):
    """A secret where nobody looks at first."""

    login: Login = Field(Login(), description="the pump's login")


# --- silver -----------------------------------------------------------------------------------------------------------
class Stubborn(Pump):
    async def ask(self, line: str) -> list[float]:
        until_s = time.monotonic() + 3
        while time.monotonic() < until_s:
            with contextlib.suppress(asyncio.CancelledError, DeviceUnreachable):
                return await super().ask(line)
        raise DeviceUnreachable("at last")


class StubbornSwitch(Stubborn):
    """Lets go of its numbers, and never of its switch."""

    async def ask(self, line: str) -> list[float]:
        return await (Stubborn if line.startswith("on") else Pump).ask(self, line)


class Hasty(Pump):
    """Returns before the pump has confirmed; the answer is thrown away later."""

    async def write(self, point: str, value: Value) -> None:
        self.writer.write((f"on {int(value)}\n" if point == "running" else f"flow {value}\n").encode())
        self.pending = getattr(self, "pending", 0) + 1

    async def read(self) -> Mapping[str, Value]:
        while getattr(self, "pending", 0):
            self.pending -= 1
            await self.reader.readuntil()
        return await super().read()


class Fahrenheit(Pump):
    points = (Measure("flow", unit="ml per minute", minimum=0, maximum=100), *POINTS[1:])


class Excessive(Pump):
    async def read(self) -> Mapping[str, Value]:
        return {**await super().read(), "flow": 250.0}


class Flips(Pump):
    async def read(self) -> Mapping[str, Value]:
        said = {**await super().read()}
        self.count = getattr(self, "count", 0) + 1
        return said if self.count % 3 else {**said, "flow": str(said["flow"])}


class Foreign(Pump):
    async def ask(self, line: str) -> list[float]:
        self.writer.write(f"{line}\n".encode())
        answer = (await asyncio.wait_for(self.reader.readuntil(), 1.0)).split()
        return [float(word) for word in answer]


@asynccontextmanager
async def _chatty(configuration: PumpConfiguration, services: Services) -> AsyncIterator[Pump]:
    try:
        async with connect(configuration, services) as pump:
            yield pump
    except DeviceUnreachable as error:
        log.warning("cannot reach the pump: %s", error)
        raise


counted_log = logging.getLogger("paho_pump")  # begins as the name of a library of ours, and is none
ATTEMPTS = itertools.count(1)


@asynccontextmanager
async def _counting(configuration: PumpConfiguration, services: Services) -> AsyncIterator[Pump]:
    try:
        async with connect(configuration, services) as pump:
            yield pump
    except DeviceUnreachable:
        counted_log.warning(f"attempt {next(ATTEMPTS)}: no pump")
        raise


class Swallows(Pump):
    """Never admits that the pump is away: it repeats what it said last."""

    async def read(self) -> Mapping[str, Value]:
        try:
            self.last = await super().read()
        except DeviceUnreachable:
            await asyncio.sleep(0.01)
        return self.last


class Clings(Pump):
    """Commands through the connection it had first."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        super().__init__(reader, writer)
        LEFT.append(self)

    async def write(self, point: str, value: Value) -> None:
        first = next(it for it in LEFT if isinstance(it, Pump))
        await Pump.write(first, point, value)


class Hangs(Pump):
    async def write(self, point: str, value: Value) -> None:
        self.writer.write((f"on {int(value)}\n" if point == "running" else f"flow {value}\n").encode())
        await self.reader.readuntil()


class HangsOnItsSwitch(Hangs):
    async def write(self, point: str, value: Value) -> None:
        await (Hangs if point == "running" else Pump).write(self, point, value)


class Twice(Pump):
    async def write(self, point: str, value: Value) -> None:
        await super().write(point, value)
        await super().write(point, value)


class Drifting(Pump):
    async def read(self) -> Mapping[str, Value]:
        raise NotImplementedError

    async def changes(self) -> AsyncIterator[Sequence[Reading]]:
        began_ms = time.time_ns() // 1_000_000
        while True:
            flow, target, running = await self.ask("?")
            ran_ms = time.time_ns() // 1_000_000 - began_ms
            stamp = began_ms + 3 * ran_ms
            values = {"flow": flow, "target": target, "running": bool(running)}
            yield [Reading(point, value, stamp) for point, value in values.items()]
            await asyncio.sleep(0.02)


@dataclass(slots=True)
class DriftingDevice:
    """Tells instead of being asked, and its clock runs three times too fast."""

    pump: Drifting
    points: Sequence[Point] = POINTS

    def changes(self) -> AsyncIterator[Sequence[Reading]]:
        return self.pump.changes()


@asynccontextmanager
async def _drifting(configuration: PumpConfiguration, services: Services) -> AsyncIterator[DriftingDevice]:
    async with connect(configuration, services) as pump:
        yield DriftingDevice(Drifting(pump.reader, pump.writer))


# --- gold and platinum ------------------------------------------------------------------------------------------------
class Untitled(Pump):
    points = (replace(POINTS[0], title=Title(en="Flow")), *POINTS[1:])


class Careless(Pump):
    points = (*POINTS[:2], Switch("running", title=Title(zh="运转", en="Running"), risk=Risk.MOTION))


class Forgetful(Pump):
    points = (*POINTS[:2], Switch("running", title=Title(zh="运转", en="Running"), safe_value=False, risk=Risk.MOTION))


class Fragile(Pump):
    async def ask(self, line: str) -> list[float]:
        try:
            return await super().ask(line)
        except DeviceUnreachable as error:
            if "nonsense" in str(error):
                raise ValueError(str(error)) from error
            raise


class Growing(Pump):
    async def read(self) -> Mapping[str, Value]:
        LEFT.append(b"x" * 1_000_000)  # bytes that are written, so that they are there
        return await super().read()


ENGLISH = Title(zh="Pump", en="Pump")
MADE_UP = Path(__file__).parent / "made_up"  # holds what a simulator said

SPECIMENS = (
    Specimen("leaks a task", "opens", "leaks a task at each opening, e.g. 'heartbeat'", opened(_leaves_a_task)),
    Specimen("leaks a file", "opens", "leaks a file descriptor", opened(_leaves_a_file)),
    Specimen(
        "leaks a file where its device is away",
        "opens",
        "leaks a file descriptor at each vain attempt",
        replace(DRIVER, connect=_leaves_a_file_in_vain),
    ),
    Specimen("leaks memory", "opens", "memory grows by", opened(_leaves_memory)),
    Specimen("blocks the loop for 80 ms", "loop", "zoo.py:", made(Blocks)),
    Specimen("blocks the loop at times", "loop", "zoo.py:", made(BlocksAtTimes)),
    Specimen("no documentation", "docs", "no documentation page", DRIVER, replace(BENCH, docs=Path("nowhere.md"))),
    Specimen("a default secret", "schema", "secret password has a default", replace(DRIVER, configuration=WithSecret)),
    Specimen("an open table", "schema", "the table line accepts keys", replace(DRIVER, configuration=WithOpenTable)),
    Specimen("a secret in a table", "schema", "login.token looks like", replace(DRIVER, configuration=WithLogin)),
    Specimen("another name", "manifest", "the driver pump", replace(DRIVER, name="pump")),
    Specimen("ignores cancellation", "cancellation", "ignores cancellation", made(Stubborn)),
    Specimen("one switch ignores cancellation", "cancellation", "write of running ignores", made(StubbornSwitch)),
    Specimen("returns before confirmed", "confirms", "returned before the device had confirmed", made(Hasty)),
    Specimen("wrong unit", "points", "'ml per minute' is not UCUM", made(Fahrenheit)),
    Specimen("out of range", "readings", "flow says 250.0, outside 0 to 100", made(Excessive)),
    Specimen("type flips", "readings", "flow is declared float and says '5.0'", made(Flips)),
    Specimen("raises foreign errors", "vanishing", "raises IncompleteReadError", made(Foreign)),
    Specimen("logs each retry", "quiet", "cannot reach the pump", replace(DRIVER, connect=_chatty)),
    Specimen("counts each retry in its log", "quiet", ": no pump", replace(DRIVER, connect=_counting)),
    Specimen("swallows DeviceUnreachable", "vanishing", "does not notice", made(Swallows)),
    Specimen("clings to its first connection", "vanishing", "once its device is back, a command of", made(Clings)),
    Specimen("hangs on write", "deadlines", "still hangs after confirm_s", made(Hangs)),
    Specimen("its switch hangs", "deadlines", "a write of running to a silent device still", made(HangsOnItsSwitch)),
    Specimen("carries out twice", "confirms", "reached the device 2 times", made(Twice)),
    Specimen("drifting clock", "readings", "the clock drifts", replace(DRIVER, connect=_drifting)),
    Specimen("no Chinese title", "titles", "the point flow has no Chinese title", made(Untitled)),
    Specimen("an English Chinese title", "titles", "'Pump' has no Chinese character", replace(DRIVER, title=ENGLISH)),
    Specimen("no recording", "fixtures", "no recordings of a device", DRIVER, replace(BENCH, fixtures=None)),
    Specimen("a made-up recording", "fixtures", "pump.jsonl is simulated", DRIVER, replace(BENCH, fixtures=MADE_UP)),
    Specimen("no safe value", "safe_values", "running has no safe value", made(Careless)),
    Specimen("forgets a lost link", "safe_values", "forgets a lost link", made(Forgetful)),
    Specimen("grows without end", "soak", "kB in the last third", made(Growing)),
    Specimen("crashes on a spoiled frame", "fuzz", "ValueError: the pump speaks nonsense", made(Fragile)),
)
