"""A limit passed above another one of the same priority is news: to the state, to the history, to who acknowledged."""

from collections.abc import Iterable

import pytest

from labkeeper_hub.alarms.judge import Judge
from labkeeper_hub.alarms.states import Acknowledged, Alarm, Core, Raised, step
from labkeeper_hub.alarms.words import kind_of

from .given import MIN, RULES


def lived(rule: str, readings: Iterable[tuple[int, float]]) -> tuple[Alarm, list[tuple[str, str]]]:
    """Let somebody acknowledge whatever is raised; return how it stands and what the history says."""
    judge, alarm, told = Judge(RULES[rule]), Alarm(safety=True), list[tuple[str, str]]()
    for time_ms, value in readings:
        for verdict in judge.reading(time_ms, value):
            level = verdict.level
            assert level is not None
            event = Raised(level.priority, level.latch, verdict.value, RULES[rule].rank(level.name))
            told.append((kind_of(alarm, event), level.name))
            alarm = step(step(alarm, event, time_ms), Acknowledged("li"), time_ms)
    return alarm, told


@pytest.mark.parametrize(
    ("rule", "readings", "told"),
    [
        (
            "co",
            [(minute * MIN, 60.0) for minute in range(70)] + [(70 * MIN + second * 1000, 250.0) for second in (0, 31)],
            [("raised", "alarm"), ("risen", "ceiling")],
        ),
        (
            "gas",
            [(0, 25.0), (4_000, 25.0), (5_000, 45.0), (6_000, 30.0), (7_000, 45.0)],
            [("raised", "alarm"), ("risen", "danger"), ("eased", "alarm"), ("risen", "danger")],
        ),
    ],
)
def test_a_worse_level_of_one_priority_is_written_as_risen(
    rule: str, readings: list[tuple[int, float]], told: list[tuple[str, str]]
) -> None:
    alarm, found = lived(rule, readings)
    assert found == told
    assert (alarm.core, alarm.latch) == (Core.ACK, True)


def test_whoever_acknowledged_is_called_again() -> None:
    acknowledged, _ = lived("gas", [(0, 25.0), (4_000, 25.0)])
    danger = RULES["gas"].levels[-1]
    risen = step(acknowledged, Raised(danger.priority, danger.latch, 45.0, RULES["gas"].rank("danger")), 5_000)
    assert (acknowledged.core, risen.core, risen.annunciated, risen.value) == (Core.ACK, Core.UNACK, True, 45.0)


def test_a_level_that_an_update_renamed_counts_as_the_mildest() -> None:
    assert [RULES["gas"].rank(level) for level in ("warn", "alarm", "danger", "gone")] == [0, 1, 2, 0]
