"""A driver before its simulated device, and what every check needs to try it."""

import asyncio
import math
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from labkeeper_sdk.conformance.meter import Meter
from labkeeper_sdk.conformance.outcomes import Fault, Spared
from labkeeper_sdk.drivers import Driver, Services
from labkeeper_sdk.errors import DeviceUnreachable
from labkeeper_sdk.points import Action, Point, Setpoint, Switch
from labkeeper_sdk.testing.benches import Bench, Stand
from labkeeper_sdk.testing.services import TestServices
from labkeeper_sdk.testing.watching import Watched, open_driver
from labkeeper_sdk.values import Value
from labkeeper_sdk.whose import code_of

WIDE = 100.0  # a range this wide is whole numbers on many wires: brightness, colour temperature
TRIED_POINTS = 6  # of one kind; a light with forty settings is not tried forty times


@dataclass(frozen=True, slots=True)
class Pace:
    """How long and how often things are tried."""

    opens: int = 100
    readings: int = 30
    listen_s: float = 3.0  # for those readings
    patience_s: float = 15.0  # for a device that is there
    calm_s: float = 0.5  # without a new device, and all are taken to be there
    cancel_s: float = 1.0
    settle_s: float = 10.0  # for what is ending after the last opening; what leaks stays for ever
    spoiled_frames: int = 200
    soak_s: float = 0.0


@dataclass(slots=True)
class Trial:
    """One driver under examination."""

    name: str  # of its entry point
    driver: Driver
    bench: Bench
    pace: Pace = field(default_factory=Pace)
    notes: dict[str, str] = field(default_factory=dict)  # what the badge says besides
    meter: Meter = field(init=False)

    def __post_init__(self) -> None:
        self.meter = Meter(code_of(self.driver))

    def services(self, stand: Stand) -> Services:
        """Return what the driver is lent: a client id of its own for each call."""
        return TestServices(stand.broker)

    @asynccontextmanager
    async def watch(self, stand: Stand) -> AsyncIterator[Watched]:
        """Open the driver and wait until every device it has found has said something."""
        async with open_driver(self.driver, stand.settings, self.services(stand)) as watched:
            await self.alive(watched)
            yield watched

    async def alive(self, watched: Watched) -> None:
        """Wait for the first devices and a first reading; raises Fault where none comes."""
        try:
            await watched.until(
                lambda: watched.found and (watched.readings() or _silent(watched)), self.pace.patience_s
            )
        except TimeoutError:
            what = "reading" if watched.found else "device"
            raise Fault(f"no {what} within {self.pace.patience_s:g} s of opening", f"打开后没有{what}") from None
        except DeviceUnreachable as error:
            raise Fault(f"the simulated device is there, and the driver says: {error}", f"驱动报告：{error}") from error

    async def calm(self, watched: Watched) -> None:
        """Wait until no device is new any more, so that what is tried does not hang on which one spoke first."""
        known = 0
        while known < len(watched.found):
            known = len(watched.found)
            await asyncio.sleep(self.pace.calm_s)

    async def known(self, watched: Watched, device: str) -> None:
        """Wait until a device that was found before is found again; raises TimeoutError."""
        await watched.until(lambda: device in watched.found, self.pace.patience_s)

    async def settable(self, watched: Watched, stand: Stand) -> list[tuple[str, Point]]:
        """Return some (device, point) pairs that can be commanded and asked after; raises Spared without any."""
        await watched.until(lambda: watched.points, self.pace.patience_s)
        await self.calm(watched)
        every = [(device, point) for device, point in watched.points if commandable(point)]
        if not every:
            raise Spared
        if stand.truth is None:
            raise Fault("the bench's Stand has no `truth`: nobody can say what the device did", "测试台没有 truth")
        truth = stand.truth
        some = [pair for pair in every if truth(pair[0], pair[1].name) is not None]
        if not some:
            raise Fault("the bench's `truth` knows none of the points", "测试台的 truth 不认识任何测点")
        return [pair for alike in by_kind(some).values() for pair in alike[:TRIED_POINTS]]


def by_kind(pairs: Iterable[tuple[str, Point]]) -> dict[tuple[str, type], list[tuple[str, Point]]]:
    """Return (device, point) pairs by the kind and type of their points, both in the order in which they came."""
    kinds: dict[tuple[str, type], list[tuple[str, Point]]] = {}
    for pair in pairs:
        kinds.setdefault((pair[1].kind, pair[1].type), []).append(pair)
    return kinds


def soonest(pairs: Iterable[tuple[str, Point]]) -> list[tuple[str, Point]]:
    """Return of each kind of point the one whose command has to end first: a blind may take a minute, a plug two
    seconds.
    """
    return [min(alike, key=lambda pair: pair[1].confirm_s) for alike in by_kind(pairs).values()]


def commandable(point: Point) -> bool:
    """Whether the point keeps a value one can command."""
    return isinstance(point, Setpoint | Switch) and (point.type is not str or bool(point.options))


def is_actuator(point: Point) -> bool:
    """Whether a command to the point may move, heat or switch something."""
    return isinstance(point, Setpoint | Switch | Action)


def another(point: Point, now: Value | None) -> Value:
    """Return a value the point may take and does not have."""
    if point.options:
        return next((option for option in point.options if option != now), point.options[0])
    if point.type is bool:
        return now is not True
    low = 0.0 if point.minimum is None else point.minimum
    high = low + 100.0 if point.maximum is None else point.maximum
    values = [_stepped(point, low + (high - low) * share) for share in (0.25, 0.75)]
    return values[1] if same(point, values[0], now) else values[0]


def same(point: Point, wanted: Value, seen: Value | None) -> bool:
    """Whether a device stands where it was sent: half a step apart at most."""
    if isinstance(wanted, bool) or not isinstance(wanted, int | float):
        return seen == wanted
    if seen is None or isinstance(seen, bool | str):
        return False
    return math.isclose(wanted, seen, rel_tol=1e-3, abs_tol=(point.step or 1e-3) / 2)


def kind_of(error: BaseException | None) -> str:
    """Return an error as a report shows it."""
    return "nothing" if error is None else f"{type(error).__name__}: {error}"[:120]


async def ends(task: "asyncio.Task[None]", within_s: float) -> bool:
    """Wait for a task without cancelling it; return whether it ended."""
    done, _ = await asyncio.wait([task], timeout=within_s)
    return bool(done)


def _stepped(point: Point, value: float) -> Value:
    if point.step:
        base = point.minimum or 0.0
        value = base + round((value - base) / point.step) * point.step
    whole = point.type is int or (not point.step and (point.maximum or 0.0) - (point.minimum or 0.0) >= WIDE)
    return _typed(point, round(value) if whole else round(value, 3))


def _typed(point: Point, value: float) -> Value:
    return int(value) if point.type is int else float(value)


def _silent(watched: Watched) -> bool:
    """Whether nothing it has will ever report."""
    return not any(point.kind in ("measure", "state", "setpoint", "switch") for _, point in watched.points)
