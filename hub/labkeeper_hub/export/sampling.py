"""Readings at a rate: one for each step of the clock that has any, as the readings API makes buckets."""

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from labkeeper_hub.timeseries.columns import EMPTY, FLOAT, GOOD, INT, KIND, QUALITY, Columns, join, take


def sampled(pieces: Iterable[tuple[Columns, int]], every_ms: int | None) -> Iterator[tuple[Columns, int]]:
    """Yield a point's pieces, which come in order of time, at a rate; as they are without one."""
    if every_ms is None:
        yield from pieces
        return
    waiting, looked = EMPTY, 0
    for piece, seen in pieces:
        waiting, looked = join([waiting, piece]) if len(waiting) else piece, looked + seen
        if len(waiting):
            cut = int(np.searchsorted(waiting.times, waiting.times[-1] // every_ms * every_ms))
            yield samples(take(waiting, slice(0, cut)), every_ms), looked
            waiting, looked = take(waiting, slice(cut, None)), 0
    yield samples(waiting, every_ms), looked


def samples(columns: Columns, every_ms: int) -> Columns:
    """Return a reading at the beginning of each step: the mean of good numbers, else the step's last reading."""
    steps = columns.times // every_ms
    last = np.flatnonzero(np.diff(steps, append=steps[-1:] + 1))
    chosen = take(columns, last)
    numbers, values = _numbers(columns)
    place = np.searchsorted(last, np.flatnonzero(numbers))
    counts = np.bincount(place, minlength=len(last))
    sums = np.bincount(place, weights=values[numbers], minlength=len(last))
    means = (sums / np.maximum(counts, 1)).view(np.uint64)
    marks = np.where(counts > 0, np.uint8(FLOAT | GOOD), chosen.marks)
    bits = np.where(counts > 0, means, chosen.bits)
    return Columns(chosen.series, steps[last] * every_ms, marks, bits, chosen.texts)


def _numbers(columns: Columns) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.float64]]:
    """Return which readings are good numbers, and the values as such."""
    kinds, bits = columns.marks & KIND, columns.bits
    values = np.where(kinds == FLOAT, bits.view(np.float64), bits.view(np.int64).astype(np.float64))
    good = columns.marks & QUALITY == GOOD
    return good & ((kinds == FLOAT) | (kinds == INT)) & np.isfinite(values), values
