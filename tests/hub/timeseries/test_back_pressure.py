"""A slow or failing disk slows the source; it never fills the memory and leaves nothing half stored."""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from labkeeper_hub.model import PointKey
from labkeeper_hub.timeseries.columns import FLOAT, TEXT
from labkeeper_hub.timeseries.group import Group
from labkeeper_hub.timeseries.journal import Journal, Pace, open_journal

from .conftest import Nobody

KEY = PointKey("school", "lab", "air", "co2")
DEADLINE_S = 30.0


def fill(journal: Journal, count: int) -> None:
    series = journal.series_of(KEY)
    for number in range(count):
        journal.group.add(series, number, FLOAT, float(number))
    journal.filled()


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not true():
            await asyncio.sleep(0.001)


async def test_the_source_waits_while_too_much_waits_for_the_disk(tmp_path: Path) -> None:
    async with open_journal(tmp_path / "j.sqlite", Pace(queue_readings=10)) as journal:
        fill(journal, 9)
        assert not journal.full
        fill(journal, 1)
        assert journal.full
        committing = asyncio.create_task(journal.collect(Nobody()))
        await asyncio.wait_for(journal.room(), DEADLINE_S)
        assert journal.queued == 0
        journal.end()
        await committing


async def test_the_source_waits_while_too_much_waits_for_compaction(tmp_path: Path) -> None:
    async with open_journal(tmp_path / "j.sqlite", Pace(commit_s=0, hot_most=10)) as journal:
        committing = asyncio.create_task(journal.collect(Nobody()))
        fill(journal, 10)
        await until(lambda: journal.queued == 0)
        fill(journal, 1)
        assert journal.full
        await journal.compact()
        await asyncio.wait_for(journal.room(), DEADLINE_S)
        journal.end()
        await committing


async def test_long_texts_are_waited_for_by_their_size_and_not_by_their_number(tmp_path: Path) -> None:
    pace = Pace(queue_text_bytes=10_000_000, hot_text_bytes=20_000_000)
    async with open_journal(tmp_path / "j.sqlite", pace) as journal:
        series, megabyte = journal.series_of(KEY), "x" * 1_000_000
        committing: asyncio.Task[None] | None = None
        for number in range(30):
            journal.group.add(series, number, TEXT, megabyte[number:])
            journal.filled()
            assert journal.full == (number % 10 == 9)
            if journal.full and number < 29:
                committing = committing or asyncio.create_task(journal.collect(Nobody()))
                if number > 10:  # the disk has these, and memory has them until they are compacted
                    await until(lambda: journal.queued == 0)
                    assert journal.full
                    await journal.compact()
                await asyncio.wait_for(journal.room(), DEADLINE_S)
        assert committing is not None
        await asyncio.wait_for(journal.room(), DEADLINE_S)
        assert (journal.committed, journal.group.text_bytes) == (30, 0)
        journal.end()
        await committing


async def test_a_transaction_that_fails_leaves_nothing_of_itself(tmp_path: Path) -> None:
    async with open_journal(tmp_path / "j.sqlite") as journal:
        twice = Group(new_series=[(1, KEY), (1, KEY)])
        twice.add(1, 5, FLOAT, 1.0)
        with pytest.raises(sqlite3.IntegrityError):
            journal.writer.commit(twice)
        count = journal.writer.connection.execute("SELECT (SELECT COUNT(*) FROM segments) + COUNT(*) FROM series")
        assert count.fetchone()[0] == 0
        assert len(journal.writer.hot) == 0
