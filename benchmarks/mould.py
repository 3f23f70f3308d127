"""Data messages from a mould: what the codec would write, for a tenth of the work, so that the hub is what is measured.

A mould is compared with the codec when it is made; field numbers are those of Sparkplug B (Payload.proto).
"""

import struct
from collections.abc import Sequence

from labkeeper_wire.codec import encode
from labkeeper_wire.delivery import BATCH
from labkeeper_wire.payload import Metric, Payload

SENT, METRIC, NAME, TIME, DOUBLE, LONG, TRANSIENT = b"\x08", b"\x12", b"\x0a", b"\x18", b"\x69", b"\x58", b"\x30\x01"
MORE = 0x80
_double = struct.Struct("<d").pack


def varint(number: int) -> bytes:
    """Return a whole number as protobuf writes it."""
    digits = bytearray()
    while number >= MORE:
        digits.append(number & (MORE - 1) | MORE)
        number >>= 7
    digits.append(number)
    return bytes(digits)


class Mould:
    """Messages with doubles of the same points again and again, and the number of their batch."""

    def __init__(self, points: Sequence[str]) -> None:
        self._names = [_field(NAME, point.encode()) for point in points]
        self._batch = _field(NAME, BATCH.encode()) + TIME
        self._at_ms, self._time = -1, b""
        self._heads: list[bytes] = []
        self._compare(points)

    def message(self, first: int, values: Sequence[float], batch: int, at_ms: int) -> bytes:
        """Return a message without `seq`: values of the points from number `first` on, round and round, of one time."""
        self._set(at_ms)
        parts, time, heads, count = [SENT, self._time], self._time, self._heads, len(self._heads)
        for number, value in enumerate(values, first):
            parts += (heads[number % count], time, DOUBLE, _double(value))
        numbered = self._batch + time + TRANSIENT + LONG + varint(batch)
        parts += (METRIC, varint(len(numbered)), numbered)
        return b"".join(parts)

    def _set(self, at_ms: int) -> None:
        if at_ms == self._at_ms:
            return
        self._at_ms, self._time = at_ms, varint(at_ms)
        rest = len(TIME) + len(self._time) + len(DOUBLE) + 8
        self._heads = [METRIC + varint(len(name) + rest) + name + TIME for name in self._names]

    def _compare(self, points: Sequence[str]) -> None:
        at_ms, values = 1_795_665_446_719, [number * 0.1 for number in range(len(points))]
        metrics = [Metric(point, value, None, at_ms) for point, value in zip(points, values, strict=True)]
        metrics.append(Metric(BATCH, 300, None, at_ms, transient=True))
        if self.message(0, values, 300, at_ms) != encode(Payload(tuple(metrics), at_ms), datatypes=False):
            raise RuntimeError("the mould does not write what the codec writes")


def _field(tag: bytes, content: bytes) -> bytes:
    return tag + varint(len(content)) + content
