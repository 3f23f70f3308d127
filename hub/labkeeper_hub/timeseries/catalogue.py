"""What there is to take away: of every point since when, how much, and how complete; from digests, not from readings.

Every chunk is unpacked once, and what the catalogue wants to know of it is kept in a file of its own, which may be
deleted at any time. What is hot is looked at when somebody asks.
"""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np

from labkeeper_hub.model import NodeKey, PointKey
from labkeeper_hub.timeseries import chunk
from labkeeper_hub.timeseries.columns import Columns, take
from labkeeper_hub.timeseries.digest import DAY_MS, Day, Picture, Span, days_of, unpacked
from labkeeper_hub.timeseries.hot import Glance
from labkeeper_hub.timeseries.journal import Journal
from labkeeper_hub.timeseries.positions import positions
from labkeeper_hub.timeseries.schema import open_for_reading
from labkeeper_hub.timeseries.writer import transaction

T = TypeVar("T")
log = logging.getLogger(__name__)
FILE = "catalogue.sqlite"
AT_ONCE = 64  # chunks digested in one turn: some 20 ms of a thread
LOOK_S = 5.0
REST_S = 0.05
SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS digests (
    chunk INTEGER NOT NULL, day INTEGER NOT NULL, series INTEGER NOT NULL, first_ms INTEGER NOT NULL,
    last_ms INTEGER NOT NULL, readings INTEGER NOT NULL, chunk_first INTEGER NOT NULL, chunk_last INTEGER NOT NULL,
    body BLOB NOT NULL, PRIMARY KEY (chunk, day)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS by_day ON digests (day, series);
"""


class Known(NamedTuple):
    """A chunk as the journal's index has it."""

    id: int
    series: int
    first_ms: int
    last_ms: int


@dataclass(frozen=True, slots=True)
class Stock:
    """What is stored of a point: first and last time, how many readings, and the picture of the span asked for."""

    first_ms: int
    last_ms: int
    readings: int
    picture: Picture


class GivenUp(NamedTuple):
    """Readings that a node had to give up, by its own record."""

    node: NodeKey
    from_ms: int
    to_ms: int
    readings: int


class Removed(NamedTuple):
    """Readings of a point that retention took, all from before a time."""

    readings: int
    before_ms: int


@dataclass(frozen=True, slots=True)
class Inventory:
    """The stock of every point that has readings, and what retention took of any; `pending` chunks are not looked at
    yet and not counted.
    """

    stock: dict[PointKey, Stock]
    given_up: tuple[GivenUp, ...]
    pending: int
    removed: dict[PointKey, Removed] = field(default_factory=dict)


@dataclass(slots=True)
class Shelf:
    """The synchronous half, for one thread: the digests' file beside a reading connection of the journal."""

    digests: sqlite3.Connection
    journal: sqlite3.Connection
    _known: dict[int, tuple[Known, int]] = field(default_factory=dict)
    _caught_up_to: tuple[int, ...] = ()
    _sums: dict[int, tuple[int, int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rows = self.digests.execute(
            "SELECT chunk, series, chunk_first, chunk_last, SUM(readings) FROM digests GROUP BY chunk"
        )
        self._known = {row[0]: (Known(*row[:4]), row[4]) for row in rows}
        self._sums = self._summed()

    def catch_up(self, most: int = AT_ONCE) -> int:
        """Digest at most so many chunks and forget those that are gone; return how many are left to do."""
        self.journal.execute("BEGIN")
        try:
            return self._catch_up(most)
        finally:
            self.journal.execute("COMMIT")

    def inventory(self, glance: Glance, numbers: dict[PointKey, int], span: Span) -> Inventory:
        """Return what there is; the glance is older than this call, as with every question to the journal."""
        self.journal.execute("BEGIN")
        try:
            pending = self._catch_up(AT_ONCE)
            reached = positions(self.journal)
            given_up, removed = self._given_up(span), self._removed()
        finally:
            self.journal.execute("COMMIT")
        totals = dict(self._sums)
        pictures = self._pictures(span)
        for series, number, day in _hot_days(reached.left_of(glance)):
            _count(totals, series, (day.first_ms, day.last_ms, day.readings))
            pictures.setdefault(series, Picture.empty(span)).add(number, day)
        stock = {
            key: Stock(*totals[number], pictures.get(number) or Picture.empty(span))
            for key, number in numbers.items()
            if number in totals
        }
        return Inventory(stock, given_up, pending, removed)

    def _catch_up(self, most: int) -> int:
        mark = self.journal.execute(
            "SELECT compacted, (SELECT COALESCE(SUM(position), 0) FROM ahead), retired.chunks, retired.at_ms"
            " FROM places,"
            " (SELECT COALESCE(SUM(chunks), 0) AS chunks, COALESCE(MAX(at_ms), 0) AS at_ms FROM retired) AS retired"
        ).fetchone()
        if mark == self._caught_up_to:
            return 0  # neither compaction nor retention has been here since
        left = self._digest_some(most)
        self._caught_up_to = () if left else mark
        self._sums = self._summed()
        return left

    def _digest_some(self, most: int) -> int:
        there = {
            row[0]: Known(*row) for row in self.journal.execute("SELECT id, series, first_ms, last_ms FROM chunks")
        }
        tails = dict(self.journal.execute("SELECT chunks.id, readings FROM series JOIN chunks ON chunks.id = tail"))
        gone = [one for one, (known, count) in self._known.items() if _differs(known, count, there, tails)]
        for one in gone:
            del self._known[one]
        new = [known for one, known in there.items() if one not in self._known]
        with transaction(self.digests):
            self.digests.executemany("DELETE FROM digests WHERE chunk = ?", [(one,) for one in gone])
            digested = [self._digest(known) for known in new[:most]]
        self._known.update(digested)
        return len(new) - len(digested)

    def _digest(self, known: Known) -> tuple[int, tuple[Known, int]]:
        body = self.journal.execute("SELECT body FROM chunks WHERE id = ?", (known.id,)).fetchone()[0]
        readings = chunk.unpack(known.series, body)
        self.digests.executemany(
            "INSERT OR REPLACE INTO digests VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (known.id, number, known.series, day.first_ms, day.last_ms, day.readings, *known[2:], day.packed())
                for number, day in days_of(readings)
            ],
        )
        return known.id, (known, len(readings))

    def _summed(self) -> dict[int, tuple[int, int, int]]:
        rows = self.digests.execute(
            "SELECT series, MIN(first_ms), MAX(last_ms), SUM(readings) FROM digests GROUP BY series"
        )
        return {series: (first, last, count) for series, first, last, count in rows}

    def _pictures(self, span: Span) -> dict[int, Picture]:
        found: dict[int, Picture] = {}
        days = (span.from_ms // DAY_MS, (span.to_ms - 1) // DAY_MS)
        rows = self.digests.execute("SELECT series, day, body FROM digests WHERE day BETWEEN ? AND ?", days)
        for series, number, body in rows:
            found.setdefault(series, Picture.empty(span)).add(number, unpacked(body))
        return found

    def _given_up(self, span: Span) -> tuple[GivenUp, ...]:
        rows = self.journal.execute(
            "SELECT school, node, from_ms, to_ms, readings FROM gaps WHERE from_ms < ? AND to_ms >= ? ORDER BY from_ms",
            (span.to_ms, span.from_ms),
        )
        return tuple(GivenUp(NodeKey(school, node), *rest) for school, node, *rest in rows)

    def _removed(self) -> dict[PointKey, Removed]:
        rows = self.journal.execute(
            "SELECT school, node, device, point, retired, retired_ms + 1 FROM series WHERE retired_ms IS NOT NULL"
        )
        return {PointKey(*key): Removed(readings, before_ms) for *key, readings, before_ms in rows}


def _differs(known: Known, count: int, there: dict[int, Known], tails: dict[int, int]) -> bool:
    return there.get(known.id) != known or tails.get(known.id, count) != count


def _count(totals: dict[int, tuple[int, int, int]], series: int, more: tuple[int, int, int]) -> None:
    first, last, count = totals.get(series, (more[0], more[1], 0))
    totals[series] = (min(first, more[0]), max(last, more[1]), count + more[2])


def _hot_days(readings: Columns) -> Iterator[tuple[int, int, Day]]:
    """Return (series, day, digest) of readings of any series."""
    order = np.argsort(readings.series, kind="stable")
    for part in _by_series(take(readings, order)):
        for number, day in days_of(part):
            yield int(part.series[0]), number, day


def _by_series(readings: Columns) -> Iterable[Columns]:
    starts = np.flatnonzero(np.diff(readings.series, prepend=np.uint32(0), append=np.uint32(0))).tolist()
    return (take(readings, slice(start, end)) for start, end in pairwise(starts))


@dataclass(slots=True)
class Catalogue:
    """The asynchronous half: questions and catching up take turns in one thread."""

    journal: Journal
    _shelf: Shelf
    _thread: ThreadPoolExecutor
    _said: str = ""

    async def inventory(self, span: Span) -> Inventory:
        """Return what there is of every point."""
        glance, numbers = self.journal.writer.hot.look(), dict(self.journal.recalled.series)
        return await self._run(lambda: self._shelf.inventory(glance, numbers, span))

    async def keep(self) -> None:
        """Digest what compaction makes, for ever, a little at a time; what the disk refuses is tried again."""
        while True:
            left = 0
            try:
                left = await self._run(self._shelf.catch_up)
                self._say("")
            except sqlite3.OperationalError as error:
                self._say(str(error))
            await asyncio.sleep(REST_S if left else LOOK_S)

    def _say(self, problem: str) -> None:
        if problem and problem != self._said:
            log.error("catalogue: does not follow the journal (%s)", problem)
        self._said = problem

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


@asynccontextmanager
async def open_catalogue(journal: Journal, journal_file: Path) -> AsyncIterator[Catalogue]:
    """Open the catalogue beside a journal; a damaged file is made anew."""
    file = journal_file.with_name(FILE)
    with (
        ThreadPoolExecutor(1, "catalogue") as thread,
        closing(open_for_reading(journal_file)) as reading,
        closing(await asyncio.to_thread(_opened, file)) as digests,
    ):
        yield Catalogue(journal, await asyncio.to_thread(Shelf, digests, reading), thread)


def _opened(file: Path) -> sqlite3.Connection:
    digests = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    try:
        digests.executescript(SCHEMA)
    except sqlite3.DatabaseError as damaged:
        log.warning("catalogue: %s is made anew (%s)", file, damaged)
        digests.close()
        for part in file.parent.glob(f"{FILE}*"):
            part.unlink()
        digests = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        digests.executescript(SCHEMA)
    return digests
