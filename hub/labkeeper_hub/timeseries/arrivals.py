"""How many readings of a series and millisecond arrived before others: asked for what came late, so seldom."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from labkeeper_hub.timeseries import chunk
from labkeeper_hub.timeseries.columns import I64, U32, Columns, take
from labkeeper_hub.timeseries.hot import Glance
from labkeeper_hub.timeseries.log import segments_from
from labkeeper_hub.timeseries.positions import Positions

ANY_ID = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class LogArrivals:
    """Arrivals before position `start` of the log, as seen in one read transaction; the glance is older than that.

    Chunks know no positions. Where compaction is ahead they hold readings from `start` on, which are taken off again.
    """

    connection: sqlite3.Connection
    glance: Glance
    start: int
    positions: Positions

    def before(self, series: U32, times: I64, counting: I64) -> I64:
        """Return how many of each (series, time) arrived before; `counting` of each follow at `start` at once."""
        found, reached = in_chunks(self.connection, series, times), self.positions.of(series)
        for position in np.unique(reached).tolist():
            of_it = reached == position
            found[of_it] = self._corrected(position, found[of_it], series[of_it], times[of_it], counting[of_it])
        return found

    def _corrected(self, compacted: int, found: I64, series: U32, times: I64, counting: I64) -> I64:
        """Return what is before `start`, where `found` are in chunks, which end at one position for all of these."""
        if compacted <= self.start:
            return found + _count(self._hot(compacted), series, times)
        found = found - counting
        more = found > 0  # more of them than those asked for: some are before, or some come later
        if bool(more.any()):
            found[more] += counting[more] - _count(self._ahead(compacted), series[more], times[more])
        return np.maximum(found, 0)  # retention took chunks before their log was passed

    def _hot(self, compacted: int) -> Iterable[Columns]:
        for first, columns in self.glance.pages:
            yield take(columns, slice(max(0, compacted - first), max(0, self.start - first)))

    def _ahead(self, compacted: int) -> Iterable[Columns]:
        for first, columns in segments_from(self.connection, self.start):
            if first >= compacted:
                return
            yield take(columns, slice(max(0, self.start - first), compacted - first))


def in_chunks(connection: sqlite3.Connection, series: U32, times: I64, below_id: int = ANY_ID) -> I64:
    """Return how many readings of each (series, time) are in chunks with smaller ids; the pairs are sorted."""
    found = np.zeros(len(series), np.int64)
    for number in np.unique(series).tolist():
        places = np.flatnonzero(series == number)
        wanted = times[places]
        headers = connection.execute(
            "SELECT id, first_ms, last_ms FROM chunks WHERE series = ? AND first_ms <= ? AND last_ms >= ? AND id < ?",
            (number, int(wanted[-1]), int(wanted[0]), below_id),
        ).fetchall()
        for identity, first_ms, last_ms in headers:
            if not bool(((wanted >= first_ms) & (wanted <= last_ms)).any()):
                continue  # it lies between two that are asked for
            (body,) = connection.execute("SELECT body FROM chunks WHERE id = ?", (identity,)).fetchone()
            there = chunk.unpack(number, body).times
            found[places] += np.searchsorted(there, wanted, "right") - np.searchsorted(there, wanted, "left")
    return found


def _count(parts: Iterable[Columns], series: U32, times: I64) -> I64:
    """Count the readings of each (series, time)."""
    wanted = np.zeros(int(series.max()) + 1, np.bool_)
    wanted[series] = True
    places = {pair: place for place, pair in enumerate(zip(series.tolist(), times.tolist(), strict=True))}
    found = np.zeros(len(series), np.int64)
    for part in parts:
        there = part.series < len(wanted)
        there[there] = wanted[part.series[there]]
        there &= (part.times >= times.min()) & (part.times <= times.max())
        for pair in zip(part.series[there].tolist(), part.times[there].tolist(), strict=True):
            if pair in places:
                found[places[pair]] += 1
    return found
