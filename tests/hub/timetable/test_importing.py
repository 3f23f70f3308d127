"""What a file comes to: its labs' slots in the place of those there were, or nothing at all."""

from datetime import time

from labkeeper_hub.timetable.importing import KEPT, File, Task, in_pieces, outcome
from labkeeper_hub.timetable.slots import Occurrence, Slot, Teaching, Timetable, Weeks

from .school import KNOWN, MONDAY, YEAR, booked, ms

FRIDAY = Slot("lab-301", 5, time(10), time(11), Teaching("7(2)", "AI", "p-1"))
ELSEWHERE = FRIDAY._replace(lab="lab-302")
BEFORE = Timetable((FRIDAY, ELSEWHERE), year=YEAR)
ROWS = "lab,class,course,teacher,day,start,end\n"


def task(*rows: str, bookings: tuple[Occurrence, ...] = ()) -> Task:
    kept = KEPT.dump_json(BEFORE).decode()
    file = File("csv", ROWS + "\n".join(rows), KNOWN)
    return Task(file, "demo", kept, bookings, ms(MONDAY, 0))


def test_a_labs_slots_become_those_of_the_file_and_other_labs_keep_theirs() -> None:
    came, after = outcome(task("lab-301,4(1),AI,li,1,8:00,9:00"))
    assert (came.fits, came.labs, came.weekly, came.dated) == (True, ("lab-301",), 1, 0)
    assert {(slot.lab, slot.day) for slot in after.weekly} == {("lab-301", 1), ("lab-302", 5)}


def test_a_file_with_a_wrong_cell_changes_nothing_and_says_which() -> None:
    came, after = outcome(task("lab-301,4(1),AI,li,1,8:00,9:00", "lab-301,9(9),AI,li,1,9:00,10:00"))
    assert not came.fits
    assert [fault.row for fault in came.faults] == [3]
    assert after == BEFORE


def test_a_slot_where_a_booking_stands_is_told_with_its_row() -> None:
    taken = booked(what=Teaching("7(2)", "AI", "p-2"))
    came, _ = outcome(task("lab-301,4(1),AI,li,1,8:00,9:00", bookings=(taken,)))
    assert not came.fits
    assert came.clashes[0].rows == (2,)


def test_pieces_hold_every_slot_once() -> None:
    many = Timetable(weekly=tuple(FRIDAY._replace(day=1 + at % 5, weeks=(Weeks(at + 1, at + 1),)) for at in range(250)))
    pieces = list(in_pieces(many))
    assert [slot for piece in pieces for slot in piece.weekly] == list(many.weekly)
    assert len(pieces) == 3
