"""Upkeep and questions never hold up commits; a slow disk holds up the source and never fills the memory."""

import asyncio
import sqlite3
import threading
from pathlib import Path

import pytest

from labkeeper_hub.model import Aggregate, PointKey, ReadingsQuery
from labkeeper_hub.timeseries import chunk, compaction
from labkeeper_hub.timeseries.columns import FLOAT, Columns
from labkeeper_hub.timeseries.compaction import Compactor
from labkeeper_hub.timeseries.group import Group
from labkeeper_hub.timeseries.hot import Glance
from labkeeper_hub.timeseries.journal import Journal, Keeping, Pace, UpkeepPace, open_journal
from labkeeper_hub.timeseries.writer import Compacted, CompactedSeries, NewChunk, Piece, Writer

from .bench import open_bench
from .conftest import Nobody, running

KEY = PointKey("school", "lab", "air", "co2")
DEADLINE_S = 30.0
ALL = (0, 1 << 50)


async def store(journal: Journal, first: int, count: int) -> None:
    series = journal.series_of(KEY)
    for number in range(first, first + count):
        journal.group.add(series, number, FLOAT, float(number))
    journal.filled()
    async with asyncio.timeout(DEADLINE_S):
        while journal.queued:
            await asyncio.sleep(0.001)


async def test_commits_go_on_while_a_compaction_reckons_and_a_question_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are stopped in the middle of their work and a hundred commits pass; then both end, and nothing is twice."""
    begun, go_on = threading.Semaphore(0), threading.Event()

    def halting(self: Compactor, glance: Glance) -> Compacted:
        begun.release()
        assert go_on.wait(DEADLINE_S)
        return whole_compaction(self, glance)

    def slowly(series: int, body: bytes) -> Columns:
        begun.release()
        assert go_on.wait(DEADLINE_S)
        return whole_unpack(series, body)

    whole_compaction, whole_unpack = compaction.Compactor.compact, chunk.unpack
    async with running(tmp_path / "j.sqlite", Pace(commit_s=0)) as journal:
        await store(journal, 0, 5000)
        await journal.compact()
        await store(journal, 5000, 1000)
        monkeypatch.setattr(compaction.Compactor, "compact", halting)
        monkeypatch.setattr(chunk, "unpack", slowly)
        question = ReadingsQuery(KEY, *ALL, 1000, Aggregate.COUNT)
        asking = asyncio.create_task(journal.page(question))
        compacting = asyncio.create_task(journal.compact())
        for _ in range(2):
            assert await asyncio.to_thread(begun.acquire, timeout=DEADLINE_S)
        for first in range(6000, 16_000, 100):
            await store(journal, first, 100)
        assert (asking.done(), compacting.done()) == (False, False)
        assert journal.committed == 16_000
        go_on.set()
        before, _ = await asyncio.gather(asking, compacting)
        after = await journal.page(question)
    assert sum(int(row.value or 0) for row in before.rows) == 6000
    assert sum(int(row.value or 0) for row in after.rows) == 16_000


async def test_a_commit_waits_for_one_piece_of_a_compaction_and_never_for_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted, not timed: with each piece a reading comes, and it is committed before the piece after the next."""
    series, happened = 50, list[str]()
    written, committed = Writer.replace, Writer.commit
    async with running(tmp_path / "j.sqlite", Pace(commit_s=0), Keeping(pace=UpkeepPace(compact_chunks=5))) as journal:
        loop = asyncio.get_running_loop()
        numbers = [journal.series_of(KEY._replace(point=f"p{number}")) for number in range(series)]
        journal.filled()
        for number in numbers:
            journal.group.add(number, number, FLOAT, float(number))
        await until_stored(journal)

        def come() -> None:
            journal.group.add(numbers[0], 1_000_000 + len(happened), FLOAT, 0.5)
            journal.filled()

        def one_piece(self: Writer, piece: Piece) -> None:
            assert 0 < sum(len(one.chunks) for one in piece.series) <= 5
            written(self, piece)
            happened.append("piece")
            loop.call_soon_threadsafe(come)

        def one_commit(self: Writer, group: Group) -> None:
            committed(self, group)
            happened.append("commit")

        monkeypatch.setattr(Writer, "replace", one_piece)
        monkeypatch.setattr(Writer, "commit", one_commit)
        await journal.compact()
        await until_stored(journal)
        status = journal.status().upkeep
        counted = [await journal.page(ReadingsQuery(KEY._replace(point=f"p{n}"), *ALL)) for n in range(series)]
    assert happened.count("piece") == series / 5 == status.compaction_pieces
    assert max(len(run) for run in "".join(word[0] for word in happened).split("c")) <= 2
    assert sum(len(page.rows) for page in counted) == series + series / 5
    assert status.longest_piece_s > 0


