"""Roll-ups: what sealed chunks hold, kept once more in buckets of a minute, a quarter and an hour.

A chunk is rolled once, when it does not change any more, in the order in which chunks were made; so whatever arrives
later, old times included, is merged into the buckets that are there, and arrival decides between equal times.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, NamedTuple

import numpy as np

from labkeeper_hub.timeseries import chunk, leaf
from labkeeper_hub.timeseries.buckets import Buckets, buckets_of, merged, pick

MINUTE_MS: Final = 60_000
QUARTER_MS: Final = 15 * MINUTE_MS
HOUR_MS: Final = 60 * MINUTE_MS
LEVELS: Final = (MINUTE_MS, QUARTER_MS, HOUR_MS)
"""Each a multiple of the one before."""
_LEAVES: Final = "FROM rollups WHERE series = ? AND level = ?"


class _Place(NamedTuple):
    """Where a leaf is and where it begins."""

    id: int
    first_ms: int


class NewLeaf(NamedTuple):
    """A leaf ready to be written."""

    series: int
    level: int
    first_ms: int
    last_ms: int
    buckets: int
    body: bytes


class Rolled(NamedTuple):
    """What some chunks bring into the roll-ups: the leaves to be replaced, and what replaces them."""

    chunks: tuple[int, ...]
    readings: int
    old: tuple[int, ...]
    new: tuple[NewLeaf, ...]


def levels_for(every_ms: int) -> tuple[int, ...]:
    """Return the levels that buckets of `every_ms` can be made of, the coarsest last."""
    return tuple(level for level in LEVELS if every_ms % level == 0)


@dataclass(slots=True)
class Roller:
    """Works in the compacting thread with its reading connection; what it makes is for the writer to store."""

    connection: sqlite3.Connection

    def roll(self, most: int) -> Rolled | None:
        """Roll the oldest sealed chunks, at most so many; None: there are none."""
        rows = self.connection.execute(
            "SELECT chunk, unrolled.series, readings, body FROM unrolled JOIN chunks ON id = chunk WHERE sealed "
            "ORDER BY chunk LIMIT ?",
            (most,),
        ).fetchall()
        if not rows:
            return None
        old: list[int] = []
        new: list[NewLeaf] = []
        for series, of_series in groupby(sorted(rows, key=_series), key=_series):
            brought: Sequence[Buckets] = [buckets_of(chunk.unpack(series, row[3]), LEVELS[0]) for row in of_series]
            for level in LEVELS:
                brought = (merged(brought, level),)
                self._bring(series, level, brought[0], old, new)
        return Rolled(tuple(row[0] for row in rows), sum(row[2] for row in rows), tuple(old), tuple(new))

    def _bring(self, series: int, level: int, brought: Buckets, old: list[int], new: list[NewLeaf]) -> None:
        """Merge buckets into the leaves whose times they have; each leaf's reach to where the next begins."""
        if not len(brought):
            return
        leaves = self._reached(series, level, int(brought.starts[0]), int(brought.starts[-1]))
        newest_ms = self._newest(series, level)
        borders = np.searchsorted(brought.starts, [first_ms for _, first_ms in leaves[1:]]).tolist()
        ends = [*borders, len(brought)]
        for place, (start, end) in enumerate(zip([0, *borders], ends, strict=True)):
            part = pick(brought, slice(start, end))
            if not len(part):
                continue
            growing = not leaves or leaves[place].first_ms == newest_ms
            if leaves:
                old.append(leaves[place].id)
                part = merged((self._leaf(leaves[place].id), part), level)
            new.extend(_leaves(series, level, part, growing=growing))

    def _reached(self, series: int, level: int, first_ms: int, last_ms: int) -> list[_Place]:
        """Return the leaves that buckets from first to last belong into, in order of time; none if there are none."""
        before = self._one(f"SELECT MAX(first_ms) {_LEAVES} AND first_ms <= ?", series, level, first_ms)
        since_ms = first_ms if before is None else before
        after = self._one(f"SELECT MIN(first_ms) {_LEAVES} AND first_ms >= ?", series, level, since_ms)
        found = self.connection.execute(
            f"SELECT id, first_ms {_LEAVES} AND first_ms BETWEEN ? AND ? ORDER BY first_ms",
            (series, level, since_ms, last_ms if after is None else max(last_ms, after)),
        )
        return [_Place(*row) for row in found]

    def _newest(self, series: int, level: int) -> int | None:
        return self._one(f"SELECT MAX(first_ms) {_LEAVES}", series, level)

    def _leaf(self, number: int) -> Buckets:
        return leaf.unpack(self.connection.execute("SELECT body FROM rollups WHERE id = ?", (number,)).fetchone()[0])

    def _one(self, question: str, *values: int) -> int | None:
        found: int | None = self.connection.execute(question, values).fetchone()[0]
        return found


def _series(row: tuple[int, int, int, bytes]) -> int:
    return row[1]


def _leaves(series: int, level: int, buckets: Buckets, *, growing: bool) -> Iterator[NewLeaf]:
    """Cut into leaves: full ones where a series grows, even ones where old times came in between."""
    count = -(-len(buckets) // leaf.MOST)
    size = leaf.MOST if growing else -(-len(buckets) // count)
    for at in range(0, len(buckets), size):
        part = pick(buckets, slice(at, at + size))
        starts = part.starts
        yield NewLeaf(series, level, int(starts[0]), int(starts[-1]), len(part), leaf.pack(part, level))
