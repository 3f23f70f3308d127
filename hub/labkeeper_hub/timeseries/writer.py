"""The one who writes: a connection used by one thread only, a transaction per call."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

from labkeeper_hub.model import NodeKey, PointKey
from labkeeper_hub.timeseries import chunk, segment
from labkeeper_hub.timeseries.columns import Columns
from labkeeper_hub.timeseries.group import Group, OutboxKey, OutboxState
from labkeeper_hub.timeseries.hot import Hot
from labkeeper_hub.timeseries.identity import identity
from labkeeper_hub.timeseries.log import trim


class Live(NamedTuple):
    """A series' live value in its stored form."""

    time_ms: int
    mark: int
    bits: int
    text: str | None


class NewChunk(NamedTuple):
    """A chunk ready to be written."""

    series: int
    first_ms: int
    last_ms: int
    readings: int
    body: bytes

    @property
    def small(self) -> bool:
        """Whether the next compaction takes it up again, if it is its series' last."""
        return self.readings < chunk.SMALL


class CompactedSeries(NamedTuple):
    """What replaces a series' part of the log: new chunks, beside those it has but for the old tail (None: stays)."""

    series: int
    old_tail: int | None
    chunks: tuple[NewChunk, ...]
    live: Live | None


class Piece(NamedTuple):
    """Some series of a compaction that ends at position `end`: what is written at once. The last one ends it."""

    end: int
    series: tuple[CompactedSeries, ...]
    last: bool


class Compacted(NamedTuple):
    """What replaces the log up to position `end`."""

    end: int
    series: tuple[CompactedSeries, ...]

    @property
    def added(self) -> int:
        """By how many chunks there are more."""
        return sum(len(chunks) - (old_tail is not None) for _, old_tail, chunks, _ in self.series)

    @property
    def sealed(self) -> int:
        """How many of the chunks do not change any more."""
        return sum(len(chunks) - chunks[-1].small for _, _, chunks, _ in self.series)

    def pieces(self, most: int) -> Iterator[Piece]:
        """Cut it into pieces of at most `most` chunks, a series with more alone in one; there is always a last."""
        start, count = 0, 0
        for place, one in enumerate(self.series):
            if place > start and count + len(one.chunks) > most:
                yield Piece(self.end, self.series[start:place], last=False)
                start, count = place, 0
            count += len(one.chunks)
        yield Piece(self.end, self.series[start:], last=True)


