"""The way through the journal: nothing is left out or comes under another time, however it is compacted and resumed."""

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labkeeper_hub.model import PointKey
from labkeeper_hub.timeseries.columns import kind_of, values_of
from labkeeper_hub.timeseries.forwarding import (
    KEPT,
    Batch,
    Forwarding,
    RefusedLine,
    forget_sinks,
    open_forwarding,
)
from labkeeper_hub.timeseries.journal import Journal, Keeping
from labkeeper_hub.timeseries.pace import Pace, UpkeepPace
from labkeeper_hub.timeseries.retention import READINGS, Retention

from .conftest import Opened, compact, running
from .strategies import Made
from .test_journal import COMPACTIONS, KEYS, store

calm = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
Time = tuple[int, int]  # ms, ordinal


@dataclass
class Destination:
    """Keeps one value a series and time, as InfluxDB does: what is sent again overwrites."""

    held: dict[tuple[int, Time], object] = field(default_factory=dict)
    sent: int = 0

    def take(self, batch: Batch) -> None:
        readings = batch.readings
        rows = zip(
            readings.series.tolist(), readings.times.tolist(), batch.ordinals.tolist(), values_of(readings), strict=True
        )
        for series, time_ms, ordinal, value in rows:
            self.held[series, (time_ms, ordinal)] = value
            self.sent += 1


def expected(made: list[Made]) -> dict[tuple[int, Time], object]:
    """Every reading at its time and its place among those of its millisecond, in order of arrival."""
    seen: defaultdict[tuple[int, int], int] = defaultdict(int)
    found: dict[tuple[int, Time], object] = {}
    for series, time_ms, _, value in made:
        found[series, (time_ms, seen[series, time_ms])] = value
        seen[series, time_ms] += 1
    return found


async def forward(way: Forwarding, to: Destination, most: int, batches: int = 1000) -> None:
    """Send what waits, at most so many batches."""
    for _ in range(batches):
        batch = await way.next(most)
        if not len(batch.readings):
            break
        to.take(batch)
        await way.passed(batch)


async def history(way: Forwarding, to: Destination, most: int) -> None:
    while way.history:
        batch = await way.older(most)
        to.take(batch)
        await way.passed(batch)


FEW_TIMES = st.integers(0, 4)
PARTS = st.lists(
    st.lists(st.tuples(st.integers(1, 2), FEW_TIMES, st.just(0), st.integers(0, 1000)), max_size=12), max_size=5
)


@calm
@given(
    before=PARTS,
    parts=PARTS,
    compact_after=COMPACTIONS,
    forward_after=st.sets(st.integers(0, 4)),
    most=st.integers(1, 9),
    dies=st.booleans(),
)
async def test_everything_arrives_once_however_the_journal_is_compacted_and_the_forwarder_dies(
    tmp_path_factory: pytest.TempPathFactory,
    before: list[list[Made]],
    parts: list[list[Made]],
    compact_after: dict[int, int | None],
    forward_after: set[int],
    most: int,
    dies: bool,  # noqa: FBT001 -- Hypothesis gives by name
) -> None:
    to = Destination()
    made = [reading for part in (*before, *parts) for reading in part]
    file = tmp_path_factory.mktemp("forwarding") / "journal.sqlite"
    async with running(file, Pace(commit_s=0.0)) as journal:
        for number, part in enumerate(before):
            await store(journal, part)
            if number in compact_after:
                await compact(journal, compact_after[number])
        async with open_forwarding(journal, "sink") as way:
            for number, part in enumerate(parts):
                await store(journal, part)
                if number in forward_after:
                    await forward(way, to, most, batches=2)
                if number in compact_after:
                    await compact(journal, compact_after[number])
            if dies:  # after sending, before noting
                to.take(await way.next(most))
                to.take(await way.older(most))
    async with running(file, Pace(commit_s=0.0)) as journal, open_forwarding(journal, "sink") as way:
        await forward(way, to, most)
        await history(way, to, most)
        assert to.held == expected(made)
        assert to.sent <= len(made) + 2 * most + (4096 if dies else 0)
        assert way.waiting == 0


async def everything_of(journal: Journal, sink: str) -> Destination:
    to = Destination()
    async with open_forwarding(journal, sink) as way:
        await forward(way, to, 100)
        await history(way, to, 100)
    return to


