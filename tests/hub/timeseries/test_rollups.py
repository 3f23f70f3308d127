"""Roll-ups say exactly what the readings say, whatever arrives when."""

import math
from collections.abc import Iterator
from itertools import groupby, pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from labkeeper_hub.model import Aggregate, Cursor, ReadingsQuery
from labkeeper_hub.timeseries import leaf
from labkeeper_hub.timeseries.buckets import EMPTY, Buckets, buckets_of, merged, rows_of
from labkeeper_hub.timeseries.columns import BAD, FIRST_WIDE, QUALITY, by_time
from labkeeper_hub.timeseries.rollup import HOUR_MS, LEVELS, MINUTE_MS, QUARTER_MS
from labkeeper_sdk import Value

from .bench import KEY, Bench, open_bench
from .strategies import Made, columns_of, exactly

Rows = list[tuple[int, Value]]
DAY_MS = 24 * HOUR_MS
EVERY = (MINUTE_MS, 5 * MINUTE_MS, QUARTER_MS, HOUR_MS, 2 * HOUR_MS, 7000, 90_000)
NEAR = st.integers(0, 40).map(lambda n: n * 7000)  # so near that parts overlap and meet within a bucket
TIMES = st.one_of(NEAR, NEAR, NEAR, st.integers(0, DAY_MS), st.integers(5, 9).map(lambda n: n * HOUR_MS - 1))
NUMBERS = st.one_of(
    st.booleans(),
    st.integers(-(1 << 62), 1 << 62),
    st.integers(FIRST_WIDE, 2 * FIRST_WIDE - 1),
    st.floats(-1e9, 1e9),
    st.none(),
)
FLAGS = st.sampled_from([0, 0, 0, BAD])
pytestmark = pytest.mark.usefixtures("small_chunks")
calm = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with open_bench(tmp_path) as opened:
        yield opened


def made_of(values: st.SearchStrategy[Value | None]) -> st.SearchStrategy[list[list[Made]]]:
    reading = st.tuples(st.sampled_from([1, 1, 1, 2]), TIMES, FLAGS, values)
    return st.lists(st.lists(reading, min_size=4, max_size=25), min_size=2, max_size=4)


