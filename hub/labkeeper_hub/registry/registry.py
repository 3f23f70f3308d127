"""The registry in memory: births and deaths change it, the API reads it, and what changed is written behind."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from labkeeper_hub.bus import EventBus
from labkeeper_hub.model import Device, DeviceKey, Lab, Latest, Node, NodeKey, Outbox, PointKey
from labkeeper_hub.registry.known import KnownDevice, KnownNode, KnownPoint
from labkeeper_hub.timeseries.columns import KIND, QUALITIES, QUALITY, value_of
from labkeeper_hub.timeseries.writer import Live
from labkeeper_sdk import Title
from labkeeper_sdk.personal import senses
from labkeeper_wire.descriptor import DeviceDescription, NodeDescription, PointDescription


@dataclass(slots=True)
class HubRegistry:
    """`series_of` names a point's series in the journal, `lives` are the live values of earlier runs."""

    bus: EventBus
    series_of: Callable[[PointKey], int]
    lives: Mapping[PointKey, Live]
    known: dict[NodeKey, KnownNode] = field(default_factory=dict)
    unsaved: dict[KnownNode | KnownDevice, None] = field(default_factory=dict)

    # --- births and deaths ------------------------------------------------------------------------------------------
    def node_born(self, key: NodeKey, description: NodeDescription, outbox: Outbox | None, now_ms: int) -> KnownNode:
        """Take an NBIRTH: every device counts as unborn until it is born, or `sweep` says it is not."""
        node = self.node_at(key, now_ms)
        if not node.online:
            node.since_ms = now_ms
        node.online, node.last_seen_ms = True, now_ms
        node.description, node.outbox = description, outbox
        for device in node.devices.values():
            device.unborn = device.online
        self.changed(node)
        return node

    def node_died(self, node: KnownNode, time_ms: int) -> None:
        """Everything the node had is offline since then."""
        if node.online:
            node.online, node.since_ms = False, time_ms
            self.changed(node)
        for device in node.devices.values():
            self.device_died(device, time_ms)

    def device_born(
        self,
        node: KnownNode,
        name: str,
        description: DeviceDescription,
        points: Iterable[PointDescription],
        now_ms: int,
    ) -> KnownDevice:
        """Take a DBIRTH: its points are the device's points from now on."""
        device = self.device_at(node, name, now_ms)
        if not device.online:
            device.online, device.since_ms = True, now_ms
        device.unborn, device.description = False, description
        self.describe(device, points)
        self.changed(device)
        return device

    def device_died(self, device: KnownDevice, time_ms: int) -> None:
        """The device is offline since then, and its values are stale."""
        if not device.online:
            return
        device.online, device.unborn, device.since_ms = False, False, time_ms
        self.changed(device)
        for point in device.points.values():
            self.bus.note(point)

    def sweep(self, node: KnownNode, now_ms: int) -> None:
        """The node had its time: what it has not borne again is offline."""
        for device in list(node.devices.values()):
            if device.unborn:
                self.device_died(device, now_ms)

    def link_stale(self, time_ms: int) -> None:
        """The hub itself hears nothing: all nodes are offline since then."""
        for node in self._heard():
            self.node_died(node, time_ms)

    def changed(self, thing: KnownNode | KnownDevice) -> None:
        """Tell it and save it."""
        self.bus.note(thing)
        self.unsaved[thing] = None

    # --- keeping ----------------------------------------------------------------------------------------------------
    def node_at(self, key: NodeKey, now_ms: int) -> KnownNode:
        """Return the node, made if it is new."""
        if key not in self.known:
            self.known[key] = KnownNode(key, since_ms=now_ms, last_seen_ms=now_ms)
        return self.known[key]

    def device_at(self, node: KnownNode, name: str, now_ms: int) -> KnownDevice:
        """Return the node's device, made if it is new."""
        if name not in node.devices:
            node.devices[name] = KnownDevice(DeviceKey(*node.key, name), node, since_ms=now_ms)
        return node.devices[name]

    def describe(self, device: KnownDevice, points: Iterable[PointDescription]) -> None:
        """Give the device these points, but those that speak of a person; one that stays keeps its live value."""
        described = tuple(points)
        before, device.points = device.points, {}
        device.personal = senses(
            device.key.device,
            (one.name for one in described),
            (one.name for one in described if one.personal),
        )
        for description in described:
            if description.name in device.personal:
                continue
            device.points[description.name] = self._point(device, description, before.get(description.name))

    def point_at(self, device: KnownDevice, description: PointDescription) -> KnownPoint:
        """Return the device's point, made if it is new."""
        if description.name not in device.points:
            device.points[description.name] = self._point(device, description, None)
        return device.points[description.name]

    def _point(self, device: KnownDevice, description: PointDescription, before: KnownPoint | None) -> KnownPoint:
        key = PointKey(*device.key, description.name)
        point = KnownPoint(key, device, description, before.series if before else self.series_of(key))
        live = self.lives.get(key)
        if before is not None:
            point.value, point.time_ms, point.quality = before.value, before.time_ms, before.quality
        elif live is not None:
            point.value, point.time_ms = value_of(live.mark & KIND, live.bits, live.text), live.time_ms
            point.quality = QUALITIES[live.mark & QUALITY]
        return point

    # --- reading ----------------------------------------------------------------------------------------------------
    def point(self, key: PointKey) -> KnownPoint | None:
        """Return a point as it is kept."""
        device = self.known_device(key.of_device)
        return None if device is None else device.points.get(key.point)

    def known_device(self, key: DeviceKey) -> KnownDevice | None:
        """Return a device as it is kept."""
        node = self.known.get(key.of_node)
        return None if node is None else node.devices.get(key.device)

    def labs(self) -> tuple[Lab, ...]:
        nodes = sorted(self._heard(), key=_by_lab)
        return tuple(_lab(school, lab, tuple(inside)) for (school, lab), inside in groupby(nodes, key=_by_lab))

    def node_of(self, school: str, lab: str) -> str:
        """Return the first of the nodes of a lab, "" where there is none."""
        found = sorted(node.key.node for node in self._heard() if (node.key.school, node.lab) == (school, lab))
        return next(iter(found), "")

    def nodes(self) -> tuple[Node, ...]:
        return tuple(node.change() for node in sorted(self._heard(), key=_by_key))

    def devices(self, school: str | None = None, node: str | None = None) -> tuple[Device, ...]:
        found = (device.change() for device in self._devices(school, node))
        return tuple(device for device in found if device is not None)

    def device(self, key: DeviceKey) -> Device | None:
        device = self.known_device(key)
        return None if device is None else device.change()

    def personal(self, key: DeviceKey) -> Collection[str]:
        known = self.known_device(key)
        return () if known is None else known.personal.keys()

    def latest(self, school: str | None = None, node: str | None = None, device: str | None = None) -> Iterator[Latest]:
        devices = (found for found in self._devices(school, node) if device in (None, found.key.device))
        values = (point.change() for known in devices for _, point in sorted(known.points.items()))
        return (value for value in values if value is not None)

    def _heard(self) -> list[KnownNode]:
        """Return the nodes that speak through the broker, which the hub's own do not."""
        return [node for key, node in self.known.items() if not key.of_hub]

    def _devices(self, school: str | None, node: str | None) -> Iterator[KnownDevice]:
        """Yield what was there when one came to its node, whatever goes meanwhile."""
        for key, known in sorted(self.known.items()):
            if school in (None, key.school) and node in (None, key.node):
                yield from (device for _, device in sorted(known.devices.items()))


def _by_key(node: KnownNode) -> NodeKey:
    return node.key


def _by_lab(node: KnownNode) -> tuple[str, str]:
    return node.key.school, node.lab


def _lab(school: str, lab: str, nodes: Sequence[KnownNode]) -> Lab:
    devices = [device for node in nodes for device in node.devices.values() if device.listed]
    title = next((node.lab_title for node in nodes if node.lab_title), Title())
    return Lab(
        school,
        lab,
        title,
        tuple(sorted(node.key.node for node in nodes)),
        len(devices),
        sum(device.online for device in devices),
    )
