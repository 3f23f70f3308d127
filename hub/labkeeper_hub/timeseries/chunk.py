"""A chunk: up to some thousand readings of one series, by time, as few bytes as is cheap to make.

Times are differences in the smallest width that holds them, a mark that never changes and equal texts are kept once,
all columns have their bytes sorted by significance (what hardly changes comes together), and zlib does the rest.
"""

import zlib
from struct import Struct

import numpy as np

from labkeeper_hub.timeseries.columns import KIND, TEXT, U64, Columns
from labkeeper_hub.timeseries.planes import WIDTHS, pack_planes, unpack_planes
from labkeeper_hub.timeseries.texts import pack_texts, unpack_texts

VERSION = 1
MOST = 4096  # readings in a chunk: what a small query must unpack at least
SMALL = MOST // 2  # a series' last chunk below this is taken up again by the next compaction
LEVEL = 1  # of zlib; 6 takes 5 times as long for 4 % less
_HEAD = Struct("<BBBxIqI")  # version, bytes of a difference, marks kept once, count, first time, compressed length


def pack(columns: Columns) -> bytes:
    """Return the bytes of readings of one series that are in order of time; the series itself is not in them."""
    count = len(columns)
    differences = np.diff(columns.times, prepend=columns.times[:1]).view(np.uint64)
    width = next(width for width in WIDTHS if int(differences.max()) <= np.iinfo(width).max)
    once = bool((columns.marks == columns.marks[0]).all())
    marks = columns.marks[:1] if once else columns.marks
    bits, texts = _only_once(columns)
    plain = b"".join((pack_planes(differences.astype(width)), marks.tobytes(), pack_planes(bits), texts))
    body = zlib.compress(plain, LEVEL)
    return _HEAD.pack(VERSION, np.dtype(width).itemsize, once, count, int(columns.times[0]), len(body)) + body


def unpack(series: int, body: bytes) -> Columns:
    """Return what was packed."""
    _, size, once, count, first_ms, length = _HEAD.unpack_from(body)
    plain = np.frombuffer(zlib.decompress(body[_HEAD.size : _HEAD.size + length]), np.uint8)
    marks_at = size * count
    bits_at = marks_at + (1 if once else count)
    texts_at = bits_at + 8 * count
    differences = unpack_planes(plain[:marks_at], size).astype(np.int64)
    marks = np.repeat(plain[marks_at:bits_at], count) if once else plain[marks_at:bits_at]
    return Columns(
        np.full(count, series, np.uint32),
        np.cumsum(differences) + first_ms,
        marks,
        unpack_planes(plain[bits_at:texts_at], 8).view(np.uint64),
        unpack_texts(plain[texts_at:].tobytes()),
    )


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
