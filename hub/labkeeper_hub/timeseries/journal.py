"""The journal for the event loop: readings go in without waiting, commits and questions run in threads beside it."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

from labkeeper_hub.model import Page, PointKey, ReadingsQuery
from labkeeper_hub.status import JournalStatus
from labkeeper_hub.timeseries.compaction import last_lives
from labkeeper_hub.timeseries.group import Group, OutboxKey, OutboxState
from labkeeper_hub.timeseries.hot import Hot
from labkeeper_hub.timeseries.jobs import GivingBack, Retiring, Rolling
from labkeeper_hub.timeseries.pace import USUAL, Pace, UpkeepPace
from labkeeper_hub.timeseries.reader import Reader
from labkeeper_hub.timeseries.retention import Retention
from labkeeper_hub.timeseries.schema import open_for_writing
from labkeeper_hub.timeseries.threads import open_threads
from labkeeper_hub.timeseries.trouble import Trouble
from labkeeper_hub.timeseries.upkeep import Upkeep
from labkeeper_hub.timeseries.workplace import Workplace
from labkeeper_hub.timeseries.writer import Live, Recalled, Writer, transaction

T = TypeVar("T")

__all__ = ["Accounts", "Journal", "Keeping", "Pace", "UpkeepPace", "open_journal"]


class Accounts(Protocol):
    """Who knows which batches a group holds."""

    def close(self, group: Group) -> None:
        """Put the state of every outbox the group touches into it: nothing is added any more."""

    def committed(self, group: Group) -> None:
        """The disk has the group: acknowledge."""


@dataclass(slots=True)
class Journal:
    """Made by `open_journal`; `collect`, `compact_when_due` and `upkeep.run` are its tasks."""

    writer: Writer
    recalled: Recalled
    pace: Pace
    upkeep: Upkeep
    _place: Workplace
    group: Group = field(default_factory=Group)
    committed: int = 0
    commits: int = 0
    last_commit_s: float = 0.0
    trouble: Trouble = field(
        default_factory=lambda: Trouble(
            "journal: nothing can be stored (%s); nothing is acknowledged until it can", "journal: stores again"
        )
    )
    _in_flight: Group = field(default_factory=Group)
    _ending: bool = False
    _filled: asyncio.Event = field(default_factory=asyncio.Event)
    _room: asyncio.Event = field(default_factory=asyncio.Event)
    _compacted_s: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
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
        if self._too_much():
            self._room.clear()

    @property
    def identity(self) -> str:
        """The uuid of this journal; a restored one has a new one."""
        return self.recalled.identity

    @property
    def queued(self) -> int:
        """Readings that wait for their commit to return."""
        return len(self.group) + len(self._in_flight)

    @property
    def failing(self) -> str:
        """What keeps it from storing; "" while it can."""
        return self.trouble.problem

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
        self._in_flight = group
        started_s = time.monotonic()
        await self._insist(lambda: self.writer.commit(group))
        self.last_commit_s = time.monotonic() - started_s
        self.commits += 1
        self.committed += len(group)
        self._in_flight = Group()
        self._make_room()
        accounts.committed(group)

    def _make_room(self) -> None:
        if not self._too_much():
            self._room.set()

    def _too_much(self) -> bool:
        """Tell whether the source is to wait; lengths are spelled out, because this is asked for every message."""
        pace, hot, waiting, written = self.pace, self.writer.hot, self.group, self._in_flight
        return (
            len(waiting.times) + len(written.times) >= pace.queue_readings
            or waiting.text_bytes + written.text_bytes >= pace.queue_text_bytes
            or hot.end - hot.first >= pace.hot_most
            or hot.text_bytes >= pace.hot_text_bytes
        )

    async def _insist(self, write: Callable[[], None]) -> None:
        while True:
            try:
                await self._place.threads.writing(write)
            except sqlite3.OperationalError as error:
                self.trouble.is_there(str(error))
                await asyncio.sleep(self.pace.retry_s)
            else:
                self.trouble.is_over()
                return

    async def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do something in a transaction of its own, between commits; what the disk refuses is tried again."""
        done: list[T] = []

        def in_transaction() -> None:
            with transaction(self.writer.connection):
                done.append(work(self.writer.connection))

        await self._insist(in_transaction)
        return done[-1]

    def sealed(self, chunks: int) -> None:
        """Count chunks that a transaction of `write` sealed."""
        self._place.unrolled += chunks

    @property
    def file(self) -> Path:
        return self._place.file

    # --- what comes out ---------------------------------------------------------------------------------------------
    async def page(self, query: ReadingsQuery) -> Page:
        """Answer from committed readings; a point without any has no rows. Raises ValueError as `Readings` says."""
        series = self.recalled.series.get(query.key)
        if series is None:
            return Page((), None)
        glance = self.writer.hot.look()
        return await self._place.threads.reading(lambda: Reader(self._place.connection()).page(glance, series, query))

    async def count(self, keys: Iterable[PointKey], from_ms: int, to_ms: int) -> int:
        """Return how many committed readings these points have with from_ms <= time < to_ms."""
        found = [self.recalled.series[key] for key in keys if key in self.recalled.series]
        glance, times, place = self.writer.hot.look(), (from_ms, to_ms), self._place

        def count() -> int:
            return sum(Reader(place.connection()).count(glance, series, times) for series in found)

        return await place.threads.reading(count)

    async def complete_from(self, key: PointKey, every_ms: int | None = None) -> int | None:
        """Return the time from which nothing was removed of a point, as buckets or readings; None: it has nothing."""
        series = self.recalled.series.get(key)
        if series is None:
            return None
        glance = self.writer.hot.look()
        place = self._place
        return await place.threads.reading(lambda: Reader(place.connection()).complete_from(glance, series, every_ms))

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
            failing=self.trouble.problem,
            upkeep=self.upkeep.status(),
        )

    # --- compaction -------------------------------------------------------------------------------------------------
    @property
    def chunks(self) -> int:
        return self._place.chunks

    async def compact_when_due(self, look_s: float = 0.5) -> None:
        """Turn the log into chunks whenever enough of it has gathered."""
        while True:
            await asyncio.sleep(look_s)
            if self._compaction_due():
                await self.compact()

    async def compact(self) -> None:
        """Turn all of the log into chunks now."""
        self._compacted_s = time.monotonic()
        await self.upkeep.compact()
        self._make_room()

    def _compaction_due(self) -> bool:
        pace, hot = self.pace, self.writer.hot
        worth = max(pace.compact_readings, pace.compact_per_series * len(self.recalled.series))
        old = time.monotonic() - self._compacted_s >= pace.compact_s
        return len(hot) >= min(worth, pace.compact_most) or hot.text_bytes >= pace.compact_text_bytes or old


@dataclass(frozen=True, slots=True)
class Keeping:
    """What is kept how long, how fast upkeep goes, and whose clock says what is old."""

    retention: Retention = field(default_factory=Retention)
    pace: UpkeepPace = field(default_factory=UpkeepPace)
    now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000


@asynccontextmanager
async def open_journal(file: Path, pace: Pace = USUAL, keeping: Keeping = Keeping()) -> AsyncIterator[Journal]:
    """Open the journal in `file`, made if absent; raises JournalTooNew. The caller has ended its tasks before."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with open_threads() as threads, closing(await asyncio.to_thread(open_for_writing, file)) as connection:
        writer = Writer(connection, Hot())
        recalled = await asyncio.to_thread(writer.recall)
        place = Workplace(writer, threads, file, keeping.pace, recalled.chunks, recalled.unrolled)
        yield Journal(writer, recalled, pace, _upkeep(place, recalled, pace, keeping), place)


def _upkeep(place: Workplace, recalled: Recalled, pace: Pace, keeping: Keeping) -> Upkeep:
    retiring = Retiring(place, keeping.retention, recalled.series, keeping.now_ms)
    return Upkeep(place, Rolling(place), retiring, GivingBack(place), pace.retry_s)
