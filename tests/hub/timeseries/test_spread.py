"""What a leaf keeps of values comes back bit for bit, in each of its forms, and costs what the readings cost."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from labkeeper_hub.timeseries import leaf, spread
from labkeeper_hub.timeseries.buckets import Buckets, buckets_of
from labkeeper_hub.timeseries.columns import by_time
from labkeeper_hub.timeseries.rollup import HOUR_MS, MINUTE_MS
from labkeeper_hub.timeseries.spread import BITS_OF_VERSION_1, Bits, Decimals

from .strategies import VALUES, Made, columns_of

DECIMAL = st.integers(-(10**6), 10**6).map(lambda n: n / 100)
ONE_KIND = (DECIMAL, st.floats(), st.booleans(), st.integers(-(1 << 63), (1 << 63) - 1), VALUES)


def buckets(values: Sequence[object], step_ms: int, every_ms: int) -> Buckets:
    made: list[Made] = [(1, 1_700_000_000_000 + step_ms * at, 0, value) for at, value in enumerate(values)]  # type: ignore[misc] # whatever Hypothesis drew
    return buckets_of(by_time(columns_of(made)), every_ms)


def bits_of(some: Buckets) -> list[bytes]:
    columns = (*some[:6], *some.firsts[:2], *some.lasts[:2])
    return [column.tobytes() for column in columns]


@given(st.one_of(*(st.lists(kind, min_size=1) for kind in ONE_KIND)))
@example([1e308, 1e308])
@example([math.inf, -math.inf])
def test_every_kind_of_value_comes_back_bit_for_bit(values: list[object]) -> None:
    for step_ms in (7000, 40_000, 90_000):
        before = buckets(values, step_ms, MINUTE_MS)
        if len(before):
            assert bits_of(leaf.unpack(leaf.pack(before, MINUTE_MS))) == bits_of(before)


@given(st.lists(st.floats(), min_size=1))
def test_a_leaf_of_the_first_version_is_read(values: list[float]) -> None:
    before = buckets(values, 40_000, MINUTE_MS)
    with pytest.MonkeyPatch.context() as past:
        past.setattr(leaf, "VERSION", 1)
        past.setattr(leaf, "form_of", lambda *_: BITS_OF_VERSION_1)
        written = leaf.pack(before, MINUTE_MS)
    assert bits_of(leaf.unpack(written)) == bits_of(before)


def form(some: Buckets) -> spread.Form:
    ends = spread.Ends(some.counts, some.kinds, some.firsts.kinds, some.lasts.kinds)
    return spread.form_of(ends, spread.Spread(some.firsts.bits, some.lasts.bits, some.lows, some.highs, some.sums))


def test_decimals_are_kept_as_such_and_all_else_as_bits() -> None:
    assert form(buckets([20.25, 21.5], 1000, MINUTE_MS)) == Decimals(2)
    for values in ([1 / 3], [1, 2], [True], [1.5, 2], ["a"]):
        assert isinstance(form(buckets(values, 1000, MINUTE_MS)), Bits)


def test_what_two_readings_tell_costs_nothing_more() -> None:
    chance = np.random.default_rng(5)
    noise = chance.normal(0, 1, 1000).tolist()
    alone = leaf.pack(buckets(noise, MINUTE_MS, MINUTE_MS), MINUTE_MS)
    in_pairs = leaf.pack(buckets(noise, MINUTE_MS // 2, MINUTE_MS), MINUTE_MS)
    assert len(in_pairs) < 1.2 * len(alone)


def test_an_hour_of_a_sensor_with_two_decimals_takes_a_dozen_bytes() -> None:
    walk = np.round(20 + np.cumsum(np.random.default_rng(6).normal(0, 0.02, 20_000)), 2)
    hours = buckets(walk.tolist(), 120_000, HOUR_MS)
    assert len(leaf.pack(hours, HOUR_MS)) / len(hours) < 12
