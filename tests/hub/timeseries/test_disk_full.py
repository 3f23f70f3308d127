"""A full disk stops acknowledgements and nothing else: what was acknowledged is there, and all goes on with room."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from labkeeper_hub.model import PointKey, ReadingsQuery
from labkeeper_hub.timeseries.columns import FLOAT
from labkeeper_hub.timeseries.group import Group
from labkeeper_hub.timeseries.journal import Journal, Pace, open_journal
from tests.hub.small_disk import SmallDisk, open_small_disk

KEY = PointKey("school", "lab", "air", "co2")
DEADLINE_S = 30.0
PER_BATCH = 2000


class Ledger:
    """Acknowledges groups as nodes are: by what the disk has."""

    def __init__(self) -> None:
        self.acknowledged = 0

    def close(self, group: Group) -> None:
        """Nothing to put in."""

    def committed(self, group: Group) -> None:
        self.acknowledged += len(group)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with open_small_disk(tmp_path / "disk") as opened:
        yield opened


@asynccontextmanager
async def collecting(file: Path, ledger: Ledger) -> AsyncIterator[Journal]:
    async with open_journal(file, Pace(commit_s=0.0, retry_s=0.01)) as journal:
        task = asyncio.create_task(journal.collect(ledger))
        yield journal
        journal.end()
        await asyncio.wait_for(task, DEADLINE_S)


async def until_failing(journal: Journal, sent: int) -> int:
    """Send batches until the disk refuses one; return how many readings were sent."""
    series = journal.series_of(KEY)
    async with asyncio.timeout(DEADLINE_S):
        while not journal.status().failing:
            if not journal.queued:
                for number in range(sent, sent + PER_BATCH):
                    journal.group.add(series, number, FLOAT, float(number) / 7)
                sent += PER_BATCH
                journal.filled()
            await asyncio.sleep(0.001)
    return sent


async def until_stored(journal: Journal) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while journal.queued:
            await asyncio.sleep(0.001)


async def test_nothing_is_acknowledged_on_a_full_disk_and_everything_once_there_is_room(disk: SmallDisk) -> None:
    file, ledger = disk.folder / "journal.sqlite", Ledger()
    async with collecting(file, ledger) as journal:
        sent = 0
        for _ in range(3):
            disk.fill()
            sent = await until_failing(journal, sent)
            assert ledger.acknowledged < sent
            acknowledged = ledger.acknowledged
            await asyncio.sleep(0.05)
            assert ledger.acknowledged == acknowledged
            disk.make_room()
            await until_stored(journal)
            assert ledger.acknowledged == sent
            assert not journal.status().failing
            await journal.compact()
    assert_whole(file)
    async with open_journal(file) as journal:
        found = await journal.page(ReadingsQuery(KEY, 0, 1 << 50))
    assert [row.value for row in found.rows] == [number / 7 for number in range(sent)]


async def test_a_compaction_on_a_full_disk_waits_for_room_and_readings_are_not_lost(disk: SmallDisk) -> None:
    file, ledger = disk.folder / "journal.sqlite", Ledger()
    async with collecting(file, ledger) as journal:
        disk.fill()
        sent = await until_failing(journal, 0)
        compacting = asyncio.create_task(journal.compact())
        async with asyncio.timeout(DEADLINE_S):
            while not journal.upkeep.trouble.problem and not compacting.done():
                await asyncio.sleep(0.001)
        disk.make_room()
        await asyncio.wait_for(compacting, DEADLINE_S)
        await until_stored(journal)
        found = await journal.page(ReadingsQuery(KEY, 0, 1 << 50))
        assert not journal.status().upkeep.failing
    assert [row.value for row in found.rows] == [number / 7 for number in range(sent)]
    assert_whole(file)


async def test_upkeep_on_a_full_disk_says_so_once_and_goes_on_by_itself(
    disk: SmallDisk, caplog: pytest.LogCaptureFixture
) -> None:
    file, ledger = disk.folder / "journal.sqlite", Ledger()
    async with collecting(file, ledger) as journal:
        series = journal.series_of(KEY)
        for number in range(60_000):
            journal.group.add(series, number, FLOAT, float(number) / 7)
        journal.filled()
        await until_stored(journal)
        await journal.compact()
        disk.fill()
        await until_failing(journal, 60_000)
        task = asyncio.create_task(journal.upkeep.run())
        async with asyncio.timeout(DEADLINE_S):
            while not journal.status().upkeep.failing:
                await asyncio.sleep(0.01)
        disk.make_room()
        async with asyncio.timeout(DEADLINE_S):
            while journal.status().upkeep.failing or journal.status().upkeep.unrolled_chunks:
                await asyncio.sleep(0.01)
        task.cancel()
    assert sum("upkeep cannot go on" in record.message for record in caplog.records) == 1
    assert_whole(file)


def assert_whole(file: Path) -> None:
    connection = sqlite3.connect(file)
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()
