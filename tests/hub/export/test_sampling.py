"""Readings at a rate."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkeeper_hub.export.sampling import sampled, samples
from labkeeper_hub.timeseries.columns import BAD, EMPTY, Columns, kind_of, pack_bits, take, values_of
from labkeeper_sdk import Value


def columns(*readings: tuple[int, Value | None], flags: int = 0) -> Columns:
    texts = [value for _, value in readings if isinstance(value, str)]
    marks = bytes(kind_of(value) | flags for _, value in readings)
    plain = [texts.index(value) if isinstance(value, str) else value for _, value in readings]
    times = np.array([time_ms for time_ms, _ in readings], np.int64)
    kinds = np.frombuffer(marks, np.uint8)
    return Columns(np.ones(len(times), np.uint32), times, kinds, pack_bits(marks, plain), texts)


def rows(found: Columns) -> list[tuple[int, Value | None]]:
    return list(zip(found.times.tolist(), values_of(found), strict=True))


def test_numbers_become_the_mean_of_each_step_at_its_beginning() -> None:
    found = samples(columns((1_000, 1.0), (1_900, 2.0), (4_100, 5)), 1_000)
    assert rows(found) == [(1_000, 1.5), (4_000, 5.0)]


def test_states_and_words_become_the_last_of_each_step() -> None:
    assert rows(samples(columns((0, True), (5, False)), 10)) == [(0, False)]
    assert rows(samples(columns((0, "off"), (5, "heat"), (11, "off")), 10)) == [(0, "heat"), (10, "off")]


def test_what_is_bad_or_nothing_is_not_counted_in_but_not_hidden_where_there_is_nothing_else() -> None:
    mixed = columns((0, 1.0), (1, None), (2, float("nan")))
    assert rows(samples(mixed, 10)) == [(0, 1.0)]
    assert rows(samples(columns((0, 7.0), flags=BAD), 10)) == [(0, 7.0)]
    assert rows(samples(columns((0, None)), 10)) == [(0, None)]


def test_without_a_rate_everything_is_as_it_was() -> None:
    pieces = [(columns((0, 1.0)), 4)]
    assert list(sampled(pieces, None)) == pieces


@pytest.mark.parametrize("pieces", [[], [(EMPTY, 3)]])
def test_nothing_stays_nothing_and_is_accounted_for(pieces: list[tuple[Columns, int]]) -> None:
    found = list(sampled(pieces, 10))
    assert sum(len(part) for part, _ in found) == 0
    assert sum(looked for _, looked in found) == sum(looked for _, looked in pieces)


def cut(whole: Columns, places: Sequence[int]) -> Iterator[tuple[Columns, int]]:
    edges = [0, *sorted(places), len(whole)]
    for start, end in pairwise(edges):
        yield take(whole, slice(start, end)), end - start


@given(
    times=st.lists(st.integers(0, 500), min_size=1, max_size=60),
    places=st.lists(st.integers(0, 60), max_size=5),
    every_ms=st.integers(1, 120),
)
def test_where_pieces_are_cut_makes_no_difference(times: list[int], places: list[int], every_ms: int) -> None:
    whole = columns(*((time_ms, float(at % 7)) for at, time_ms in enumerate(sorted(times))))
    cuts = [min(place, len(whole)) for place in places]
    found = list(sampled(cut(whole, cuts), every_ms))
    assert [row for part, _ in found for row in rows(part)] == rows(samples(whole, every_ms))
    assert sum(looked for _, looked in found) == len(whole)
