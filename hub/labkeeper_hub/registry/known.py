"""Nodes, devices and points as they are kept in memory: the one place where the live state is changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from labkeeper_hub.model import TYPE_NAMES, Device, DeviceKey, Latest, Node, NodeKey, Outbox, PointKey
from labkeeper_hub.timeseries.columns import BOOL, FLOAT, INT, TEXT
from labkeeper_sdk import Quality, Title, Value
from labkeeper_sdk.personal import Sense
from labkeeper_wire.descriptor import DeviceDescription, NodeDescription, PointDescription

KINDS = {"float": FLOAT, "int": INT, "bool": BOOL, "str": TEXT}
NODE_ITSELF = ""
"""The device name of what a node says of itself."""


@dataclass(slots=True, eq=False)
class KnownPoint:
    """A point and its live value; `time_ms` None: it never had one. `kind` is the journal's for its datatype.
    `not_finite`: it said something that is no number, and nothing that is since.
    """

    key: PointKey
    device: "KnownDevice"
    description: PointDescription
    series: int
    kind: int = field(init=False)
    value: Value | None = None
    time_ms: int | None = None
    quality: int = Quality.GOOD
    not_finite: bool = False

    def __post_init__(self) -> None:
        self.kind = KINDS[TYPE_NAMES[self.description.datatype]]

    @property
    def stale(self) -> bool:
        return self.quality == Quality.STALE or not self.device.online

    def change(self) -> Latest | None:
        """Return the live value."""
        if self.time_ms is None:
            return None
        return Latest(self.key, self.value, self.time_ms, self.quality, self.stale)


@dataclass(slots=True, eq=False)
class KnownDevice:
    """A device, here or not. `unborn`: its node was born again and has not said yet whether the device still is;
    `run`: the run of its node that takes commands for it, "" if it does not say. `personal`: what it has that is
    nobody's point, because it speaks of a person.
    """

    key: DeviceKey
    node: "KnownNode"
    since_ms: int
    description: DeviceDescription = field(default_factory=DeviceDescription)
    online: bool = False
    unborn: bool = False
    run: str = ""
    points: dict[str, KnownPoint] = field(default_factory=dict)
    personal: Mapping[str, Sense] = field(default_factory=dict)

    @property
    def listed(self) -> bool:
        """Whether people see it: what our own nodes and the hub say of themselves is no device; what it derives is."""
        if self.node.key.of_hub:
            return self.node.key.derived and bool(self.points)
        return self.key.device != NODE_ITSELF or (self.node.outbox is None and bool(self.points))

    def change(self) -> Device | None:
        """Return the device as a noun; None if it is not for people."""
        if not self.listed:
            return None
        points = tuple(point.description for point in self.points.values())
        return Device(self.key, self.node.lab, self.description, points, self.online, self.since_ms)


@dataclass(slots=True, eq=False)
class KnownNode:
    """A node, here or not. `differs`: it does not run the interlocks that were approved for it; `unapproved`: how much
    it matters that nobody approved those it runs (`interlocks.book.Unapproved`).
    """

    key: NodeKey
    since_ms: int
    last_seen_ms: int
    description: NodeDescription = field(default_factory=NodeDescription)
    online: bool = False
    outbox: Outbox | None = None
    twin: bool = False
    differs: bool = False
    unapproved: int = 0
    devices: dict[str, KnownDevice] = field(default_factory=dict)

    @property
    def lab(self) -> str:
        return self.description.lab or self.key.node

    @property
    def lab_title(self) -> Title:
        return Title(self.description.title_zh, self.description.title_en)

    def change(self) -> Node:
        """Return the node as a noun."""
        return Node(
            self.key,
            self.lab,
            self.lab_title,
            self.online,
            self.since_ms,
            self.last_seen_ms,
            self.outbox,
            self.twin,
            self.differs,
        )
