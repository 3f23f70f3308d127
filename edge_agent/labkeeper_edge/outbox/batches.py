"""Batches and gaps: what waits in the outbox, and its form on disk and on the wire."""

import json
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from labkeeper_edge.sampler import Stamped
from labkeeper_wire.codec import decode, encode
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.delivery import BATCH
from labkeeper_wire.payload import GOOD, QUALITY, Metric, Payload, Property

GAP = "Delivery/Gap"  # String, JSON {id, from_ms, to_ms, readings, batches, offered}, beside Delivery/Batch in an NDATA
NODE = ""  # the device of a batch that is about the node itself: a gap record
MOST_BYTES = 200_000  # in one batch, roughly, so that a message stays far below every limit on its way
METRIC_BYTES = 100

DATATYPES: dict[type, DataType] = {
    float: DataType.DOUBLE,
    int: DataType.INT64,
    bool: DataType.BOOLEAN,
    str: DataType.STRING,
}


@dataclass(frozen=True, slots=True)
class Draft:
    """Readings of one device, on their way into the outbox; `personal`: the points that speak of a person's body."""

    device: str
    metrics: tuple[Metric, ...]
    personal: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Batch:
    """Readings of one device as they stand in the outbox; the device NODE and one GAP metric for a gap record."""

    id: int
    device: str
    metrics: tuple[Metric, ...]

    def to_send(self, *, live: bool) -> tuple[Metric, ...]:
        """Return the metrics of its message: the same values every time, historical unless live, and its id."""
        historical = not live and self.device != NODE
        metrics = tuple(metric._replace(historical=True) for metric in self.metrics) if historical else self.metrics
        return (*metrics, Metric(BATCH, self.id, DataType.UINT64, transient=True))


class Offered(NamedTuple):
    """Batches first..last were sent once, the hub may have them; each has so many readings."""

    first: int
    last: int
    readings: int


@dataclass(frozen=True, slots=True)
class Gap:
    """What a quota removed: so many readings with times from..to (ms), in these ranges of batch ids (both ends in).

    Of what was offered to the hub before, it says each batch's readings: the hub takes off those it has stored.
    """

    from_ms: int
    to_ms: int
    readings: int
    batches: tuple[tuple[int, int], ...]
    offered: tuple[Offered, ...] = ()

    def joined(self, *later: "Gap") -> "Gap":
        """Return one gap for all, in their order."""
        gaps = (self, *later)
        return Gap(
            min(gap.from_ms for gap in gaps),
            max(gap.to_ms for gap in gaps),
            sum(gap.readings for gap in gaps),
            _joined_ranges(pair for gap in gaps for pair in gap.batches),
            _joined_offers(offer for gap in gaps for offer in gap.offered),
        )

    def to_json(self, batch: int) -> str:
        """Return the text of the GAP metric."""
        ranges = ";".join(f"{first}-{last}" for first, last in self.batches)
        offered = ";".join(f"{first}-{last}:{readings}" for first, last, readings in self.offered)
        fields = {"id": batch, "from_ms": self.from_ms, "to_ms": self.to_ms, "readings": self.readings}
        return json.dumps({**fields, "batches": ranges, "offered": offered}, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Gap":
        """Read what `to_json` wrote, of an earlier version too."""
        fields = json.loads(text)
        ranges = tuple(_range(part) for part in fields["batches"].split(";"))
        parts = (part.split(":") for part in fields.get("offered", "").split(";") if part)
        offered = tuple(Offered(*_range(batches), int(readings)) for batches, readings in parts)
        return cls(fields["from_ms"], fields["to_ms"], fields["readings"], ranges, offered)


def _range(text: str) -> tuple[int, int]:
    first, last = text.split("-")
    return int(first), int(last)


def _joined_ranges(ranges: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Return ascending ranges with those that touch made one."""
    joined: list[tuple[int, int]] = []
    for first, last in ranges:
        if joined and joined[-1][1] + 1 == first:
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    return tuple(joined)


def _joined_offers(offers: Iterable[Offered]) -> tuple[Offered, ...]:
    """Return ascending offers with those that touch and are of one size made one."""
    joined: list[Offered] = []
    for offer in offers:
        if joined and (joined[-1].last + 1, joined[-1].readings) == (offer.first, offer.readings):
            joined[-1] = joined[-1]._replace(last=offer.last)
        else:
            joined.append(offer)
    return tuple(joined)


def metric_of(reading: Stamped, datatype: DataType) -> Metric:
    """Return a reading as the metric that carries it, in storage and on the wire."""
    quality = None if reading.quality == GOOD else {QUALITY: Property(reading.quality, DataType.INT32)}
    return Metric(
        reading.point, reading.value, datatype, reading.time_ms, historical=reading.historical, properties=quality
    )


def without(metrics: Sequence[Metric], personal: Container[str | None]) -> list[Metric]:
    """Return the metrics of a batch without what its personal points said, and when: only how many there were stays."""
    begun_ms = min(metric.time_ms or 0 for metric in metrics)
    return [one._replace(value=None, time_ms=begun_ms) if one.name in personal else one for one in metrics]


def pack(metrics: Sequence[Metric]) -> bytes:
    """Return the bytes that are stored."""
    return encode(Payload(tuple(metrics)))


def unpack(data: bytes) -> tuple[Metric, ...]:
    """Return what was packed, bit for bit."""
    return decode(data).metrics


def in_parts(draft: Draft) -> list[Draft]:
    """Cut a draft too large for one message; the order stays."""
    parts: list[Draft] = []
    start, size = 0, 0
    for at, metric in enumerate(draft.metrics):
        more = METRIC_BYTES + (len(metric.value.encode()) if isinstance(metric.value, str) else 0)
        if at > start and size + more > MOST_BYTES:
            parts.append(replace(draft, metrics=draft.metrics[start:at]))
            start, size = at, 0
        size += more
    return [*parts, replace(draft, metrics=draft.metrics[start:])]
