"""The journal for the event loop: readings go in without waiting, commits and questions run in threads beside it."""

import asyncio
import logging
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

from labkeeper_hub.model import JournalStatus, Page, PointKey, ReadingsQuery
from labkeeper_hub.timeseries.compaction import Compactor, last_lives
from labkeeper_hub.timeseries.group import Group, OutboxKey, OutboxState
from labkeeper_hub.timeseries.hot import Hot
from labkeeper_hub.timeseries.reader import Reader
from labkeeper_hub.timeseries.schema import open_for_reading, open_for_writing
from labkeeper_hub.timeseries.writer import Live, Recalled, Writer, transaction

T = TypeVar("T")
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """When the journal commits, compacts and lets its source wait."""

    commit_s: float = 0.02  # from one commit's start to the next, while there is anything to commit
    commit_readings: int = 5000  # so many do not wait for that
    queue_readings: int = 50_000  # so many waiting, and nothing more is read from the broker
    retry_s: float = 1.0  # after the disk refused
    compact_readings: int = 1 << 18  # hot readings that are worth a compaction
    compact_per_series: int = 64  # the same, where there are many series
    compact_most: int = 1 << 21
    hot_most: int = 1 << 22  # more in memory, and the source waits for the compaction
    compact_text_bytes: int = 64 << 20
    compact_s: float = 900.0  # what is hot so long is compacted however little it is


class Accounts(Protocol):
    """Who knows which batches a group holds."""

    def close(self, group: Group) -> None:
        """Put the state of every outbox the group touches into it: nothing is added any more."""

    def committed(self, group: Group) -> None:
        """The disk has the group: acknowledge."""


