"""What a session asks its shell to do, or tells it: frozen values returned in lists, to be carried out in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from labkeeper_wire.payload import Metric


@dataclass(frozen=True, slots=True)
class Publish:
    """Publish these bytes; also the shape of a session's will."""

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Subscribe (filter, QoS) pairs, and wait for the broker's answer before the next effect."""

    filters: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Disconnect:
    """Close the MQTT connection on purpose, once everything before it is out; the session object is spent."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A message was dropped whole: `reason` is a short snake_case code from a bounded set, fit for a metric label."""

    reason: str
    topic: str


@dataclass(frozen=True, slots=True)
class SessionLive:
    """The node's births are out: data may flow."""


@dataclass(frozen=True, slots=True)
class SessionPaused:
    """The node had to stop (`reason`: primary_host_offline): keep the data, connect anew with the next bdSeq."""

    reason: str


@dataclass(frozen=True, slots=True)
class Rebirthed:
    """Every birth of the node went out again on a host's request; data may go on."""


@dataclass(frozen=True, slots=True)
class CommandReceived:
    """A host wrote these metrics, names resolved; device None is the node itself; time_ms is the host's clock."""

    device: str | None
    metrics: tuple[Metric, ...]
    time_ms: int | None


@dataclass(frozen=True, slots=True)
class NodeBorn:
    """NBIRTH: every device of the node counts as unborn until its DeviceBorn; rebirth = in the same MQTT session."""

    group: str
    node: str
    metrics: tuple[Metric, ...]
    time_ms: int
    bd_seq: int
    rebirth: bool


@dataclass(frozen=True, slots=True)
class NodeDied:
    """NDEATH of the running session: the node and all its devices are stale since time_ms (the host's clock)."""

    group: str
    node: str
    time_ms: int


@dataclass(frozen=True, slots=True)
class DeviceBorn:
    """DBIRTH: all metrics of the device with their current values."""

    group: str
    node: str
    device: str
    metrics: tuple[Metric, ...]
    time_ms: int


@dataclass(frozen=True, slots=True)
class DeviceDied:
    """DDEATH: the device is stale since time_ms (the node's clock, from the payload)."""

    group: str
    node: str
    device: str
    time_ms: int


class DataReceived(NamedTuple):
    """NDATA (device None) or DDATA; every metric has name, datatype and time; batch = Delivery/Batch, taken out.

    A named tuple, because there is one for every message and a frozen dataclass takes three times as long to make.
    """

    group: str
    node: str
    device: str | None
    metrics: tuple[Metric, ...]
    time_ms: int
    batch: int | None


@dataclass(frozen=True, slots=True)
class LinkStale:
    """The host's own broker link is gone: everything is stale since time_ms (the host's clock)."""

    time_ms: int


EdgeEffect: TypeAlias = (
    Publish | Subscribe | Disconnect | Refused | SessionLive | SessionPaused | Rebirthed | CommandReceived
)
HostEffect: TypeAlias = (
    Publish
    | Subscribe
    | Disconnect
    | Refused
    | NodeBorn
    | NodeDied
    | DeviceBorn
    | DeviceDied
    | DataReceived
    | LinkStale
)
Effect: TypeAlias = EdgeEffect | HostEffect
