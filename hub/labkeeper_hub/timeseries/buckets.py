"""Readings to buckets of time, without a Python loop per reading."""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from labkeeper_hub.model import Aggregate, Row
from labkeeper_hub.timeseries.columns import (
    BAD,
    BOOL,
    FLOAT,
    INT,
    KIND,
    NULL,
    QUALITY,
    TEXT,
    Columns,
    take,
    values_of,
)
from labkeeper_sdk import Value

PICKING = (Aggregate.COUNT, Aggregate.FIRST, Aggregate.LAST)  # what texts can be asked for, too


def aggregated(readings: Columns, every_ms: int, aggregate: Aggregate) -> list[Row]:
    """Return a row per bucket that has readings, at its start: a multiple of `every_ms` since the epoch.

    Readings without value and those of bad quality do not count. Means and sums are floats, minima and maxima too
    unless all values are whole numbers. Raises ValueError where a text would have to be reckoned with.
    """
    there = take(readings, (readings.marks & KIND != NULL) & (readings.marks & QUALITY != BAD))
    if not len(there):
        return []
    starts = there.times - there.times % every_ms
    firsts = np.flatnonzero(np.diff(starts, prepend=starts[0] - 1))
    counts = np.diff(np.append(firsts, len(starts)))
    return [Row(*row) for row in zip(starts[firsts].tolist(), _values(there, firsts, counts, aggregate), strict=True)]


def _values(
    there: Columns, firsts: npt.NDArray[np.intp], counts: npt.NDArray[np.intp], aggregate: Aggregate
) -> list[Value | None]:
    if aggregate is Aggregate.COUNT:
        return counts.tolist()  # type: ignore[no-any-return] # numpy's tolist is untyped
    if aggregate in PICKING:
        return values_of(take(there, firsts if aggregate is Aggregate.FIRST else firsts + counts - 1))
    if bool((there.marks & KIND == TEXT).any()):
        raise ValueError(f"texts have no {aggregate}")
    reduce = _REDUCTIONS.get(aggregate)
    if reduce is not None:
        return reduce(_exact(there), firsts).tolist()  # type: ignore[no-any-return]
    sums = np.add.reduceat(_floats(there), firsts)
    return (sums / counts if aggregate is Aggregate.MEAN else sums).tolist()  # type: ignore[no-any-return]


def _floats(there: Columns) -> npt.NDArray[np.float64]:
    kinds = there.marks & KIND
    return np.select(
        [kinds == FLOAT, kinds == INT],
        [there.bits.view(np.float64), there.bits.view(np.int64).astype(np.float64)],
        there.bits.astype(np.float64),  # bool, and integers beyond 63 bits
    )


def _exact(there: Columns) -> npt.NDArray[np.float64] | npt.NDArray[np.int64]:
    """Return whole numbers as such where all are, else floats."""
    kinds = there.marks & KIND
    return there.bits.view(np.int64) if bool(((kinds == INT) | (kinds == BOOL)).all()) else _floats(there)


_REDUCTIONS: Mapping[Aggregate, Callable[..., npt.NDArray[np.float64]]] = {
    Aggregate.MIN: np.minimum.reduceat,
    Aggregate.MAX: np.maximum.reduceat,
}