@dataclass(slots=True)
class Journal:
    """Made by `open_journal`; `collect` and `compact` are its tasks."""

    writer: Writer
    recalled: Recalled
    pace: Pace
    _file: Path
    _write_thread: ThreadPoolExecutor
    _compact_thread: ThreadPoolExecutor
    _read_threads: ThreadPoolExecutor
    group: Group = field(default_factory=Group)
    committed: int = 0
    commits: int = 0
    last_commit_s: float = 0.0
    chunks: int = 0
    failing: str = ""
    _in_flight: int = 0
    _ending: bool = False
    _filled: asyncio.Event = field(default_factory=asyncio.Event)
    _room: asyncio.Event = field(default_factory=asyncio.Event)
    _readers: threading.local = field(default_factory=threading.local)
    _compacted_s: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.chunks = self.recalled.chunks
        self._room.set()

    # --- what goes in -----------------------------------------------------------------------------------------------
    def series_of(self, key: PointKey) -> int:
        """Return the number of a point's series, a new one if it has none yet."""
        number = self.recalled.series.get(key)
        if number is None:
            number = self.recalled.series[key] = len(self.recalled.series) + 1
            self.group.new_series.append((number, key))
            self._filled.set()
        return number

    def filled(self) -> None:
        """Say that something was put into `group`."""
        self._filled.set()
        if self.queued >= self.pace.queue_readings or len(self.writer.hot) >= self.pace.hot_most:
            self._room.clear()

    @property
    def queued(self) -> int:
        """Readings that wait for their commit to return."""
        return len(self.group) + self._in_flight

    @property
    def full(self) -> bool:
        return not self._room.is_set()

    async def room(self) -> None:
        """Wait while too much waits: this is how a slow disk slows the broker instead of filling the memory."""
        await self._room.wait()

    async def collect(self, accounts: Accounts) -> None:
        """Commit group after group until `end`; what the disk refuses is tried again until it takes it.

        Cancelled, it may leave behind a group that is in nobody's hands: only the end of the process may follow.
        """
        while self.group or not self._ending:
            await self._filled.wait()
            started_s = time.monotonic()
            await self._commit(accounts)
            rest_s = self.pace.commit_s - (time.monotonic() - started_s)
            if len(self.group) < self.pace.commit_readings and rest_s > 0 and not self._ending:
                await asyncio.sleep(rest_s)

    def end(self) -> None:
        """Commit what waits and let `collect` return."""
        self._ending = True
        self._filled.set()

    async def _commit(self, accounts: Accounts) -> None:
        accounts.close(self.group)
        group, self.group = self.group, Group()
        self._filled.clear()
        self._in_flight = len(group)
        started_s = time.monotonic()
        await self._insist(lambda: self.writer.commit(group))
        self.last_commit_s = time.monotonic() - started_s
        self.commits += 1
        self.committed += len(group)
        self._in_flight = 0
        self._make_room()
        accounts.committed(group)

    def _make_room(self) -> None:
        if self.queued < self.pace.queue_readings and len(self.writer.hot) < self.pace.hot_most:
            self._room.set()

    async def _insist(self, write: Callable[[], None]) -> None:
        while True:
            try:
                await self._in(self._write_thread, write)
            except sqlite3.OperationalError as error:
                self._say_failing(str(error))
                await asyncio.sleep(self.pace.retry_s)
            else:
                self._say_failing("")
                return

    def _say_failing(self, problem: str) -> None:
        if problem and not self.failing:
            log.error("journal: nothing can be stored (%s); nothing is acknowledged until it can", problem)
        elif self.failing and not problem:
            log.warning("journal: stores again")
        self.failing = problem

    async def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do something in a transaction of its own, between commits; what the disk refuses is tried again."""
        done: list[T] = []

        def in_transaction() -> None:
            with transaction(self.writer.connection):
                done.append(work(self.writer.connection))

        await self._insist(in_transaction)
        return done[-1]

    @property
    def file(self) -> Path:
        return self._file

    # --- what comes out ---------------------------------------------------------------------------------------------
    async def page(self, query: ReadingsQuery) -> Page:
        """Answer from committed readings; a point without any has no rows. Raises ValueError as `Readings` says."""
        series = self.recalled.series.get(query.key)
        if series is None:
            return Page((), None)
        glance = self.writer.hot.look()
        return await self._in(self._read_threads, lambda: self._reader().page(glance, series, query))

    async def oldest_ms(self, key: PointKey) -> int | None:
        """Return the time of a point's oldest chunk, or of its oldest reading where it has no chunk; None: nothing."""
        series = self.recalled.series.get(key)
        if series is None:
            return None
        glance = self.writer.hot.look()
        return await self._in(self._read_threads, lambda: self._reader().oldest_ms(glance, series))

    def live(self) -> dict[PointKey, Live]:
        """Return the live values of earlier runs."""
        lives = {**self.recalled.live, **dict(last_lives(self.writer.hot.look().since(0)))}
        return {key: lives[number] for key, number in self.recalled.series.items() if number in lives}

    def outboxes(self) -> dict[OutboxKey, OutboxState]:
        """Return what earlier runs stored of each outbox."""
        return self.recalled.outboxes

    def status(self) -> JournalStatus:
        """Return how it is doing."""
        return JournalStatus(
            queued=self.queued,
            committed=self.committed,
            commits=self.commits,
            last_commit_ms=self.last_commit_s * 1000,
            hot=len(self.writer.hot),
            chunks=self.chunks,
            failing=self.failing,
        )

    # --- compaction -------------------------------------------------------------------------------------------------
    async def compact_when_due(self, look_s: float = 0.5) -> None:
        """Turn the log into chunks whenever enough of it has gathered."""
        while True:
            await asyncio.sleep(look_s)
            if self._compaction_due():
                await self.compact()

    async def compact(self) -> None:
        """Turn all of the log into chunks now."""
        self._compacted_s = time.monotonic()
        hot = self.writer.hot
        if not len(hot):
            return
        glance, start = hot.look(), hot.first
        compacted = await self._in(self._compact_thread, lambda: self._compactor().compact(glance, start))
        await self._insist(lambda: self.writer.replace(compacted))
        self._make_room()
        self.chunks += sum(len(chunks) - (old_tail is not None) for _, old_tail, chunks, _ in compacted.series)

    def _compaction_due(self) -> bool:
        pace, hot = self.pace, self.writer.hot
        worth = max(pace.compact_readings, pace.compact_per_series * len(self.recalled.series))
        old = time.monotonic() - self._compacted_s >= pace.compact_s
        return len(hot) >= min(worth, pace.compact_most) or hot.text_bytes >= pace.compact_text_bytes or old

    # --- threads ----------------------------------------------------------------------------------------------------
    def _reader(self) -> Reader:
        """Return this thread's reader."""
        if not hasattr(self._readers, "reader"):
            self._readers.reader = Reader(open_for_reading(self._file))
        reader: Reader = self._readers.reader
        return reader

    def _compactor(self) -> Compactor:
        if not hasattr(self._readers, "compactor"):
            self._readers.compactor = Compactor(open_for_reading(self._file))
        compactor: Compactor = self._readers.compactor
        return compactor

    @staticmethod
    async def _in(thread: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(thread, work)


@asynccontextmanager
async def open_journal(file: Path, pace: Pace = Pace()) -> AsyncIterator[Journal]:
    """Open the journal in `file`, made if absent; raises JournalTooNew. The caller has ended its tasks before."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with (
        ThreadPoolExecutor(1, "journal-write") as write,
        ThreadPoolExecutor(1, "journal-compact") as compact,
        ThreadPoolExecutor(2, "journal-read") as read,
        closing(await asyncio.to_thread(open_for_writing, file)) as connection,
    ):
        writer = Writer(connection, Hot())
        recalled = await asyncio.to_thread(writer.recall)
        yield Journal(writer, recalled, pace, file, write, compact, read)
