"""A leaf: some hundred buckets of one series and one level, in order of time, as few bytes as is cheap to make.

Every column is kept in the smallest width that holds it, once if it never changes, and beside the last reading: where a
bucket has one reading, its first, lowest, highest and sum are the same bits and cost nothing. A bucket's start follows
from the time of its last reading, and the times of regular readings are the same step again and again.
"""

import zlib
from struct import Struct

import numpy as np

from labkeeper_hub.timeseries.buckets import Buckets, Picks, floats_of
from labkeeper_hub.timeseries.chunk import LEVEL
from labkeeper_hub.timeseries.columns import I64, TEXT, U8, U64
from labkeeper_hub.timeseries.planes import WIDTHS, pack_planes, unpack_planes
from labkeeper_hub.timeseries.texts import pack_texts, unpack_texts

VERSION = 1
COLUMNS = 11
MOST = 1024  # buckets in a leaf: what a roll-up must write again for a new one
_HEAD = Struct("<BxxxIqQ")  # version, count, time of the first last reading, milliseconds of the level


def pack(buckets: Buckets, level_ms: int) -> bytes:
    """Return the bytes of buckets that are in order of time, at least one of them."""
    firsts, lasts, texts = _only_once(buckets)
    sums = buckets.sums.view(np.uint64) ^ floats_of(lasts.kinds, lasts.bits).view(np.uint64)
    columns = (
        np.diff(lasts.times, prepend=lasts.times[:1]),
        buckets.counts,
        buckets.kinds,
        lasts.times - firsts.times,
        lasts.kinds,
        firsts.kinds,
        lasts.bits,
        lasts.bits ^ firsts.bits,
        lasts.bits ^ buckets.lows,
        lasts.bits ^ buckets.highs,
        sums,
    )
    plain = b"".join((*map(_packed, columns), pack_texts(texts)))
    return _HEAD.pack(VERSION, len(buckets), int(lasts.times[0]), level_ms) + zlib.compress(plain, LEVEL)


def unpack(body: bytes) -> Buckets:
    """Return what was packed."""
    _, count, first_ms, level_ms = _HEAD.unpack_from(body)
    plain = np.frombuffer(zlib.decompress(body[_HEAD.size :]), np.uint8)
    columns: list[U64] = []
    at = 0
    for _ in range(COLUMNS):
        column, at = _unpacked(plain, at, count)
        columns.append(column)
    steps, counts, kinds, apart, last_kinds, first_kinds, bits, first, low, high, sums = columns
    times = np.cumsum(steps.view(np.int64)) + first_ms
    lasts = Picks(times, last_kinds.astype(np.uint8), bits)
    return Buckets(
        times - times % level_ms,
        counts.view(np.int64),
        kinds.astype(np.uint8),
        (sums ^ floats_of(lasts.kinds, bits).view(np.uint64)).view(np.float64),
        bits ^ low,
        bits ^ high,
        Picks(times - apart.view(np.int64), first_kinds.astype(np.uint8), bits ^ first),
        lasts,
        unpack_texts(plain[at:].tobytes()),
    )


def _packed(column: I64 | U64 | U8) -> bytes:
    """Return a byte that says how wide the values are, and the values; width 0: one value for all."""
    values = column.astype(np.uint64)
    if bool((values == values[0]).all()):
        return b"\0" + values[:1].tobytes()
    width = next(width for width in WIDTHS if int(values.max()) <= np.iinfo(width).max)
    return bytes((np.dtype(width).itemsize,)) + pack_planes(values.astype(width))


def _unpacked(plain: U8, at: int, count: int) -> tuple[U64, int]:
    """Return a column and where the next begins."""
    size, at = int(plain[at]), at + 1
    if not size:
        return np.repeat(plain[at : at + 8].copy().view(np.uint64), count), at + 8
    end = at + size * count
    return unpack_planes(plain[at:end], size).astype(np.uint64), end


def _only_once(buckets: Buckets) -> tuple[Picks, Picks, tuple[str, ...]]:
    """Return first and last readings with texts numbered by first appearance, and those texts."""
    numbers: dict[str, int] = {}
    picks = []
    for ends in (buckets.firsts, buckets.lasts):
        places = np.flatnonzero(ends.kinds == TEXT)
        bits = ends.bits
        if len(places):
            bits = bits.copy()
            named = [buckets.texts[place] for place in bits[places].tolist()]
            bits[places] = [numbers.setdefault(text, len(numbers)) for text in named]
        picks.append(ends._replace(bits=bits))
    return picks[0], picks[1], tuple(numbers)
