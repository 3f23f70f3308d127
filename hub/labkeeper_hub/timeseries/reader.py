"""Answers: chunks and the hot window as one, read in threads that never touch the writer's connection."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from labkeeper_hub.model import Cursor, Page, ReadingsQuery, Row
from labkeeper_hub.timeseries import chunk
from labkeeper_hub.timeseries.buckets import aggregated
from labkeeper_hub.timeseries.columns import Columns, by_time, join, take, values_of
from labkeeper_hub.timeseries.hot import Glance

LAST_MS = (1 << 63) - 1


class _Header(NamedTuple):
    """Where a chunk is and which times it has."""

    id: int
    first_ms: int


@dataclass(slots=True)
class Reader:
    """One connection of one thread."""

    connection: sqlite3.Connection

    def page(self, glance: Glance, series: int, query: ReadingsQuery) -> Page:
        """Answer a query; the glance must be older than this call, so that nothing falls between log and chunks."""
        self.connection.execute("BEGIN")
        try:
            return self._buckets(glance, series, query) if query.every_ms else self._raw(glance, series, query)
        finally:
            self.connection.execute("COMMIT")

    def oldest_ms(self, glance: Glance, series: int) -> int | None:
        """Return the time of the oldest chunk, or of the oldest hot reading where there is none."""
        query = "SELECT MIN(first_ms) FROM chunks WHERE series = ?"
        found: int | None = self.connection.execute(query, (series,)).fetchone()[0]
        if found is None:
            hot = glance.of_series(series, 0)
            return int(hot.times.min()) if len(hot) else None
        return found

    def _raw(self, glance: Glance, series: int, query: ReadingsQuery) -> Page:
        after = query.after or Cursor(query.from_ms, 0)
        start_ms = max(query.from_ms, after.time_ms)
        given = after.given if start_ms == after.time_ms else 0
        found = self._window(glance, series, (start_ms, query.to_ms), given + query.limit + 1)
        rows = take(found, slice(given, given + query.limit))
        more = len(found) > given + query.limit
        return Page(_rows(rows), _place_after(found, given + query.limit) if more else None)

    def _buckets(self, glance: Glance, series: int, query: ReadingsQuery) -> Page:
        every_ms = query.every_ms or 1
        start_ms = query.from_ms if query.after is None else max(query.from_ms, query.after.time_ms)
        found = self._window(glance, series, (start_ms, query.to_ms), LAST_MS)
        rows = aggregated(found, every_ms, query.aggregate)
        page = rows[: query.limit]
        more = len(rows) > len(page)
        return Page(tuple(page), Cursor(page[-1].time_ms + every_ms, 0) if more and page else None)

    def _window(self, glance: Glance, series: int, times: tuple[int, int], enough: int) -> Columns:
        """Return readings with first <= time < end by time: all of them, or at least the first `enough`."""
        compacted = self.connection.execute("SELECT compacted FROM places").fetchone()[0]
        hot = _between(glance.of_series(series, compacted), times)
        parts: list[tuple[int, Columns]] = []
        count = 0
        for header, body in self._chunks(series, times):
            if count >= enough and _certain([part for _, part in parts], header.first_ms) >= enough:
                # what is left begins later than all that is needed; the hot part may not, and is sorted in
                hot = take(hot, hot.times < header.first_ms)
                parts = [(number, take(found, found.times < header.first_ms)) for number, found in parts]
                break
            part = _between(chunk.unpack(series, body), times)
            parts.append((header.id, part))
            count += len(part)
        parts.sort(key=lambda part: part[0])
        return by_time(join([*(part for _, part in parts), hot]))

    def _chunks(self, series: int, times: tuple[int, int]) -> Iterator[tuple[_Header, bytes]]:
        headers = self.connection.execute(
            "SELECT id, first_ms FROM chunks WHERE series = ? AND first_ms < ? AND last_ms >= ? ORDER BY first_ms, id",
            (series, times[1], times[0]),
        ).fetchall()
        for header in headers:
            body = self.connection.execute("SELECT body FROM chunks WHERE id = ?", header[:1]).fetchone()[0]
            yield _Header(*header), body


def _between(columns: Columns, times: tuple[int, int]) -> Columns:
    return take(columns, (columns.times >= times[0]) & (columns.times < times[1]))


def _certain(parts: list[Columns], before_ms: int) -> int:
    """Count the readings that no later chunk can come before."""
    return sum(int((part.times < before_ms).sum()) for part in parts)


def _rows(columns: Columns) -> tuple[Row, ...]:
    return tuple(map(Row._make, zip(columns.times.tolist(), values_of(columns), strict=True)))


def _place_after(columns: Columns, count: int) -> Cursor:
    """Return the place after so many readings."""
    time_ms = int(columns.times[count - 1])
    return Cursor(time_ms, int((columns.times[:count] == time_ms).sum()))
