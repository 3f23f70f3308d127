"""What is in the way, and how that is told."""

import pytest

from labkeeper_hub.timetable.conflicts import Names, Reason, conflicts, conflicts_among, explained, once_each
from labkeeper_hub.timetable.slots import Occurrence, Teaching
from labkeeper_sdk import Title

from .school import YEAR, booked

OTHER = Teaching("7(2)", "AI", "p-2")
NAMES = Names(lambda _, lab: Title("301 实验室", "Lab 301") if lab == "lab-301" else Title(), lambda name: name)


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (booked("b-2", what=OTHER), Reason.LAB),
        (booked("b-2", "lab-302"), Reason.TEACHER),
        (booked("b-2", "lab-302", what=Teaching("4(1)", "AI", "p-2")), Reason.CLASS),
        (booked("b-2", "lab-302", what=OTHER), None),
        (booked("b-2", "lab-302", what=Teaching()), None),
        (booked("b-2", hours=(9, 10)), None),
        (booked("b-2", "lab-302", what=Teaching("4(1)", "", ""), guest="school-2"), None),
        (booked("b-1", what=OTHER), None),
    ],
)
def test_a_lab_a_teacher_and_a_class_are_in_one_place_at_a_time(other: Occurrence, reason: Reason | None) -> None:
    assert [one.reason for one in conflicts(booked(), [other])] == ([reason] if reason else [])


def test_every_pair_that_cannot_be_is_found_among_many() -> None:
    long, second = booked("b-1", hours=(8, 12)), booked("b-2", hours=(9, 10), what=OTHER)
    third = booked("b-3", "lab-302", hours=(11, 13))
    free = booked("b-5", "lab-303", hours=(9, 10), what=Teaching())
    found = conflicts_among([third, second, free, long, booked("b-4", "lab-302", hours=(13, 14), what=OTHER)])
    assert [(one.wanted.name, one.there.name, one.reason) for one in found] == [
        ("b-2", "b-1", Reason.LAB),
        ("b-3", "b-1", Reason.TEACHER),
    ]


def test_what_clashes_every_week_is_told_once() -> None:
    first, again = (booked("b-1", hours=hours) for hours in ((8, 9), (10, 11)))
    there, there_again = (booked("b-2", hours=hours, what=OTHER) for hours in ((8, 9), (10, 11)))
    found = [*conflicts(again, [there_again]), *conflicts(first, [there])]
    assert [one.wanted.start_ms for one in once_each(found)] == [first.start_ms]


def test_a_conflict_names_lab_person_and_time_in_both_languages() -> None:
    (lab,) = conflicts(booked("new", what=OTHER), [booked(title="Open day")])
    assert explained(lab, YEAR, NAMES) == Title(
        "301 实验室已有安排：9月7日（周一）08:00–09:00，p-1，4(1)，AI，Open day。",
        "Lab 301 is taken: Mon 2026-09-07 08:00–09:00, p-1, 4(1), AI, Open day.",
    )
    (teacher,) = conflicts(booked("new", what=Teaching("", "", "p-1")), [booked(lab="lab-302")])
    assert explained(teacher, YEAR, NAMES).zh.startswith("p-1同时在lab-302有安排：")
    (classes,) = conflicts(booked("new", what=Teaching("4(1)")), [booked(lab="lab-302", what=Teaching("4(1)"))])
    assert explained(classes, YEAR, NAMES).en == "4(1) is in lab-302 at that time: Mon 2026-09-07 08:00–09:00, 4(1)."
