"""When somebody is there: days and times of a week, holidays, and days off that are worked instead. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

EVERY_DAY = frozenset(range(1, 8))
MIDNIGHT = time(0, 0)


@dataclass(frozen=True, slots=True)
class Hours:
    """Days (ISO: 1 is Monday) and a time of day; an end that is not after the start is on the next day.

    On a holiday nobody is there unless `holidays`; a day that is worked instead also counts as the day it stands for.
    """

    days: frozenset[int] = EVERY_DAY
    start: time = MIDNIGHT
    end: time = MIDNIGHT
    holidays: bool = True

    def within(self, at: time) -> bool:
        """Return whether a time of day is in them."""
        if self.start < self.end:
            return self.start <= at < self.end
        return at >= self.start or at < self.end

    def begun_yesterday(self, at: time) -> bool:
        """Return whether what holds at this time of day began on the day before."""
        return self.end <= self.start != MIDNIGHT and at < self.end


ALWAYS = Hours()


@dataclass(frozen=True, slots=True)
class Calendar:
    """A school's time zone, its holidays, and the days off that are worked instead (调休), each with the day of the
    week that it stands for (ISO: 1 is Monday).
    """

    zone: str = "Asia/Shanghai"
    holidays: frozenset[date] = frozenset()
    worked: Mapping[date, int] = field(default_factory=dict)

    def is_open(self, hours: Hours, now_ms: int) -> bool:
        """Return whether somebody with these hours is there."""
        local = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(ZoneInfo(self.zone))
        at = local.time()
        day = date.fromordinal(local.toordinal() - 1) if hours.begun_yesterday(at) else local.date()
        return hours.within(at) and self._works(hours, day)

    def _works(self, hours: Hours, day: date) -> bool:
        if day in self.worked:
            return day.isoweekday() in hours.days or self.worked[day] in hours.days
        if day in self.holidays:
            return hours.holidays
        return day.isoweekday() in hours.days


Calendars = Callable[[str], Calendar]
"""Tells the calendar of a school; of "", which is the hub itself, the one that its schools have in common."""


def in_common(calendars: Sequence[Calendar]) -> Calendar:
    """Return the calendar of a hub of these schools: a holiday is one where no school works; the first one's zone."""
    if not calendars:
        return Calendar()
    worked = {day: weekday for one in reversed(calendars) for day, weekday in one.worked.items()}
    closed = frozenset.intersection(*(one.holidays for one in calendars))
    return Calendar(calendars[0].zone, closed - worked.keys(), worked)
