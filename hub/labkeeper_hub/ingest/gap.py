"""The gap record: what a node's quota made its outbox give up, as it says so itself."""

import json
from typing import NamedTuple

from labkeeper_wire.delivery import LAST_ID

# String, JSON {id, from_ms, to_ms, readings, batches: "a-b;c-d", offered: "a-b:n;…"}, in a batch of its own
GAP = "Delivery/Gap"
LONGEST = 1 << 20
LAST_MS = (1 << 63) - 1


class BadGap(ValueError):
    """The text is no gap record."""


class Offered(NamedTuple):
    """Batches first..last of a gap were sent once, so that they may have come; each has so many readings."""

    first: int
    last: int
    readings: int


class Gap(NamedTuple):
    """Readings with times from..to (ms) that were given up, and the ranges of their batches. Whoever stored some of
    the `offered` ones before the node knew takes their readings off.
    """

    id: str
    from_ms: int
    to_ms: int
    readings: int
    batches: tuple[tuple[int, int], ...]
    offered: tuple[Offered, ...] = ()


def parse_gap(value: object) -> Gap:
    """Read a gap record; raises BadGap."""
    if not isinstance(value, str) or len(value) > LONGEST:
        raise BadGap("not a text")
    try:
        fields = json.loads(value)
        batches = tuple(_range(part) for part in fields["batches"].split(";") if part)
        offered = tuple(_offered(part) for part in fields.get("offered", "").split(";") if part)
        gap = Gap(str(fields["id"]), fields["from_ms"], fields["to_ms"], fields["readings"], batches, offered)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadGap("not a gap record") from error
    if not _is_whole(gap):
        raise BadGap("numbers out of range")
    return gap


def _range(text: str) -> tuple[int, int]:
    first, last = text.split("-")
    return int(first), int(last)


def _offered(text: str) -> Offered:
    batches, readings = text.split(":")
    return Offered(*_range(batches), int(readings))


def _is_whole(gap: Gap) -> bool:
    numbers = (gap.from_ms, gap.to_ms, gap.readings)
    if not all(type(number) is int and 0 <= number <= LAST_MS for number in numbers):
        return False
    return all(0 < first <= last <= LAST_ID for first, last in gap.batches) and _is_part(gap)


def _is_part(gap: Gap) -> bool:
    """Tell whether the offered batches are in order, each said once, and no more than all."""
    through, readings = 0, 0
    for first, last, each in gap.offered:
        if not through < first <= last <= LAST_ID or each < 0:
            return False
        through, readings = last, readings + each * (last - first + 1)
    return readings <= gap.readings
