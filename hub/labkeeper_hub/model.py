"""The hub's nouns: what the registry, the journal, the bus and the API hand to each other.

Times are milliseconds since the epoch, UTC. The point and device descriptions are those of the wire, as born.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, NamedTuple, TypeAlias

from labkeeper_hub.alarms.states import Alarm
from labkeeper_hub.lessons.lesson import Lessons
from labkeeper_sdk import Title, Value
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.descriptor import DeviceDescription, PointDescription
from labkeeper_wire.leases.book import Held

TypeName: TypeAlias = Literal["float", "int", "bool", "str"]
TYPE_NAMES: Mapping[int, TypeName] = {
    **dict.fromkeys(range(DataType.INT8, DataType.UINT64 + 1), "int"),
    DataType.FLOAT: "float",
    DataType.DOUBLE: "float",
    DataType.BOOLEAN: "bool",
    DataType.STRING: "str",
    DataType.DATETIME: "int",
    DataType.TEXT: "str",
    DataType.UUID: "str",
}
"""What a value of a Sparkplug datatype is to us; datatypes not listed here cannot be points."""


# --- who -------------------------------------------------------------------------------------------------------------
HUB_NODE = "#hub"
"""The node under which the hub files its figures of itself: Sparkplug forbids `#`, so no edge node can be called so."""
DERIVED_NODE = "#hub-derived-"
"""What the name of a node begins with under which the hub files what it derives from the points of another."""


class NodeKey(NamedTuple):
    """One edge node."""

    school: str
    node: str

    @property
    def of_hub(self) -> bool:
        """Whether it is no edge node but the hub's own."""
        return self.node.startswith(HUB_NODE)

    @property
    def derived(self) -> bool:
        """Whether it carries what the hub derives: people see its devices like any node's."""
        return self.node.startswith(DERIVED_NODE)

    @property
    def measured(self) -> "NodeKey":
        """The node that what is derived comes from; any other node is its own."""
        return NodeKey(self.school, self.node.removeprefix(DERIVED_NODE))


class DeviceKey(NamedTuple):
    """One device; `device` is "" for what a node says of itself."""

    school: str
    node: str
    device: str

    @property
    def of_node(self) -> NodeKey:
        return NodeKey(self.school, self.node)


class PointKey(NamedTuple):
    """One point of one device."""

    school: str
    node: str
    device: str
    point: str

    @property
    def of_device(self) -> DeviceKey:
        return DeviceKey(self.school, self.node, self.device)

    @property
    def of_node(self) -> NodeKey:
        return NodeKey(self.school, self.node)


# --- what there is ---------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Lab:
    """A room and what is in it; a foreign node's lab is its node name."""

    school: str
    lab: str
    title: Title
    nodes: tuple[str, ...]
    devices_total: int
    devices_online: int


@dataclass(frozen=True, slots=True)
class Outbox:
    """What a node last said about its outbox; `backlog` counts batches, `taken` readings (None: not said yet)."""

    epoch: str
    backlog: int = 0
    taken: int | None = None


@dataclass(frozen=True, slots=True)
class Node:
    """An edge node as the registry knows it; a foreign one has no outbox. `since_ms`: online or offline since then.
    `twin`: more than one machine passes for it. `differs`: it does not run the interlocks that were approved for it.
    """

    key: NodeKey
    lab: str
    lab_title: Title
    online: bool
    since_ms: int
    last_seen_ms: int
    outbox: Outbox | None = None
    twin: bool = False
    differs: bool = False

    @property
    def foreign(self) -> bool:
        return self.outbox is None


@dataclass(frozen=True, slots=True)
class Device:
    """A device as last born; absent from its node's births it is offline, never deleted."""

    key: DeviceKey
    lab: str
    description: DeviceDescription
    points: tuple[PointDescription, ...]
    online: bool
    since_ms: int


@dataclass(frozen=True, slots=True)
class Latest:
    """A point's live value; `stale` while its device, node or the broker cannot be heard. `quality` is Sparkplug's."""

    key: PointKey
    value: Value | None
    time_ms: int
    quality: int
    stale: bool


# --- readings --------------------------------------------------------------------------------------------------------
class Aggregate(StrEnum):
    """How readings of one time bucket become one number."""

    MEAN = "mean"
    MIN = "min"
    MAX = "max"
    COUNT = "count"
    SUM = "sum"
    FIRST = "first"
    LAST = "last"


class Cursor(NamedTuple):
    """The place after the last row of a page: that many readings of millisecond `time_ms` were already given."""

    time_ms: int
    given: int

    def __str__(self) -> str:
        return f"{self.time_ms}.{self.given}"

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """Read what `str()` wrote; raises ValueError."""
        time_ms, _, given = text.partition(".")
        return cls(int(time_ms), int(given))


@dataclass(frozen=True, slots=True)
class ReadingsQuery:
    """Readings of one point with from_ms <= time < to_ms, in order of time, at most `limit` rows.

    With `every_ms` one row per bucket that has readings (its start, aligned to the epoch), else the readings as they
    came. `after` continues a page.
    """

    key: PointKey
    from_ms: int
    to_ms: int
    every_ms: int | None = None
    aggregate: Aggregate = Aggregate.MEAN
    limit: int = 100_000
    after: Cursor | None = None


