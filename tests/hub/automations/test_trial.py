"""What an automation would have done: the same rules in the recorded time."""

from labkeeper_hub.automations.seeing import Sight
from labkeeper_hub.automations.trace import Outcome, Why
from labkeeper_hub.automations.trial import Past, Read, Span, try_out
from labkeeper_hub.model import PointKey
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


def test_readings_of_points_that_are_not_there_any_more_say_nothing() -> None:
    other = CO2._replace(device="gone")
    story = past((0, 500.0))
    gone = Past(HOUR, story.points, (*story.readings, Read(NOON_MS + MINUTE_MS, other, 9000.0)), ())
    assert found(gone) == []
