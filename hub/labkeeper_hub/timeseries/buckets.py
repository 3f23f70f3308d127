"""Readings to buckets of time and buckets to coarser ones, without a Python loop per reading.

Everything an aggregate can be asked of is kept of a bucket, so that buckets of buckets are what the readings themselves
would give: bit for bit, but for sums, which depend on the order in which floats are added.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from labkeeper_hub.model import Aggregate, Row
from labkeeper_hub.timeseries.columns import (
    BAD,
    BOOL,
    FLOAT,
    I64,
    INT,
    KIND,
    NULL,
    QUALITY,
    TEXT,
    U8,
    U64,
    Columns,
    take,
    values_of,
)
from labkeeper_sdk import Value

F64: TypeAlias = npt.NDArray[np.float64]
Places: TypeAlias = npt.NDArray[np.intp]
PICKING: Final = (Aggregate.COUNT, Aggregate.FIRST, Aggregate.LAST)  # what texts can be asked for, too
FRACTIONAL: Final = ~(1 << INT | 1 << BOOL) & 0xFF  # kinds that make minimum and maximum floats
_NO_TEXTS: Sequence[str] = ()


class Picks(NamedTuple):
    """One reading of each bucket: its time, kind of value and bits; those of a text are its place among the texts."""

    times: I64
    kinds: U8
    bits: U64


class Buckets(NamedTuple):
    """Buckets of one series in order of time, each with at least one reading that counts.

    `kinds` has bit n set where a value of kind n is inside. `lows` and `highs` are the bits of signed integers where
    all values are such or booleans, else of floats.
    """

    starts: I64
    counts: I64
    kinds: U8
    sums: F64
    lows: U64
    highs: U64
    firsts: Picks
    lasts: Picks
    texts: Sequence[str] = _NO_TEXTS

    def __len__(self) -> int:
        return len(self.starts)


def buckets_of(readings: Columns, every_ms: int) -> Buckets:
    """Return the buckets of readings that are in order of time; starts are multiples of `every_ms` since the epoch.

    Readings without value and those of bad quality do not count.
    """
    there = take(readings, (readings.marks & KIND != NULL) & (readings.marks & QUALITY != BAD))
    if not len(there):
        return EMPTY
    starts = there.times - there.times % every_ms
    heads = _heads(starts)
    ends = np.append(heads[1:], len(starts)) - 1
    kinds: U8 = there.marks & np.uint8(KIND)
    inside = np.bitwise_or.reduceat(np.uint8(1) << kinds, heads)
    floats = floats_of(kinds, there.bits)
    lows, highs = _extremes((floats, floats), (there.bits.view(np.int64),) * 2, inside, heads)
    return Buckets(
        starts[heads],
        ends - heads + 1,
        inside,
        _sums(floats, heads),
        lows,
        highs,
        Picks(there.times[heads], kinds[heads], there.bits[heads]),
        Picks(there.times[ends], kinds[ends], there.bits[ends]),
        there.texts,
    )


def merged(parts: Sequence[Buckets], every_ms: int) -> Buckets:
    """Return the buckets of `every_ms` of all parts, which came one after the other: of readings of one millisecond the
    earlier part's is the first and the later part's the last. Their own lengths divide `every_ms`.
    """
    whole = _together([part for part in parts if len(part)])
    starts = whole.starts - whole.starts % every_ms
    if bool((starts[1:] > starts[:-1]).all()):
        return Buckets(starts, *whole[1:])
    by_first = np.lexsort((whole.firsts.times, starts))
    by_last = np.lexsort((whole.lasts.times, starts))
    starts = starts[by_first]
    heads = _heads(starts)
    ends = np.append(heads[1:], len(starts)) - 1
    inside = np.bitwise_or.reduceat(whole.kinds[by_first], heads)
    lows, highs = _extremes(
        (_as_floats(whole.kinds, whole.lows)[by_first], _as_floats(whole.kinds, whole.highs)[by_first]),
        (whole.lows.view(np.int64)[by_first], whole.highs.view(np.int64)[by_first]),
        inside,
        heads,
    )
    return Buckets(
        starts[heads],
        np.add.reduceat(whole.counts[by_first], heads),
        inside,
        _sums(whole.sums[by_first], heads),
        lows,
        highs,
        _at(whole.firsts, by_first[heads]),
        _at(whole.lasts, by_last[ends]),
        whole.texts,
    )


def between(buckets: Buckets, first_ms: int, end_ms: int) -> Buckets:
    """Return the buckets with first <= start < end."""
    return pick(buckets, slice(*np.searchsorted(buckets.starts, (first_ms, end_ms)).tolist()))


def pick(buckets: Buckets, places: slice) -> Buckets:
    """Return the buckets at these places."""
    return Buckets(
        buckets.starts[places],
        buckets.counts[places],
        buckets.kinds[places],
        buckets.sums[places],
        buckets.lows[places],
        buckets.highs[places],
        _at(buckets.firsts, places),
        _at(buckets.lasts, places),
        buckets.texts,
    )


def rows_of(buckets: Buckets, aggregate: Aggregate) -> list[Row]:
    """Return a row per bucket, at its start.

    Means and sums are floats, minima and maxima too unless all values are whole numbers. Raises ValueError where a text
    would have to be reckoned with.
    """
    return list(map(Row._make, zip(buckets.starts.tolist(), _values(buckets, aggregate), strict=True)))


def floats_of(kinds: U8, bits: U64) -> F64:
    """Return values as floats, 0 for texts."""
    if bool((kinds == FLOAT).all()):
        return bits.view(np.float64)
    return np.select(
        [kinds == FLOAT, kinds == INT, kinds == TEXT],
        [bits.view(np.float64), bits.view(np.int64).astype(np.float64), np.zeros(len(bits))],
        bits.astype(np.float64),  # bool, and integers beyond 63 bits
    )


def _values(buckets: Buckets, aggregate: Aggregate) -> list[Value | None]:
    if aggregate is Aggregate.COUNT:
        return buckets.counts.tolist()  # type: ignore[no-any-return] # numpy's tolist is untyped
    if aggregate in PICKING:
        ends = buckets.firsts if aggregate is Aggregate.FIRST else buckets.lasts
        return values_of(Columns(np.zeros(len(buckets), np.uint32), ends.times, ends.kinds, ends.bits, buckets.texts))
    if bool((buckets.kinds & 1 << TEXT).any()):
        raise ValueError(f"texts have no {aggregate}")
    if aggregate in (Aggregate.MIN, Aggregate.MAX):
        return _exact(buckets.kinds, buckets.lows if aggregate is Aggregate.MIN else buckets.highs)
    mean = aggregate is Aggregate.MEAN
    return (buckets.sums / buckets.counts if mean else buckets.sums).tolist()  # type: ignore[no-any-return] # numpy types tolist as Any


def _exact(kinds: U8, bits: U64) -> list[Value | None]:
    """Return whole numbers as such where all are, else floats."""
    whole = not bool((kinds & FRACTIONAL).any())
    return (bits.view(np.int64) if whole else _as_floats(kinds, bits)).tolist()  # type: ignore[no-any-return] # numpy types tolist as Any


def _as_floats(kinds: U8, bits: U64) -> F64:
    """Return minima or maxima as floats, whatever they are kept as."""
    fractional = kinds & FRACTIONAL != 0
    if bool(fractional.all()):
        return bits.view(np.float64)
    return np.where(fractional, bits.view(np.float64), bits.view(np.int64).astype(np.float64))


def _sums(floats: F64, heads: Places) -> F64:
    """Return the sums from each head to the next; what no float holds is infinite, as IEEE 754 has it."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.add.reduceat(floats, heads)


