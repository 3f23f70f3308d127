"""An iCalendar to subscribe to: what a lab or a teacher has, with nothing of any pupil. Pure."""

from collections.abc import Iterable
from datetime import UTC, datetime

from icalendar import Calendar, Event

from labkeeper_hub.timetable.slots import Occurrence

PRODUCT = "-//Labkeeper//Timetable//EN"
REFRESH = "PT1H"
BOOKED = "已预订 · Booked"  # what people write in free words stays in the hub


def feed(title: str, found: Iterable[Occurrence], now_ms: int) -> bytes:
    """Return the calendar; the same occurrence has the same UID every time."""
    calendar = Calendar()
    calendar.add("PRODID", PRODUCT)
    calendar.add("VERSION", "2.0")
    calendar.add("X-WR-CALNAME", title)
    calendar.add("X-PUBLISHED-TTL", REFRESH)
    for one in found:
        calendar.add_component(_event(one, now_ms))
    written: bytes = calendar.to_ical()
    return written


def _event(one: Occurrence, now_ms: int) -> Event:
    event = Event()
    event.add("UID", f"{one.name.replace('/', '.')}@labkeeper")
    event.add("DTSTAMP", _moment(now_ms))
    event.add("DTSTART", _moment(one.start_ms))
    event.add("DTEND", _moment(one.end_ms))
    event.add("SUMMARY", " · ".join(said for said in (one.what.class_name, one.what.course) if said) or BOOKED)
    event.add("LOCATION", one.lab)
    if one.what.teacher:
        event.add("CONTACT", one.what.teacher)
    return event


def _moment(time_ms: int) -> datetime:
    return datetime.fromtimestamp(time_ms // 1000, UTC)
