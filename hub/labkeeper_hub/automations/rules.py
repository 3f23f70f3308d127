"""The nouns: what an automation waits for, what must be so, what it does, and how often at most. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from labkeeper_hub.telling.hours import ALWAYS, Hours
from labkeeper_sdk import Title, Value
from labkeeper_wire.conditions.expression import Expression
from labkeeper_wire.leases.book import Room

LESSON, EMPTY, LIT = "lesson", "empty", "lit"
GIVEN = frozenset({LESSON, EMPTY, LIT})  # inputs that every lab has without anybody declaring them


class Of(StrEnum):
    """Which of several values counts; of what is true or false, any that is true."""

    HIGHEST = "highest"
    LOWEST = "lowest"


@dataclass(frozen=True, slots=True)
class Places:
    """Points of that name in the lab; of one node or device only, if they are named."""

    point: str
    node: str = ""
    device: str = ""

    def match(self, node: str, device: str, point: str) -> bool:
        """Tell whether a point is meant."""
        return point == self.point and self.node in ("", node) and self.device in ("", device)


@dataclass(frozen=True, slots=True)
class Input:
    """What conditions speak of; a value older than `max_age_s` is not known. None: known while its device is online."""

    places: Places
    type: type[bool] | type[float] | type[str]
    unit: str = ""
    max_age_s: float | None = None
    of: Of = Of.HIGHEST


GIVEN_INPUTS: Mapping[str, Input] = {name: Input(Places(""), bool) for name in sorted(GIVEN)}


@dataclass(frozen=True, slots=True)
class Occasion:
    """When it is to be done: as `trigger` becomes true (or that time begins), if `needs` is true, within `hours`."""

    trigger: Expression | Hours
    needs: Expression | None = None
    hours: Hours = ALWAYS
    inputs: Mapping[str, Input] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Command:
    """These points are to have this value."""

    places: Places
    value: Value


@dataclass(frozen=True, slots=True)
class RunScene:
    """A scene of the lab."""

    scene: str


@dataclass(frozen=True, slots=True)
class Lamps:
    """All lamps of the lab."""

    on: bool


Deed: TypeAlias = Command | RunScene | Lamps


@dataclass(frozen=True, slots=True)
class Limits:
    """What keeps it from doing too much: so long nothing after a run, so many runs in an hour; `hold_ms`: how long it
    keeps its lease after the commands, so long at least what has a safe value stays as it was commanded.
    """

    cool_down_ms: int = 600_000
    most_an_hour: int = 4
    hold_ms: int = 0


@dataclass(frozen=True, slots=True)
class Automation:
    """One automation of one lab."""

    id: str
    title: Title
    room: Room
    occasion: Occasion
    then: tuple[Deed, ...]
    limits: Limits = Limits()
