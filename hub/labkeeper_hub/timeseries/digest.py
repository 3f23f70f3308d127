"""What the catalogue keeps of readings: of every day (UTC) how many of each quality an hour, and which minutes had a
good one. Pure.
"""

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from struct import Struct
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from labkeeper_hub.timeseries.columns import BAD, GOOD, KIND, NULL, QUALITY, Columns, take

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
MINUTE_MS = 60_000
HOURS, MINUTES = 24, 1440
GOOD_ONES, STALE_ONES, BAD_ONES, NO_VALUE = range(4)
SLOTS_MS = tuple(minutes * MINUTE_MS for minutes in (1, 5, 15, 60, 360))
PER_SLOT = 4  # typical intervals that fit into a slot: a single late or lost reading leaves none empty
MOST_INTERVALS = 4096  # of a piece of readings that are looked at for the typical one
_HEAD = Struct("<qqq")


class Day(NamedTuple):
    """One series' readings of one day: counts by hour and quality, minutes with a good one, and what it spans.

    `interval_ms` is the median distance of good readings, 0 where there are not two.
    """

    first_ms: int
    last_ms: int
    interval_ms: int
    counts: npt.NDArray[np.uint32]
    minutes: npt.NDArray[np.bool_]

    def packed(self) -> bytes:
        """Return it as bytes."""
        head = _HEAD.pack(*self[:3])
        return head + zlib.compress(self.counts.tobytes() + np.packbits(self.minutes).tobytes(), 1)

    @property
    def readings(self) -> int:
        """All of them."""
        return int(self.counts.sum())


def unpacked(body: bytes) -> Day:
    """Return what was packed."""
    plain = zlib.decompress(body[_HEAD.size :])
    size = 4 * 4 * HOURS
    counts = np.frombuffer(plain[:size], np.uint32).reshape(HOURS, 4)
    minutes = np.unpackbits(np.frombuffer(plain[size:], np.uint8), count=MINUTES).astype(np.bool_)
    first_ms, last_ms, interval_ms = _HEAD.unpack_from(body)
    return Day(first_ms, last_ms, interval_ms, counts, minutes)


def days_of(readings: Columns) -> Iterator[tuple[int, Day]]:
    """Return (day since the epoch, its digest) for readings of one series, in any order."""
    numbers = readings.times // DAY_MS
    for number in np.unique(numbers).tolist():
        yield number, _day(take(readings, numbers == number), number * DAY_MS)


def _day(readings: Columns, start_ms: int) -> Day:
    since = readings.times - start_ms
    qualities = readings.marks & QUALITY
    classes = np.select([readings.marks & KIND == NULL, qualities == GOOD, qualities == BAD], [3, 0, 2], 1)
    counts = np.bincount(since // HOUR_MS * 4 + classes, minlength=4 * HOURS).astype(np.uint32).reshape(HOURS, 4)
    good = since[classes == GOOD_ONES]
    minutes = np.zeros(MINUTES, np.bool_)
    minutes[good // MINUTE_MS] = True
    return Day(int(readings.times.min()), int(readings.times.max()), _interval(good), counts, minutes)


def _interval(times: npt.NDArray[np.int64]) -> int:
    apart = np.diff(np.sort(times)[:MOST_INTERVALS])
    apart = apart[apart > 0]
    return int(np.median(apart)) if len(apart) else 0


@dataclass(frozen=True, slots=True)
class Span:
    """Days in a zone: `offset_h` hours ahead of UTC, `days` of them from local day number `first` on."""

    first: int
    days: int
    offset_h: int

    @property
    def from_ms(self) -> int:
        return self.first * DAY_MS - self.offset_h * HOUR_MS

    @property
    def to_ms(self) -> int:
        return self.from_ms + self.days * DAY_MS


@dataclass(slots=True)
class Picture:
    """One series over a span, filled from digests: counts per local day, and every minute of the span."""

    span: Span
    counts: npt.NDArray[np.int64]
    minutes: npt.NDArray[np.bool_]
    intervals: list[int]

    @classmethod
    def empty(cls, span: Span) -> "Picture":
        """Return one of nothing."""
        return cls(span, np.zeros((span.days, 4), np.int64), np.zeros(span.days * MINUTES, np.bool_), [])

    def add(self, number: int, day: Day) -> None:
        """Put a digest of UTC day `number` in."""
        shift_h = (number - self.span.first) * HOURS + self.span.offset_h
        hours = np.arange(HOURS) + shift_h
        inside = (hours >= 0) & (hours < self.span.days * HOURS)
        np.add.at(self.counts, hours[inside] // HOURS, day.counts[inside])
        start = shift_h * 60
        low, high = max(0, start), min(len(self.minutes), start + MINUTES)
        if low < high:
            self.minutes[low:high] |= day.minutes[low - start : high - start]
        if day.interval_ms and inside.any():
            self.intervals.append(day.interval_ms)

    @property
    def interval_ms(self) -> int:
        """The typical distance of good readings, 0 if unknown."""
        return int(np.median(self.intervals)) if self.intervals else 0


class Slots(NamedTuple):
    """A day's slots: how many there were, and how many of them had a good reading."""

    expected: int
    present: int


@dataclass(frozen=True, slots=True)
class Completeness:
    """Per day its slots, and the times without any good reading as (from, to)."""

    slot_ms: int
    days: tuple[Slots, ...]
    gaps: tuple[tuple[int, int], ...]


def slot_of(interval_ms: int) -> int:
    """Return the length of a slot, 0 where the interval is unknown or longer than slots are."""
    return next((slot for slot in SLOTS_MS if 0 < PER_SLOT * interval_ms <= slot), 0)


def completeness(picture: Picture, first_ms: int, now_ms: int) -> Completeness:
    """Compare the slots from a point's first reading until now with those that have a good reading."""
    slot_ms = slot_of(picture.interval_ms)
    if not slot_ms:
        return Completeness(0, (), ())
    span = picture.span
    there: npt.NDArray[np.bool_] = np.logical_or.reduce(picture.minutes.reshape(-1, slot_ms // MINUTE_MS), axis=1)
    starts = span.from_ms + np.arange(len(there)) * slot_ms
    wanted = (starts >= first_ms) & (starts + slot_ms <= now_ms)
    per_day = zip(wanted.reshape(span.days, -1), (there & wanted).reshape(span.days, -1), strict=True)
    days = tuple(Slots(int(expected.sum()), int(present.sum())) for expected, present in per_day)
    return Completeness(slot_ms, days, tuple(_runs(wanted & ~there, span.from_ms, slot_ms)))


def _runs(empty: npt.NDArray[np.bool_], from_ms: int, slot_ms: int) -> Iterable[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], empty, [False])).astype(np.int8))).tolist()
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        yield from_ms + start * slot_ms, from_ms + end * slot_ms
