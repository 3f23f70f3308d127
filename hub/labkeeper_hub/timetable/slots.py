"""Slots of a timetable, and the occurrences that follow from them day by day. Pure."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from enum import StrEnum
from typing import NamedTuple

from labkeeper_hub.timetable.year import Year

DAY = timedelta(days=1)


class Parity(StrEnum):
    """Which weeks of a range."""

    ALL = "all"
    ODD = "odd"
    EVEN = "even"


class Weeks(NamedTuple):
    """Weeks of a term, from the first to the last; `last` 0: to the term's end."""

    first: int = 1
    last: int = 0
    parity: Parity = Parity.ALL

    def has(self, week: int) -> bool:
        """Tell whether a week is among them."""
        if week < self.first or (self.last and week > self.last):
            return False
        return self.parity is Parity.ALL or (week % 2 == 1) == (self.parity is Parity.ODD)


EVERY_WEEK = (Weeks(),)


class Teaching(NamedTuple):
    """What is taught and by whom: a class and a course by name, a teacher by pseudonym; "": not said."""

    class_name: str = ""
    course: str = ""
    teacher: str = ""


class Slot(NamedTuple):
    """Every week on a day (1 is Monday) from one time to another. `starts`: the lesson begins by itself."""

    lab: str
    day: int
    start: time
    end: time
    what: Teaching
    weeks: tuple[Weeks, ...] = EVERY_WEEK
    starts: bool = False


class Dated(NamedTuple):
    """On one day only: what an iCalendar said. Holidays and make-up days change nothing of it."""

    lab: str
    date: date
    start: time
    end: time
    what: Teaching
    starts: bool = False


class Source(StrEnum):
    """Where an occurrence comes from."""

    TIMETABLE = "timetable"
    BOOKING = "booking"


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A lab is somebody's from one time to another; `name` tells it from all others of the hub."""

    name: str
    school: str
    lab: str
    start_ms: int
    end_ms: int
    what: Teaching
    source: Source
    starts: bool = False
    title: str = ""
    guest: str = ""  # the school of whoever comes from another one

    def at(self, time_ms: int) -> bool:
        """Tell whether it is on at a time."""
        return self.start_ms <= time_ms < self.end_ms

    def overlaps(self, other: "Occurrence") -> bool:
        """Tell whether both are on at some time."""
        return self.start_ms < other.end_ms and other.start_ms < self.end_ms


@dataclass(frozen=True, slots=True)
class Timetable:
    """All slots of a school."""

    weekly: tuple[Slot, ...] = ()
    dated: tuple[Dated, ...] = ()
    year: Year = field(default_factory=Year)

    def without(self, labs: Iterable[str]) -> "Timetable":
        """Return it without the slots of some labs."""
        gone = frozenset(labs)
        return self.only(lambda one: one.lab not in gone)

    def only(self, keep: Callable[["Slot | Dated"], bool]) -> "Timetable":
        """Return it with the slots that are wanted."""
        return Timetable(tuple(filter(keep, self.weekly)), tuple(filter(keep, self.dated)), self.year)

    def with_slots(self, weekly: Iterable[Slot], dated: Iterable[Dated]) -> "Timetable":
        """Return it with more slots."""
        return Timetable((*self.weekly, *weekly), (*self.dated, *dated), self.year)


def occurrences(school: str, timetable: Timetable, first: date, last: date) -> Iterator[Occurrence]:
    """Return what the timetable says of these days, both included, day by day."""
    day = first
    while day <= last:
        yield from _weekly(school, timetable, day)
        yield from _dated(school, timetable, day)
        day += DAY


def _weekly(school: str, timetable: Timetable, day: date) -> Iterator[Occurrence]:
    year = timetable.year
    like = year.taught_like(day)
    term = None if like is None else year.term_of(like) or year.term_of(day)
    if like is None or term is None:
        return
    week = term.week_of(like)
    for one in timetable.weekly:
        if one.day == like.isoweekday() and any(weeks.has(week) for weeks in one.weeks):
            yield _on(school, year, day, one)


def _dated(school: str, timetable: Timetable, day: date) -> Iterator[Occurrence]:
    return (_on(school, timetable.year, day, one) for one in timetable.dated if one.date == day)


def _on(school: str, year: Year, day: date, slot: Slot | Dated) -> Occurrence:
    start_ms, end_ms = year.at_ms(day, slot.start), year.at_ms(day, slot.end)
    name = f"{school}/{slot.lab}/{start_ms}/{slot.what.class_name}"
    return Occurrence(name, school, slot.lab, start_ms, end_ms, slot.what, Source.TIMETABLE, slot.starts)
