import random
from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest

from labkeeper_hub.alarms.judge import JITTER_MS, Judge, Verdict
from labkeeper_hub.alarms.rules import AlarmClass, Kind, Level, Match, Response, Role, Rule, Side
from labkeeper_hub.alarms.states import Priority
from labkeeper_hub.alarms.windows import Count, Mean, window_of
from labkeeper_sdk import Title

MIN = 60_000
WARN = Level("warn", 10, Priority.LOW, deadband=2)
ALARM = Level("alarm", 20, Priority.HIGH, deadband=2)


def rule(*levels: Level, hold_ms: int = 60 * MIN) -> Rule:
    told = Response(Title(), Title(), Title(), Role.TEACHER)
    return Rule("r", told, AlarmClass.ENVIRONMENT, Match(frozenset({"p"})), levels, Title(), hold_ms=hold_ms)


def fed(judge: Judge, readings: Iterable[tuple[int, float | None]]) -> list[tuple[int, str | None]]:
    return told(verdict for time_ms, value in readings for verdict in judge.reading(time_ms, value))


def told(verdicts: Iterable[Verdict]) -> list[tuple[int, str | None]]:
    return [(verdict.time_ms, verdict.level.name if verdict.level else None) for verdict in verdicts]


def test_the_highest_level_that_holds_is_told_and_clears_beyond_its_deadband() -> None:
    judge = Judge(rule(WARN, ALARM))
    readings = [(1, 10.0), (2, 10.5), (3, 25.0), (4, 18.5), (5, 18.0), (6, 8.5), (7, 8.0)]
    assert fed(judge, readings) == [(2, "warn"), (3, "alarm"), (5, "warn"), (7, None)]


@pytest.mark.parametrize(
    ("side", "at_limit", "within", "beyond"),
    [
        (Side.ABOVE, False, 8.5, 8.0),
        (Side.AT_LEAST, True, 8.0, 7.9),
        (Side.BELOW, False, 11.5, 12.0),
        (Side.AT_MOST, True, 12.0, 12.1),
    ],
)
def test_a_limit_has_two_sides_and_two_ways_to_be_met(
    side: Side,
    at_limit: bool,  # noqa: FBT001 - a column of the table
    within: float,
    beyond: float,
) -> None:
    level = replace(WARN, side=side)
    assert level.holds(10, active=False) is at_limit
    assert level.holds(within, active=True)
    assert not level.holds(beyond, active=True)


def test_a_raise_waits_for_its_delay_and_is_told_with_the_moment_the_delay_ended() -> None:
    judge = Judge(rule(replace(WARN, on_delay_ms=5 * MIN)))
    assert fed(judge, [(0, 11.0), (4 * MIN, 9.0), (5 * MIN, 11.0), (10 * MIN - 1, 12.0)]) == []
    assert told(judge.until(12 * MIN)) == [(10 * MIN, "warn")]


def test_a_clear_waits_for_its_delay() -> None:
    judge = Judge(rule(replace(WARN, off_delay_ms=MIN)))
    assert fed(judge, [(0, 11.0), (10, 1.0), (20, 11.0), (30, 1.0)]) == [(0, "warn")]
    assert told(judge.until(30 + MIN)) == [(30 + MIN, None)]


def test_what_is_not_known_raises_nothing_clears_nothing_and_starts_delays_anew() -> None:
    judge = Judge(rule(replace(WARN, on_delay_ms=MIN)))
    assert fed(judge, [(0, 11.0), (30_000, None), (50_000, 11.0), (70_000, 11.0)]) == []
    assert fed(judge, [(110_000, 11.0), (120_000, None), (900_000, None)]) == [(110_000, "warn")]


