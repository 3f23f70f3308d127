"""What births and deaths mean to the registry, and which of a birth's values are readings."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from labkeeper_hub.ingest.deliveries import FOREIGN, Deliveries
from labkeeper_hub.ingest.intake import Intake, Source
from labkeeper_hub.ingest.twins import Twins
from labkeeper_hub.model import TYPE_NAMES, NodeKey, Outbox
from labkeeper_hub.registry.known import NODE_ITSELF, KnownDevice, KnownNode, KnownPoint
from labkeeper_hub.registry.registry import HubRegistry
from labkeeper_wire.commands import CONTROLS, LONGEST_RUN, RUN
from labkeeper_wire.delivery import BACKLOG, EPOCH, JOURNAL, TAKEN
from labkeeper_wire.descriptor import (
    BadDescriptor,
    DeviceDescription,
    NodeDescription,
    PointDescription,
    is_description,
)
from labkeeper_wire.effects import DeviceBorn, DeviceDied, NodeBorn, NodeDied
from labkeeper_wire.payload import STALE, Metric, quality_of

SERVICE = ("Delivery/", "Command/", "Node Control/", "Device Control/")
SESSION = frozenset({"bdSeq"}) | CONTROLS
LONGEST_EPOCH = 64
SWEEP_MS = 3000  # a node has this long after NBIRTH for its DBIRTHs


@dataclass(slots=True)
class Births:
    """Keeps the sources: the nodes in session."""

    registry: HubRegistry
    deliveries: Deliveries
    intake: Intake
    node_lost: Callable[[NodeKey, int], None]
    introduce: Callable[[NodeKey, str], None]
    drivers: Callable[[NodeKey, Iterable[Metric]], None] = lambda *_: None
    sources: dict[tuple[str, str], Source] = field(default_factory=dict)
    twins: Twins = field(default_factory=Twins)
    _sweeps: dict[NodeKey, int] = field(default_factory=dict)

    def node_born(self, born: NodeBorn, now_ms: int) -> None:
        """Begin the node's session; its own metrics are points where it is a foreign one."""
        key = NodeKey(born.group, born.node)
        epoch = _epoch(born.metrics)
        source = self.sources[key] = Source(self.deliveries.of(key, epoch), ours=epoch != FOREIGN)
        outbox = Outbox(epoch) if source.ours else None
        node = self.registry.node_born(key, NodeDescription.from_metrics(born.metrics), outbox, now_ms)
        if source.ours:
            self._look_for_twins(node, epoch, born, now_ms)
        self._sweeps[key] = now_ms + SWEEP_MS
        itself = self.registry.device_born(node, NODE_ITSELF, DeviceDescription(), _points(born.metrics), now_ms)
        source.devices[None] = itself
        if source.ours:
            self.intake.outbox(source, tuple(metric for metric in born.metrics if metric.name in (TAKEN, BACKLOG)))
            self._meet(key, born.metrics)
            self.drivers(key, born.metrics)
        self._values(source, itself, born.metrics, now_ms)

    def _meet(self, key: NodeKey, metrics: Iterable[Metric]) -> None:
        """A node that delivered to another journal is told that this is not it."""
        journal = self.intake.journal.identity
        if any(metric.name == JOURNAL and metric.value != journal for metric in metrics):
            self.introduce(key, journal)

    def device_born(self, born: DeviceBorn, now_ms: int) -> None:
        """Take a DBIRTH; the session has made sure of its NBIRTH."""
        key = NodeKey(born.group, born.node)
        try:
            description = DeviceDescription.from_metrics(born.metrics)
        except BadDescriptor as bad:
            self.intake.refusals.count(bad.reason, f"{born.group}/{born.node}/{born.device}")
            description = DeviceDescription.from_metrics(m for m in born.metrics if m.name != "Descriptor")
        source = self.sources[key]
        node = self.registry.node_at(key, now_ms)
        device = self.registry.device_born(node, born.device, description, _points(born.metrics), now_ms)
        device.run = _run(born.metrics)
        source.devices[born.device] = device
        self._values(source, device, born.metrics, now_ms)

    def node_died(self, died: NodeDied, now_ms: int) -> None:
        """The node is gone with everything it had."""
        key = NodeKey(died.group, died.node)
        self.sources.pop(key, None)
        self._sweeps.pop(key, None)
        self.twins.died(key)
        self.registry.node_died(self.registry.node_at(key, now_ms), died.time_ms)
        self.node_lost(key, now_ms)

    def device_died(self, died: DeviceDied, now_ms: int) -> None:
        """One device is gone."""
        source = self.sources[NodeKey(died.group, died.node)]
        device = source.devices.pop(died.device, None)
        if device is not None:
            self.registry.device_died(device, now_ms)

    def link_stale(self, time_ms: int) -> None:
        """Nobody can be heard."""
        self.sources.clear()
        self._sweeps.clear()
        self.registry.link_stale(time_ms)

    def sweep(self, now_ms: int) -> None:
        """Let go of devices that their node, born again, has not borne again."""
        due = [key for key, time_ms in self._sweeps.items() if time_ms <= now_ms]
        for key in due:
            del self._sweeps[key]
            self.registry.sweep(self.registry.known[key], now_ms)
        for key in self.twins.cleared(now_ms):
            node = self.registry.known[key]
            node.twin = False
            self.registry.changed(node)

    def _look_for_twins(self, node: KnownNode, epoch: str, born: NodeBorn, now_ms: int) -> None:
        """Copied cards are dangerous: of two batches with one number the hub takes the first for both."""
        bd_seq = next((metric.value for metric in born.metrics if metric.name == "bdSeq"), None)
        if isinstance(bd_seq, int) and self.twins.born(node.key, epoch, bd_seq, now_ms):
            self.intake.refusals.count("node_twin", "/".join(node.key))
        if self.twins.suspected(node.key) and not node.twin:
            node.twin = True
            self.registry.changed(node)

    def _values(self, source: Source, device: KnownDevice, metrics: Iterable[Metric], now_ms: int) -> None:
        """Make a birth's values live. A foreign node's are readings too, where they say something new: what changed
        while it was away comes no other way. Our nodes' come in batches as well, and must not be stored twice.
        """
        new = tuple(metric for metric in metrics if _says_something_new(device, metric))
        count = self.intake.readings(source, device, new, now_ms, stored=not source.ours)
        if count:
            source.delivery.stored += count
            self.deliveries.touch(source.delivery, 0)
            self.intake.journal.filled()
        self.registry.bus.note_all(device.points.values())


