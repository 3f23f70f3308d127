"""The gap record: what a node's quota made its outbox give up, as it says so itself."""

import json
from typing import NamedTuple

from labkeeper_wire.delivery import LAST_ID

GAP = "Delivery/Gap"  # String, JSON {id, from_ms, to_ms, readings, batches: "a-b;c-d"}, in a batch of its own
LONGEST = 1 << 20
LAST_MS = (1 << 63) - 1


class BadGap(ValueError):
    """The text is no gap record."""


class Gap(NamedTuple):
    """Readings with times from..to (ms) that were taken and never will come, and the ranges of their batches."""

    id: str
    from_ms: int
    to_ms: int
    readings: int
    batches: tuple[tuple[int, int], ...]


def parse_gap(value: object) -> Gap:
    """Read a gap record; raises BadGap."""
    if not isinstance(value, str) or len(value) > LONGEST:
        raise BadGap("not a text")
    try:
        fields = json.loads(value)
        pairs = [part.split("-") for part in fields["batches"].split(";") if part]
        batches = tuple((int(first), int(last)) for first, last in pairs)
        gap = Gap(str(fields["id"]), fields["from_ms"], fields["to_ms"], fields["readings"], batches)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadGap("not a gap record") from error
    if not _is_whole(gap):
        raise BadGap("numbers out of range")
    return gap


def _is_whole(gap: Gap) -> bool:
    numbers = (gap.from_ms, gap.to_ms, gap.readings)
    if not all(type(number) is int and 0 <= number <= LAST_MS for number in numbers):
        return False
    return all(0 < first <= last <= LAST_ID for first, last in gap.batches)