def _extremes(floats: tuple[F64, F64], whole: tuple[I64, I64], inside: U8, heads: Places) -> tuple[U64, U64]:
    """Return the bits of the least of the first and the greatest of the second columns, from each head to the next."""
    fractional = inside & FRACTIONAL != 0
    lows = np.minimum.reduceat(floats[0], heads).view(np.uint64)
    highs = np.maximum.reduceat(floats[1], heads).view(np.uint64)
    if bool(fractional.all()):
        return lows, highs
    low, high = np.minimum.reduceat(whole[0], heads), np.maximum.reduceat(whole[1], heads)
    return np.where(fractional, lows, low.view(np.uint64)), np.where(fractional, highs, high.view(np.uint64))


def _heads(starts: I64) -> Places:
    """Return where a new bucket begins."""
    return np.flatnonzero(np.diff(starts, prepend=starts[:1] - 1))


def _together(parts: Sequence[Buckets]) -> Buckets:
    """Return all parts one after the other, their texts too."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return EMPTY
    texts: list[str] = []
    moved = []
    for part in parts:
        by = len(texts)
        moved.append(part if not part.texts or not by else _with_texts_moved(part, by))
        texts.extend(part.texts)
    return Buckets(
        np.concatenate([part.starts for part in moved]),
        np.concatenate([part.counts for part in moved]),
        np.concatenate([part.kinds for part in moved]),
        np.concatenate([part.sums for part in moved]),
        np.concatenate([part.lows for part in moved]),
        np.concatenate([part.highs for part in moved]),
        _joined([part.firsts for part in moved]),
        _joined([part.lasts for part in moved]),
        texts,
    )


def _joined(picks: Sequence[Picks]) -> Picks:
    return Picks(
        np.concatenate([pick.times for pick in picks]),
        np.concatenate([pick.kinds for pick in picks]),
        np.concatenate([pick.bits for pick in picks]),
    )


def _at(picks: Picks, places: Places | slice) -> Picks:
    return Picks(picks.times[places], picks.kinds[places], picks.bits[places])


def _with_texts_moved(part: Buckets, by: int) -> Buckets:
    firsts, lasts = (
        ends._replace(bits=ends.bits + np.where(ends.kinds == TEXT, np.uint64(by), np.uint64(0)))
        for ends in (part.firsts, part.lasts)
    )
    return Buckets(*part[:6], firsts, lasts, part.texts)


_NONE = np.empty(0, np.int64)
_NO_PICKS = Picks(_NONE, _NONE.astype(np.uint8), _NONE.view(np.uint64))
EMPTY: Final = Buckets(
    _NONE,
    _NONE,
    _NONE.astype(np.uint8),
    _NONE.view(np.float64),
    _NONE.view(np.uint64),
    _NONE.view(np.uint64),
    _NO_PICKS,
    _NO_PICKS,
)
