"""Answers: chunks and the hot window as one, read in threads that never touch the writer's connection."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from labkeeper_hub.model import Cursor, Missing, Page, ReadingsQuery, Row
from labkeeper_hub.timeseries import chunk
from labkeeper_hub.timeseries.columns import Columns, by_time, join, take, values_of
from labkeeper_hub.timeseries.hot import Glance
from labkeeper_hub.timeseries.positions import position_of
from labkeeper_hub.timeseries.retired import REASON, kept_from, retired_until
from labkeeper_hub.timeseries.rollup import levels_for
from labkeeper_hub.timeseries.summary import Summary, in_window

WHOLE = "SELECT COALESCE(SUM(readings), 0) FROM chunks WHERE series = ?1 AND last_ms < ?3 AND first_ms >= ?2"
CUT = (
    "SELECT body FROM chunks WHERE series = ?1 AND last_ms >= ?2 AND first_ms < ?3"
    " AND NOT (last_ms < ?3 AND first_ms >= ?2)"
)


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
            if query.every_ms:
                page = Summary(self.connection, series, self._hot(glance, series), query.every_ms).page(query)
            else:
                page = self._raw(glance, series, query)
            return replace(page, missing=self._missing(series, query))
        finally:
            self.connection.execute("COMMIT")

    def _missing(self, series: int, query: ReadingsQuery) -> tuple[Missing, ...]:
        """Return what retention took of the window, with the first page."""
        if query.after is not None:
            return ()
        until_ms = retired_until(self.connection, series, (query.from_ms, query.to_ms), query.every_ms)
        return () if until_ms is None else (Missing(query.from_ms, until_ms, REASON),)

    def count(self, glance: Glance, series: int, times: tuple[int, int]) -> int:
        """Return how many readings have first <= time < end; of chunks that lie within nothing is unpacked."""
        self.connection.execute("BEGIN")
        try:
            whole, cut = self._counted(series, times)
            hot = in_window(self._hot(glance, series), times)
            parts = (chunk.unpack(series, body) for body in cut)
            return whole + len(hot) + sum(len(in_window(part, times)) for part in parts)
        finally:
            self.connection.execute("COMMIT")

    def _counted(self, series: int, times: tuple[int, int]) -> tuple[int, list[bytes]]:
        """Return how many readings the chunks within the window have, and those that it cuts."""
        found = self.connection.execute(WHOLE, (series, *times))
        cut = self.connection.execute(CUT, (series, *times))
        return found.fetchone()[0], [body for (body,) in cut]

    def complete_from(self, glance: Glance, series: int, every_ms: int | None) -> int | None:
        """Return the time from which nothing was removed: after what retention took, where it took nothing the oldest
        chunk, where there is none the oldest hot reading; earlier where the coarsest fitting roll-up answers.
        """
        removed_until_ms = kept_from(self.connection, series)
        if removed_until_ms is None:
            hot = glance.of_series(series, 0)
            return int(hot.times.min()) if len(hot) else None
        return min([removed_until_ms, *self._rolled_from(series, every_ms or 1)])

    def _rolled_from(self, series: int, every_ms: int) -> Iterator[int]:
        query = "SELECT MIN(first_ms) FROM rollups WHERE series = ? AND level = ?"
        for level in levels_for(every_ms)[-1:]:
            first_ms = self.connection.execute(query, (series, level)).fetchone()[0]
            if first_ms is not None:
                yield first_ms

    def _raw(self, glance: Glance, series: int, query: ReadingsQuery) -> Page:
        after = query.after or Cursor(query.from_ms, 0)
        start_ms = max(query.from_ms, after.time_ms)
        given = after.given if start_ms == after.time_ms else 0
        found = self._window(glance, series, (start_ms, query.to_ms), given + query.limit + 1)
        rows = take(found, slice(given, given + query.limit))
        more = len(found) > given + query.limit
        return Page(_rows(rows), _place_after(found, given + query.limit) if more else None)

    def _hot(self, glance: Glance, series: int) -> Columns:
        """Return what no chunk has yet, in order of arrival."""
        return glance.of_series(series, position_of(self.connection, series))

    def _window(self, glance: Glance, series: int, times: tuple[int, int], enough: int) -> Columns:
        """Return readings with first <= time < end by time: all of them, or at least the first `enough`."""
        hot = in_window(self._hot(glance, series), times)
        parts: list[tuple[int, Columns]] = []
        count = 0
        for header, body in self._chunks(series, times):
            if count >= enough and _certain([part for _, part in parts], header.first_ms) >= enough:
                # what is left begins later than all that is needed; the hot part may not, and is sorted in
                hot = take(hot, hot.times < header.first_ms)
                parts = [(number, take(found, found.times < header.first_ms)) for number, found in parts]
                break
            part = in_window(chunk.unpack(series, body), times)
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


def _certain(parts: list[Columns], before_ms: int) -> int:
    """Count the readings that no later chunk can come before."""
    return sum(int((part.times < before_ms).sum()) for part in parts)


def _rows(columns: Columns) -> tuple[Row, ...]:
    return tuple(map(Row._make, zip(columns.times.tolist(), values_of(columns), strict=True)))


def _place_after(columns: Columns, count: int) -> Cursor:
    """Return the place after so many readings."""
    time_ms = int(columns.times[count - 1])
    return Cursor(time_ms, int((columns.times[:count] == time_ms).sum()))
