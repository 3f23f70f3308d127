"""Up to which position of the log readings are in chunks: of all series, and of those that a compaction has done."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from labkeeper_hub.timeseries.columns import I64, U32, Columns, join, take
from labkeeper_hub.timeseries.hot import Glance

_ONE = "SELECT MAX(compacted, COALESCE((SELECT position FROM ahead WHERE series = ?), 0)) FROM places"


@dataclass(frozen=True, slots=True)
class Positions:
    """As of one read transaction."""

    compacted: int
    ahead: Mapping[int, int]

    @property
    def all(self) -> list[int]:
        """Every position at which chunks of some series end, the lowest first."""
        return sorted({self.compacted, *self.ahead.values()})

    def of(self, series: U32) -> I64:
        """Return the position of each of these series."""
        found = np.full(max(int(series.max(initial=0)), *self.ahead, 0) + 1, self.compacted, np.int64)
        for number, position in self.ahead.items():
            found[number] = max(position, self.compacted)
        return found[series]

    def left(self, first: int, columns: Columns) -> Columns:
        """Return what no chunk has of readings of the log, of which the first is at position `first`."""
        start = max(0, self.compacted - first)
        rest = take(columns, slice(start, None))
        if not self.ahead:
            return rest
        places = np.arange(len(rest), dtype=np.int64) + (first + start)
        return take(rest, places >= self.of(rest.series))

    def left_of(self, glance: Glance) -> Columns:
        """Return what no chunk has of the hot window, which was looked at before."""
        return join([self.left(first, columns) for first, columns in glance.pages])


def positions(connection: sqlite3.Connection) -> Positions:
    """Return them for all series; together with chunks they are to be read in one transaction."""
    compacted = connection.execute("SELECT compacted FROM places").fetchone()[0]
    return Positions(compacted, dict(connection.execute("SELECT series, position FROM ahead")))


def position_of(connection: sqlite3.Connection, series: int) -> int:
    """Return that of one series."""
    found: int = connection.execute(_ONE, (series,)).fetchone()[0]
    return found