def in_buckets(made: list[Made], series: int, window: tuple[int, int], every_ms: int) -> dict[int, list[Value]]:
    """Put by hand what counts into buckets, by time and then by arrival."""
    there = sorted(
        (one for one in made if one[0] == series and window[0] <= one[1] < window[1]), key=lambda one: one[1]
    )
    counted = [(at, value) for _, at, flags, value in there if value is not None and flags & QUALITY != BAD]
    return {
        start: [value for _, value in inside]
        for start, inside in groupby(counted, key=lambda one: one[0] // every_ms * every_ms)
    }


def by_hand(buckets: dict[int, list[Value]], aggregate: Aggregate) -> Rows:
    whole = all(isinstance(value, int) and value < FIRST_WIDE for values in buckets.values() for value in values)
    number = int if whole else float
    one: dict[Aggregate, object] = {
        Aggregate.COUNT: len,
        Aggregate.FIRST: lambda values: values[0],
        Aggregate.LAST: lambda values: values[-1],
        Aggregate.MIN: lambda values: number(min(map(number, values))),
        Aggregate.MAX: lambda values: number(max(map(number, values))),
        Aggregate.SUM: lambda values: math.fsum(map(float, values)),
        Aggregate.MEAN: lambda values: math.fsum(map(float, values)) / len(values),
    }
    return [(start, one[aggregate](values)) for start, values in buckets.items()]  # type: ignore[operator] # each of them takes values


def assert_same(found: Rows, wanted: Rows, buckets: dict[int, list[Value]], aggregate: Aggregate) -> None:
    """Bit for bit, but for what floats were added up for: that may err by the size of what was added."""
    assert [at for at, _ in found] == [at for at, _ in wanted]
    for (at, value), (_, want) in zip(found, wanted, strict=True):
        if aggregate in (Aggregate.SUM, Aggregate.MEAN):
            size = math.fsum(abs(float(one)) for one in buckets[at])
            assert value == pytest.approx(want, rel=0, abs=1e-14 * size * len(buckets[at]))
        elif value or want:
            assert exactly(value) == exactly(want)
        else:  # the least of 0.0 and -0.0 is either
            assert (type(value), value) == (type(want), want)


@calm
@given(
    parts=made_of(NUMBERS),
    steps=st.lists(st.sampled_from(["keep", "compact", "roll", "roll", "roll"]), min_size=4, max_size=4),
    every_ms=st.sampled_from(EVERY),
    start_ms=st.integers(0, DAY_MS),
    length_ms=st.integers(1, DAY_MS),
)
def test_a_question_in_buckets_has_one_answer_whatever_was_rolled(
    parts: list[list[Made]], steps: list[str], every_ms: int, start_ms: int, length_ms: int
) -> None:
    made = [reading for part in parts for reading in part]
    with TemporaryDirectory() as folder, open_bench(Path(folder)) as bench:
        for part, step in zip(parts, steps, strict=False):
            bench.store(part)
            if step != "keep":
                bench.compact()
            if step == "roll":
                bench.roll()
        for window in ((0, 2 * DAY_MS), (start_ms, start_ms + length_ms)):
            buckets = in_buckets(made, 1, window, every_ms)
            for aggregate in Aggregate:
                found: Rows = [
                    (at, value) for at, value in bench.rows(window, every_ms, aggregate) if value is not None
                ]
                assert_same(found, by_hand(buckets, aggregate), buckets, aggregate)


@calm
@given(parts=made_of(st.one_of(st.sampled_from(["on", "off", "", "开"]), st.integers(0, 3))), limit=st.integers(1, 5))
def test_texts_are_counted_and_picked_from_roll_ups_page_by_page(parts: list[list[Made]], limit: int) -> None:
    made = [reading for part in parts for reading in part]
    with TemporaryDirectory() as folder, open_bench(Path(folder)) as bench:
        for part in parts:
            bench.store(part)
            bench.compact()
            bench.roll()
        for aggregate in (Aggregate.COUNT, Aggregate.FIRST, Aggregate.LAST):
            rows: Rows = []
            after: Cursor | None = None
            while True:
                page = bench.page(ReadingsQuery(KEY, 0, 2 * DAY_MS, QUARTER_MS, aggregate, limit, after))
                rows += [(at, value) for at, value in page.rows if value is not None]
                assert len(page.rows) <= limit
                after = page.after
                if after is None:
                    break
            assert rows == by_hand(in_buckets(made, 1, (0, 2 * DAY_MS), QUARTER_MS), aggregate)


def test_a_mean_of_texts_is_refused_from_roll_ups_too(bench: Bench) -> None:
    bench.store([(1, MINUTE_MS * n, 0, "text") for n in range(6)])
    bench.compact()
    assert bench.roll() == 1
    with pytest.raises(ValueError, match="mean"):
        bench.rows((0, DAY_MS), MINUTE_MS, Aggregate.MEAN)


def test_an_answer_from_roll_ups_reads_no_chunk_inside_the_window(bench: Bench) -> None:
    bench.store([(1, MINUTE_MS * n, 0, n) for n in range(60)])
    bench.compact()
    bench.roll()
    bench.writer.connection.execute("UPDATE chunks SET body = 'spoiled'")
    assert bench.rows((0, HOUR_MS), QUARTER_MS, Aggregate.SUM) == [
        (start * MINUTE_MS, sum(range(start, start + 15))) for start in (0, 15, 30, 45)
    ]


def test_the_ends_of_a_window_come_from_finer_levels_where_the_readings_are_gone(bench: Bench) -> None:
    bench.store([(1, MINUTE_MS * n, 0, 1.0) for n in range(180)])
    bench.compact()
    bench.roll()
    bench.writer.connection.execute("DELETE FROM chunks")
    window = (20 * MINUTE_MS, 150 * MINUTE_MS)
    assert bench.rows(window, HOUR_MS, Aggregate.COUNT) == [(0, 40), (HOUR_MS, 60), (2 * HOUR_MS, 30)]


def test_leaves_of_a_series_never_overlap_and_never_grow_beyond_their_size(bench: Bench) -> None:
    for start in (50, 0, 20, 51, 10):
        bench.store([(1, (start + 7 * n % 40) * MINUTE_MS, 0, n) for n in range(12)])
        bench.compact()
        bench.roll()
    for level in LEVELS:
        words = "SELECT first_ms, last_ms, buckets FROM rollups WHERE series = 1 AND level = ? ORDER BY first_ms"
        leaves = bench.reading.execute(words, (level,)).fetchall()
        assert all(first[1] < second[0] for first, second in pairwise(leaves))
        assert all(1 <= buckets <= leaf.MOST for _, _, buckets in leaves)


def test_a_chunk_that_may_still_grow_is_not_rolled(bench: Bench) -> None:
    bench.store([(1, n, 0, n) for n in range(2)])
    bench.compact()
    assert (bench.roll(), bench.count("rollups")) == (0, 0)
    bench.store([(1, 2, 0, 2)])
    bench.compact()
    assert (bench.roll(), bench.count("unrolled")) == (1, 0)
    assert bench.rows((0, DAY_MS), HOUR_MS, Aggregate.COUNT) == [(0, 3)]


ANYTHING = st.tuples(st.just(1), TIMES, FLAGS, st.one_of(NUMBERS, st.floats(), st.text(max_size=5)))


def plain(buckets: Buckets) -> list[NDArray[Any]]:
    """Return all columns but the bits of first and last, which are other numbers for the same texts."""
    return [*buckets[:6], *buckets.firsts[:2], *buckets.lasts[:2]]


@given(st.lists(ANYTHING, min_size=1, max_size=40))
def test_a_leaf_is_the_same_after_the_disk(made: list[Made]) -> None:
    before = buckets_of(by_time(columns_of(made)), MINUTE_MS)
    if not len(before):
        return
    after = leaf.unpack(leaf.pack(before, MINUTE_MS))
    for aggregate in (Aggregate.COUNT, Aggregate.FIRST, Aggregate.LAST):
        told = [[(at, exactly(value)) for at, value in rows_of(one, aggregate)] for one in (before, after)]
        assert told[0] == told[1]
    for old, new in zip(plain(before), plain(after), strict=True):
        assert old.tobytes() == new.tobytes()


def test_of_overlapping_parts_the_earliest_reading_is_first_and_the_latest_last() -> None:
    long = buckets_of(columns_of([(1, 0, 0, 1.0), (1, 50, 0, 2.0)]), MINUTE_MS)
    short = buckets_of(columns_of([(1, 10, 0, 3.0), (1, 20, 0, 4.0)]), MINUTE_MS)
    for parts in ((long, short), (short, long)):
        assert rows_of(merged(parts, HOUR_MS), Aggregate.FIRST) == [(0, 1.0)]
        assert rows_of(merged(parts, HOUR_MS), Aggregate.LAST) == [(0, 2.0)]
    assert rows_of(merged((long, long, short), MINUTE_MS), Aggregate.COUNT) == [(0, 6)]


def test_no_buckets_are_nothing() -> None:
    assert len(merged([], MINUTE_MS)) == 0
    assert rows_of(EMPTY, Aggregate.MEAN) == []