def _says_something_new(device: KnownDevice, metric: Metric) -> bool:
    """Tell a value that is not the live one; no value says only that the point is stale."""
    point = device.points.get(metric.name or "")
    if point is None or metric.transient:
        return False
    if metric.value is None or (quality_of(metric) == STALE and _is_older(metric, point)):
        point.quality = STALE
        return False
    same = point.time_ms == metric.time_ms and point.value == metric.value and point.quality == quality_of(metric)
    return not same


def _is_older(metric: Metric, point: KnownPoint) -> bool:
    """Tell whether the hub knows a later value: a node that lost its power remembers less than it has sent."""
    return point.time_ms is not None and metric.time_ms is not None and metric.time_ms < point.time_ms


def _points(metrics: Iterable[Metric]) -> list[PointDescription]:
    """Return what a birth declares to be points: values of ours, not the session's, the delivery's or a description."""
    return [
        PointDescription.from_metric(metric)
        for metric in metrics
        if metric.name is not None
        and metric.datatype in TYPE_NAMES
        and metric.name not in SESSION
        and not metric.name.startswith(SERVICE)
        and not is_description(metric.name)
    ]


def _run(metrics: Iterable[Metric]) -> str:
    """Return the run of the node that takes commands; "" where it does not say, or nothing that can be said back."""
    run = next((metric.value for metric in metrics if metric.name == RUN), None)
    return run if isinstance(run, str) and len(run) <= LONGEST_RUN else ""


def _epoch(metrics: Iterable[Metric]) -> str:
    """Return the outbox' epoch; "" where there is none that an acknowledgement could carry."""
    epoch = next((metric.value for metric in metrics if metric.name == EPOCH), None)
    if not isinstance(epoch, str) or not 0 < len(epoch) <= LONGEST_EPOCH:
        return FOREIGN
    fits = epoch.isascii() and epoch.isprintable() and not set(epoch) & {" ", ";"}
    return epoch if fits else FOREIGN
