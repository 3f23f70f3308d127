"""Which of several readings of one series and millisecond a reading is, counted in order of arrival from 0.

It depends on the journal alone: whoever counts again, after a crash or from chunks instead of the log, finds the same.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

import numpy as np

from labkeeper_hub.timeseries.columns import I64, U32, Columns

NEVER = np.iinfo(np.int64).min
# (series, times, how many of each are being counted) -> how many of each arrived before those
Before: TypeAlias = Callable[[U32, I64, I64], I64]


class NewestOf(NamedTuple):
    """The newest time of a series, and how many of its readings have it."""

    series: int
    newest_ms: int
    readings: int


@dataclass(slots=True)
class Newest:
    """The newest time of every series so far: what is newer than that has no other of its millisecond before it."""

    times: I64 = field(default_factory=lambda: np.full(1, NEVER))
    counts: I64 = field(default_factory=lambda: np.zeros(1, np.int64))

    def of(self, series: U32) -> tuple[I64, I64]:
        """Return newest time and count of each series; a series never seen has the earliest of all times."""
        missing = int(series.max(initial=0)) + 1 - len(self.times)
        if missing > 0:
            self.times = np.concatenate([self.times, np.full(missing, NEVER)])
            self.counts = np.concatenate([self.counts, np.zeros(missing, np.int64)])
        return self.times[series], self.counts[series]

    def put(self, found: tuple[NewestOf, ...]) -> None:
        """Take what is newest from now on."""
        self.of(np.array([one.series for one in found], np.uint32))
        for series, newest_ms, readings in found:
            self.times[series], self.counts[series] = newest_ms, readings


def ordinals(readings: Columns, newest: Newest, before: Before) -> tuple[I64, tuple[NewestOf, ...]]:
    """Return each reading's ordinal, and what is newest after them; `before` is asked for what came late only."""
    count = len(readings)
    order = np.lexsort((readings.times, readings.series))  # stable: equals stay in order of arrival
    series, times = readings.series[order], readings.times[order]
    starts = np.flatnonzero(_changes(series) | _changes(times))
    counts = np.diff(np.append(starts, count))
    of_series, at = series[starts], times[starts]
    newest_ms, newest_count = newest.of(of_series)
    carried = np.where(at == newest_ms, newest_count, 0)
    late = at < newest_ms
    if bool(late.any()):
        carried[late] = before(of_series[late], at[late], counts[late])
    found = np.empty(count, np.int64)
    found[order] = np.arange(count) - np.repeat(starts - carried, counts)
    lasts = np.flatnonzero(np.append(_changes(of_series)[1:], True)) if count else np.empty(0, np.int64)
    lasts = lasts[~late[lasts]]
    after = zip(of_series[lasts].tolist(), at[lasts].tolist(), (carried + counts)[lasts].tolist(), strict=True)
    return found, tuple(map(NewestOf._make, after))


def _changes(column: U32 | I64) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Return where a value differs from the one before; the first does."""
    changed = np.ones(len(column), np.bool_)
    changed[1:] = column[1:] != column[:-1]
    return changed