async def test_another_destination_gets_everything_from_the_beginning_and_the_first_is_forgotten(
    opened: Opened,
) -> None:
    made: list[Made] = [(1, i // 2, 0, i) for i in range(50)]
    async with opened() as journal:
        await store(journal, made[:30])
        await journal.compact()
        await store(journal, made[30:])
        first = await everything_of(journal, "first")
        second = await everything_of(journal, "second")
        assert first.held == second.held == expected(made)
        await forget_sinks(journal)
        found = await journal.write(lambda connection: connection.execute("SELECT * FROM forwarded").fetchall())
        assert found == []


async def test_a_forwarder_that_is_forgotten_keeps_no_log(opened: Opened) -> None:
    async with opened() as journal:
        async with open_forwarding(journal, "sink"):
            await store(journal, [(1, i, 0, i) for i in range(10)])
            await journal.compact()
            assert await segments(journal) == 1
        await forget_sinks(journal)
        assert await segments(journal) == 0


@pytest.mark.usefixtures("small_chunks")
async def test_retention_takes_nothing_that_the_forwarder_has_not_sent(tmp_path: Path) -> None:
    made: list[Made] = [(1, i, 0, i) for i in range(60)]
    keeping = Keeping(Retention({READINGS: 0}), UpkeepPace(retire_s=0.0), now_ms=lambda: 1 << 40)
    async with running(tmp_path / "j.sqlite", Pace(commit_s=0.0), keeping) as journal:
        await store(journal, made)
        await journal.compact()
        async with open_forwarding(journal, "sink") as way:
            to, chunks = Destination(), journal.chunks
            await slices(journal)
            assert journal.chunks == chunks
            while way.history:
                batch = await way.older(10)
                await slices(journal)  # between sending and noting
                to.take(batch)
                await way.passed(batch)
                await slices(journal)
            await way.next(1)
            assert (to.held, journal.chunks, way.missed) == (expected(made), 0, 0)


@pytest.mark.usefixtures("small_chunks")
async def test_what_had_to_make_room_before_it_was_sent_is_counted_until_the_sink_is_forgotten(
    tmp_path: Path,
) -> None:
    made: list[Made] = [(1, i, 0, i) for i in range(60)]
    keeping = Keeping(Retention(max_bytes=0), UpkeepPace(retire_s=0.0))
    async with running(tmp_path / "j.sqlite", Pace(commit_s=0.0), keeping) as journal:
        await store(journal, made)
        await journal.compact()
        async with open_forwarding(journal, "sink") as way:
            batch = await way.older(10)
            await way.passed(batch)
            await slices(journal)
            await way.next(1)
            assert way.missed == 60 - len(batch.readings)
        async with open_forwarding(journal, "another") as way:
            await way.next(1)
            assert way.missed == 0


async def slices(journal: Journal) -> None:
    """Let upkeep do all there is to do."""
    while await journal.upkeep.slice():
        pass


async def segments(journal: Journal) -> int:
    found = await journal.write(lambda connection: connection.execute("SELECT COUNT(*) FROM segments").fetchone())
    return int(found[0])


async def test_what_is_refused_is_kept_with_its_reason_up_to_a_limit_and_counted_beyond(opened: Opened) -> None:
    async with opened() as journal:
        await store(journal, [(1, 1, 0, 1)])
        async with open_forwarding(journal, "sink") as way:
            lines = [RefusedLine(f"reason {i}", f"line {i}") for i in range(KEPT + 5)]
            await way.passed(await way.next(1), lines, at_ms=7)
            found = await way.quarantined(KEPT + 5)
            assert (len(found), way.refused) == (KEPT, KEPT + 5)
            assert (found[0].at_ms, found[0].reason, found[0].line) == (7, f"reason {KEPT + 4}", f"line {KEPT + 4}")
            assert found[-1].line == "line 5"
        async with open_forwarding(journal, "sink") as way:
            assert way.refused == KEPT + 5


async def test_a_series_is_known_by_its_point(opened: Opened) -> None:
    async with opened() as journal:
        await store(journal, [(1, 1, 0, 1)])
        async with open_forwarding(journal, "sink") as way:
            assert way.key_of(1) == KEYS[1]
            new = PointKey("school", "node", "device", "later")
            number = journal.series_of(new)
            journal.group.add(number, 5, kind_of(1), 1)
            assert way.key_of(number) == new


@pytest.mark.usefixtures("small_chunks")
async def test_a_late_reading_whose_chunk_is_gone_keeps_its_millisecond(tmp_path: Path) -> None:
    keeping = Keeping(Retention(max_bytes=0), UpkeepPace())
    async with (
        running(tmp_path / "j.sqlite", Pace(commit_s=0.0), keeping) as journal,
        open_forwarding(journal, "sink") as way,
    ):
        await store(journal, [(1, 100, 0, 0)])
        await way.passed(await way.next(1))
        await store(journal, [(1, i // 2, 0, i) for i in range(60)])
        await journal.compact()
        await slices(journal)
        batch = await way.next(60)
        assert journal.chunks < 3
        assert batch.ordinals.tolist() == [0, 1] * 30
