"""How the values of buckets are kept in a leaf: first, last, lowest, highest and sum, each beside what can be expected.

Of one reading all five are the same, and of two they follow from both; so a bucket costs what its readings cost. Of
more, the extremes are near the ends and the sum is near what the ends' mean would give.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, NamedTuple, Protocol

import numpy as np

from labkeeper_hub.timeseries.buckets import F64, FRACTIONAL, floats_of
from labkeeper_hub.timeseries.columns import FLOAT, I64, U8, U64
from labkeeper_hub.timeseries.decimals import fraction, scale_of, signed, unsigned, whole


class Ends(NamedTuple):
    """What is known of buckets before their values: how many readings, which kinds in all, first and last."""

    counts: I64
    kinds: U8
    first_kinds: U8
    last_kinds: U8


class Spread(NamedTuple):
    """The values of buckets: bits, but for the sums."""

    firsts: U64
    lasts: U64
    lows: U64
    highs: U64
    sums: F64


class Form(Protocol):
    """One way to keep them: `code` names it in a leaf, which then has `count` columns."""

    @property
    def code(self) -> int:
        """Return its name in a leaf."""

    @property
    def count(self) -> int:
        """Return how many columns it makes."""

    def columns(self, ends: Ends, spread: Spread) -> Sequence[U64]:
        """Return small numbers."""

    def spread(self, ends: Ends, columns: Sequence[U64]) -> Spread:
        """Return what the columns were made of."""


class Reckoned(NamedTuple):
    """What lowest, highest and sum can be expected to be, as bits."""

    lows: U64
    highs: U64
    sums: U64


@dataclass(frozen=True, slots=True)
class Bits:
    """For whatever it is: which bits differ from the last reading's, or from what is expected."""

    expected: Callable[[Ends, U64, U64], Reckoned]
    code: ClassVar[int] = 0
    count: ClassVar[int] = 5

    def columns(self, ends: Ends, spread: Spread) -> Sequence[U64]:
        """Return the last readings and what differs."""
        first, last, low, high = spread[:4]
        lows, highs, sums = self.expected(ends, first, last)
        return last, last ^ first, lows ^ low, highs ^ high, sums ^ spread.sums.view(np.uint64)

    def spread(self, ends: Ends, columns: Sequence[U64]) -> Spread:
        """Return what the columns were made of."""
        last, apart, low, high, more = columns
        lows, highs, sums = self.expected(ends, last ^ apart, last)
        return Spread(last ^ apart, last, lows ^ low, highs ^ high, (sums ^ more).view(np.float64))


@dataclass(frozen=True, slots=True)
class Decimals:
    """For floats of so many decimals: whole numbers, and how far each is from the one before it or beside it."""

    scale: int
    count: ClassVar[int] = 7

    @property
    def code(self) -> int:
        """Return its name in a leaf."""
        return self.scale + 1

    def columns(self, ends: Ends, spread: Spread) -> Sequence[U64]:
        """Return the first bucket's last reading, steps from one to the next, and differences."""
        first, last, low, high = (whole(bits.view(np.float64), self.scale) for bits in spread[:4])
        sums = np.rint(spread.sums * 10.0**self.scale).astype(np.int64)
        differences = (
            np.diff(last, prepend=last[:1]),
            last - first,
            np.minimum(first, last) - low,
            high - np.maximum(first, last),
            sums - _in_proportion(first, last, ends.counts),
            spread.sums.view(np.int64) - self._bits(sums).view(np.int64),
        )
        return np.full(len(last), last[0]).view(np.uint64), *map(unsigned, differences)

    def spread(self, ends: Ends, columns: Sequence[U64]) -> Spread:
        """Return what the columns were made of."""
        steps, apart, below, above, more, rest = map(signed, columns[1:])
        last = np.cumsum(steps) + columns[0].view(np.int64)
        first = last - apart
        sums = more + _in_proportion(first, last, ends.counts)
        return Spread(
            self._bits(first),
            self._bits(last),
            self._bits(np.minimum(first, last) - below),
            self._bits(np.maximum(first, last) + above),
            (self._bits(sums).view(np.int64) + rest).view(np.float64),
        )

    def _bits(self, numbers: I64) -> U64:
        return fraction(numbers, self.scale).view(np.uint64)


def form_of(ends: Ends, spread: Spread) -> Form:
    """Return the form that takes fewest bytes."""
    if not bool((ends.kinds == 1 << FLOAT).all()):
        return _BITS
    scale = scale_of(np.concatenate(spread[:4]).view(np.float64))
    return _BITS if scale is None else Decimals(scale)


def form_written(version: int, code: int) -> Form:
    """Return the form that a leaf of this version was written in."""
    if version == 1:
        return BITS_OF_VERSION_1
    return Decimals(code - 1) if code else _BITS


def _as_the_last(ends: Ends, _: U64, last: U64) -> Reckoned:
    """Expect a bucket to have one reading."""
    return Reckoned(last, last, floats_of(ends.last_kinds, last).view(np.uint64))


def _as_both_ends(ends: Ends, first: U64, last: U64) -> Reckoned:
    """Expect a bucket to have the first and the last reading, and the sum in proportion."""
    floats = floats_of(ends.first_kinds, first), floats_of(ends.last_kinds, last)
    numbers = first.view(np.int64), last.view(np.int64)
    fractional = ends.kinds & FRACTIONAL != 0
    with np.errstate(over="ignore", invalid="ignore"):
        sums = np.where(ends.counts == 1, floats[1], (floats[0] + floats[1]) * (ends.counts / 2))
    return Reckoned(
        np.where(fractional, _certain(np.minimum(*floats)), np.minimum(*numbers).view(np.uint64)),
        np.where(fractional, _certain(np.maximum(*floats)), np.maximum(*numbers).view(np.uint64)),
        _certain(sums),
    )


def _certain(floats: F64) -> U64:
    """Return bits that every processor gives: which of its forms NaN takes is not among them."""
    return np.where(np.isnan(floats), 0.0, floats).view(np.uint64)


def _in_proportion(first: I64, last: I64, counts: I64) -> I64:
    """Return the sum that a straight line from first to last would have; exact for one reading and for two."""
    return (first + last) * counts >> 1


_BITS: Final = Bits(_as_both_ends)
BITS_OF_VERSION_1: Final = Bits(_as_the_last)
