"""Readings as Hypothesis makes them: every kind of value, bit patterns included."""

import math
import struct

from hypothesis import strategies as st

from labkeeper_hub.timeseries.columns import (
    ARRIVAL,
    BAD,
    DOUBTFUL,
    FIRST_WIDE,
    HISTORICAL,
    STALE,
    Columns,
    kind_of,
)
from labkeeper_hub.timeseries.group import Group
from labkeeper_sdk import Value

VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-FIRST_WIDE, 2 * FIRST_WIDE - 1),
    st.floats(),
    st.text(max_size=20),
)
FLAGS = st.sampled_from([0, HISTORICAL, DOUBTFUL, ARRIVAL, STALE, BAD, HISTORICAL | BAD | DOUBTFUL])
TIMES = st.one_of(st.integers(0, 200), st.integers(0, 253_402_300_799_999))

Made = tuple[int, int, int, Value | None]  # series, time, flags, value


def readings(series: int = 3, most: int = 60) -> st.SearchStrategy[list[Made]]:
    return st.lists(st.tuples(st.integers(1, series), TIMES, FLAGS, VALUES), max_size=most)


def group_of(made: list[Made]) -> Group:
    group = Group()
    for series, time_ms, flags, value in made:
        group.add(series, time_ms, flags | kind_of(value), value)
    return group


def columns_of(made: list[Made]) -> Columns:
    return group_of(made).columns()


def exactly(value: Value | None) -> object:
    """Something equal only for the same type and the same bits."""
    if isinstance(value, float):
        return struct.pack("<d", value)
    return type(value), value


def same(left: list[Value | None], right: list[Value | None]) -> bool:
    return [exactly(value) for value in left] == [exactly(value) for value in right]


def is_nan(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)
