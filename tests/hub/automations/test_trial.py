"""What an automation would have done: the same rules in the recorded time."""

from dataclasses import replace

from labkeeper_hub.automations.history import spans_of
from labkeeper_hub.automations.seeing import Sight
from labkeeper_hub.automations.trace import Outcome, Why
from labkeeper_hub.automations.trial import Past, Read, Span, try_out
from labkeeper_hub.model import PointKey, Row
from labkeeper_hub.telling.hours import Calendar

from .given import NOON_MS, automation

CO2 = PointKey("s", "pi", "air", "co2")
HOUR = Span(NOON_MS, NOON_MS + 3_600_000)
MINUTE_MS = 60_000


def past(*values: tuple[int, float | None], lessons: tuple[Span, ...] = ()) -> Past:
    reads = tuple(Read(NOON_MS + minute * MINUTE_MS, CO2, value) for minute, value in values)
    return Past(HOUR, (Sight(CO2, "[ppm]", None, 0),), reads, lessons)


def found(told: Past) -> list[tuple[int, Outcome, Why | None]]:
    trial = try_out(automation(), told, Calendar())
    assert trial.readings == len(told.readings)
    return [((one.at_ms - NOON_MS) // MINUTE_MS, one.outcome, one.why) for one in trial.traces]


def test_it_would_have_acted_whenever_its_trigger_became_true() -> None:
    story = past((-5, 500.0), (10, 1500.0), (20, 600.0), (30, 1500.0), (31, None), (59, 500.0), (61, 1500.0))
    assert found(story) == [(10, Outcome.DONE, None), (30, Outcome.DONE, None)]


def test_a_lesson_would_have_held_it_up_until_it_was_over() -> None:
    lesson = Span(NOON_MS + 5 * MINUTE_MS, NOON_MS + 15 * MINUTE_MS)
    assert found(past((0, 500.0), (10, 1500.0), lessons=(lesson,))) == [
        (10, Outcome.HELD, Why.LESSON),
        (15, Outcome.DONE, None),
    ]


def test_a_stop_and_a_person_who_held_the_lab_would_have_held_it_up_in_the_order_of_what_is_for_real() -> None:
    def minutes(begin: int, end: int) -> tuple[Span, ...]:
        return (Span(NOON_MS + begin * MINUTE_MS, NOON_MS + end * MINUTE_MS),)

    story = past((0, 500.0), (5, 1500.0), lessons=minutes(4, 9))
    told = replace(story, stops=minutes(3, 7), held=minutes(2, 12), known_ms=NOON_MS)
    assert found(told) == [
        (5, Outcome.HELD, Why.STOP),
        (7, Outcome.HELD, Why.LESSON),
        (9, Outcome.HELD, Why.LEASED),
        (12, Outcome.DONE, None),
    ]
    assert try_out(automation(), told, Calendar()).known_ms == NOON_MS


def test_minutes_in_a_row_are_one_stretch() -> None:
    rows = [Row(0, 0), Row(60_000, 1), Row(120_000, 1.0), Row(180_000, None), Row(300_000, 1)]
    assert spans_of(rows) == (Span(60_000, 180_000), Span(300_000, 360_000))


def test_readings_of_points_that_are_not_there_any_more_say_nothing() -> None:
    other = CO2._replace(device="gone")
    story = past((0, 500.0))
    gone = Past(HOUR, story.points, (*story.readings, Read(NOON_MS + MINUTE_MS, other, 9000.0)), ())
    assert found(gone) == []
