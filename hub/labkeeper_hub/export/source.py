"""Readings out of a journal's file, in order of time, a few thousand in memory, while the hub goes on writing it.

What is compacted is listed once, together with what may be rewritten soon (each series' small last chunk) and the log,
in one read transaction. The rest is read chunk by chunk without any, or the file's write-ahead log would grow for as
long as somebody downloads slowly.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from labkeeper_hub.model import PointKey
from labkeeper_hub.timeseries import chunk
from labkeeper_hub.timeseries.columns import EMPTY, Columns, by_time, join, take
from labkeeper_hub.timeseries.log import segments_from
from labkeeper_hub.timeseries.positions import positions
from labkeeper_hub.timeseries.retired import kept_from, pinned, retired_until

MOST = 1 << 16  # readings in one piece


class ChangedMeanwhile(Exception):
    """A chunk is not there any more: retention took it. Whoever asked may ask again."""


class Header(NamedTuple):
    """A chunk: where it is and which times it has."""

    id: int
    first_ms: int
    last_ms: int
    readings: int


@dataclass(frozen=True, slots=True)
class Series:
    """What there is of a series within a window."""

    number: int
    headers: tuple[Header, ...]
    small: dict[int, bytes]
    hot: Columns
    horizon_ms: int
    """Readings of the window before this may be in InfluxDB and not here; the window's beginning: all are here."""
    retired_until_ms: int | None = None
    """Readings of the window before this may have been there: retention has removed some."""

    @property
    def readings(self) -> int:
        """How many readings are looked at: those of the window, and the rest of their chunks."""
        return sum(header.readings for header in self.headers) + len(self.hot)


@dataclass(frozen=True, slots=True)
class Window:
    """from_ms <= time < to_ms."""

    from_ms: int
    to_ms: int


def find(connection: sqlite3.Connection, keys: Sequence[PointKey], window: Window) -> list[Series]:
    """Return the series of these points in their order; a point without readings has an empty one."""
    connection.execute("BEGIN")
    try:
        numbers = _numbers(connection)
        wanted = [numbers.get(key, 0) for key in keys]
        hot = _hot(connection, wanted, window)
        return [_series(connection, number, hot, window) for number in wanted]
    finally:
        connection.execute("COMMIT")


def pieces(connection: sqlite3.Connection, series: Series, window: Window) -> Iterator[tuple[Columns, int]]:
    """Return the readings by time, at most `MOST` in a piece, and how many were looked at for each piece.

    Those of one millisecond come in their order of arrival. Raises ChangedMeanwhile.
    """
    waiting: list[tuple[int, Columns]] = []
    hot, looked = by_time(series.hot), 0
    for at, header in enumerate(series.headers):
        waiting.append((header.id, _within(chunk.unpack(series.number, _body(connection, series, header)), window)))
        looked += header.readings
        following = series.headers[at + 1].first_ms if at + 1 < len(series.headers) else window.to_ms
        cut = int(np.searchsorted(hot.times, following))
        ready = [(number, take(part, part.times < following)) for number, part in waiting]
        waiting = [(number, left) for number, part in waiting if len(left := take(part, part.times >= following))]
        yield from _cut(_merged(ready, take(hot, slice(0, cut))), looked + cut)
        hot, looked = take(hot, slice(cut, None)), 0
    yield from _cut(_merged(waiting, hot), looked + len(hot))


def _merged(parts: list[tuple[int, Columns]], hot: Columns) -> Columns:
    return by_time(join([*(part for _, part in sorted(parts, key=lambda part: part[0])), hot]))


def _cut(columns: Columns, looked: int) -> Iterator[tuple[Columns, int]]:
    for at in range(0, len(columns), MOST):
        yield take(columns, slice(at, at + MOST)), looked if at == 0 else 0
    if not len(columns) and looked:
        yield EMPTY, looked


def _within(columns: Columns, window: Window) -> Columns:
    times = columns.times
    return take(columns, (times >= window.from_ms) & (times < window.to_ms))


def _numbers(connection: sqlite3.Connection) -> dict[PointKey, int]:
    rows = connection.execute("SELECT school, node, device, point, id FROM series")
    return {PointKey(*key): number for *key, number in rows}


def _hot(connection: sqlite3.Connection, wanted: Sequence[int], window: Window) -> Columns:
    """Return what no chunk has yet of these series, in the order of arrival: for a forwarder the log is kept longer."""
    found, numbers = [], np.array(sorted(set(wanted)), np.uint32)
    reached = positions(connection)
    for first, columns in segments_from(connection, reached.compacted):
        part = _within(reached.left(first, columns), window)
        places = np.isin(part.series, numbers)
        if places.any():
            found.append(take(part, places))
    return join(found)


def _series(connection: sqlite3.Connection, number: int, hot: Columns, window: Window) -> Series:
    rows = connection.execute(
        "SELECT id, first_ms, last_ms, readings FROM chunks WHERE series = ? AND first_ms < ? AND last_ms >= ?"
        " ORDER BY first_ms, id",
        (number, window.to_ms, window.from_ms),
    )
    headers = tuple(Header(*row) for row in rows)
    small = {
        header.id: connection.execute("SELECT body FROM chunks WHERE id = ?", (header.id,)).fetchone()[0]
        for header in headers
        if header.readings < chunk.SMALL
    }
    own = take(hot, hot.series == number)
    gone = retired_until(connection, number, (window.from_ms, window.to_ms))
    return Series(number, headers, small, own, _horizon(connection, number, own, window), gone)


def _horizon(connection: sqlite3.Connection, number: int, hot: Columns, window: Window) -> int:
    """Return where the journal's part of a window begins, as the readings API has it."""
    if pinned(connection, number, (window.from_ms, window.to_ms)):
        return window.from_ms
    from_ms = kept_from(connection, number)
    if from_ms is None:
        from_ms = int(hot.times.min()) if len(hot) else window.to_ms
    return min(max(from_ms, window.from_ms), window.to_ms)


def _body(connection: sqlite3.Connection, series: Series, header: Header) -> bytes:
    if header.id in series.small:
        return series.small[header.id]
    row = connection.execute(
        "SELECT body FROM chunks WHERE id = ? AND series = ? AND first_ms = ? AND last_ms = ? AND readings = ?",
        (header.id, series.number, *header[1:]),
    ).fetchone()
    if row is None:
        raise ChangedMeanwhile(f"a chunk of {header.readings} readings was taken away while it was to be read")
    body: bytes = row[0]
    return body