class Row(NamedTuple):
    """One reading, or one bucket."""

    time_ms: int
    value: Value | None


@dataclass(frozen=True, slots=True)
class Page:
    """Rows, and where to go on; `after` None: there is no more. `missing`: what may be there and could not be read."""

    rows: tuple[Row, ...]
    after: Cursor | None
    missing: "tuple[Missing, ...]" = ()


class Missing(NamedTuple):
    """Readings with from_ms <= time < to_ms are gone or could not be asked for; `reason` is short and stable."""

    from_ms: int
    to_ms: int
    reason: str


# --- commands --------------------------------------------------------------------------------------------------------
class State(StrEnum):
    """Where a command is; only the node may move it past `sent`."""

    QUEUED = "queued"
    SENT = "sent"
    ACCEPTED = "accepted"
    DONE = "done"
    REJECTED = "rejected"
    FAILED = "failed"
    EXPIRED = "expired"
    UNKNOWN = "unknown"

    @property
    def final(self) -> bool:
        return self not in (State.QUEUED, State.SENT, State.ACCEPTED)


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody wants: this value at this point before the deadline (hub's clock). `id` is a canonical uuid."""

    id: str
    target: PointKey
    value: Value
    holder: str
    created_ms: int
    deadline_ms: int


@dataclass(frozen=True, slots=True)
class Command:
    """An order and how far it is; `code` is short and stable, `message` is for people."""

    order: Order
    state: State
    code: str
    message: str
    updated_ms: int

    @property
    def id(self) -> str:
        return self.order.id


# --- alarms ----------------------------------------------------------------------------------------------------------
class AlarmKey(NamedTuple):
    """What an alarm is unique by: its rule and its source. A node's own alarm has no device and no point, the
    broker's no school and no node either.
    """

    rule: str
    source: PointKey


@dataclass(frozen=True, slots=True)
class AlarmNow:
    """An alarm as it stands; `level` is the one that raised it last."""

    key: AlarmKey
    lab: str
    level: str
    state: Alarm


# --- the ledger ------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One outbox's account: readings taken (A; None: the node has not said), stored (D) and given up as gaps (X).

    `duplicates` counts batches that came again and were not stored again; `backlog` counts batches waiting, and
    `missing` readings taken and neither come nor given up, both as of the node's last word.
    """

    node: NodeKey
    epoch: str | None
    taken: int | None
    stored: int
    gaps: int
    duplicates: int
    backlog: int
    missing: int | None

    @property
    def pending(self) -> int | None:
        """Readings taken and neither stored nor given up; None where the node does not say what it took."""
        return None if self.taken is None else max(0, self.taken - self.stored - self.gaps)

    @property
    def unexplained(self) -> int | None:
        """Readings missing that do not wait at the node either; None where the node does not say what it took."""
        return 0 if self.missing is not None and self.balanced else self.missing

    @property
    def balanced(self) -> bool:
        """When the node last spoke of it, nothing was missing but what still waited there, and nothing was invented."""
        if self.missing is None:
            return True
        return self.missing == 0 if self.backlog == 0 else self.missing >= 0


# --- changes ---------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class DeviceGone:
    """A person removed the device from the registry."""

    key: DeviceKey


HeldLease: TypeAlias = Held
"""A lease: who holds what until when."""


class AskState(StrEnum):
    """What became of somebody's wish to have a lab that another has."""

    OPEN = "open"
    KEPT = "kept"
    UNANSWERED = "unanswered"


@dataclass(frozen=True, slots=True)
class Ask:
    """`by` asks the holder of lease `fence` for the lab, for so long. It is open until then, and what became of it is
    told until then.
    """

    by: str
    fence: int
    for_ms: int
    until_ms: int
    state: AskState = AskState.OPEN


@dataclass(frozen=True, slots=True)
class Leases:
    """All leases there are, and who asks their holders for them; a change of one tells all."""

    held: tuple[HeldLease, ...]
    asks: tuple[Ask, ...] = ()

    @property
    def key(self) -> str:
        return "leases"


@dataclass(frozen=True, slots=True)
class Stop:
    """A school that is stopped: under which latch, by whom, since when (hub's or node's clock), and who has confirmed.

    `devices` have actuators with a safe value, `missing` of them are not known to be there. `sent`: the broker has it.
    """

    school: str
    latch: str
    by: str
    at_ms: int
    devices: int
    confirmed: int
    missing: tuple[DeviceKey, ...]
    sent: bool


@dataclass(frozen=True, slots=True)
class Stops:
    """Everything that is stopped; a change of one tells all."""

    stops: tuple[Stop, ...]

    @property
    def key(self) -> str:
        return "stops"


Change: TypeAlias = Latest | Device | DeviceGone | Node | Command | AlarmNow | Leases | Stops | Lessons


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed up to place `at` of this run's stream; of each point, device and node only the latest."""

    at: int
    changes: tuple[Change, ...]
