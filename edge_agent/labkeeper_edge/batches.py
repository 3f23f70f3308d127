"""Batches and gaps: what waits in the outbox, and its form on disk and on the wire."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from labkeeper_edge.sampler import Stamped
from labkeeper_wire.codec import decode, encode
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.delivery import BATCH
from labkeeper_wire.payload import GOOD, QUALITY, Metric, Payload, Property

GAP = "Delivery/Gap"  # String, JSON {id, from_ms, to_ms, readings, batches}, beside Delivery/Batch in an NDATA
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
    """Readings of one device, on their way into the outbox."""

    device: str
    metrics: tuple[Metric, ...]


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


@dataclass(frozen=True, slots=True)
class Gap:
    """What a quota removed: so many readings with times from..to (ms), in these ranges of batch ids (both ends in)."""

    from_ms: int
    to_ms: int
    readings: int
    batches: tuple[tuple[int, int], ...]

    def joined(self, other: "Gap") -> "Gap":
        """Return one gap for two, `other` being the later one."""
        ranges = self.batches
        for first, last in other.batches:
            if ranges and ranges[-1][1] + 1 == first:
                ranges = (*ranges[:-1], (ranges[-1][0], last))
            else:
                ranges = (*ranges, (first, last))
        return replace(
            self,
            from_ms=min(self.from_ms, other.from_ms),
            to_ms=max(self.to_ms, other.to_ms),
            readings=self.readings + other.readings,
            batches=ranges,
        )

    def to_json(self, batch: int) -> str:
        """Return the text of the GAP metric."""
        ranges = ";".join(f"{first}-{last}" for first, last in self.batches)
        fields = {"id": batch, "from_ms": self.from_ms, "to_ms": self.to_ms, "readings": self.readings}
        return json.dumps({**fields, "batches": ranges}, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Gap":
        """Read what `to_json` wrote."""
        fields = json.loads(text)
        pairs = (part.split("-") for part in fields["batches"].split(";"))
        ranges = tuple((int(first), int(last)) for first, last in pairs)
        return cls(fields["from_ms"], fields["to_ms"], fields["readings"], ranges)


def metric_of(reading: Stamped, datatype: DataType) -> Metric:
    """Return a reading as the metric that carries it, in storage and on the wire."""
    quality = None if reading.quality == GOOD else {QUALITY: Property(reading.quality, DataType.INT32)}
    return Metric(reading.point, reading.value, datatype, reading.time_ms, properties=quality)


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
            parts.append(Draft(draft.device, draft.metrics[start:at]))
            start, size = at, 0
        size += more
    return [*parts, Draft(draft.device, draft.metrics[start:])]