async def test_a_compaction_rests_between_its_pieces_and_not_after_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    happened, written, slept = list[str](), Writer.replace, asyncio.sleep
    pace = UpkeepPace(compact_chunks=1, piece_rest_times=1e6, look_s=3600.0)

    def one_piece(self: Writer, piece: Piece) -> None:
        written(self, piece)
        happened.append("piece")

    async def rest(seconds: float) -> None:
        if happened and seconds > DEADLINE_S:  # a millionth of it is what the piece took
            happened.append("rest")
        await slept(0)

    async with running(tmp_path / "j.sqlite", Pace(commit_s=0), Keeping(pace=pace)) as journal:
        for number in range(3):
            journal.group.add(journal.series_of(KEY._replace(point=f"p{number}")), number, FLOAT, 0.5)
        journal.filled()
        await until_stored(journal)
        monkeypatch.setattr(Writer, "replace", one_piece)
        monkeypatch.setattr("labkeeper_hub.timeseries.upkeep.asyncio.sleep", rest)
        await journal.compact()
        monkeypatch.undo()
    assert happened == ["piece", "rest", "piece", "rest", "piece"]


async def until_stored(journal: Journal) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while journal.queued:
            await asyncio.sleep(0.001)


def test_a_compaction_is_cut_between_series_and_always_has_a_last_piece() -> None:
    def of(*chunks: int) -> Compacted:
        new = NewChunk(1, 0, 0, 1, b"")
        return Compacted(9, tuple(CompactedSeries(n, None, (new,) * count, None) for n, count in enumerate(chunks)))

    def cut(*chunks: int) -> list[tuple[list[int], bool]]:
        return [([one.series for one in piece.series], piece.last) for piece in of(*chunks).pieces(3)]

    assert cut() == [([], True)]
    assert cut(1, 1, 1) == [([0, 1, 2], True)]
    assert cut(1, 1, 1, 1) == [([0, 1, 2], False), ([3], True)]
    assert cut(2, 2, 7, 1, 2) == [([0], False), ([1], False), ([2], False), ([3, 4], True)]


class Throttled(Writer):
    """A writer whose disk takes one commit each time it is allowed to."""

    allowed = threading.Semaphore(0)

    def commit(self, group: Group) -> None:
        assert self.allowed.acquire(timeout=DEADLINE_S)
        super().commit(group)


async def test_a_slow_disk_slows_the_source_and_never_fills_the_memory(tmp_path: Path) -> None:
    pace, message, messages, most = Pace(commit_s=0, queue_readings=200), 50, 100, 0
    async with open_journal(tmp_path / "j.sqlite", pace) as journal:
        journal.writer = Throttled(journal.writer.connection, journal.writer.hot)
        nobody = Nobody()
        collecting = asyncio.create_task(journal.collect(nobody))
        series = journal.series_of(KEY)

        async def source() -> None:
            nonlocal most
            for number in range(messages):
                await journal.room()
                for reading in range(message):
                    journal.group.add(series, number * message + reading, FLOAT, 0.5)
                journal.filled()
                most = max(most, journal.queued)

        speaking = asyncio.create_task(source())
        async with asyncio.timeout(DEADLINE_S):
            while not journal.full:
                await asyncio.sleep(0.001)
            assert not speaking.done()
            while not speaking.done() or journal.queued:
                Throttled.allowed.release()
                await asyncio.sleep(0.001)
        journal.end()
        Throttled.allowed.release()
        await asyncio.wait_for(collecting, DEADLINE_S)
    assert nobody.committed_readings == message * messages
    assert most < pace.queue_readings + message


def test_a_compaction_reads_and_writes_as_much_on_a_full_journal_as_on_a_small_one(tmp_path: Path) -> None:
    """Counted in rows changed and steps of SQLite's machine, both of which are the same on every computer."""
    with open_bench(tmp_path) as bench:
        costs = []
        for turn in range(40):
            bench.store([(series, turn * 100 + n, 0, float(n)) for series in range(1, 11) for n in range(100)])
            before, steps = bench.writer.connection.total_changes, Steps(bench.reading)
            bench.compact()
            costs.append((bench.writer.connection.total_changes - before, steps.count))
    assert costs[39][0] <= costs[1][0] + 10
    assert costs[39][1] <= 2 * costs[1][1]


class Steps:
    """Counts the steps a connection's statements take, by tens."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.count = 0
        connection.set_progress_handler(self._step, 10)

    def _step(self) -> int:
        self.count += 1
        return 0
