"""A school of twelve labs: where they are, when somebody is in them, and what a sensor's series is."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from labkeeper_hub.alarms.rules import Gate
from labkeeper_hub.model import PointKey

SCHOOL = "school"
MONDAY_MS = int(datetime(2026, 11, 30, tzinfo=timezone(timedelta(hours=8))).timestamp() * 1000)
MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
WEEK_MS = 7 * DAY_MS
LESSON_MIN = 45
BEGINS = tuple(hour * 60 + minute for hour, minute in ((8, 0), (8, 55), (10, 0), (10, 55), (13, 0), (13, 55), (15, 0)))
"""When lessons begin, in minutes of the day."""
USED = 0.7
"""The share of lessons in which a lab is used."""


class Span(NamedTuple):
    """A stretch of minutes since Monday 0:00."""

    start: float
    end: float

    def __contains__(self, minute: object) -> bool:
        return isinstance(minute, int | float) and self.start <= minute < self.end


@dataclass(frozen=True, slots=True)
class Lab:
    """One lab; `air_changes` per hour is what its ventilation does while somebody is there."""

    name: str
    kind: str
    pupils: int
    air_changes: float
    lessons: Sequence[Span]
    minutes: frozenset[int]

    def point(self, device: str, point: str) -> PointKey:
        return PointKey(SCHOOL, self.name, device, point)

    def used(self, minute: float) -> bool:
        """Whether a lesson is on."""
        return int(minute) in self.minutes


class Sample(NamedTuple):
    """From `time_ms` on a point has this value; None: nothing is known."""

    time_ms: int
    value: float | None


@dataclass(frozen=True, slots=True)
class Series:
    """What one point said in the week, in order of time."""

    lab: Lab
    key: PointKey
    unit: str
    samples: Sequence[Sample]


def at(minute: float) -> int:
    """Return the moment of a minute of the week."""
    return MONDAY_MS + round(minute * MINUTE_MS)


def labs(rng: random.Random) -> Sequence[Lab]:
    """Return the labs with their timetables; three of each of the four kinds."""
    kinds = ("chemistry", "physics", "computing", "gym")
    return [_lab(kind, number, rng) for kind in kinds for number in (1, 2, 3)]


def _lab(kind: str, number: int, rng: random.Random) -> Lab:
    lessons = tuple(_lessons(rng))
    minutes = frozenset(int(start) + minute for start, _ in lessons for minute in range(LESSON_MIN))
    return Lab(f"{kind}-{number}", kind, rng.randint(30, 42), rng.uniform(5, 7), lessons, minutes)


def _lessons(rng: random.Random) -> Iterator[Span]:
    for day in range(5):
        for begin in BEGINS:
            if rng.random() < USED:
                start = day * 24 * 60 + begin
                yield Span(start, start + LESSON_MIN)


def gates(lab: Lab) -> Iterator[tuple[int, dict[Gate, bool]]]:
    """Yield what a lab's gates are from which moment on; somebody is there in lessons and at no other time."""
    yield at(0), _gates(used=False)
    for lesson in lab.lessons:
        yield at(lesson.start), _gates(used=True)
        yield at(lesson.end), _gates(used=False)


def _gates(*, used: bool) -> dict[Gate, bool]:
    return {
        Gate.LESSON: used,
        Gate.LIGHTS: used,
        Gate.EMPTY: not used,
        Gate.USED: used,
        Gate.WINTER: True,
        Gate.SUMMER: False,
    }
