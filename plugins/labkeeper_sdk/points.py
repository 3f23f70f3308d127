"""Points: the typed values of a device, declared once and used by everyone downstream.

Limits, options and safe values are checked by the platform from these declarations, never by a driver. A step is what a
person is offered: a value in between is passed on, for the device rounds it, and half a step counts as confirmed.
"""

import math
import re
from dataclasses import KW_ONLY, dataclass
from enum import StrEnum
from typing import ClassVar, TypeAlias

from labkeeper_sdk.errors import CommandRejected
from labkeeper_sdk.values import Value

POINT_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")
ValueType: TypeAlias = type[bool] | type[int] | type[float] | type[str]


class Risk(StrEnum):
    """What an actuator can do to a person; it chooses how strictly its commands are handled."""

    NONE = "none"
    MOTION = "motion"
    HEAT = "heat"
    MAINS = "mains"


@dataclass(frozen=True, slots=True)
class Title:
    """A name for people; Chinese and English are equals, and one stands in for the other where it is missing."""

    zh: str = ""
    en: str = ""

    def __bool__(self) -> bool:
        return bool(self.zh or self.en)


@dataclass(frozen=True, slots=True)
class Point:
    """What every point has.

    `name` may hold `/` to group parts (`color/x`); `unit` is UCUM; `confirm_s` is how long a slow device may take
    before a person is told "not confirmed". `stops` makes a state or an event a stop button. `personal`: it speaks of
    one person's body, and no hub stores, shows, forwards or exports it.
    """

    kind: ClassVar[str]
    writable: ClassVar[bool] = False

    name: str
    _: KW_ONLY
    type: ValueType = float
    title: Title = Title()
    unit: str = ""  # UCUM, e.g. Cel, %, [ppm], ug/m3
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None  # of what is offered; not a limit
    options: tuple[str, ...] = ()
    deadband: float | None = None  # None: every reading is kept; a number: smaller changes are not
    min_interval_s: float = 0.0  # readings closer together than this are thinned out
    safe_value: Value | None = None
    link_loss_s: float | None = None  # None: hold; seconds: drive to safe_value after the link is lost this long
    risk: Risk = Risk.NONE
    confirm_s: float = 2.0
    stops: bool = False  # a stop button: whatever it says but False stops everything, here and in the whole school
    personal: bool = False  # heart rates and the like: they reach a PE class's board or nothing

    def __post_init__(self) -> None:
        if not POINT_NAME.fullmatch(self.name):
            raise ValueError(f"point name {self.name!r} must be letters, digits, _ . - in parts joined by /")
        if self.stops and (self.writable or self.kind not in ("state", "event")):
            raise ValueError(f"point {self.name}: only a state or an event can be a stop button")
        if self.personal and self.writable:
            raise ValueError(f"point {self.name}: what is commanded speaks of no person")
        if self.link_loss_s is not None and self.safe_value is None:
            raise ValueError(f"point {self.name}: link_loss_s needs a safe_value to go to")
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError(f"point {self.name}: minimum {self.minimum} is above maximum {self.maximum}")
        if self.safe_value is not None and self.writable:
            accept(self, self.safe_value)


@dataclass(frozen=True, slots=True)
class Measure(Point):
    """A quantity that is measured: a number with a unit."""

    kind: ClassVar[str] = "measure"


@dataclass(frozen=True, slots=True)
class State(Point):
    """A condition that is observed: open or closed, a mode, a text."""

    kind: ClassVar[str] = "state"
    type: ValueType = bool


@dataclass(frozen=True, slots=True)
class Setpoint(Point):
    """A value a person may choose: a number within limits, or one of `options`."""

    kind: ClassVar[str] = "setpoint"
    writable: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Switch(Point):
    """On or off. With a `safe_value` the node drives it there at start-up, and after `link_loss_s` without the hub."""

    kind: ClassVar[str] = "switch"
    writable: ClassVar[bool] = True
    type: ValueType = bool


@dataclass(frozen=True, slots=True)
class Action(Point):
    """Something a device does once when asked: identify, self-test. It keeps no value."""

    kind: ClassVar[str] = "action"
    writable: ClassVar[bool] = True
    type: ValueType = bool


@dataclass(frozen=True, slots=True)
class Event(Point):
    """Something that happened: a button pressed, a person counted."""

    kind: ClassVar[str] = "event"
    type: ValueType = str


def accept(point: Point, value: object) -> Value:
    """Return `value` as the point's type, or raise CommandRejected: read_only, wrong_type, not_finite, out_of_range,
    not_an_option. Integers are welcome where a float is asked for; nothing else is converted.
    """
    if not point.writable:
        raise CommandRejected("read_only", f"{point.name} cannot be commanded")
    converted = _as_type(point, value)
    if isinstance(converted, str):
        _check_option(point, converted)
    elif not isinstance(converted, bool):
        _check_range(point, converted)
    return converted


def _as_type(point: Point, value: object) -> Value:
    if point.type is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not point.type or not isinstance(value, bool | int | float | str):
        raise CommandRejected("wrong_type", f"{point.name} takes {point.type.__name__}, not {type(value).__name__}")
    return value


def _check_option(point: Point, value: str) -> None:
    if point.options and value not in point.options:
        raise CommandRejected("not_an_option", f"{point.name} takes one of {', '.join(point.options)}")


def _check_range(point: Point, value: float) -> None:
    if not math.isfinite(value):
        raise CommandRejected("not_finite", f"{point.name} takes a finite number")
    low, high = point.minimum, point.maximum
    if (low is not None and value < low) or (high is not None and value > high):
        raise CommandRejected("out_of_range", f"{point.name} takes {low} to {high} {point.unit}".rstrip())