def test_a_value_stands_for_the_hold_and_no_longer() -> None:
    judge = Judge(rule(replace(WARN, on_delay_ms=MIN), hold_ms=2 * MIN))
    assert fed(judge, [(0, 11.0)]) == []
    assert told(judge.until(60 * MIN)) == [(MIN, "warn")]
    assert judge.value is None
    short = Judge(rule(replace(WARN, on_delay_ms=MIN), hold_ms=MIN // 2))
    assert fed(short, [(0, 11.0), (5 * MIN, 11.0)]) == []


def test_a_device_that_is_there_keeps_its_value_standing() -> None:
    judge = Judge(rule(replace(WARN, on_delay_ms=5 * MIN), hold_ms=MIN))
    assert fed(judge, [(0, 11.0)]) == []
    assert told(v for minute in range(1, 7) for v in judge.stands(minute * MIN)) == [(5 * MIN, "warn")]


def test_a_gate_that_closes_clears_and_one_that_is_not_known_judges_nothing() -> None:
    judge = Judge(rule(WARN), gate=None)
    assert fed(judge, [(0, 11.0)]) == []
    assert told(judge.gated(1, gate=True)) == [(1, "warn")]
    assert told(judge.gated(2, gate=None)) == []
    assert told(judge.gated(3, gate=False)) == [(3, None)]
    fresh = Judge(rule(WARN))
    assert told(fresh.gated(0, gate=False)) == []


def test_time_only_goes_forward() -> None:
    judge = Judge(rule(WARN))
    late = [(JITTER_MS * 2, 1.0), (JITTER_MS * 2 - 10, 11.0), (10, 1.0)]
    assert fed(judge, late) == [(JITTER_MS * 2, "warn")]
    assert judge.refused == 1
    assert told(judge.until(0)) == []


def test_an_alarm_of_an_earlier_run_stays_until_it_is_known_to_be_over() -> None:
    judge = Judge(rule(WARN, ALARM))
    judge.resume("alarm")
    assert fed(judge, [(0, None), (1, 15.0), (2, 5.0)]) == [(1, "warn"), (2, None)]
    mild = Judge(rule(WARN, ALARM))
    mild.resume("warn")
    mild.resume("warn")
    assert fed(mild, [(0, 25.0)]) == [(0, "alarm")]
    gone = Judge(rule(WARN))
    gone.resume("a level that an update renamed")
    assert fed(gone, [(0, 1.0)]) == [(0, None)]


def test_a_milder_level_that_turns_beneath_a_worse_one_is_no_news() -> None:
    judge = Judge(rule(replace(WARN, on_delay_ms=MIN), ALARM))
    assert fed(judge, [(0, 25.0), (2 * MIN, 25.0), (3 * MIN, 15.0)]) == [(0, "alarm"), (3 * MIN, "warn")]


def level(kind: Kind, window_ms: int = 10 * MIN) -> Level:
    return Level("l", 0, Priority.LOW, kind=kind, window_ms=window_ms)


def seen(kind: Kind, readings: Sequence[tuple[int, float | None]], at_ms: int) -> float | None:
    judge = Judge(rule(level(kind)))
    fed(judge, readings)
    list(judge.until(at_ms))
    return judge._levels[0].window.value(at_ms)


def test_a_mean_weighs_by_time_and_is_unknown_until_half_the_window_is() -> None:
    assert seen(Kind.MEAN, [(0, 100.0)], 4 * MIN) is None
    assert seen(Kind.MEAN, [(0, 100.0), (4 * MIN, 200.0)], 8 * MIN) == 150
    assert seen(Kind.MEAN, [(0, 100.0), (MIN, None)], 9 * MIN) is None
    assert seen(Kind.MEAN, [(0, 100.0), (10 * MIN, 200.0)], 60 * MIN) == 200


def test_a_mean_agrees_with_the_sum_over_every_millisecond() -> None:
    seed = random.randrange(2**32)
    print("seed", seed)  # noqa: T201 -- what reproduces it
    chance = random.Random(seed)
    window, line, now = Mean(6_000), list[float](), 0
    while now < 20_000:
        value, length = chance.uniform(-5, 5), chance.randrange(1, 900)
        window.stand(now, now + length, value)
        line += [value] * length
        now += length
    end = now - now % 100
    window = Mean(6_000)
    for at, value in enumerate(line[:end]):
        window.stand(at, at + 1, value)
    assert window.value(end) == pytest.approx(sum(line[end - 5_900 : end]) / 5_900)


def test_extremes_rates_counts_and_ages_are_those_of_the_window() -> None:
    readings: list[tuple[int, float | None]] = [(0, 5.0), (MIN, 9.0), (2 * MIN, 7.0)]
    assert seen(Kind.MAX, readings, 3 * MIN) == 9
    assert seen(Kind.MIN, readings, 3 * MIN) == 5
    assert seen(Kind.RATE, readings, 3 * MIN) == pytest.approx(0.2)
    assert seen(Kind.MAX, readings, 20 * MIN) == 7
    assert seen(Kind.MAX, [*readings, (3 * MIN, None)], 4 * MIN) is None
    assert seen(Kind.MAX, [(0, 4.0), (1, 6.0)], 1) == 6
    assert seen(Kind.COUNT, [(0, 0.0), (1, 1.0), (2, 1.0), (3, 0.0), (4, 1.0)], MIN) == 2
    assert seen(Kind.COUNT, [(0, 0.0), (1, None)], MIN) is None
    assert seen(Kind.COUNT, [(0, 0.0), (1, 1.0)], 30 * MIN) == 0
    assert window_of(level(Kind.MAX)).value(0) is None
    assert Count(MIN).value(0) is None


def test_silence_is_counted_from_the_last_known_value_and_stuck_from_the_last_new_one() -> None:
    assert seen(Kind.STALE, [(0, 5.0), (MIN, 5.0)], 3 * MIN) == 0
    assert seen(Kind.STALE, [(0, 5.0), (MIN, None), (2 * MIN, None)], 4 * MIN) == 180
    assert seen(Kind.STALE, [(0, None)], MIN) == 60
    assert seen(Kind.STUCK, [(0, 5.0), (MIN, 5.0)], 3 * MIN) == 180
    assert seen(Kind.STUCK, [(0, 5.0), (MIN, 6.0)], 3 * MIN) == 120
    assert seen(Kind.STUCK, [(0, 5.0), (MIN, None)], 3 * MIN) is None
    assert window_of(level(Kind.STALE, 0)).value(0) is None


def test_a_rule_watches_points_by_name_and_by_unit_where_it_says_so() -> None:
    assert Match(frozenset({"p"}))("p", "Cel")
    assert Match(frozenset({"p"}), frozenset({"Cel"}))("p", "Cel")
    assert not Match(frozenset({"p"}), frozenset({"Cel"}))("p", "K")
    assert not Match(frozenset({"p"}))("q", "")
