"""The journal answers the same before and after compaction, and after a restart; every aggregate as by hand."""

import asyncio
import math
from itertools import groupby
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labkeeper_hub.model import Aggregate, Cursor, Page, PointKey, ReadingsQuery, Row
from labkeeper_hub.timeseries.columns import BAD, HISTORICAL, QUALITY, kind_of
from labkeeper_hub.timeseries.group import Group
from labkeeper_hub.timeseries.journal import Journal, Pace

from .conftest import Opened, compact, running
from .strategies import Made, exactly, readings

if TYPE_CHECKING:
    from pathlib import Path

    from labkeeper_sdk import Value

KEYS = [PointKey("school", "node", "device", f"point{i}") for i in range(4)]
END = 1 << 60
DEADLINE_S = 20.0
COMPACTIONS = st.dictionaries(st.integers(0, 4), st.sampled_from([None, 1, 2]))  # after a part; None: all pieces
calm = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


async def store(journal: Journal, made: list[Made]) -> None:
    """Put readings in and return when they are committed."""
    numbers = [0, *(journal.series_of(key) for key in KEYS[1:])]
    for series, time_ms, flags, value in made:
        journal.group.add(numbers[series], time_ms, flags | kind_of(value), value)
    journal.filled()
    async with asyncio.timeout(DEADLINE_S):
        while journal.queued:
            await asyncio.sleep(0.001)


async def everything(journal: Journal, series: int, limit: int = 100_000) -> list[object]:
    """Read a series page by page."""
    found: list[object] = []
    after: Cursor | None = None
    while True:
        page = await journal.page(ReadingsQuery(KEYS[series], 0, END, limit=limit, after=after))
        found += [(time_ms, exactly(value)) for time_ms, value in page.rows]
        after = page.after
        if after is None:
            return found


def expected(made: list[Made], series: int) -> list[object]:
    of_series = [reading for reading in made if reading[0] == series]
    return [(time_ms, exactly(value)) for _, time_ms, _, value in sorted(of_series, key=lambda reading: reading[1])]


@calm
@given(parts=st.lists(readings(), max_size=4), compact_after=COMPACTIONS, limit=st.integers(1, 7))
async def test_a_series_reads_the_same_however_it_was_compacted(
    tmp_path_factory: pytest.TempPathFactory, parts: list[list[Made]], compact_after: dict[int, int | None], limit: int
) -> None:
    file = tmp_path_factory.mktemp("journal") / "journal.sqlite"
    made = [reading for part in parts for reading in part]
    async with running(file, Pace(commit_s=0.0)) as journal:
        for number, part in enumerate(parts):
            await store(journal, part)
            if number in compact_after:
                await compact(journal, compact_after[number])
        for series in (1, 2, 3):
            assert await everything(journal, series, limit) == expected(made, series)
    async with running(file, Pace(commit_s=0.0)) as journal:
        await journal.compact()
        for series in (1, 2, 3):
            assert await everything(journal, series) == expected(made, series)


