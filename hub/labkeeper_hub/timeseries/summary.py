"""Answers in buckets: from roll-ups where they have whole buckets, from readings for the rest."""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from labkeeper_hub.model import Cursor, Page, ReadingsQuery
from labkeeper_hub.timeseries import chunk, leaf
from labkeeper_hub.timeseries.buckets import Buckets, between, buckets_of, merged, rows_of
from labkeeper_hub.timeseries.columns import Columns, by_time, take
from labkeeper_hub.timeseries.rollup import levels_for

STEP: Final = 256  # chunks or leaves unpacked at once, so that a long window costs time and not memory
ROLLED: Final = "NOT IN"
UNROLLED: Final = "IN"


@dataclass(frozen=True, slots=True)
class Summary:
    """One series in buckets of `every_ms`, read within the caller's transaction; `hot` in order of arrival."""

    connection: sqlite3.Connection
    series: int
    hot: Columns
    every_ms: int

    def page(self, query: ReadingsQuery) -> Page:
        """Answer a query that asks for buckets."""
        start_ms = query.from_ms if query.after is None else max(query.from_ms, query.after.time_ms)
        found: list[Buckets] = []
        while start_ms < query.to_ms and sum(map(len, found)) <= query.limit:
            end_ms = self._step(start_ms, query.to_ms)
            found.append(merged(tuple(self._parts(start_ms, end_ms)), self.every_ms))
            start_ms = end_ms
        rows = rows_of(merged(found, self.every_ms), query.aggregate)
        page = rows[: query.limit]
        more = len(rows) > len(page)
        return Page(tuple(page), Cursor(page[-1].time_ms + self.every_ms, 0) if more and page else None)

    def _step(self, start_ms: int, end_ms: int) -> int:
        """Return where to cut a window, between two buckets, so that about STEP chunks or leaves lie before."""
        levels = [level for level in levels_for(self.every_ms) if level <= end_ms - start_ms]
        if levels:
            words = "SELECT first_ms FROM rollups WHERE series = ? AND level = ? AND first_ms >= ? ORDER BY first_ms"
            found = self._one(words, self.series, levels[-1], start_ms)
        else:
            words = "SELECT last_ms FROM chunks WHERE series = ? AND last_ms >= ? ORDER BY last_ms"
            found = self._one(words, self.series, start_ms)
        if found is None:
            return end_ms
        cut_ms = found - found % self.every_ms
        return min(end_ms, cut_ms if cut_ms > start_ms else start_ms - start_ms % self.every_ms + self.every_ms)

    def _parts(self, start_ms: int, end_ms: int) -> Iterator[Buckets]:
        """Yield what the window has, in the order in which it arrived."""
        yield from self._rolled(start_ms, end_ms, levels_for(self.every_ms))
        yield from self._chunks(UNROLLED, start_ms, end_ms)
        yield buckets_of(by_time(in_window(self.hot, (start_ms, end_ms))), self.every_ms)

    def _rolled(self, start_ms: int, end_ms: int, levels: Sequence[int]) -> Iterator[Buckets]:
        """Yield whole buckets of the coarsest level; of what is left at both ends finer ones, or readings."""
        if start_ms >= end_ms:
            return
        if not levels:
            yield from self._chunks(ROLLED, start_ms, end_ms)
            return
        *finer, level = levels
        first_ms, last_ms = -(-start_ms // level) * level, end_ms - end_ms % level
        if first_ms >= last_ms:
            yield from self._rolled(start_ms, end_ms, finer)
            return
        yield from self._leaves(level, first_ms, last_ms)
        yield from self._rolled(start_ms, first_ms, finer)
        yield from self._rolled(last_ms, end_ms, finer)

    def _leaves(self, level: int, first_ms: int, end_ms: int) -> Iterator[Buckets]:
        of_level = "FROM rollups WHERE series = ? AND level = ? AND first_ms"
        before = f"SELECT MAX(first_ms) {of_level} <= ?"
        bodies = self.connection.execute(
            f"SELECT body {of_level} < ? AND first_ms >= COALESCE(({before}), ?) ORDER BY first_ms",
            (self.series, level, end_ms, self.series, level, first_ms, first_ms),
        )
        for (body,) in bodies:
            yield merged((between(leaf.unpack(body), first_ms, end_ms),), self.every_ms)

    def _chunks(self, which: str, start_ms: int, end_ms: int) -> Iterator[Buckets]:
        numbers: Sequence[tuple[int]] = self.connection.execute(
            f"SELECT id FROM chunks WHERE series = ? AND last_ms >= ? AND first_ms < ? AND id {which} "  # noqa: S608 -- `which` is IN or NOT IN
            "(SELECT chunk FROM unrolled WHERE series = ?) ORDER BY id",
            (self.series, start_ms, end_ms, self.series),
        ).fetchall()
        for number in numbers:
            (body,) = self.connection.execute("SELECT body FROM chunks WHERE id = ?", number).fetchone()
            yield buckets_of(in_window(chunk.unpack(self.series, body), (start_ms, end_ms)), self.every_ms)

    def _one(self, words: str, *values: int) -> int | None:
        row = self.connection.execute(f"{words} LIMIT 1 OFFSET {STEP}", values).fetchone()
        return None if row is None else row[0]


def in_window(columns: Columns, times: tuple[int, int]) -> Columns:
    """Return the readings with first <= time < end."""
    return take(columns, (columns.times >= times[0]) & (columns.times < times[1]))
