"""What births say: the node, its devices and their points, and what must be born only to deliver its last data."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from labkeeper_edge.devices import KnownDevice
from labkeeper_edge.outbox.batches import DATATYPES, GAP
from labkeeper_edge.outbox.outbox import Waiting
from labkeeper_sdk import Point, Title
from labkeeper_wire.commands import COMMAND_ID, FENCE, RESULT, RUN, TTL_MS
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.delivery import ACK, BACKLOG, BATCH, EPOCH, GAPS, JOURNAL, TAKEN
from labkeeper_wire.descriptor import DeviceDescription, NodeDescription, PointDescription
from labkeeper_wire.driver_sets import ORDER as DRIVER_SET
from labkeeper_wire.interlocks import SET as INTERLOCKS
from labkeeper_wire.leases.table import FENCE as LEASE_FENCE
from labkeeper_wire.leases.table import LEASES
from labkeeper_wire.payload import QUALITY, STALE, Metric, Property
from labkeeper_wire.stop import LATCH as STOP_LATCH
from labkeeper_wire.stop import MISSING as STOP_MISSING
from labkeeper_wire.stop import RELEASE as STOP_RELEASE

REFUSED = "Refused/"  # UInt64 per reason: what the node refused or mended
DRIVER = "Driver/"  # String per driver instance: connected, waiting or broken
SAFE_WRITES = "Safe Writes"  # UInt64: how often the node itself drove a point to its safe value
STALE_QUALITY = Property(STALE, DataType.INT32)


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """What NBIRTH says and NDATA keeps up to date."""

    lab: str
    lab_title: Title
    epoch: str
    journal: str
    waiting: Waiting
    refused: Mapping[str, int]
    drivers: Mapping[str, str]
    safe_writes: int
    fence: int = 0
    latch: str = ""
    missing: tuple[str, ...] = ()
    driver_sets: Mapping[str, bytes] = field(default_factory=dict)  # empty: the hub may add no driver

    def metrics(self, now_ms: int) -> tuple[Metric, ...]:
        """Return all metrics of NBIRTH that are the node's own."""
        lab = NodeDescription(self.lab, self.lab_title.zh, self.lab_title.en)
        fixed = (
            Metric(EPOCH, self.epoch, DataType.STRING, now_ms),
            Metric(ACK, "", DataType.STRING, now_ms),
            Metric(LEASES, "", DataType.STRING, now_ms),
            Metric(INTERLOCKS, "", DataType.STRING, now_ms),
            Metric(STOP_RELEASE, "", DataType.STRING, now_ms),
            Metric(JOURNAL, self.journal, DataType.STRING, now_ms),
            Metric(BATCH, None, DataType.UINT64, now_ms),
            Metric(GAP, None, DataType.STRING, now_ms),
            *([Metric(DRIVER_SET, b"", DataType.BYTES, now_ms)] if self.driver_sets else []),
        )
        return (*lab.to_metrics(now_ms), *fixed, *self.changing(now_ms).values())

    def changing(self, now_ms: int) -> dict[str, Metric]:
        """Return those that NDATA carries when they change."""
        numbers = {
            BACKLOG: self.waiting.batches,
            TAKEN: self.waiting.ledger.taken,
            GAPS: self.waiting.ledger.gaps,
            SAFE_WRITES: self.safe_writes,
            LEASE_FENCE: self.fence,
            **{REFUSED + reason: count for reason, count in self.refused.items()},
        }
        stop = {STOP_LATCH: self.latch, STOP_MISSING: json.dumps(self.missing)}
        texts = stop | {DRIVER + instance: state for instance, state in self.drivers.items()}
        return {
            **{name: Metric(name, number, DataType.UINT64, now_ms) for name, number in numbers.items()},
            **{name: Metric(name, text, DataType.STRING, now_ms) for name, text in texts.items()},
            **{name: Metric(name, packed, DataType.BYTES, now_ms) for name, packed in self.driver_sets.items()},
        }


def device_metrics(known: KnownDevice, run: str, now_ms: int) -> dict[str, Metric]:
    """Return a device's birth by metric name; while it does not answer, everything in it is stale."""
    info = known.info
    description = DeviceDescription(
        title_zh=info.title.zh,
        title_en=info.title.en,
        make=info.make,
        model=info.model,
        firmware=info.firmware,
        bench=known.bench,
    )
    points = (_point_metric(known, point, now_ms) for point in known.points.values())
    metrics = (*description.to_metrics(now_ms), *points, *_service_metrics(known.points.values(), run, now_ms))
    return {metric.name or "": metric for metric in metrics}


def ghosts(metrics: Iterable[Metric], now_ms: int) -> dict[str, Metric]:
    """Return births, without value and stale, for metrics of readings whose point is no more."""
    stale = {QUALITY: STALE_QUALITY}
    named = {
        metric.name or "": Metric(metric.name, None, metric.datatype, now_ms, properties=stale) for metric in metrics
    }
    return {**named, BATCH: Metric(BATCH, None, DataType.UINT64, now_ms)}


def _point_metric(known: KnownDevice, point: Point, now_ms: int) -> Metric:
    last = known.last.get(point.name)
    properties = dict(describe(point).to_properties())
    if last is None or not known.online:
        properties[QUALITY] = STALE_QUALITY
    elif last.properties is not None:
        properties.update(last.properties)
    value, time_ms = (None, now_ms) if last is None else (last.value, last.time_ms)
    return Metric(point.name, value, DATATYPES[point.type], time_ms, properties=properties)


def describe(point: Point) -> PointDescription:
    """Return the wire's description of the SDK's point."""
    return PointDescription(
        name=point.name,
        kind=point.kind,
        datatype=DATATYPES[point.type],
        unit=point.unit,
        minimum=point.minimum,
        maximum=point.maximum,
        step=point.step,
        options=point.options,
        writable=point.writable,
        safe_value=point.safe_value,
        link_loss_s=point.link_loss_s,
        risk=point.risk,
        title_zh=point.title.zh,
        title_en=point.title.en,
        confirm_s=point.confirm_s,
        personal=point.personal,
    )


def _service_metrics(points: Iterable[Point], run: str, now_ms: int) -> tuple[Metric, ...]:
    always = (
        Metric(BATCH, None, DataType.UINT64, now_ms),
        Metric(RESULT, None, DataType.STRING, now_ms),
    )
    if not any(point.writable for point in points):
        return always
    controls = {COMMAND_ID: DataType.STRING, TTL_MS: DataType.UINT32, FENCE: DataType.UINT64}
    wanted = (Metric(name, None, datatype, now_ms) for name, datatype in controls.items())
    return (*always, *wanted, Metric(RUN, run, DataType.STRING, now_ms))
