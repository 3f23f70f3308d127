"""A segment: everything one commit brought, as the bytes of one row of the log."""

from struct import Struct

import numpy as np

from labkeeper_hub.timeseries.columns import Columns
from labkeeper_hub.timeseries.texts import pack_texts, unpack_texts

VERSION = 1
_HEAD = Struct("<BxxxI")  # version, readings
_ROW_BYTES = 4 + 8 + 1 + 8


class DamagedSegment(Exception):
    """The bytes are no segment of ours."""


def pack(columns: Columns) -> bytes:
    """Return the columns one after the other, as they are in memory, then the texts."""
    series, times, marks, bits, texts = columns
    head = _HEAD.pack(VERSION, len(columns))
    return b"".join((head, times.tobytes(), bits.tobytes(), series.tobytes(), marks.tobytes(), pack_texts(texts)))


def unpack(body: bytes) -> Columns:
    """Return what was packed, bit for bit; raises DamagedSegment."""
    version, count = _HEAD.unpack_from(body) if len(body) >= _HEAD.size else (0, 0)
    texts_at = _HEAD.size + _ROW_BYTES * count
    if version != VERSION or len(body) < texts_at:
        raise DamagedSegment(f"version {version}, {len(body)} bytes")
    at = _HEAD.size
    times = np.frombuffer(body, np.int64, count, at)
    bits = np.frombuffer(body, np.uint64, count, at + 8 * count)
    series = np.frombuffer(body, np.uint32, count, at + 16 * count)
    marks = np.frombuffer(body, np.uint8, count, at + 20 * count)
    return Columns(series, times, marks, bits, unpack_texts(body[texts_at:]))
