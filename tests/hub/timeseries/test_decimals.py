"""Floats of few decimals become whole numbers and come back bit for bit; all others are left alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkeeper_hub.timeseries.decimals import LARGEST, MOST_DECIMALS, fraction, scale_of, signed, unsigned, whole

SCALES = st.integers(0, MOST_DECIMALS)
NUMBERS = st.integers(-LARGEST + 1, LARGEST - 1)


@given(SCALES, st.lists(NUMBERS, min_size=1, max_size=80))
def test_what_has_few_decimals_is_a_whole_number(scale: int, numbers: list[int]) -> None:
    floats = fraction(np.array(numbers, np.int64), scale)
    found = scale_of(floats)
    if found is None:  # six decimals of a number too large for them
        assert np.abs(floats).max() * 10**MOST_DECIMALS >= LARGEST / 2
        return
    assert found <= scale
    assert fraction(whole(floats, found), found).tobytes() == floats.tobytes()


@given(st.lists(st.floats(), min_size=1, max_size=80))
def test_whatever_has_a_scale_comes_back_bit_for_bit(values: list[float]) -> None:
    floats = np.array(values)
    scale = scale_of(floats)
    if scale is not None:
        assert fraction(whole(floats, scale), scale).tobytes() == floats.tobytes()


@pytest.mark.parametrize(("values", "scale"), [([3.0, -7.0], 0), ([21.5, 3], 1), ([0.25, 21.5], 2), ([1e-6], 6)])
def test_the_scale_is_the_fewest_decimals(values: list[float], scale: int) -> None:
    assert scale_of(np.array(values)) == scale


@pytest.mark.parametrize("value", [1 / 3, 1e-7, 1e300, float(LARGEST), np.inf, -np.inf, np.nan, -0.0])
def test_one_value_that_is_no_decimal_is_enough_to_have_none(value: float) -> None:
    assert scale_of(np.array([value])) is None
    late = np.append(np.full(100, 21.5), value)
    assert scale_of(late) is None


@given(st.lists(st.integers(-(1 << 63), (1 << 63) - 1), max_size=20))
def test_signs_go_and_come_back(numbers: list[int]) -> None:
    there = np.array(numbers, np.int64)
    assert signed(unsigned(there)).tolist() == numbers


def test_small_numbers_stay_small_whatever_their_sign() -> None:
    assert unsigned(np.array([0, -1, 1, -2, 2])).tolist() == [0, 1, 2, 3, 4]
