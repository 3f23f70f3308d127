"""What becomes of one reading of one point: kept, held back, thinned out or refused. Pure: the clock is an argument."""

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeAlias

from labkeeper_sdk import Point, Reading, Value

INT64_LOW, INT64_HIGH = -(2**63), 2**63 - 1
LONGEST_TEXT_BYTES = 64 * 1024
# Clocks without a battery begin at 1970 or 2000 (DS1307, ESP32); nothing we read was measured before 2001.
CLOCK_SET_MS = 978_307_200_000
DAY_MS = 86_400_000


class Trouble(StrEnum):
    """Why a reading was refused, or (the clock ones) mended: the closed set of names it is counted under."""

    UNKNOWN_DEVICE = "unknown_device"
    UNKNOWN_POINT = "unknown_point"
    WRONG_TYPE = "wrong_type"
    NOT_FINITE = "not_finite"
    BEYOND_INT64 = "beyond_int64"
    TOO_LONG = "too_long"
    NOT_TEXT = "not_text"
    CLOCK_UNSET = "clock_unset"
    CLOCK_AHEAD = "clock_ahead"


class Unfit(Exception):
    """This value cannot be a reading of this point; `trouble` says why."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble)
        self.trouble = trouble


@dataclass(frozen=True, slots=True)
class Stamped:
    """A reading that is fit to be stored: right type, right range, with a time. `mended` says what was set right."""

    point: str
    value: Value | None
    time_ms: int
    quality: int
    mended: Trouble | None = None
    historical: bool = False


@dataclass(frozen=True, slots=True)
class Memory:
    """What a point remembers between readings: the last one kept, and one held back until the interval is over."""

    kept: Stamped | None = None
    kept_at_ms: int = 0
    held: Stamped | None = None


@dataclass(frozen=True, slots=True)
class Keep:
    """Store this."""

    reading: Stamped


@dataclass(frozen=True, slots=True)
class Hold:
    """Too soon after the last one: stored at `due_ms` unless a newer reading takes its place."""

    due_ms: int


@dataclass(frozen=True, slots=True)
class Skip:
    """Within the deadband: nothing worth storing."""


Verdict: TypeAlias = Keep | Hold | Skip
FRESH = Memory()


def stamp(point: Point, reading: Reading, now_ms: int) -> Stamped:
    """Check a reading against its point's declaration and give it a time (node's clock `now_ms`); raises Unfit."""
    value = None if reading.value is None else fit(point, reading.value)
    time_ms, mended = _time(reading.time_ms, now_ms)
    return Stamped(point.name, value, time_ms, int(reading.quality), mended, reading.historical)


def fit(point: Point, value: object) -> Value:
    """Return the value in the point's type; an integer is welcome where a float is declared; raises Unfit."""
    if point.type is float and type(value) is int:
        return _as_float(value)
    if type(value) is not point.type or not isinstance(value, bool | int | float | str):
        raise Unfit(Trouble.WRONG_TYPE)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise Unfit(Trouble.NOT_FINITE)
    if not INT64_LOW <= value <= INT64_HIGH and isinstance(value, int):
        raise Unfit(Trouble.BEYOND_INT64)
    return value


def sample(point: Point, memory: Memory, reading: Stamped, now_ms: int) -> tuple[Memory, Verdict]:
    """Apply the point's deadband and minimum interval to a stamped reading; order within the point never changes."""
    if memory.held is None and within_deadband(point, memory.kept, reading):
        return memory, Skip()
    due_ms = memory.kept_at_ms + round(point.min_interval_s * 1000)
    if memory.kept is not None and memory.kept_at_ms <= now_ms < due_ms:
        return replace(memory, held=reading), Hold(due_ms)
    return Memory(reading, now_ms), Keep(reading)


def release(point: Point, memory: Memory, now_ms: int) -> tuple[Memory, Verdict]:
    """The interval of a held reading is over: keep it, unless it came back to the value kept before."""
    held = memory.held
    if held is None or within_deadband(point, memory.kept, held):
        return replace(memory, held=None), Skip()
    return Memory(held, now_ms), Keep(held)


def within_deadband(point: Point, kept: Stamped | None, reading: Stamped) -> bool:
    """Whether the point has a deadband and this reading says no more than the one kept: same quality, small change."""
    if point.deadband is None or kept is None or kept.quality != reading.quality:
        return False
    old, new = kept.value, reading.value
    if isinstance(old, bool | str | None) or isinstance(new, bool | str | None):
        return old == new
    return old == new or abs(new - old) < point.deadband


def _as_float(value: int) -> float:
    try:
        return float(value)
    except OverflowError:
        raise Unfit(Trouble.NOT_FINITE) from None


def _text(value: str) -> str:
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        raise Unfit(Trouble.NOT_TEXT) from None
    if size > LONGEST_TEXT_BYTES:
        raise Unfit(Trouble.TOO_LONG)
    return value


def _time(device_ms: int | None, now_ms: int) -> tuple[int, Trouble | None]:
    """The device's time where it is believable; a node that has not heard the time itself believes the device."""
    if device_ms is None:
        return now_ms, None
    if device_ms < CLOCK_SET_MS:
        return now_ms, Trouble.CLOCK_UNSET
    if device_ms > now_ms + DAY_MS and (now_ms >= CLOCK_SET_MS or device_ms > INT64_HIGH):
        return now_ms, Trouble.CLOCK_AHEAD
    return device_ms, None
