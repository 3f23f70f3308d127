"""Our delivery on top of Sparkplug: which batches of a node's outbox the hub has stored, and how it says so."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from typing import NamedTuple

BATCH = "Delivery/Batch"  # UInt64, transient, in every NDATA/DDATA from the outbox
EPOCH = "Delivery/Epoch"  # String, uuid of the outbox, in NBIRTH
BACKLOG = "Delivery/Backlog"  # UInt64, batches waiting, in NBIRTH
TAKEN = "Delivery/Taken"  # UInt64, readings whose outbox commit returned: A of the ledger
GAPS = "Delivery/Gaps"  # UInt64, readings a quota removed: X of the ledger, once the hub has taken off what it stored
ACK = "Node Control/Delivery Ack"  # String, writable, in NBIRTH and in the hub's NCMD
JOURNAL = "Node Control/Hub Journal"  # String, writable: the journal the node delivered to; NCMD: the hub's own

MOST_RANGES = 32
LAST_ID = (1 << 64) - 1
LONGEST_EPOCH = 64
_EPOCH_FORM = re.compile(r"[!-:<-~]{1,64}")
_ACK_FORM = re.compile(r"([!-:<-~]{1,64});([0-9]{1,20})((?:;[0-9]{1,20}-[0-9]{1,20}){0,32})")

Range = tuple[int, int]


class BadAck(ValueError):
    """The text is no acknowledgement: nothing may be deleted for it."""


class Ack(NamedTuple):
    """Every batch up to `high_water` and within `ranges` (first, last; both included) of outbox `epoch` is stored."""

    epoch: str
    high_water: int
    ranges: tuple[Range, ...] = ()

    def covers(self, batch: int) -> bool:
        """Tell whether the batch may be deleted."""
        if 0 < batch <= self.high_water:
            return True
        return any(first <= batch <= last for first, last in self.ranges)


class BatchSet:
    """The batch ids (1 and up) of one outbox that are stored, as few numbers as they allow."""

    __slots__ = ("_firsts", "_high_water", "_lasts")

    def __init__(self, batches: Iterable[int] = (), *, high_water: int = 0, ranges: Iterable[Range] = ()) -> None:
        self._high_water = high_water
        self._firsts: list[int] = []
        self._lasts: list[int] = []
        for first, last in ranges:
            self.add_range(first, last)
        for batch in batches:
            self.add(batch)

    @property
    def high_water(self) -> int:
        """The greatest id up to which none is missing; 0 if 1 is missing."""
        return self._high_water

    @property
    def ranges(self) -> tuple[Range, ...]:
        """The ids beyond the high-water mark as (first, last), ascending, never touching each other."""
        return tuple(zip(self._firsts, self._lasts, strict=True))

    def __contains__(self, batch: int) -> bool:
        if batch <= self._high_water:
            return batch > 0
        at = bisect_left(self._lasts, batch)
        return at < len(self._firsts) and self._firsts[at] <= batch

    def add(self, batch: int) -> bool:
        """Note a batch as stored; tell whether it is new. Raise ValueError if it is not within 1..2^64-1."""
        if not 0 < batch <= LAST_ID:
            raise ValueError(f"batch id {batch} is not within 1..{LAST_ID}")
        if batch == self._high_water + 1 and not self._firsts:  # nearly always
            self._high_water = batch
            return True
        if batch in self:
            return False
        if batch == self._high_water + 1:
            self._high_water = batch
        else:
            self._insert(batch)
        self._absorb()
        return True

    def add_range(self, first: int, last: int) -> None:
        """Note every id from first to last; what it costs depends on the ranges known, not on how many ids these are.

        Raise ValueError if they are not within 1..2^64-1 and in order.
        """
        if not 0 < first <= last <= LAST_ID:
            raise ValueError(f"batch ids {first}-{last} are not within 1..{LAST_ID} and in order")
        low, high = bisect_left(self._lasts, first - 1), bisect_right(self._firsts, last + 1)
        if low < high:
            first, last = min(first, self._firsts[low]), max(last, self._lasts[high - 1])
        self._firsts[low:high], self._lasts[low:high] = [first], [last]
        self._absorb()

    def count(self, first: int, last: int) -> int:
        """Return how many of the ids from first to last are stored; none where the last comes before the first."""
        if last < first:
            return 0
        low, high = bisect_left(self._lasts, first), bisect_right(self._firsts, last)
        beyond = zip(self._firsts[low:high], self._lasts[low:high], strict=True)
        inside = sum(min(last, till) - max(first, since) + 1 for since, till in beyond)
        return inside + max(0, min(last, self._high_water) - first + 1)

    def _insert(self, batch: int) -> None:
        """Put one id among the ranges, growing or joining its neighbours."""
        at = bisect_right(self._firsts, batch)
        joins_before = at > 0 and self._lasts[at - 1] == batch - 1
        joins_after = at < len(self._firsts) and self._firsts[at] == batch + 1
        if joins_before and joins_after:
            self._lasts[at - 1] = self._lasts[at]
            del self._firsts[at], self._lasts[at]
        elif joins_before:
            self._lasts[at - 1] = batch
        elif joins_after:
            self._firsts[at] = batch
        else:
            self._firsts.insert(at, batch)
            self._lasts.insert(at, batch)

    def _absorb(self) -> None:
        """Take the ranges the high-water mark has reached into it."""
        reached = bisect_right(self._firsts, self._high_water + 1)
        if reached:
            self._high_water = max(self._high_water, self._lasts[reached - 1])
            del self._firsts[:reached], self._lasts[:reached]


def format_ack(epoch: str, batches: BatchSet, *, first: Iterable[int] = ()) -> str:
    """Say what is stored: `<epoch>;<high-water>[;a-b…]` with at most 32 ranges, never more than is true.

    When there are more ranges, those holding the ids of `first` (what was just stored) are named, then the lowest.
    Raise ValueError if the epoch is not 1 to 64 visible ASCII characters without a semicolon.
    """
    ranges = batches.ranges
    if len(ranges) > MOST_RANGES:
        ranges = _most_wanted(ranges, first)
    text = f"{epoch};{batches.high_water}" + "".join(f";{low}-{high}" for low, high in ranges)
    if _ACK_FORM.fullmatch(text) is None:
        raise ValueError(f"{epoch!r} cannot be an epoch")
    return text


def is_epoch(text: str) -> bool:
    """Tell whether the text may name an outbox or a journal: 1 to 64 visible ASCII characters, no semicolon."""
    return _EPOCH_FORM.fullmatch(text) is not None


def _most_wanted(ranges: tuple[Range, ...], first: Iterable[int]) -> tuple[Range, ...]:
    lows = [low for low, _ in ranges]
    wanted = {bisect_right(lows, batch) - 1 for batch in first} - {-1}
    rest = (at for at in range(len(ranges)) if at not in wanted)
    chosen = [*sorted(wanted), *rest][:MOST_RANGES]
    return tuple(ranges[at] for at in sorted(chosen))


def parse_ack(text: str) -> Ack:
    """Read an acknowledgement; raise BadAck unless it is exactly what `format_ack` may say."""
    form = _ACK_FORM.fullmatch(text)
    if form is None:
        raise BadAck(f"not an acknowledgement: {text[:80]!r}")
    epoch, high_water, listed = form.groups()
    ranges = tuple(_range(part) for part in listed.split(";")[1:])
    previous = int(high_water)
    for first, last in ranges:
        # Touching ranges, or one touching the high-water mark, would have been written as one.
        if not previous + 1 < first <= last:
            raise BadAck(f"ranges are not ascending and apart: {text[:80]!r}")
        previous = last
    if previous > LAST_ID:
        raise BadAck(f"an id is beyond 64 bits: {text[:80]!r}")
    return Ack(epoch, int(high_water), ranges)


def _range(text: str) -> Range:
    first, _, last = text.partition("-")
    return int(first), int(last)
