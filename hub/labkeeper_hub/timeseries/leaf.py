"""A leaf: some hundred buckets of one series and one level, in order of time, as few bytes as is cheap to make.

Every column is kept in the smallest width that holds it, once if it never changes. A bucket's start follows from the
time of its last reading, and the times of regular readings are the same step again and again. What the values are kept
as, `spread` says.
"""

import zlib
from struct import Struct

import numpy as np

from labkeeper_hub.timeseries.buckets import Buckets, Picks
from labkeeper_hub.timeseries.chunk import LEVEL
from labkeeper_hub.timeseries.columns import I64, TEXT, U8, U64
from labkeeper_hub.timeseries.planes import WIDTHS, pack_planes, unpack_planes
from labkeeper_hub.timeseries.spread import Ends, Spread, form_of, form_written
from labkeeper_hub.timeseries.texts import pack_texts, unpack_texts

VERSION = 2
COLUMNS = 6  # before those of the values
MOST = 1024  # buckets in a leaf: what a roll-up must write again for a new one
_HEAD = Struct("<BBxxIqQ")  # version, form of the values, count, time of the first last reading, ms of the level


def pack(buckets: Buckets, level_ms: int) -> bytes:
    """Return the bytes of buckets that are in order of time, at least one of them."""
    firsts, lasts, texts = _only_once(buckets)
    ends = Ends(buckets.counts, buckets.kinds, firsts.kinds, lasts.kinds)
    spread = Spread(firsts.bits, lasts.bits, buckets.lows, buckets.highs, buckets.sums)
    form = form_of(ends, spread)
    columns = (
        np.diff(lasts.times, prepend=lasts.times[:1]),
        buckets.counts,
        buckets.kinds,
        lasts.times - firsts.times,
        lasts.kinds,
        firsts.kinds,
        *form.columns(ends, spread),
    )
    plain = b"".join((*map(_packed, columns), pack_texts(texts)))
    return _HEAD.pack(VERSION, form.code, len(buckets), int(lasts.times[0]), level_ms) + zlib.compress(plain, LEVEL)


def unpack(body: bytes) -> Buckets:
    """Return what was packed."""
    version, code, count, first_ms, level_ms = _HEAD.unpack_from(body)
    form = form_written(version, code)
    plain = np.frombuffer(zlib.decompress(body[_HEAD.size :]), np.uint8)
    columns: list[U64] = []
    at = 0
    for _ in range(COLUMNS + form.count):
        column, at = _unpacked(plain, at, count)
        columns.append(column)
    steps, counts, kinds, apart, last_kinds, first_kinds = columns[:COLUMNS]
    times = np.cumsum(steps.view(np.int64)) + first_ms
    ends = Ends(counts.view(np.int64), *(some.astype(np.uint8) for some in (kinds, first_kinds, last_kinds)))
    spread = form.spread(ends, columns[COLUMNS:])
    return Buckets(
        times - times % level_ms,
        ends.counts,
        ends.kinds,
        spread.sums,
        spread.lows,
        spread.highs,
        Picks(times - apart.view(np.int64), ends.first_kinds, spread.firsts),
        Picks(times, ends.last_kinds, spread.lasts),
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
