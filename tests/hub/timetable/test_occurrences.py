"""Days and weeks of a school: which slots are taught when."""

from datetime import date, time

import pytest

from labkeeper_hub.telling.hours import Calendar
from labkeeper_hub.timetable.calendar import calendar_of
from labkeeper_hub.timetable.slots import Dated, Occurrence, Parity, Slot, Teaching, Timetable, Weeks, occurrences
from labkeeper_hub.timetable.year import PERIOD_MS, Course, MakeUp, Period, Year
from labkeeper_sdk import Title

from .school import MONDAY, TERM, YEAR, booked, ms

AI = Teaching("4(1)", "AI", "p-1")


def on(timetable: Timetable, first: date, last: date) -> list[Occurrence]:
    return list(occurrences("demo", timetable, first, last))


def weekly(day: int, *weeks: Weeks) -> Timetable:
    return Timetable((Slot("lab-301", day, time(8), time(8, 40), AI, weeks or (Weeks(),)),), (), YEAR)


def test_a_slot_is_taught_every_week_of_the_term_and_on_no_holiday() -> None:
    thursdays = on(weekly(4), date(2026, 8, 1), date(2027, 3, 1))
    days = [YEAR.local(one.start_ms).date() for one in thursdays]
    assert days[0] == date(2026, 9, 3)
    assert days[-1] == date(2027, 1, 21)
    assert date(2026, 10, 1) not in days
    assert len(days) == 20


def test_a_make_up_day_is_taught_like_the_day_it_makes_up_for_a_holiday_included() -> None:
    saturday = date(2026, 10, 10)
    (made_up,) = on(weekly(3), saturday, saturday)
    assert made_up.start_ms == ms(saturday, 8)
    assert on(weekly(3), date(2026, 10, 7), date(2026, 10, 7)) == []
    assert on(weekly(6), saturday, saturday) == []
    wednesday = TERM.week_of(date(2026, 10, 7))
    assert on(weekly(3, Weeks(wednesday, wednesday)), saturday, saturday)  # the week as well


@pytest.mark.parametrize(
    ("weeks", "taught"),
    [
        (Weeks(), [1, 2, 3, 4, 5]),
        (Weeks(parity=Parity.ODD), [1, 3, 5]),
        (Weeks(parity=Parity.EVEN), [2, 4]),
        (Weeks(2, 3), [2, 3]),
        (Weeks(2, 5, Parity.ODD), [3, 5]),
    ],
)
def test_weeks_are_counted_from_the_week_of_the_terms_first_day(weeks: Weeks, taught: list[int]) -> None:
    found = on(weekly(2, weeks), date(2026, 8, 31), date(2026, 10, 4))
    assert [TERM.week_of(YEAR.local(one.start_ms).date()) for one in found] == taught


def test_a_dated_slot_is_on_its_day_even_a_holiday() -> None:
    day = date(2026, 10, 1)
    dated = Timetable(dated=(Dated("lab-301", day, time(8), time(9), AI, starts=True),), year=YEAR)
    (one,) = on(dated, day, day)
    assert (one.start_ms, one.starts, one.what) == (ms(day, 8), True, AI)
    assert on(dated, date(2026, 10, 2), date(2026, 10, 9)) == []


def test_a_lab_can_be_taken_out_and_no_other_is_touched() -> None:
    both = weekly(1).with_slots(weekly(2).weekly, [Dated("lab-302", MONDAY, time(8), time(9), AI)])
    assert [one.lab for one in both.without(["lab-301"]).dated] == ["lab-302"]
    assert both.without(["lab-301"]).weekly == ()


def test_the_schools_clock_decides_through_a_change_of_the_hour() -> None:
    berlin = Year(zone="Europe/Berlin", terms=YEAR.terms)
    summer, winter = berlin.at_ms(date(2026, 10, 24), time(8)), berlin.at_ms(date(2026, 10, 26), time(8))
    assert winter - summer == 49 * 3_600_000
    assert berlin.local(winter).hour == 8


def test_a_year_without_terms_has_no_school_and_one_without_periods_teaches_45_minutes() -> None:
    assert Year().taught_like(MONDAY) is None
    assert Year().span is None
    assert Year().period_ms == PERIOD_MS
    assert Year(periods=(Period(time(8), time(8, 35)),)).period_ms == 35 * 60_000
    assert YEAR.span == (TERM.first, TERM.last)


def test_a_make_up_day_out_of_all_terms_is_no_school_day() -> None:
    odd = Year(make_ups=((YEAR.make_ups[0]),))
    assert list(occurrences("demo", Timetable(weekly(3).weekly, (), odd), date(2026, 10, 10), date(2026, 10, 10))) == []


def test_a_course_asks_for_periods_of_some_grades_only() -> None:
    course = Course("AI", Title(), ((4, 30),))
    assert (course.wanted(4), course.wanted(5)) == (30, 0)


def test_an_occurrence_is_on_from_its_start_until_before_its_end() -> None:
    one = booked()
    assert one.at(one.start_ms)
    assert not one.at(one.end_ms)


def test_the_calendar_for_others_has_its_holidays_and_what_a_worked_day_stands_for() -> None:
    sunday = date(2026, 9, 27)
    year = Year("Asia/Urumqi", holidays=YEAR.holidays, make_ups=(*YEAR.make_ups, MakeUp(sunday)))
    assert calendar_of(year) == Calendar("Asia/Urumqi", YEAR.holidays, {date(2026, 10, 10): 3, sunday: 1})
    assert year.taught_like(sunday) is None  # people are there, and nobody has said what is taught
