"""When somebody is there: days and times of a week, holidays, and days off that are worked instead. Pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

EVERY_DAY = frozenset(range(1, 8))
MIDNIGHT = time(0, 0)


@dataclass(frozen=True, slots=True)
class Hours:
    """Days (ISO: 1 is Monday) and a time of day; an end that is not after the start is on the next day.

    On a holiday nobody is there unless `holidays`; a working day of the calendar counts as a Monday.
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
    """The school's time zone, its holidays, and the days off that are worked instead (调休)."""

    zone: str = "Asia/Shanghai"
    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()

    def is_open(self, hours: Hours, now_ms: int) -> bool:
        """Return whether somebody with these hours is there."""
        local = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(ZoneInfo(self.zone))
        at = local.time()
        day = date.fromordinal(local.toordinal() - 1) if hours.begun_yesterday(at) else local.date()
        return hours.within(at) and self._works(hours, day)

    def _works(self, hours: Hours, day: date) -> bool:
        if day in self.holidays:
            return hours.holidays
        return day.isoweekday() in hours.days or (day in self.workdays and 1 in hours.days)
