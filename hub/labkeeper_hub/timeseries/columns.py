"""Readings as columns: the form in which the journal keeps, sorts and answers them. Nothing is rounded or converted.

Of every reading: its series (u32), its time (ms since the epoch, UTC, i64), its mark (one byte: kind of value, quality,
flags) and the 64 bits of its value. Texts lie beside, and their bits say where.
"""

from collections.abc import Sequence
from struct import Struct
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from labkeeper_sdk import Quality, Value

U8: TypeAlias = npt.NDArray[np.uint8]
U32: TypeAlias = npt.NDArray[np.uint32]
U64: TypeAlias = npt.NDArray[np.uint64]
I64: TypeAlias = npt.NDArray[np.int64]

# the mark, bits 0-2: what the 64 bits are
NULL, BOOL, INT, WIDE, FLOAT, TEXT = range(6)  # WIDE: an unsigned integer beyond 63 bits
KIND = 0b111
# bits 3-4: quality
GOOD, STALE, BAD = 0 << 3, 1 << 3, 2 << 3
QUALITY = 0b11 << 3
QUALITY_MARKS = {Quality.GOOD: GOOD, Quality.STALE: STALE, Quality.BAD: BAD}
QUALITIES = {mark: int(quality) for quality, mark in QUALITY_MARKS.items()}
# bits 5-7: flags
HISTORICAL = 1 << 5  # sent again or late: never a live value
DOUBTFUL = 1 << 6  # the node's clock was before 2000 or more than a day ahead; the time is stored as it came
ARRIVAL = 1 << 7  # a foreign node's time was doubtful and is replaced by the time of arrival

FIRST_WIDE = 1 << 63
_CODES = bytes.maketrans(bytes(range(6)), b"qqqQdq")  # how struct packs each kind
_KINDS = bytes(mark & KIND for mark in range(256))


class Columns(NamedTuple):
    """Readings of any series, in order of arrival; equal lengths. The bits of a text are its place in `texts`."""

    series: U32
    times: I64
    marks: U8
    bits: U64
    texts: Sequence[str] = ()

    def __len__(self) -> int:
        return len(self.times)


EMPTY = Columns(np.empty(0, np.uint32), np.empty(0, np.int64), np.empty(0, np.uint8), np.empty(0, np.uint64))


def kind_of(value: Value | None) -> int:
    """Return the kind under which a value is kept; raise OverflowError for an integer beyond 64 bits."""
    if value is None:
        return NULL
    if isinstance(value, bool):
        return BOOL
    if isinstance(value, int):
        if not -FIRST_WIDE <= value < 2 * FIRST_WIDE:
            raise OverflowError(f"{value} has more than 64 bits")
        return WIDE if value >= FIRST_WIDE else INT
    return FLOAT if isinstance(value, float) else TEXT


def pack_bits(marks: bytes | bytearray, values: Sequence[bool | int | float | None]) -> U64:
    """Return the 64 bits of each value; a text is given by its place among the texts."""
    kinds = marks.translate(_KINDS)
    if not kinds.strip(bytes([FLOAT])):
        return np.array(values, np.float64).view(np.uint64)
    plain = [0 if value is None else value for value in values] if NULL in kinds else values
    packed = Struct("<" + kinds.translate(_CODES).decode("ascii")).pack(*plain)
    return np.frombuffer(packed, np.uint64)


def values_of(columns: Columns) -> list[Value | None]:
    """Return the values as they came, types and all."""
    kinds = columns.marks & KIND
    first = int(kinds[0]) if len(kinds) else NULL
    if bool((kinds == first).all()):
        return _of_kind(first, columns.bits, columns.texts)
    mixed: list[Value | None] = [None] * len(kinds)
    for kind in np.unique(kinds).tolist():
        places = np.flatnonzero(kinds == kind)
        for place, value in zip(places.tolist(), _of_kind(kind, columns.bits[places], columns.texts), strict=True):
            mixed[place] = value
    return mixed


def _of_kind(kind: int, bits: U64, texts: Sequence[str]) -> list[Value | None]:
    if kind == FLOAT:
        return bits.view(np.float64).tolist()  # type: ignore[no-any-return] # numpy's tolist is untyped
    if kind == INT:
        return bits.view(np.int64).tolist()  # type: ignore[no-any-return] # numpy types tolist as Any
    if kind == BOOL:
        return (bits != 0).tolist()  # type: ignore[no-any-return] # numpy types tolist as Any
    if kind == TEXT:
        return [texts[place] for place in bits.tolist()]
    return [None] * len(bits) if kind == NULL else bits.tolist()


def join(parts: Sequence[Columns]) -> Columns:
    """Return all parts as one, in their order."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return EMPTY
    texts: list[str] = []
    bits = []
    for part in parts:
        bits.append(_moved(part, len(texts)) if part.texts and texts else part.bits)
        texts.extend(part.texts)
    return Columns(
        np.concatenate([part.series for part in parts]),
        np.concatenate([part.times for part in parts]),
        np.concatenate([part.marks for part in parts]),
        np.concatenate(bits),
        texts,
    )


def _moved(part: Columns, by: int) -> U64:
    """Return the bits with the places of the texts moved."""
    return part.bits + np.where(part.marks & KIND == TEXT, np.uint64(by), np.uint64(0))


def take(columns: Columns, places: npt.NDArray[np.intp] | npt.NDArray[np.bool_] | slice) -> Columns:
    """Return the readings at these places."""
    series, times, marks, bits, texts = columns
    return Columns(series[places], times[places], marks[places], bits[places], texts)


def by_time(columns: Columns) -> Columns:
    """Return the readings by time; those of the same millisecond stay in their order."""
    times = columns.times
    if len(times) < 2 or bool((times[1:] >= times[:-1]).all()):  # noqa: PLR2004 -- one alone is in order
        return columns
    return take(columns, np.argsort(times, kind="stable"))


def value_of(kind: int, bits: int, text: str | None) -> Value | None:
    """Return one value from its kind and bits, a text from itself."""
    if kind == TEXT:
        return text
    return _of_kind(kind, np.array([bits], np.uint64), ())[0]
