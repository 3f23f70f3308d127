"""A chunk: up to some thousand readings of one series, by time, as few bytes as is cheap to make.

Times are differences in the smallest width that holds them, a mark that never changes and equal texts are kept once,
floats of few decimals are steps of whole numbers, all columns have their bytes sorted by significance (what hardly
changes comes together), and zlib does the rest.
"""

import zlib
from struct import Struct

import numpy as np

from labkeeper_hub.timeseries.columns import FLOAT, I64, KIND, TEXT, U8, U64, Columns
from labkeeper_hub.timeseries.decimals import fraction, scale_of, signed, unsigned, whole
from labkeeper_hub.timeseries.planes import WIDTHS, pack_planes, unpack_planes
from labkeeper_hub.timeseries.texts import pack_texts, unpack_texts

VERSION = 2
MOST = 4096  # readings in a chunk: what a small query must unpack at least
SMALL = MOST // 2  # a series' last chunk below this is taken up again by the next compaction
LEVEL = 1  # of zlib; 6 takes 5 times as long for 4 % less
_HEAD = Struct("<BBBBIqI")  # version, bytes of a step in time, marks kept once, code, count, first time, length
_BITS, _WHOLE = 0, 1  # codes: values are their bits; from here on, steps of whole numbers of 0, 1, ... decimals
_FIRST = Struct("<qB")  # of whole numbers: the first, and bytes of a step


def pack(columns: Columns) -> bytes:
    """Return the bytes of readings of one series that are in order of time; the series itself is not in them."""
    count = len(columns)
    steps = np.diff(columns.times, prepend=columns.times[:1]).view(np.uint64)
    size, times = _narrow(steps)
    once = bool((columns.marks == columns.marks[0]).all())
    marks = columns.marks[:1] if once else columns.marks
    code, values = _values(columns)
    body = zlib.compress(b"".join((times, marks.tobytes(), values)), LEVEL)
    return _HEAD.pack(VERSION, size, once, code, count, int(columns.times[0]), len(body)) + body


def unpack(series: int, body: bytes) -> Columns:
    """Return what was packed."""
    _, size, once, code, count, first_ms, length = _HEAD.unpack_from(body)
    plain = np.frombuffer(zlib.decompress(body[_HEAD.size : _HEAD.size + length]), np.uint8)
    marks_at = size * count
    bits_at = marks_at + (1 if once else count)
    differences = unpack_planes(plain[:marks_at], size).astype(np.int64)
    marks = np.repeat(plain[marks_at:bits_at], count) if once else plain[marks_at:bits_at]
    texts_at = len(plain) if code else bits_at + 8 * count
    values = plain[bits_at:texts_at]
    return Columns(
        np.full(count, series, np.uint32),
        np.cumsum(differences) + first_ms,
        marks,
        _from_whole(values, code - _WHOLE) if code else unpack_planes(values, 8).view(np.uint64),
        unpack_texts(plain[texts_at:].tobytes()),
    )


def _narrow(numbers: U64) -> tuple[int, bytes]:
    """Return how many bytes the largest takes, and all in so many."""
    width = next(width for width in WIDTHS if int(numbers.max()) <= np.iinfo(width).max)
    return np.dtype(width).itemsize, pack_planes(numbers.astype(width))


def _values(columns: Columns) -> tuple[int, bytes]:
    """Return the code of the values and their bytes, with texts at the end."""
    floats = bool((columns.marks & KIND == FLOAT).all())
    scale = scale_of(columns.bits.view(np.float64)) if floats else None
    if scale is None:
        bits, texts = _only_once(columns)
        return _BITS, pack_planes(bits) + texts
    numbers = whole(columns.bits.view(np.float64), scale)
    size, steps = _narrow(unsigned(np.diff(numbers, prepend=numbers[:1])))
    return scale + _WHOLE, _FIRST.pack(int(numbers[0]), size) + steps


def _from_whole(values: U8, scale: int) -> U64:
    first, size = _FIRST.unpack_from(values.data)
    steps: I64 = signed(unpack_planes(values[_FIRST.size :], size).astype(np.uint64))
    return fraction(np.cumsum(steps) + first, scale).view(np.uint64)


def _only_once(columns: Columns) -> tuple[U64, bytes]:
    """Return the bits with texts numbered by first appearance, and those texts."""
    places = np.flatnonzero(columns.marks & KIND == TEXT)
    if not len(places):
        return columns.bits, b""
    numbers: dict[str, int] = {}
    bits = columns.bits.copy()
    named = [columns.texts[place] for place in columns.bits[places].tolist()]
    bits[places] = [numbers.setdefault(text, len(numbers)) for text in named]
    return bits, pack_texts(tuple(numbers))
