"""From the log to chunks: sorted by series and time, joined to each series' last chunk while that is small."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from labkeeper_hub.timeseries import chunk
from labkeeper_hub.timeseries.columns import HISTORICAL, KIND, TEXT, Columns, by_time, join, take
from labkeeper_hub.timeseries.hot import Glance
from labkeeper_hub.timeseries.positions import positions
from labkeeper_hub.timeseries.writer import Compacted, CompactedSeries, Live, NewChunk


@dataclass(slots=True)
class Compactor:
    """Works in a thread of its own with a reading connection; what it makes is for the writer to store."""

    connection: sqlite3.Connection

    def compact(self, glance: Glance) -> Compacted:
        """Make chunks of the hot readings that are in none."""
        readings = positions(self.connection).left_of(glance)
        order = np.argsort(readings.series, kind="stable")
        readings = take(readings, order)
        return Compacted(glance.end, tuple(self._series(part) for part in _split(readings)))

    def _series(self, arrived: Columns) -> CompactedSeries:
        number = int(arrived.series[0])
        old_tail, before = self._tail(number)
        whole = by_time(arrived if before is None else join([before, arrived]))
        chunks = tuple(
            _packed(number, take(whole, slice(at, at + chunk.MOST))) for at in range(0, len(whole), chunk.MOST)
        )
        return CompactedSeries(number, old_tail, chunks, last_live(arrived))

    def _tail(self, number: int) -> tuple[int | None, Columns | None]:
        row = self.connection.execute(
            "SELECT chunks.id, readings, body FROM series JOIN chunks ON chunks.id = tail WHERE series.id = ?",
            (number,),
        ).fetchone()
        if row is None or row[1] >= chunk.SMALL:
            return None, None
        return row[0], chunk.unpack(number, row[2])


def last_live(arrived: Columns) -> Live | None:
    """Return the reading that arrived last and is no old one; None if all are."""
    places = np.flatnonzero((arrived.marks & HISTORICAL) == 0)
    if not len(places):
        return None
    last = int(places[-1])
    mark, bits = int(arrived.marks[last]), int(arrived.bits[last])
    text = arrived.texts[bits] if mark & KIND == TEXT else None
    return Live(int(arrived.times[last]), mark, bits, text)


def last_lives(readings: Columns) -> Iterator[tuple[int, Live]]:
    """Return the live value of every series that has one among these."""
    for part in _split(take(readings, np.argsort(readings.series, kind="stable"))):
        live = last_live(part)
        if live is not None:
            yield int(part.series[0]), live


def _split(by_series: Columns) -> Iterator[Columns]:
    """Return what belongs to each series; the readings are sorted by it."""
    if not len(by_series):
        return
    borders = np.flatnonzero(np.diff(by_series.series)) + 1
    for start, end in pairwise([0, *borders.tolist(), len(by_series)]):
        yield take(by_series, slice(start, end))


def _packed(number: int, columns: Columns) -> NewChunk:
    return NewChunk(number, int(columns.times[0]), int(columns.times[-1]), len(columns), chunk.pack(columns))
