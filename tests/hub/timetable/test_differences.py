"""What a file would change is told slot by slot before anything is changed."""

from dataclasses import replace
from datetime import date, time

from labkeeper_hub.timetable.differences import MOST_TOLD, Difference, Differences, Kind, differences
from labkeeper_hub.timetable.importing import AT_ONCE, CAME, EMPTY, File, Task, in_pieces, outcome
from labkeeper_hub.timetable.slots import Dated, Slot, Teaching, Timetable, Weeks

from .school import KNOWN, MONDAY, YEAR, ms

AI = Teaching("4(1)", "AI", "p-1")
FIRST = Slot("lab-301", 1, time(8), time(8, 40), AI)
DATED = Dated("lab-301", date(2026, 12, 4), time(13), time(14), AI)


def test_a_slot_from_the_same_time_on_is_changed_and_others_come_and_go() -> None:
    longer, later = FIRST._replace(end=time(9)), FIRST._replace(start=time(10), end=time(11))
    second = FIRST._replace(lab="lab-302", weeks=(Weeks(1, 8),))
    found = differences(Timetable((FIRST, second), (DATED,)), Timetable((longer, later, second)))
    assert found == Differences(
        (Difference(Kind.CHANGED, longer, FIRST), Difference(Kind.ADDED, later), Difference(Kind.REMOVED, None, DATED)),
        added=1, changed=1, removed=1, kept=1,
    )  # fmt: skip


def test_what_is_told_has_an_end_and_the_counts_tell_of_the_rest() -> None:
    many = tuple(FIRST._replace(what=Teaching(str(at))) for at in range(MOST_TOLD + 5))
    found = differences(EMPTY, Timetable(many))
    assert (len(found.first), found.added) == (MOST_TOLD, MOST_TOLD + 5)


def test_a_piece_holds_so_many_slots_and_all_pieces_hold_all_of_them() -> None:
    whole = Timetable((FIRST,) * (AT_ONCE + 1), (DATED,) * AT_ONCE)
    pieces = list(in_pieces(whole))
    assert [len(one.weekly) + len(one.dated) for one in pieces] == [AT_ONCE, 1, AT_ONCE]
    assert sum((one.weekly for one in pieces), ()) == whole.weekly


def test_a_calendar_comes_to_dates_and_what_clashes_names_no_row_of_it() -> None:
    event = "BEGIN:VEVENT\nUID:{0}\nDTSTART:20260907T0{0}0000Z\nDTEND:20260907T020000Z\nLOCATION:lab-301\nEND:VEVENT\n"
    text = "BEGIN:VCALENDAR\n" + event.format(0) + event.format(1) + "END:VCALENDAR\n"
    task = Task(File("ics", text, KNOWN), "demo", "", (), ms(MONDAY, 7))
    came, _ = outcome(task)
    assert (came.dated, came.clashes, came.fits) == (2, (), True)  # without a year of its own nothing is in the way
    kept = '{"year": {"terms": [["2026-1", "2026-09-01", "2027-01-22"]]}}'
    clashing, _ = outcome(replace(task, kept=kept))
    assert [one.rows for one in clashing.clashes] == [()]
    assert CAME.validate_json(CAME.dump_json(clashing)) == clashing
    assert YEAR.span is not None
