"""Periods taught, planned and missing."""

import pytest

from labkeeper_hub.timetable.ledger import Balance, Taught, ledger, lessons_of, periods
from labkeeper_hub.timetable.slots import Teaching

from .school import YEAR, booked

MINUTE_MS = 60_000
TAUGHT = Taught("l-1", "demo", "lab-301", "4(1)", "AI", "p-1", 0, 80 * MINUTE_MS)


@pytest.mark.parametrize(("minutes", "counted"), [(0, 0), (19, 0), (20, 1), (40, 1), (59, 1), (60, 2), (80, 2)])
def test_a_lesson_counts_as_the_periods_it_is_nearest_to(minutes: int, counted: int) -> None:
    assert periods(minutes * MINUTE_MS, YEAR.period_ms) == counted


def test_the_ledger_says_what_a_class_still_misses() -> None:
    still_on, unfiled = TAUGHT._replace(ended_ms=None), TAUGHT._replace(class_name="")
    found = ledger(YEAR, [TAUGHT, still_on, unfiled], [booked(), booked(what=Teaching("Robots", "Club"))])
    assert found == (
        Balance("4(1)", "AI", 30, 2, 2),
        Balance("7(2)", "AI", 30, 0, 0),
        Balance("Robots", "Club", 0, 0, 2),
    )
    assert [one.missing for one in found] == [26, 30, 0]


def test_a_class_reads_what_it_was_taught_the_last_first() -> None:
    later, still_on = TAUGHT._replace(lesson="l-2", started_ms=1, ended_ms=1), TAUGHT._replace(ended_ms=None)
    another = TAUGHT._replace(class_name="7(2)")
    assert lessons_of("4(1)", [TAUGHT, still_on, later, another], YEAR) == ((later, 0), (TAUGHT, 2))
