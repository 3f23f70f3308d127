"""One forwarder's way through the journal: the log in order of commits, beside it what was history before it came.

What it has passed is durable, in the transaction that also keeps what was refused. docs/decisions/0018 says why.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

import numpy as np

from labkeeper_hub.model import PointKey
from labkeeper_hub.status import Quarantined
from labkeeper_hub.timeseries import chunk
from labkeeper_hub.timeseries.arrivals import LogArrivals, in_chunks
from labkeeper_hub.timeseries.columns import I64, U32, Columns, join, take
from labkeeper_hub.timeseries.hot import Glance
from labkeeper_hub.timeseries.journal import Journal
from labkeeper_hub.timeseries.log import segments_from, trim
from labkeeper_hub.timeseries.ordinals import Newest, NewestOf, ordinals
from labkeeper_hub.timeseries.positions import Positions, positions
from labkeeper_hub.timeseries.schema import open_for_reading

T = TypeVar("T")

KEPT = 10_000  # refused readings kept with their reason; the count goes on


class Batch(NamedTuple):
    """Readings to forward with their ordinals; once they are through, the way is `position` and `history`."""

    readings: Columns
    ordinals: I64
    position: int
    history: int
    newest: tuple[NewestOf, ...] = ()


class RefusedLine(NamedTuple):
    """A reading a sink would not take, as it was sent, and why."""

    reason: str
    line: str


class _Way(NamedTuple):
    """How far a sink is."""

    position: int
    history: int
    refused: int


@dataclass(slots=True)
class Forwarding:
    """Made by `open_forwarding`; for one task."""

    journal: Journal
    sink: str
    way: _Way
    newest: Newest
    _connection: sqlite3.Connection
    _thread: ThreadPoolExecutor
    missed: int = 0
    """Readings of the history that made room before they were sent, as of the last look."""
    _keys: dict[int, PointKey] = field(default_factory=dict)

    @property
    def waiting(self) -> int:
        """Readings of the log that are committed and not passed."""
        return max(0, self.journal.writer.hot.end - self.way.position)

    @property
    def history(self) -> int:
        """Chunks up to this id are still to go; 0: none."""
        return self.way.history

    @property
    def refused(self) -> int:
        """Readings quarantined since the sink was configured."""
        return self.way.refused

    def key_of(self, series: int) -> PointKey:
        """Return whose series it is."""
        if series not in self._keys:
            self._keys = {number: key for key, number in self.journal.recalled.series.items()}
        return self._keys[series]

    async def next(self, most: int) -> Batch:
        """Return what comes next in the log, at most so many readings; none if all is passed."""
        glance = self.journal.writer.hot.look()
        return await self._read(lambda: self._next(glance, most))

    async def older(self, most: int) -> Batch:
        """Return what comes next of the history, the newest first: chunks, as many as make up `most` readings."""
        return await self._read(lambda: self._older(most))

    async def passed(self, batch: Batch, refused: Sequence[RefusedLine] = (), at_ms: int = 0) -> None:
        """Note that a batch is through, but for what was refused: durable when this returns."""
        way = _Way(batch.position, batch.history, self.way.refused + len(refused))
        end = self.journal.writer.hot.end

        def note(connection: sqlite3.Connection) -> None:
            connection.execute(
                "UPDATE forwarded SET position = ?, history = ?, refused = ? WHERE sink = ?", (*way, self.sink)
            )
            connection.executemany(
                "INSERT OR REPLACE INTO forwarded_series VALUES (?, ?, ?, ?)",
                [(self.sink, *one) for one in batch.newest],
            )
            self._quarantine(connection, refused, at_ms)
            trim(connection, end)

        await self.journal.write(note)
        self.newest.put(batch.newest)
        self.way = way

    async def quarantined(self, most: int) -> tuple[Quarantined, ...]:
        """Return what was refused, the newest first."""
        query = "SELECT id, at_ms, reason, line FROM quarantine WHERE sink = ? ORDER BY id DESC LIMIT ?"
        rows = await self._read(lambda: self._connection.execute(query, (self.sink, most)).fetchall())
        return tuple(Quarantined(*row) for row in rows)

    def _quarantine(self, connection: sqlite3.Connection, refused: Sequence[RefusedLine], at_ms: int) -> None:
        if not refused:
            return
        connection.executemany(
            "INSERT INTO quarantine (sink, at_ms, reason, line) VALUES (?, ?, ?, ?)",
            [(self.sink, at_ms, *one) for one in refused],
        )
        connection.execute("DELETE FROM quarantine WHERE id <= (SELECT MAX(id) FROM quarantine) - ?", (KEPT,))

    # --- in the thread ----------------------------------------------------------------------------------------------
    async def _read(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _next(self, glance: Glance, most: int) -> Batch:
        with _snapshot(self._connection) as reached:
            start = self.way.position
            readings = self._log(start, most, reached)
            arrivals = LogArrivals(self._connection, glance, start, reached)
            found, newest = ordinals(readings, self.newest, arrivals.before)
            self.missed = _missed(self._connection, self.sink)
        return Batch(readings, found, start + len(readings), self.way.history, newest)

    def _log(self, start: int, most: int, reached: Positions) -> Columns:
        """Return readings from `start` on, never some that are compacted with some that are not."""
        parts, count, end = list[Columns](), 0, start
        most = min([most, *(position - start for position in reached.all if position > start)])
        for first, columns in segments_from(self._connection, start):
            part = take(columns, slice(max(0, end - first), max(0, end - first) + most - count))
            parts.append(part)
            count, end = count + len(part), end + len(part)
            if count >= most:
                break
        return join(parts)

    def _older(self, most: int) -> Batch:
        parts, found, history = list[Columns](), list[I64](), self.way.history
        with _snapshot(self._connection):
            while history and sum(map(len, parts)) < most:
                row = self._connection.execute(
                    "SELECT id, series, body FROM chunks WHERE id <= ? ORDER BY id DESC LIMIT 1", (history,)
                ).fetchone()
                if row is None:
                    history = 0
                    break
                history = row[0] - 1
                parts.append(chunk.unpack(row[1], row[2]))
                found.append(self._ordinals_of(row[0], parts[-1]))
        joined = np.concatenate(found) if found else np.empty(0, np.int64)
        return Batch(join(parts), joined, self.way.position, history)

    def _ordinals_of(self, identity: int, readings: Columns) -> I64:
        """Count within a chunk and those made before it."""

        def before(series: U32, times: I64, _: I64) -> I64:
            return in_chunks(self._connection, series, times, identity)

        everything_late = Newest()
        last = int(readings.times[-1]) + 1
        everything_late.put((NewestOf(int(readings.series[0]), last, 0),))
        return ordinals(readings, everything_late, before)[0]


@asynccontextmanager
async def open_forwarding(journal: Journal, sink: str) -> AsyncIterator[Forwarding]:
    """Begin, or go on, with the only sink there is; what other sinks had passed is forgotten."""
    async with journal.upkeep.at_rest():  # the history is what is in chunks, and the log is the rest
        way, sealed = await journal.write(lambda connection: _begun(connection, sink))
        journal.sealed(sealed)
    with (
        ThreadPoolExecutor(1, "journal-forward") as thread,
        closing(await asyncio.to_thread(open_for_reading, journal.file)) as connection,
    ):
        newest = Newest()
        rows = connection.execute("SELECT series, newest_ms, readings FROM forwarded_series WHERE sink = ?", (sink,))
        newest.put(tuple(NewestOf(*row) for row in rows))
        yield Forwarding(journal, sink, way, newest, connection, thread)


async def forget_sinks(journal: Journal) -> None:
    """Nobody forwards any more: the log need not be kept for anybody."""
    end = journal.writer.hot.end

    def forget(connection: sqlite3.Connection) -> None:
        _forget(connection, but="")
        trim(connection, end)

    await journal.write(forget)


def _begun(connection: sqlite3.Connection, sink: str) -> tuple[_Way, int]:
    """Return how far the sink is, and how many chunks were sealed for it."""
    sealed = 0
    _forget(connection, but=sink)
    query = "SELECT position, history, refused FROM forwarded WHERE sink = ?"
    row = connection.execute(query, (sink,)).fetchone()
    if row is None:
        connection.execute(
            "INSERT INTO forwarded SELECT ?, compacted, COALESCE((SELECT MAX(id) FROM chunks), 0), 0 FROM places",
            (sink,),
        )
        connection.executemany(
            "INSERT INTO forwarded_series VALUES (?, ?, ?, ?)", [(sink, *one) for one in _newest_in_chunks(connection)]
        )
        # compaction leaves these chunks as they are from now on: they are the history
        connection.execute("UPDATE series SET tail = NULL")
        sealed = connection.execute("UPDATE unrolled SET sealed = 1 WHERE NOT sealed").rowcount
        row = connection.execute(query, (sink,)).fetchone()
    return _Way(*row), sealed


def _forget(connection: sqlite3.Connection, *, but: str) -> None:
    for table in ("forwarded", "forwarded_series", "quarantine", "missed"):
        connection.execute(f"DELETE FROM {table} WHERE sink != ?", (but,))  # noqa: S608 -- our own names


def _missed(connection: sqlite3.Connection, sink: str) -> int:
    row = connection.execute("SELECT readings FROM missed WHERE sink = ?", (sink,)).fetchone()
    return 0 if row is None else int(row[0])


def _newest_in_chunks(connection: sqlite3.Connection) -> list[NewestOf]:
    found = []
    for series, newest_ms in connection.execute("SELECT series, MAX(last_ms) FROM chunks GROUP BY series").fetchall():
        wanted = np.array([series], np.uint32), np.array([newest_ms], np.int64)
        found.append(NewestOf(series, newest_ms, int(in_chunks(connection, *wanted)[0])))
    return found


@contextmanager
def _snapshot(connection: sqlite3.Connection) -> Iterator[Positions]:
    """Read from one state of the file; give the positions up to which the log is compacted in it."""
    connection.execute("BEGIN")
    try:
        yield positions(connection)
    finally:
        connection.execute("COMMIT")
