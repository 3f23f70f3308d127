"""Timetables as calendars: what is taken, what is refused before it is expanded, and what we give out ourselves."""

from datetime import date, time

import pytest

from labkeeper_hub.timetable.feed import feed
from labkeeper_hub.timetable.ics_file import MOST_EVENTS, read_ics
from labkeeper_hub.timetable.reading import Known
from labkeeper_hub.timetable.slots import Teaching
from labkeeper_hub.timetable.year import Year

from .school import KNOWN, MONDAY, booked

EVENT = """BEGIN:VEVENT
UID:{uid}
DTSTAMP:20260901T000000Z
DTSTART;TZID=Asia/Shanghai:20260907T080000
DTEND;TZID=Asia/Shanghai:20260907T084000
SUMMARY:4(1) · 人工智能
LOCATION:301 实验室
CONTACT:li
{more}END:VEVENT
"""


def calendar(more: str = "", *, event: str = EVENT, count: int = 1) -> str:
    events = "".join(event.format(uid=at, more=more) for at in range(count))
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n{events}END:VCALENDAR\n".replace("\n", "\r\n")


def test_an_event_is_a_dated_slot() -> None:
    read = read_ics(calendar(), KNOWN)
    assert read.faults == ()
    (slot,) = read.dated
    assert (slot.lab, slot.date, slot.start, slot.end) == ("lab-301", MONDAY, time(8), time(8, 40))
    assert slot.what == Teaching("4(1)", "AI", "p-1")


def test_a_weekly_event_fills_the_term_but_for_its_exceptions() -> None:
    read = read_ics(calendar("RRULE:FREQ=WEEKLY;BYDAY=MO\nEXDATE;TZID=Asia/Shanghai:20260914T080000\n"), KNOWN)
    days = [one.date for one in read.dated]
    assert days[:2] == [MONDAY, date(2026, 9, 21)]
    assert days[-1] == date(2027, 1, 18)


@pytest.mark.parametrize(
    ("rule", "times"),
    [
        ("COUNT=3", 3),
        ("COUNT=3;INTERVAL=1;WKST=MO", 3),
        ("UNTIL=20260921T000000Z", 3),
        ("UNTIL=20260920T235959Z", 2),
        ("UNTIL=20260921", 3),
    ],
)
def test_a_rule_ends_where_it_says(rule: str, times: int) -> None:
    read = read_ics(calendar(f"RRULE:FREQ=WEEKLY;{rule}\n"), KNOWN)
    assert (read.faults, len(read.dated)) == ((), times)


def test_times_without_a_zone_are_the_schools_and_a_duration_is_as_good_as_an_end() -> None:
    floating = EVENT.replace(";TZID=Asia/Shanghai", "").replace("DTEND:20260907T084000", "DURATION:PT40M")
    read = read_ics(calendar("RRULE:FREQ=DAILY;COUNT=2\n", event=floating), KNOWN)
    assert [(one.date.day, one.end) for one in read.dated] == [(7, time(8, 40)), (8, time(8, 40))]


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=MINUTELY;COUNT=9",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31",
        "FREQ=DAILY;BYHOUR=1,2,3",
        "FREQ=WEEKLY;BYDAY=1MO",
        "FREQ=DAILY;COUNT=100000",
        "FREQ=DAILY;INTERVAL=0",
    ],
)
def test_a_rule_that_no_school_has_is_refused_before_anything_is_expanded(rule: str) -> None:
    (fault,) = read_ics(calendar(f"RRULE:{rule}\n"), KNOWN).faults
    assert (fault.row, fault.column) == (1, "RRULE")


@pytest.mark.parametrize(
    ("event", "column"),
    [
        (EVENT.replace("301 实验室", "303"), "lab"),
        (EVENT.replace("CONTACT:li", "CONTACT:wang"), "teacher"),
        (EVENT.replace("20260907T084000", "20260908T084000"), "DTEND"),
        (EVENT.replace("20260907T084000", "20260907T080000"), "DTEND"),
        (EVENT.replace("DTSTART;TZID=Asia/Shanghai:20260907T080000", "DTSTART;VALUE=DATE:20260907"), "DTSTART"),
        (EVENT.replace("4(1)", "9(9)"), "class"),
        (EVENT.replace("20260907T080000", "19000101T080000").replace("{more}", "RRULE:FREQ=DAILY\n{more}"), "DTSTART"),
        (EVENT.replace("{more}", "EXRULE:FREQ=SECONDLY\n{more}"), "RRULE"),
    ],
)
def test_what_is_wrong_with_an_event_is_told_with_its_number(event: str, column: str) -> None:
    read = read_ics(calendar(event=event), KNOWN)
    assert [(one.row, one.column) for one in read.faults] == [(1, column)]
    assert read.dated == ()


@pytest.mark.parametrize("text", ["", "no calendar", "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VCALENDAR"])
def test_what_is_no_calendar_is_refused_or_says_nothing(text: str) -> None:
    read = read_ics(text, KNOWN)
    assert read.dated == ()


def test_too_much_is_refused() -> None:
    assert read_ics(calendar(count=MOST_EVENTS + 1), KNOWN).faults[0].row == MOST_EVENTS + 1
    (fault,) = read_ics(calendar("RRULE:FREQ=DAILY\n", count=50), KNOWN).faults
    assert "5000" in fault.told.en


def test_a_year_without_terms_has_nothing_to_expand_into() -> None:
    (fault,) = read_ics(calendar(), Known(Year())).faults
    assert "terms" in fault.told.en


def test_what_we_give_out_can_be_taken_in_and_keeps_free_words_to_itself() -> None:
    secret = booked("b-2", hours=(10, 11), what=Teaching(), title="Li Ming's repeat test")
    text = feed("lab-301", [booked(), secret], 0).decode()
    assert "Li Ming" not in text
    read = read_ics(text.replace("已预订 · Booked", "AI"), KNOWN)
    assert [(one.start, one.what) for one in read.dated] == [
        (time(8), Teaching("4(1)", "AI", "p-1")),
        (time(10), Teaching("", "AI", "")),
    ]
    assert feed("lab-301", [booked()], 5) != feed("lab-301", [booked()], 5000)  # the stamp is the moment's
