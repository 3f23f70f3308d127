"""Rules tried on what was recorded: by hand, and on six days of a real office."""

import csv
import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from labkeeper_hub.alarms.backtest import Spell, aggregate_of, back_test
from labkeeper_hub.alarms.catalogue import shipped
from labkeeper_hub.model import Aggregate

MIN = 60_000
CO2 = shipped().rules["co2"]
DATA = Path(__file__).parents[4] / "shared/data/occupancy"
PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "try-an-alarm-limit.md"


def co2_of(file: Path) -> Iterator[tuple[int, float]]:
    with file.open(encoding="utf-8") as lines:
        rows = csv.reader(lines)
        names = next(rows)
        for row in rows:  # the rows have a number that the heading does not name
            said = dict(zip(["number", *names], row, strict=True))
            time = datetime.strptime(said["date"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
            yield int(time.timestamp() * 1000), float(said["CO2"])


def test_a_trial_tells_when_each_level_would_have_held_and_how_long() -> None:
    readings = [(minute * MIN, 1600.0) for minute in range(30)] + [(minute * MIN, 500.0) for minute in range(30, 60)]
    spells = back_test(CO2, readings, 60 * MIN).spells
    assert [spell.level for spell in spells] == ["warn", "note"]
    assert spells[0].to_ms - spells[0].from_ms > 15 * MIN
    assert not spells[-1].open_end


def test_what_still_holds_at_the_end_of_a_recording_is_marked() -> None:
    readings = [(minute * MIN, 2500.0) for minute in range(30)]
    assert back_test(CO2, readings, 30 * MIN).spells == (Spell("alarm", 10 * MIN, 30 * MIN, open_end=True),)
    assert back_test(CO2, [], 0).spells == ()


def test_a_closed_gate_ends_what_holds_and_lets_nothing_begin() -> None:
    readings = [(minute * MIN, 2500.0) for minute in range(60)]
    turns = [(0, False), (20 * MIN, True), (40 * MIN, False), (70 * MIN, True)]
    (spell,) = back_test(CO2, readings, 60 * MIN, turns).spells
    assert (spell.from_ms, spell.to_ms) == (25 * MIN, 40 * MIN)  # after the delay of five minutes
    (late,) = back_test(CO2, [(0, 2500.0), (5 * MIN, 2500.0)], 20 * MIN, [(0, False), (10 * MIN, True)]).spells
    assert (late.from_ms, late.open_end) == (15 * MIN, True)  # no reading comes any more, but the gate opens


@pytest.mark.parametrize(
    ("rule", "aggregate"),
    [
        ("co2", Aggregate.MEAN),
        ("heat", Aggregate.MAX),
        ("gas", Aggregate.MAX),
        ("humidity_low", Aggregate.MIN),
        ("co", Aggregate.MAX),
    ],
)
def test_readings_taken_together_lose_no_peak_that_a_rule_looks_for(rule: str, aggregate: Aggregate) -> None:
    assert aggregate_of(shipped().rules[rule]) is aggregate


def mean_before(readings: list[tuple[int, float]], time_ms: int) -> float:
    """The plain mean of the ten minutes before: one reading a minute, so every one weighs the same."""
    inside = [value for at_ms, value in readings if time_ms - 10 * MIN <= at_ms < time_ms]
    return sum(inside) / len(inside)


def office(part: str) -> list[tuple[int, float]]:
    file = DATA / f"{part}.txt"
    if not file.exists():
        assert os.environ.get("CI") != "true", "the recording is missing"
        pytest.skip("the occupancy data set is not beside this checkout (see docs/how-to/replay-a-recording.md)")
    return list(co2_of(file))


def together(spells: Iterable[Spell]) -> str:
    """How long they held, as the page says it."""
    return "{} h {:02} min".format(*divmod(round(sum(spell.to_ms - spell.from_ms for spell in spells) / MIN), 60))


def test_the_quiet_part_of_a_real_office_would_have_had_no_alarm() -> None:
    readings = office("datatest")
    trial = back_test(CO2, readings, readings[-1][0])
    assert {level: len(trial.of(level)) for level in ("note", "warn", "alarm")} == {"note": 4, "warn": 0, "alarm": 0}
    assert f"noted 4 times, {together(trial.spells)}" in PAGE.read_text(encoding="utf-8")


def test_a_real_office_would_have_had_one_alarm_in_six_days() -> None:
    readings = office("datatraining")
    trial = back_test(CO2, readings, readings[-1][0])
    told = PAGE.read_text(encoding="utf-8")
    assert all(f"| {together(trial.of(level))} |" in told for level in ("note", "warn", "alarm"))
    assert {level: len(trial.of(level)) for level in ("note", "warn", "alarm")} == {"note": 4, "warn": 2, "alarm": 1}
    assert not any(spell.open_end for spell in trial.spells)
    for spell in trial.spells:
        limit = next(level.limit for level in CO2.levels if level.name == spell.level)
        inside = [mean_before(readings, time_ms) for time_ms in range(spell.from_ms, spell.to_ms, MIN)]
        assert min(inside) > limit - 100 - 10  # the deadband, and what a sixtieth of the window moves
        assert max(inside) > limit
