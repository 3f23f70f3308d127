"""A school's year: its zone, terms, periods, holidays and make-up days (调休), classes and courses. Pure."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from labkeeper_sdk import Title

ZONE = "Asia/Shanghai"
PERIOD_MS = 45 * 60_000  # what a lesson lasts where a school names no periods


class Term(NamedTuple):
    """From its first to its last day; week 1 is the week of the first day, and weeks begin on Monday."""

    name: str
    first: date
    last: date

    def week_of(self, day: date) -> int:
        """Return the number of a day's week."""
        monday = self.first - timedelta(days=self.first.weekday())
        return (day - monday).days // 7 + 1


class Period(NamedTuple):
    """A period of a school day (节)."""

    start: time
    end: time


class MakeUp(NamedTuple):
    """On `day` the school teaches what stands in the timetable of `like`; None: people are there, and what is taught
    nobody has said.
    """

    day: date
    like: date | None = None


class SchoolClass(NamedTuple):
    """A class; `name` is what timetables call it."""

    name: str
    grade: int


class Course(NamedTuple):
    """A course; `periods` says how many a year each grade is to have."""

    name: str
    title: Title
    periods: tuple[tuple[int, int], ...] = ()

    def wanted(self, grade: int) -> int:
        """Return how many periods a year a grade is to have; 0: as many as there are."""
        return dict(self.periods).get(grade, 0)


@dataclass(frozen=True, slots=True)
class Year:
    """What all timetables of a school stand on."""

    zone: str = ZONE
    terms: tuple[Term, ...] = ()
    periods: tuple[Period, ...] = ()
    holidays: frozenset[date] = field(default_factory=frozenset)
    make_ups: tuple[MakeUp, ...] = ()
    classes: tuple[SchoolClass, ...] = ()
    courses: tuple[Course, ...] = ()

    def taught_like(self, day: date) -> date | None:
        """Return the day whose timetable holds on this one: most often itself; None: there is no school."""
        for one in self.make_ups:
            if one.day == day:
                return one.like
        return None if day in self.holidays or self.term_of(day) is None else day

    def term_of(self, day: date) -> Term | None:
        """Return the term that a day is in."""
        return next((one for one in self.terms if one.first <= day <= one.last), None)

    @property
    def span(self) -> tuple[date, date] | None:
        """The first and the last day of the year; None without terms."""
        if not self.terms:
            return None
        return min(one.first for one in self.terms), max(one.last for one in self.terms)

    @property
    def period_ms(self) -> int:
        """What a period lasts; the first one speaks for all."""
        if not self.periods:
            return PERIOD_MS
        start, end = self.periods[0]
        return (end.hour * 60 + end.minute - start.hour * 60 - start.minute) * 60_000

    def at_ms(self, day: date, at: time) -> int:
        """Return milliseconds since the epoch; an hour that a clock shows twice is the first one."""
        moment = datetime.combine(day, at, ZoneInfo(self.zone))
        return int(moment.astimezone(UTC).timestamp()) * 1000

    def local(self, time_ms: int) -> datetime:
        """Return a time as the school's clocks show it."""
        return datetime.fromtimestamp(time_ms / 1000, ZoneInfo(self.zone))
