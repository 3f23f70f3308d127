"""What a driver is: a connection that lives as long as its context, and small capabilities on what it yields.

A driver has no base class. It never reconnects, polls, checks limits or knows our topics: the platform does those
once. A lost connection is `raise DeviceUnreachable`; the platform leaves the context, waits and opens a new one.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, runtime_checkable

from pydantic import BaseModel

from labkeeper_sdk.points import Point, Title
from labkeeper_sdk.turns import Urgency
from labkeeper_sdk.values import Reading, Value


def _nothing() -> None:
    """There is nothing to settle: the source keeps no copy."""


# --- one device behind one connection -------------------------------------------------------------------------------
class Device(Protocol):
    """A thing with points. It also has `read`, `changes` or `write`, whichever it can do."""

    @property
    def points(self) -> Sequence[Point]: ...


@runtime_checkable
class Readable(Protocol):
    """A device that is asked: called by the platform every poll interval."""

    async def read(self) -> Mapping[str, Value]: ...


@runtime_checkable
class Changing(Protocol):
    """A device that tells: yields readings as they happen."""

    def changes(self) -> AsyncIterator[Sequence[Reading]]: ...


@runtime_checkable
class Writable(Protocol):
    """A device that obeys. Returning means the device has confirmed; CommandFailed means it has not."""

    async def write(self, point: str, value: Value) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a device says of itself; what is empty is not known."""

    title: Title = Title()
    make: str = ""
    model: str = ""
    firmware: str = ""


@runtime_checkable
class Described(Protocol):
    """A device that says what it is: known when `connect` yields it, and announced with its points."""

    @property
    def about(self) -> About: ...


# --- many devices behind one connection -----------------------------------------------------------------------------
@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceInfo:
    """A device as a gateway describes it. `id` never changes for the same hardware; titles may."""

    id: str
    points: tuple[Point, ...]
    title: Title = Title()
    make: str = ""
    model: str = ""
    firmware: str = ""


def described(device_id: str, device: Device, title: Title = Title()) -> DeviceInfo:
    """Return how a device alone behind its connection is announced; `title` where it has no name of its own."""
    about = device.about if isinstance(device, Described) else About()
    return DeviceInfo(
        id=device_id,
        points=tuple(device.points),
        title=title if about.title == Title() else about.title,
        make=about.make,
        model=about.model,
        firmware=about.firmware,
    )


@dataclass(frozen=True, slots=True)
class Found:
    """The gateway has this device, new or with a changed description."""

    device: DeviceInfo


@dataclass(frozen=True, slots=True)
class Gone:
    """The gateway no longer has this device."""

    device: str


@dataclass(frozen=True, slots=True)
class Availability:
    """The device can or cannot be reached."""

    device: str
    online: bool


@dataclass(frozen=True, slots=True)
class Report:
    """Readings of one device."""

    device: str
    readings: tuple[Reading, ...]


@dataclass(frozen=True, slots=True)
class Nonsense:
    """The device said something that makes no sense: counted under `reason` and shown, nothing stored."""

    device: str
    reason: str
    detail: str = ""


GatewayEvent: TypeAlias = Found | Gone | Availability | Report | Nonsense


@dataclass(frozen=True, slots=True)
class Observation:
    """What one message from outside meant. The platform calls `settle` once everything in it is safely on disk;
    a driver puts the message's acknowledgement there.

    `identity` identifies the message where the transport may deliver it twice: a redelivered message (`again`)
    whose identity was already committed is settled and not stored a second time.
    """

    events: tuple[GatewayEvent, ...]
    settle: Callable[[], None] = _nothing
    identity: bytes = b""
    again: bool = False


class Gateway(Protocol):
    """A connection behind which devices come and go."""

    def observations(self) -> AsyncIterator[Observation]: ...

    async def write(self, device: str, point: str, value: Value) -> None:
        """Return when the device has confirmed; raise CommandFailed or CommandRejected otherwise."""


@runtime_checkable
class Ranking(Protocol):
    """A gateway whose devices share a line, and that serves who waits there by urgency: its `Turns` does that."""

    async def write_urgently(self, device: str, point: str, value: Value, urgency: Urgency) -> None:
        """Write as a gateway's `write` does, `Urgency.STOP` towards a safe value."""


# --- what the platform lends to a driver ----------------------------------------------------------------------------
class MqttMessage(Protocol):
    """A message from the lab's broker; `packet_id` is 0 at QoS 0."""

    @property
    def topic(self) -> str: ...
    @property
    def payload(self) -> bytes: ...
    @property
    def qos(self) -> int: ...
    @property
    def retain(self) -> bool: ...
    @property
    def dup(self) -> bool: ...
    @property
    def packet_id(self) -> int: ...


class MqttLink(Protocol):
    """One persistent session at the lab's broker, with a fixed client id and late acknowledgement: a message stays
    the broker's until `acknowledge` is called. Losing the link raises DeviceUnreachable from `messages`/`publish`.
    `session_present`: the broker kept the session, and with it every QoS 1 message of the time we were away.
    """

    @property
    def session_present(self) -> bool: ...
    async def subscribe(self, *filters: tuple[str, int]) -> None: ...
    def messages(self) -> AsyncIterator[MqttMessage]: ...
    def acknowledge(self, message: MqttMessage) -> None: ...
    async def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None: ...


class Services(Protocol):
    """What a node lends to its drivers."""

    def mqtt(self) -> AbstractAsyncContextManager[MqttLink]:
        """The lab's broker, as this driver instance."""

    def now_ms(self) -> int:
        """The node's clock, milliseconds since the epoch, UTC."""


@dataclass(frozen=True, slots=True)
class Resource:
    """Something of the machine that one driver instance needs for itself: `kind` such as "serial port", "GPIO pin",
    "TCP port", `name` such as "/dev/ttyUSB0", `key` the configuration's key that says so.
    """

    kind: str
    name: str
    key: str


@dataclass(frozen=True, slots=True)
class InstanceNames:
    """What the instances of a driver may be called, where a name would say too much: it is in topics, logs and data.

    `pattern` is a regular expression for the whole name, `example` one that fits.
    """

    pattern: str
    example: str


def _no_resources(_: object) -> Iterable[Resource]:
    return ()


@dataclass(frozen=True, slots=True)
class Driver:
    """What a driver package registers: its name, its configuration (a pydantic model, shown as a form) and how to
    connect. `connect` yields a Gateway, or a Device for hardware that is one device behind one connection.

    `resources` returns what a configuration claims for itself alone; two instances that claim the same are refused.
    `instance_names` limits what its instances may be called.
    `version` is the configuration's; `migrate(old keys, their version)` returns them as this version has them.
    """

    name: str
    configuration: type[BaseModel]
    connect: Callable[[Any, Services], AbstractAsyncContextManager[Gateway | Device]]  # its own configuration model
    title: Title = Title()
    resources: Callable[[Any], Iterable[Resource]] = _no_resources
    version: int = 1
    migrate: Callable[[Mapping[str, Any], int], Mapping[str, Any]] | None = None
    instance_names: InstanceNames | None = None