class Recalled(NamedTuple):
    """What the journal knows when it is opened."""

    series: dict[PointKey, int]
    live: dict[int, Live]
    outboxes: dict[OutboxKey, OutboxState]
    chunks: int
    unrolled: int
    identity: str


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit all or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # SQLite itself has rolled back after some errors, a full disk among them
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@dataclass(slots=True)
class Writer:
    """Appends to the log and to the hot window, and puts chunks in the place of what is compacted."""

    connection: sqlite3.Connection
    hot: Hot

    def recall(self) -> Recalled:
        """Read what earlier runs left, the log into the hot window."""
        read = self.connection.execute
        self.hot.first = self.hot.end = read("SELECT compacted FROM places").fetchone()[0]
        for (body,) in read("SELECT body FROM segments WHERE first >= ? ORDER BY first", (self.hot.first,)):
            self.hot.append(segment.unpack(body))
        series = {PointKey(*key): number for number, *key in read("SELECT id, school, node, device, point FROM series")}
        live = read("SELECT id, live_ms, live_mark, live_bits, live_text FROM series WHERE live_ms IS NOT NULL")
        return Recalled(
            series,
            {number: Live(at, mark, int.from_bytes(bits, "little"), text) for number, at, mark, bits, text in live},
            {OutboxKey(NodeKey(*key), epoch): state for key, epoch, state in self._outboxes()},
            read("SELECT COUNT(*) FROM chunks").fetchone()[0],
            read("SELECT COUNT(*) FROM unrolled WHERE sealed").fetchone()[0],
            identity(self.connection),
        )

    def commit(self, group: Group) -> None:
        """Store a group in one transaction; when this returns, the disk has it. Raises sqlite3.Error: nothing did."""
        columns = group.columns()
        with transaction(self.connection):
            self._log(columns)
            self._declare(group.new_series)
            self._account(group)
        if len(columns):
            self.hot.append(columns)

    def replace(self, piece: Piece) -> None:
        """Put chunks in the place of some series' part of the log, in one transaction; with the last the log goes."""
        with transaction(self.connection):
            self._take_out([(one.old_tail,) for one in piece.series if one.old_tail is not None])
            self._put_in(piece.series)
            self._keep_live(piece.series)
            if piece.last:
                self.connection.execute("UPDATE places SET compacted = ?", (piece.end,))
                self.connection.execute("DELETE FROM ahead")
                trim(self.connection, self.hot.end)
            else:
                ahead = [(one.series, piece.end) for one in piece.series]
                self.connection.executemany("INSERT OR REPLACE INTO ahead VALUES (?, ?)", ahead)
        if piece.last:
            self.hot.drop(piece.end)

    def _log(self, columns: Columns) -> None:
        if len(columns):
            self.connection.execute("INSERT INTO segments VALUES (?, ?)", (self.hot.end, segment.pack(columns)))

    def _declare(self, new_series: Sequence[tuple[int, PointKey]]) -> None:
        self.connection.executemany(
            "INSERT INTO series (id, school, node, device, point) VALUES (?, ?, ?, ?, ?)",
            [(number, *key) for number, key in new_series],
        )

    def _account(self, group: Group) -> None:
        rows = [
            (*key.node, key.epoch, str(high), _format(ranges), stored, duplicates, gaps)
            for key, (high, ranges, stored, duplicates, gaps) in group.outboxes.items()
        ]
        self.connection.executemany("INSERT OR REPLACE INTO outboxes VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
        self.connection.executemany(
            "INSERT OR IGNORE INTO gaps VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [(*gap.outbox.node, gap.outbox.epoch, *gap[1:]) for gap in group.gaps],
        )

    def _take_out(self, tails: Sequence[tuple[int]]) -> None:
        self.connection.executemany("DELETE FROM chunks WHERE id = ?", tails)
        self.connection.executemany("DELETE FROM unrolled WHERE chunk = ?", tails)

    def _put_in(self, compacted: Sequence[CompactedSeries]) -> None:
        """Add the chunks in one call a table: with thousands of series the calls are what a commit would wait for."""
        number = self.connection.execute("SELECT COALESCE(MAX(id), 0) FROM chunks").fetchone()[0]
        rows, unrolled, tails = [], [], []
        for series, _, chunks, _ in compacted:
            for new in chunks:
                number += 1
                rows.append((number, *new))
                unrolled.append((number, series, new is not chunks[-1] or not new.small))
            tails.append((number, series))
        write = self.connection.executemany
        write("INSERT INTO chunks (id, series, first_ms, last_ms, readings, body) VALUES (?, ?, ?, ?, ?, ?)", rows)
        write("INSERT INTO unrolled VALUES (?, ?, ?)", unrolled)
        write("UPDATE series SET tail = ? WHERE id = ?", tails)

    def _keep_live(self, compacted: Sequence[CompactedSeries]) -> None:
        self.connection.executemany(
            "UPDATE series SET live_ms = ?, live_mark = ?, live_bits = ?, live_text = ? WHERE id = ?",
            [
                (live.time_ms, live.mark, live.bits.to_bytes(8, "little"), live.text, number)
                for number, _, _, live in compacted
                if live is not None
            ],
        )

    def _outboxes(self) -> Iterator[tuple[tuple[str, str], str, OutboxState]]:
        rows = self.connection.execute("SELECT * FROM outboxes").fetchall()
        for school, node, epoch, high_water, ranges, *counts in rows:
            yield (school, node), epoch, OutboxState(int(high_water), _parse(ranges), *counts)


def _format(ranges: Sequence[tuple[int, int]]) -> str:
    return ";".join(f"{first}-{last}" for first, last in ranges)


def _parse(text: str) -> tuple[tuple[int, int], ...]:
    pairs = (part.split("-") for part in text.split(";") if part)
    return tuple((int(first), int(last)) for first, last in pairs)
