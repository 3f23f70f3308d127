"""What can be booked, whose guest somebody is, what starts by itself, and what a lesson is."""

from dataclasses import replace

import pytest

from labkeeper_hub.accounts import Action, Grant, Person, Role, Scope
from labkeeper_hub.accounts.rights import AFTERWARDS_MS, may, stands
from labkeeper_hub.accounts.rights import Reason as Ended
from labkeeper_hub.timetable.bookings import (
    EARLY_MS,
    FURTHEST_MS,
    LATE_MS,
    LONGEST_MS,
    Opening,
    TimetableRefused,
    check_times,
    due,
    fitting,
    host_of,
    lent,
)
from labkeeper_hub.timetable.slots import Teaching

from .school import booked

PLACE = ("demo", "lab-301")
SPAN = (100, 200)


@pytest.mark.parametrize(
    ("start", "end", "code"),
    [
        (0, 1000, "in_the_past"),
        (3000, 2000, "too_long"),
        (2000, 2001 + LONGEST_MS, "too_long"),
        (1001 + FURTHEST_MS, 2000 + FURTHEST_MS, "too_far"),
    ],
)
def test_times_that_nobody_can_book_are_refused(start: int, end: int, code: str) -> None:
    with pytest.raises(TimetableRefused) as refused:
        check_times(start, end, 1000)
    assert refused.value.code == code
    check_times(1000, 2000, 1000)


@pytest.mark.parametrize(
    ("opening", "guest"),
    [
        (Opening("o", *PLACE, 100, 200, ("school-2",)), "school-2"),
        (Opening("o", *PLACE, 0, 300), "school-2"),
        (Opening("o", *PLACE, 100, 199), ""),
        (Opening("o", *PLACE, 101, 200), ""),
        (Opening("o", *PLACE, 100, 200, ("school-3",)), ""),
        (Opening("o", "demo", "lab-302", 100, 200), ""),
    ],
)
def test_a_guest_books_what_is_open_to_the_guests_school(opening: Opening, guest: str) -> None:
    if guest:
        assert host_of([opening], {"school-2"}, PLACE, SPAN) == guest
        return
    with pytest.raises(TimetableRefused, match="not open"):
        host_of([opening], {"school-2"}, PLACE, SPAN)


def test_nobody_is_a_guest_at_home() -> None:
    with pytest.raises(TimetableRefused):
        host_of([Opening("o", *PLACE, 0, 300)], {"demo"}, PLACE, SPAN)


def test_a_guests_booking_lends_a_right_within_its_slot_and_not_a_moment_longer() -> None:
    guest = booked(guest="school-2")
    grant = Grant(Role.TEACHER, Scope("demo", "lab-301"), guest.end_ms)
    assert lent([guest], "p-1", guest.start_ms) == (grant,)
    assert lent([guest], "p-1", guest.start_ms - 1) == ()
    person = Person("p-1", lent([guest], "p-1", guest.end_ms))
    assert may(person, Action.LEASE, grant.scope, guest.end_ms).reason is Ended.RIGHT_ENDED
    assert stands(person, Action.LEASE, grant.scope, guest.end_ms + 40_000, guest.end_ms), "it ends by its time"
    assert lent([guest], "p-1", guest.end_ms + AFTERWARDS_MS) == ()
    assert lent([guest], "p-2", guest.start_ms) == ()


def test_a_lesson_starts_by_itself_once_and_in_time() -> None:
    one = replace(booked(), starts=True)
    assert due([one, booked("b-2")], (), one.start_ms) == [one]
    assert due([one], (), one.start_ms + LATE_MS) == []
    assert due([one], (), one.start_ms - 1) == []
    assert due([one], (one.name,), one.start_ms) == []


def test_a_lesson_is_ones_own_slot_first_then_what_is_on_then_what_comes() -> None:
    own, there, later = booked(), booked("b-2", what=Teaching("7(2)", "AI", "p-2")), booked("b-3", hours=(9, 10))
    assert fitting([there, later, own], "p-1", own.start_ms) is own
    assert fitting([there, later], "p-9", own.start_ms) is there
    assert fitting([there, later], "p-1", later.start_ms - EARLY_MS) is later
    assert fitting([later], "p-1", later.start_ms - EARLY_MS - 1) is None
