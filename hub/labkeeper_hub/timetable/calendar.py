"""What a school's year says to everybody who goes by days: who is told of alarms, what automations do. Pure."""

from labkeeper_hub.telling.hours import Calendar
from labkeeper_hub.timetable.year import Year

MONDAY = 1


def calendar_of(year: Year) -> Calendar:
    """Return its holidays and the days worked instead; one of which nobody said what it is like counts as a Monday."""
    worked = {one.day: one.like.isoweekday() if one.like else MONDAY for one in year.make_ups}
    return Calendar(year.zone, year.holidays, worked)
