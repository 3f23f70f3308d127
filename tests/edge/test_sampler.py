"""The sampler: what is kept, held, skipped, mended or refused."""

import math
import random

import pytest

from labkeeper_edge.sampler import (
    CLOCK_SET_MS,
    DAY_MS,
    FRESH,
    Hold,
    Keep,
    Memory,
    Skip,
    Stamped,
    Trouble,
    Unfit,
    fit,
    release,
    sample,
    stamp,
)
from labkeeper_sdk import Measure, Point, Quality, Reading, State, Value

NOW = 1_800_000_000_000
PLAIN = Measure("t")
DEAD = Measure("t", deadband=0.5)
THIN = Measure("t", min_interval_s=1.0)
COUNT = State("n", type=int)
TEXT = State("s", type=str)
FLAG = State("b")


def kept(point: Point, values: list[Value | None], step_ms: int = 10) -> list[Value | None]:
    memory, result = FRESH, []
    for at, value in enumerate(values):
        now_ms = NOW + at * step_ms
        memory, verdict = sample(point, memory, Stamped(point.name, value, now_ms, 192), now_ms)
        if isinstance(verdict, Keep):
            result.append(verdict.reading.value)
    return result


def test_without_a_deadband_every_reading_is_kept() -> None:
    assert kept(PLAIN, [1.0, 1.0, 1.0]) == [1.0, 1.0, 1.0]


def test_changes_smaller_than_the_deadband_are_skipped_against_the_last_kept() -> None:
    assert kept(DEAD, [1.0, 1.3, 1.4, 1.5, 1.9, 2.0]) == [1.0, 1.5, 2.0]


def test_a_deadband_lets_every_change_of_a_value_that_is_no_number_through() -> None:
    assert kept(State("b", deadband=1.0), [True, True, False, None, None, True]) == [True, False, None, True]


def test_a_change_of_quality_is_never_skipped() -> None:
    memory, _ = sample(DEAD, FRESH, Stamped("t", 1.0, NOW, 192), NOW)
    _, verdict = sample(DEAD, memory, Stamped("t", 1.0, NOW + 1, 0), NOW + 1)
    assert isinstance(verdict, Keep)


def test_readings_too_close_together_are_thinned_and_the_last_one_is_kept_when_the_interval_ends() -> None:
    memory, verdict = sample(THIN, FRESH, Stamped("t", 1.0, NOW, 192), NOW)
    assert isinstance(verdict, Keep)
    for after in (100, 200):
        memory, verdict = sample(THIN, memory, Stamped("t", float(after), NOW + after, 192), NOW + after)
        assert verdict == Hold(NOW + 1000)
    memory, verdict = release(THIN, memory, NOW + 1000)
    assert isinstance(verdict, Keep)
    assert verdict.reading.value == 200.0
    assert release(THIN, memory, NOW + 2000)[1] == Skip()


def test_a_held_reading_that_came_back_to_the_kept_one_is_skipped() -> None:
    point = Measure("t", min_interval_s=1.0, deadband=0.5)
    memory, _ = sample(point, FRESH, Stamped("t", 1.0, NOW, 192), NOW)
    memory, _ = sample(point, memory, Stamped("t", 5.0, NOW + 1, 192), NOW + 1)
    memory, verdict = sample(point, memory, Stamped("t", 1.1, NOW + 2, 192), NOW + 2)
    assert verdict == Hold(NOW + 1000)
    assert release(point, memory, NOW + 1000) == (Memory(memory.kept, memory.kept_at_ms), Skip())


def test_a_clock_set_back_does_not_silence_a_thinned_point() -> None:
    memory, _ = sample(THIN, FRESH, Stamped("t", 1.0, NOW, 192), NOW)
    _, verdict = sample(THIN, memory, Stamped("t", 2.0, NOW - DAY_MS, 192), NOW - DAY_MS)
    assert isinstance(verdict, Keep)


def test_order_within_a_point_is_never_changed_and_equal_times_are_both_kept() -> None:
    seed = random.randrange(2**32)
    print("seed", seed)  # noqa: T201 -- to repeat a failure
    chance = random.Random(seed)
    for point in (PLAIN, DEAD, THIN):
        memory, out, now_ms = FRESH, [], NOW
        for number in range(500):
            now_ms += chance.choice((0, 0, 1, 300, 1200))
            memory, verdict = sample(point, memory, Stamped("t", float(number), now_ms, 192), now_ms)
            out += [verdict.reading.value] if isinstance(verdict, Keep) else []
        numbers = [value for value in out if isinstance(value, float)]
        assert numbers == sorted(set(numbers))
        assert point is not PLAIN or len(numbers) == 500


@pytest.mark.parametrize(
    ("point", "value", "trouble"),
    [
        (PLAIN, math.nan, Trouble.NOT_FINITE),
        (PLAIN, -math.inf, Trouble.NOT_FINITE),
        (PLAIN, 10**400, Trouble.NOT_FINITE),
        (PLAIN, True, Trouble.WRONG_TYPE),
        (PLAIN, "1", Trouble.WRONG_TYPE),
        (PLAIN, [1], Trouble.WRONG_TYPE),
        (COUNT, 1.0, Trouble.WRONG_TYPE),
        (COUNT, 2**63, Trouble.BEYOND_INT64),
        (COUNT, -(2**63) - 1, Trouble.BEYOND_INT64),
        (FLAG, 1, Trouble.WRONG_TYPE),
        (TEXT, "x" * 65_537, Trouble.TOO_LONG),
        (TEXT, "气" * 30_000, Trouble.TOO_LONG),
        (TEXT, "\ud800", Trouble.NOT_TEXT),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_name(point: Point, value: object, trouble: Trouble) -> None:
    with pytest.raises(Unfit) as refused:
        fit(point, value)
    assert refused.value.trouble is trouble


@pytest.mark.parametrize(
    ("point", "value", "wanted"),
    [
        (PLAIN, 1.5, 1.5),
        (PLAIN, 3, 3.0),
        (COUNT, -(2**63), -(2**63)),
        (FLAG, False, False),
        (TEXT, "x" * 65_536, "x" * 65_536),
    ],
)
def test_a_value_that_fits_is_kept_as_it_is(point: Point, value: Value, wanted: Value) -> None:
    assert fit(point, value) == wanted
    assert type(fit(point, value)) is type(wanted)


@pytest.mark.parametrize(
    ("device_ms", "now_ms", "wanted", "mended"),
    [
        (None, NOW, NOW, None),
        (NOW - 5, NOW, NOW - 5, None),
        (1_420_000_000_000, NOW, 1_420_000_000_000, None),
        (NOW + DAY_MS, NOW, NOW + DAY_MS, None),
        (NOW + DAY_MS + 1, NOW, NOW, Trouble.CLOCK_AHEAD),
        (12, NOW, NOW, Trouble.CLOCK_UNSET),
        (CLOCK_SET_MS - 1, NOW, NOW, Trouble.CLOCK_UNSET),
        (NOW, 5000, NOW, None),
        (2**70, 5000, 5000, Trouble.CLOCK_AHEAD),
    ],
)
def test_times_that_are_not_believable_become_the_nodes(
    device_ms: int | None, now_ms: int, wanted: int, mended: Trouble | None
) -> None:
    stamped = stamp(PLAIN, Reading("t", 1.0, device_ms, Quality.STALE), now_ms)
    assert stamped == Stamped("t", 1.0, wanted, 500, mended)


def test_a_device_that_does_not_know_says_so() -> None:
    assert stamp(PLAIN, Reading("t", None), NOW).value is None
