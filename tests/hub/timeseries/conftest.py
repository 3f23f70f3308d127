"""A journal in a folder of its own, with its committing task running."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from itertools import islice
from pathlib import Path

import pytest

from labkeeper_hub.timeseries import chunk, leaf, summary
from labkeeper_hub.timeseries.compaction import Compactor
from labkeeper_hub.timeseries.group import Group
from labkeeper_hub.timeseries.journal import Journal, Keeping, Pace, open_journal


class Nobody:
    """Accounts without outboxes; counts what was committed."""

    def __init__(self) -> None:
        self.committed_readings = 0

    def close(self, group: Group) -> None:
        """Nothing to put in."""

    def committed(self, group: Group) -> None:
        """Count."""
        self.committed_readings += len(group)


async def compact(journal: Journal, pieces: int | None) -> None:
    """Compact; or begin to, series by series, and stop after so many, as a process does that is killed."""
    place, glance = journal.upkeep.place, journal.writer.hot.look()
    if pieces is None:
        await journal.compact()
    elif glance.end > journal.writer.hot.first:
        compacted = await place.threads.keeping_up(lambda: Compactor(place.connection()).compact(glance))
        for piece in islice(compacted.pieces(1), pieces):
            await place.threads.writing(partial(journal.writer.replace, piece))


AS_THEY_ARE = Keeping()
Opened = Callable[[], AbstractAsyncContextManager[Journal]]


@asynccontextmanager
async def running(file: Path, pace: Pace, keeping: Keeping = AS_THEY_ARE) -> AsyncIterator[Journal]:
    async with open_journal(file, pace, keeping) as journal:
        task = asyncio.create_task(journal.collect(Nobody()), name="commits")
        try:
            yield journal
        finally:
            journal.end()
            await asyncio.wait_for(task, 10)


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    """Open the same journal, as often as asked, one after the other."""
    return lambda: running(tmp_path / "journal.sqlite", Pace(commit_s=0.001))


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a handful of readings fill chunks and leaves."""
    monkeypatch.setattr(chunk, "MOST", 6)
    monkeypatch.setattr(chunk, "SMALL", 3)
    monkeypatch.setattr(leaf, "MOST", 4)
    monkeypatch.setattr(summary, "STEP", 2)