async def test_a_long_series_in_many_chunks_pages_without_loss(opened: Opened) -> None:
    made: list[Made] = [(1, i // 3, 0, float(i)) for i in range(10_000)]
    late: list[Made] = [(1, i, HISTORICAL, -float(i)) for i in range(0, 3000, 7)]
    async with opened() as journal:
        await store(journal, made)
        await journal.compact()
        await store(journal, late)
        await journal.compact()
        await store(journal, [(1, 1500, 0, "hot")])
        found = await everything(journal, 1, limit=997)
    assert found == expected([*made, *late, (1, 1500, 0, "hot")], 1)


async def test_a_window_is_closed_at_its_start_and_open_at_its_end(opened: Opened) -> None:
    async with opened() as journal:
        await store(journal, [(1, time_ms, 0, time_ms) for time_ms in range(10)])
        await journal.compact()
        page = await journal.page(ReadingsQuery(KEYS[1], 3, 6))
        nothing = await journal.page(ReadingsQuery(PointKey("no", "such", "point", "x"), 0, END))
    assert [row.value for row in page.rows] == [3, 4, 5]
    assert nothing == Page((), None)


NUMBERS = st.lists(
    st.tuples(st.integers(0, 500), st.one_of(st.integers(-1000, 1000), st.booleans(), st.floats(-1e6, 1e6), st.none())),
    max_size=60,
)


def by_hand(values: "list[Value]", aggregate: Aggregate) -> "Value":
    numbers = [float(value) for value in values if not isinstance(value, str)]
    total = math.fsum(numbers)
    return {
        Aggregate.COUNT: len(values),
        Aggregate.FIRST: values[0],
        Aggregate.LAST: values[-1],
        Aggregate.MIN: min(numbers),
        Aggregate.MAX: max(numbers),
        Aggregate.SUM: total,
        Aggregate.MEAN: total / len(numbers),
    }[aggregate]


@calm
@given(made=NUMBERS, every_ms=st.integers(1, 200), bad=st.sets(st.integers(0, 59)), limit=st.integers(1, 5))
async def test_every_aggregate_is_what_one_gets_by_hand(
    tmp_path_factory: pytest.TempPathFactory,
    made: "list[tuple[int, Value | None]]",
    every_ms: int,
    bad: set[int],
    limit: int,
) -> None:
    stored: list[Made] = [(1, at, BAD if i in bad else 0, value) for i, (at, value) in enumerate(made)]
    arrived = sorted([*stored[::2], *stored[1::2]], key=lambda reading: reading[1])
    good = [(at, value) for _, at, flags, value in arrived if value is not None and flags & QUALITY != BAD]
    buckets = groupby(good, key=lambda reading: reading[0] // every_ms * every_ms)
    wanted = {start: [value for _, value in inside] for start, inside in buckets}
    async with running(tmp_path_factory.mktemp("j") / "journal.sqlite", Pace(commit_s=0.0)) as journal:
        await store(journal, stored[::2])
        await journal.compact()
        await store(journal, stored[1::2])
        for aggregate in Aggregate:
            rows: list[Row] = []
            after: Cursor | None = None
            while True:
                query = ReadingsQuery(KEYS[1], 0, END, every_ms, aggregate, limit, after)
                page = await journal.page(query)
                rows += page.rows
                after = page.after
                if after is None:
                    break
            assert [row.time_ms for row in rows] == list(wanted)
            for row, values in zip(rows, wanted.values(), strict=True):
                assert row.value == pytest.approx(by_hand(values, aggregate), rel=1e-12, abs=1e-6), aggregate


async def test_whole_numbers_keep_their_bits_in_minimum_and_maximum(opened: Opened) -> None:
    large = (1 << 60) + 1
    async with opened() as journal:
        await store(journal, [(1, 1, 0, large), (1, 2, 0, large + 2)])
        low = await journal.page(ReadingsQuery(KEYS[1], 0, 10, 10, Aggregate.MIN))
        high = await journal.page(ReadingsQuery(KEYS[1], 0, 10, 10, Aggregate.MAX))
    assert (low.rows[0].value, high.rows[0].value) == (large, large + 2)


async def test_texts_can_be_counted_and_picked_but_not_reckoned_with(opened: Opened) -> None:
    async with opened() as journal:
        await store(journal, [(1, 1, 0, "open"), (1, 2, 0, "shut")])
        last = await journal.page(ReadingsQuery(KEYS[1], 0, 10, 10, Aggregate.LAST))
        count = await journal.page(ReadingsQuery(KEYS[1], 0, 10, 10, Aggregate.COUNT))
        with pytest.raises(ValueError, match="mean"):
            await journal.page(ReadingsQuery(KEYS[1], 0, 10, 10, Aggregate.MEAN))
    assert (last.rows[0].value, count.rows[0].value) == ("shut", 2)


async def test_live_values_survive_a_restart_and_old_readings_do_not_move_them(opened: Opened) -> None:
    async with opened() as journal:
        await store(journal, [(1, 10, 0, 1.5), (2, 10, 0, "on"), (1, 20, HISTORICAL, 9.0)])
        await journal.compact()
        await store(journal, [(2, 11, 0, "off"), (3, 5, HISTORICAL, True)])
    async with opened() as journal:
        live = journal.live()
    assert {key.point: (value.time_ms, value.text) for key, value in live.items()} == {
        "point1": (10, None),
        "point2": (11, "off"),
    }


async def test_compaction_empties_the_log_and_counts_its_chunks(opened: Opened) -> None:
    async with opened() as journal:
        await journal.compact()
        await store(journal, [(1, i, 0, i) for i in range(100)])
        await journal.compact()
        await store(journal, [(1, i, 0, i) for i in range(100, 200)])
        await journal.compact()
        status = journal.status()
        segments = journal.writer.connection.execute("SELECT COUNT(*) FROM segments").fetchone()[0]
    assert (status.hot, status.chunks, status.committed, segments) == (0, 1, 200, 0)
    async with opened() as journal:
        assert journal.status().chunks == 1


async def test_the_compaction_task_compacts_when_enough_has_gathered(tmp_path: "Path") -> None:
    async with running(tmp_path / "j.sqlite", Pace(commit_s=0, compact_readings=50, compact_per_series=1)) as journal:
        task = asyncio.create_task(journal.compact_when_due(look_s=0.001))
        await store(journal, [(1, i, 0, i) for i in range(60)])
        async with asyncio.timeout(DEADLINE_S):
            while not journal.chunks:
                await asyncio.sleep(0.001)
        task.cancel()


async def test_a_query_sees_every_reading_once_while_the_log_is_compacted_under_it(opened: Opened) -> None:
    """Queries, commits and compactions at once: every answer is a whole beginning of what was stored."""
    async with opened() as journal:
        stop = asyncio.Event()

        async def compacting() -> None:
            while not stop.is_set():
                await journal.compact()
                await asyncio.sleep(0)

        task = asyncio.create_task(compacting())
        for start in range(0, 4000, 50):
            await store(journal, [(1, i, 0, i) for i in range(start, start + 50)])
            page = await journal.page(ReadingsQuery(KEYS[1], 0, END))
            assert [row.value for row in page.rows] == list(range(start + 50))
        stop.set()
        await task


def test_a_group_with_nothing_in_it_is_nothing() -> None:
    assert not Group()
