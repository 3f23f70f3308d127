"""Columns, segments and chunks give back what was put in, bit for bit."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkeeper_hub.timeseries import chunk, segment
from labkeeper_hub.timeseries.columns import (
    EMPTY,
    FLOAT,
    TEXT,
    Columns,
    by_time,
    join,
    kind_of,
    take,
    value_of,
    values_of,
)
from labkeeper_hub.timeseries.hot import PAGE, Hot

from .strategies import Made, columns_of, readings, same


@given(readings())
def test_columns_give_back_every_value_with_its_type_and_bits(made: list[Made]) -> None:
    columns = columns_of(made)
    assert same(values_of(columns), [value for *_, value in made])
    assert columns.times.tolist() == [time_ms for _, time_ms, _, _ in made]


@given(readings())
def test_a_segment_is_the_same_after_the_disk(made: list[Made]) -> None:
    before = columns_of(made)
    after = segment.unpack(segment.pack(before))
    assert same(values_of(after), values_of(before))
    assert np.array_equal(before.series, after.series)
    assert np.array_equal(before.times, after.times)
    assert np.array_equal(before.marks, after.marks)
    assert np.array_equal(before.bits, after.bits)


@pytest.mark.parametrize("body", [b"", b"\x02" + bytes(7), b"\x01\0\0\0\x05\0\0\0short"])
def test_bytes_that_are_no_segment_are_refused(body: bytes) -> None:
    with pytest.raises(segment.DamagedSegment):
        segment.unpack(body)


@given(readings(series=1).filter(len))
def test_a_chunk_is_the_same_after_the_disk(made: list[Made]) -> None:
    before = by_time(columns_of(made))
    after = chunk.unpack(1, chunk.pack(before))
    assert same(values_of(after), values_of(before))
    assert np.array_equal(before.series, after.series)
    assert np.array_equal(before.times, after.times)
    assert np.array_equal(before.marks, after.marks)


@given(st.lists(st.integers(-(10**6), 10**6).map(lambda n: n / 100), min_size=1))
def test_a_chunk_of_decimals_is_the_same_after_the_disk(values: list[float]) -> None:
    before = columns_of([(1, 1000 * at, 0, value) for at, value in enumerate(values)])
    after = chunk.unpack(1, chunk.pack(before))
    assert after.bits.tobytes() == before.bits.tobytes()
    assert after.times.tolist() == before.times.tolist()


def test_a_reading_of_two_decimals_takes_two_bytes_with_its_time() -> None:
    walk = np.round(20 + np.cumsum(np.random.default_rng(4).normal(0, 0.1, 4096)), 2)
    made: list[Made] = [(1, 1_700_000_000_000 + 1000 * at, 0, value) for at, value in enumerate(walk.tolist())]
    assert len(chunk.pack(columns_of(made))) / len(made) < 2


def test_a_second_of_thousand_smooth_readings_takes_less_than_fifteen_bytes_each() -> None:
    made: list[Made] = [(1, 1_700_000_000_000 + 1000 * i, 0, 20 + (i % 97) / 7) for i in range(4096)]
    assert len(chunk.pack(columns_of(made))) / len(made) <= 15


@given(st.lists(readings(series=2, most=10), max_size=5))
def test_joined_parts_keep_their_order_and_their_texts(parts: list[list[Made]]) -> None:
    joined = join([columns_of(part) for part in parts])
    assert same(values_of(joined), [value for part in parts for *_, value in part])


@given(readings(series=1))
def test_readings_of_the_same_millisecond_stay_in_their_order(made: list[Made]) -> None:
    in_order = sorted(made, key=lambda reading: reading[1])
    assert same(values_of(by_time(columns_of(made))), [value for *_, value in in_order])


def test_an_integer_beyond_64_bits_has_no_kind() -> None:
    with pytest.raises(OverflowError):
        kind_of(1 << 64)
    with pytest.raises(OverflowError):
        kind_of(-(1 << 63) - 1)


def test_one_value_comes_back_from_its_bits() -> None:
    columns = columns_of([(1, 0, 0, 1.5), (1, 0, 0, "warm")])
    assert value_of(FLOAT, int(columns.bits[0]), None) == 1.5
    assert value_of(TEXT, 0, "warm") == "warm"


def test_nothing_joined_is_nothing() -> None:
    assert join([]) is EMPTY
    assert values_of(EMPTY) == []


@given(st.lists(readings(most=30), max_size=4), st.integers(0, 150))
def test_the_hot_window_shows_what_was_appended_from_any_position_on(parts: list[list[Made]], start: int) -> None:
    hot = Hot()
    for part in parts:
        hot.append(columns_of(part))
    everything = [reading for part in parts for reading in part]
    glance = hot.look()
    assert same(values_of(glance.since(start)), [value for *_, value in everything[start:]])
    of_two = [value for series, _, _, value in everything[start:] if series == 2]
    assert same(values_of(glance.of_series(2, start)), of_two)
    assert glance.end == len(everything)


def test_the_hot_window_drops_whole_pages_and_counts_on() -> None:
    hot = Hot()
    part = columns_of([(1, i, 0, i) for i in range(1000)])
    for _ in range(PAGE // 1000 + 2):
        hot.append(part)
    end = hot.end
    hot.drop(end - 10)
    assert (hot.first, len(hot)) == (end - 10, 10)
    assert values_of(hot.look().since(end - 3)) == [997, 998, 999]
    hot.append(part)
    hot.drop(hot.end)
    hot.append(columns_of([(1, 5, 0, "text")]))
    assert values_of(hot.look().since(hot.first)) == ["text"]


def test_a_glance_does_not_change_when_readings_are_appended_or_dropped() -> None:
    hot = Hot()
    hot.append(columns_of([(1, 1, 0, "a"), (1, 2, 0, "b")]))
    glance = hot.look()
    hot.append(columns_of([(1, 3, 0, "c")]))
    hot.drop(hot.end)
    assert values_of(glance.since(0)) == ["a", "b"]


def test_a_glance_ends_where_a_commit_ends_even_while_the_next_is_half_appended() -> None:
    """What a compaction takes for whole it deletes from the log: half a commit would be gone with a killed hub."""
    hot, seen = Hot(), []
    hot.append(columns_of([(1, i, 0, i) for i in range(PAGE - 1)]))

    class Watched(list[str]):
        """Texts that look at the window when they are reached, with the first page written and the second not."""

        def __getitem__(self, place: Any) -> Any:  # noqa: ANN401 -- as list has it
            seen.append(hot.look().end)
            return super().__getitem__(place)

    series, times, marks, bits, texts = columns_of([(1, 0, 0, 1), (1, 0, 0, "text")])
    hot.append(Columns(series, times, marks, bits, Watched(texts)))
    assert seen == [PAGE - 1]
    assert hot.look().end == PAGE + 1


def test_the_sign_of_zero_survives_beside_a_reading_without_value() -> None:
    made: list[Made] = [(1, 0, 0, None), (1, 0, 0, -0.0)]
    assert same(values_of(columns_of(made)), [None, -0.0])


def test_take_by_mask_keeps_texts() -> None:
    columns = columns_of([(1, 1, 0, "a"), (2, 2, 0, "b")])
    assert values_of(take(columns, columns.series == 2)) == ["b"]
