"""A timetable as an iCalendar: events by day or week, expanded within the school's year. Nothing here is endless."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import recurring_ical_events
from icalendar import Calendar, Component, Event

from labkeeper_hub.timetable.reading import MOST_FAULTS, MOST_SLOTS, Fault, Known, Read, Wrong, fault, whole_file
from labkeeper_hub.timetable.slots import Dated, Teaching

MOST_EVENTS = 2000
OLDEST = timedelta(days=5 * 366)  # an event that began longer ago is walked through day by day
FREQUENCIES = frozenset({"DAILY", "WEEKLY"})
RULE_PARTS = frozenset({"FREQ", "INTERVAL", "BYDAY", "UNTIL", "COUNT", "WKST"})
WEEKDAYS = frozenset({"MO", "TU", "WE", "TH", "FR", "SA", "SU"})
SEPARATORS = ("·", "/", "|")


def read_ics(text: str, known: Known) -> Read:
    """Return what a calendar says of the school's year, event by event; rows are the events, counted from 1."""
    span = known.year.span
    if span is None:
        return whole_file("先设置学期，再导入 iCalendar", "set up the terms before importing an iCalendar")
    try:
        calendar = Calendar.from_ical(text.removeprefix("\ufeff"))
    except (ValueError, IndexError, KeyError) as error:
        return whole_file(f"不是 iCalendar：{error}", f"is not an iCalendar: {error}")
    events = list(islice((one for one in calendar.walk("VEVENT") if isinstance(one, Event)), MOST_EVENTS + 1))
    if len(events) > MOST_EVENTS:
        return whole_file(f"超过 {MOST_EVENTS} 个日程", f"has more than {MOST_EVENTS} events", MOST_EVENTS + 1)
    return _expanded(calendar, events, known, span)


def _expanded(calendar: Component, events: list[Event], known: Known, span: tuple[date, date]) -> Read:
    faults = [found for number, event in enumerate(events, 1) if (found := _refused(number, event, known, span))]
    if faults:
        return Read(faults=tuple(faults[:MOST_FAULTS]))
    first, last = span
    try:
        found = recurring_ical_events.of(calendar).between(first, last + timedelta(days=1))
    except (ValueError, TypeError, OverflowError, KeyError, AttributeError) as error:  # what strangers' rules can be
        return whole_file(f"重复规则无法展开：{error}", f"a rule cannot be expanded: {error}")
    if len(found) > MOST_SLOTS:
        return whole_file(f"展开后超过 {MOST_SLOTS} 次", f"comes to more than {MOST_SLOTS} occurrences")
    return Read(dated=tuple(sorted(_dated(one, known) for one in found)))


def _refused(number: int, event: Event, known: Known, span: tuple[date, date]) -> Fault | None:
    """Return what is wrong with one event, before anything is expanded."""
    try:
        _bounded(event, known, span)
        _dated(event, known)
    except Wrong as wrong:
        return fault(number, wrong)
    return None


def _bounded(event: Event, known: Known, span: tuple[date, date]) -> None:
    """Let a rule end with the year; raises Wrong for what no school timetable says."""
    if event.get("EXRULE") is not None:
        raise Wrong("RRULE", "不支持 EXRULE", "EXRULE is not understood")
    rule, (first, last) = event.get("RRULE"), span
    if rule is None:
        return
    start = _moment("DTSTART", event, known)
    if start.date() < first - OLDEST:
        raise Wrong("DTSTART", "开始得太早", "begins too long ago")
    parts = {str(name).upper(): value for name, value in rule.items()} if isinstance(rule, dict) else {}
    days = {str(day).upper() for day in parts.get("BYDAY", [])}
    well = str(parts.get("FREQ", [""])[0]).upper() in FREQUENCIES and parts.keys() <= RULE_PARTS and days <= WEEKDAYS
    if not well or any(not isinstance(one, int) or one < 1 for one in parts.get("INTERVAL", [1])):
        raise Wrong("RRULE", "只能按天或按周重复", "can repeat by day or by week only")
    if "COUNT" not in parts:
        rule["UNTIL"] = [_until(event, parts, last, known)]
    elif not 1 <= int(parts["COUNT"][0]) <= MOST_SLOTS:
        raise Wrong("RRULE", f"重复超过 {MOST_SLOTS} 次", f"repeats more than {MOST_SLOTS} times")


def _until(event: Event, parts: dict[str, list[object]], last: date, known: Known) -> date:
    """Return the sooner of a rule's own end and the year's, in the kind of time that its start has."""
    zone = ZoneInfo(known.year.zone)
    end = datetime.combine(last, time(23, 59, 59), zone)
    said = parts.get("UNTIL", [None])[0]
    if isinstance(said, date):
        end = min(end, _aware(said, zone, time(23, 59, 59)))
    start = event.get("DTSTART").dt
    return end.astimezone(UTC) if getattr(start, "tzinfo", None) else end.replace(tzinfo=None)


def _dated(event: Component, known: Known) -> Dated:
    start, end = _moment("DTSTART", event, known), _moment("DTEND", event, known)
    if start.date() != end.date() or start >= end:
        raise Wrong("DTEND", "必须在同一天、且晚于开始", "must be on the same day, after the start")
    class_name, course = _summary(_text(event, "SUMMARY"), known)
    what = Teaching(class_name, course, known.teacher(_text(event, "CONTACT")))
    lab = known.lab(_text(event, "LOCATION"))
    return Dated(lab, start.date(), start.time().replace(tzinfo=None), end.time().replace(tzinfo=None), what)


def _summary(said: str, known: Known) -> tuple[str, str]:
    """Return the class and the course of `4(1) · AI`; without a sign between them it is all course."""
    for sign in SEPARATORS:
        class_name, found, course = said.partition(sign)
        if found:
            return known.class_name(class_name.strip()), known.course(course.strip())
    return "", known.course(said)


def _text(event: Component, name: str) -> str:
    said = event.get(name, "")
    return str(said[0] if isinstance(said, list) else said).strip()[:200]


def _moment(name: str, event: Component, known: Known) -> datetime:
    """Return a time of an event on the school's clocks; raises Wrong."""
    said = getattr(event.get(name), "dt", None)
    if name == "DTEND" and said is None and event.get("DURATION") is not None:
        said = _moment("DTSTART", event, known) + event.get("DURATION").dt
    if not isinstance(said, datetime):
        raise Wrong(name, "需要日期和时间", "needs a date and a time")
    return _aware(said, ZoneInfo(known.year.zone), time())


def _aware(said: date, zone: ZoneInfo, at: time) -> datetime:
    if not isinstance(said, datetime):
        return datetime.combine(said, at, zone)
    return said.astimezone(zone) if said.tzinfo else said.replace(tzinfo=zone)
