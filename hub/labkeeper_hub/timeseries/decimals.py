"""Floats of few decimals as whole numbers, which change little from one reading to the next: exact, or not at all.

Sensors say 21.37 and not what a float of 64 bits could: as bits such numbers look random, as 2137 they do not. A scale
is how many decimals; division of whole numbers by a power of ten is rounded the same by every processor.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from labkeeper_hub.timeseries.buckets import F64
from labkeeper_hub.timeseries.columns import I64, U64

MOST_DECIMALS: Final = 6
LARGEST: Final = 1 << 36
"""Of the whole numbers: sixty million of them can be added without loss."""
_TRIED = 32  # floats that tell most columns of noise


def scale_of(floats: F64) -> int | None:
    """Return the fewest decimals that give these floats back bit for bit; None: none does."""
    if not _fits(floats[:_TRIED], MOST_DECIMALS).all():
        return None
    scale, left = 0, floats
    while len(left := left[~_fits(left, scale)]) and scale < MOST_DECIMALS:
        scale += 1
    return scale if bool(_fits(floats, scale).all()) else None


def whole(floats: F64, scale: int) -> I64:
    """Return floats that fit the scale as whole numbers."""
    return np.rint(floats * 10.0**scale).astype(np.int64)


def fraction(numbers: I64, scale: int) -> F64:
    """Return the floats of whole numbers."""
    return numbers / 10.0**scale


def unsigned(numbers: I64) -> U64:
    """Return 0, -1, 1, -2, ... as 0, 1, 2, 3, ...: small is small whatever its sign."""
    return (numbers << 1 ^ numbers >> 63).view(np.uint64)


def signed(numbers: U64) -> I64:
    """Return what became `unsigned`."""
    return (numbers >> np.uint64(1)).view(np.int64) ^ -(numbers & np.uint64(1)).view(np.int64)


def _fits(floats: F64, scale: int) -> npt.NDArray[np.bool_]:
    with np.errstate(over="ignore"):
        near = np.rint(floats * 10.0**scale)
    small = np.abs(near) < LARGEST
    back = fraction(np.where(small, near, 0).astype(np.int64), scale)
    same: npt.NDArray[np.bool_] = back.view(np.uint64) == floats.view(np.uint64)
    return small & same
