"""Timetables as tables, in both languages, and what is told of every wrong cell."""

from datetime import date, time

import pytest

from labkeeper_hub.timetable.csv_file import read_csv, weeks_of, weeks_said
from labkeeper_hub.timetable.reading import MOST_FAULTS, MOST_SLOTS, Known
from labkeeper_hub.timetable.slots import EVERY_WEEK, Dated, Parity, Slot, Teaching, Weeks
from labkeeper_hub.timetable.year import Year

from .school import KNOWN

ENGLISH = "lab,class,course,teacher,day,period,weeks,starts\nlab-301,4(1),AI,li,Mon,1-2,odd,yes\n"
CHINESE = "\ufeff实验室,班级,课程,教师,星期,节次,周次,自动上课\r\n301 实验室,4(1),人工智能,p-1,周一,第1-2节,单周,是\r\n"
SLOT = Slot("lab-301", 1, time(8), time(9, 30), Teaching("4(1)", "AI", "p-1"), (Weeks(parity=Parity.ODD),), starts=True)


@pytest.mark.parametrize("text", [ENGLISH, CHINESE, ENGLISH.replace(",", ";"), ENGLISH.replace(",", "\t")])
def test_a_row_is_a_slot_in_either_language_and_with_any_usual_sign_between(text: str) -> None:
    read = read_csv(text, KNOWN)
    assert (read.weekly, read.faults) == ((SLOT,), ())
    assert read.labs == {"lab-301"}


def test_times_and_a_date_may_stand_in_the_place_of_period_and_day() -> None:
    read = read_csv("lab,date,start,end,day\n\nlab-301,2026/9/7,8:00,9：30,\nlab-301,,10:00,11:00,天\n", KNOWN)
    assert read.dated == (Dated("lab-301", date(2026, 9, 7), time(8), time(9, 30), Teaching()),)
    assert read.weekly == (Slot("lab-301", 7, time(10), time(11), Teaching(), EVERY_WEEK),)


@pytest.mark.parametrize(
    ("said", "weeks"),
    [
        ("", EVERY_WEEK),
        ("1-16", (Weeks(1, 16),)),
        ("1-8，10", (Weeks(1, 8), Weeks(10, 10))),
        ("2-16双", (Weeks(2, 16, Parity.EVEN),)),
        ("3-9 odd", (Weeks(3, 9, Parity.ODD),)),
        ("1-16周", (Weeks(1, 16),)),
        ("even", (Weeks(parity=Parity.EVEN),)),
    ],
)
def test_weeks_are_written_as_schools_write_them(said: str, weeks: tuple[Weeks, ...]) -> None:
    (slot,) = read_csv(f'lab,day,period,weeks\nlab-301,1,1,"{said}"\n', KNOWN).weekly
    assert slot.weeks == weeks == weeks_of(weeks_said(weeks))


@pytest.mark.parametrize(
    ("column", "row"),
    [
        ("lab", "lab-999,4(1),AI,li,1,,8:00,9:00,,,"),
        ("class", "lab-301,9(9),AI,li,1,,8:00,9:00,,,"),
        ("course", "lab-301,4(1),Latin,li,1,,8:00,9:00,,,"),
        ("teacher", "lab-301,4(1),AI,wang,1,,8:00,9:00,,,"),
        ("day", "lab-301,4(1),AI,li,8,,8:00,9:00,,,"),
        ("date", "lab-301,4(1),AI,li,,2026-02-30,8:00,9:00,,,"),
        ("date", "lab-301,4(1),AI,li,,tomorrow,8:00,9:00,,,"),
        ("date", "lab-301,4(1),AI,li,,2026,8:00,9:00,,,"),
        ("start", "lab-301,4(1),AI,li,1,,8h,9:00,,,"),
        ("start", "lab-301,4(1),AI,li,1,,25:00,9:00,,,"),
        ("end", "lab-301,4(1),AI,li,1,,9:00,9:00,,,"),
        ("period", "lab-301,4(1),AI,li,1,,,,3,,"),
        ("period", "lab-301,4(1),AI,li,1,,,,first,,"),
        ("weeks", "lab-301,4(1),AI,li,1,,8:00,9:00,,some,"),
        ("weeks", "lab-301,4(1),AI,li,1,,8:00,9:00,,9-8,"),
        ("starts", "lab-301,4(1),AI,li,1,,8:00,9:00,,,maybe"),
        ("starts", "lab-301,4(1),AI,,1,,8:00,9:00,,,yes"),
    ],
)
def test_a_wrong_cell_is_told_with_its_row_and_column_in_both_languages(column: str, row: str) -> None:
    heading = "lab,class,course,teacher,day,date,start,end,period,weeks,starts"
    read = read_csv(f"{heading}\nlab-301,,,,1,,8:00,9:00,,,\n{row}\n", KNOWN)
    (fault,) = read.faults
    assert (fault.row, fault.column) == (3, column)
    assert fault.told.zh
    assert fault.told.en
    assert len(read.weekly) == 1


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("", ""),
        ("lab,room\nx,y\n", "room"),
        ("lab,实验室\nx,y\n", "lab"),
        ("class\n4(1)\n", "lab"),
        ('lab\n"' + "x" * 140_000, ""),
        ("lab\n" + "lab-301\n" * (MOST_SLOTS + 1), ""),
    ],
)
def test_a_file_that_is_no_timetable_is_refused_as_a_whole(text: str, column: str) -> None:
    (fault,) = read_csv(text, KNOWN).faults
    assert fault.column == column


def test_an_empty_heading_is_no_column_and_not_every_fault_is_told() -> None:
    assert read_csv("lab,,day,start,end\nlab-301,x,1,8:00,9:00\n", KNOWN).faults == ()
    assert len(read_csv("lab\n" + "nowhere\n" * 99, KNOWN).faults) == MOST_FAULTS


def test_a_year_that_names_no_classes_and_courses_takes_any() -> None:
    free = Known(Year(), {"lab-301": "lab-301"})
    (slot,) = read_csv("lab,class,course,day,start,end\nlab-301,A,B,1,8:00,9:00\n", free).weekly
    assert slot.what == Teaching("A", "B", "")
