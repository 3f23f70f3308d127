"""What node and driver process say to each other, and its form in bytes: JSON lists, checked where they come in.

JSON and not pickle: the process holds code that nobody vouches for, and must not be able to make the node run it.
Python's own, because it keeps NaN and integers of any size, which the sampler is to refuse and not the way here.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias, get_args

from labkeeper_edge.supervision.isolation.events import Malformed, read_events, said_events
from labkeeper_edge.supervision.isolation.frames import BadFrame
from labkeeper_sdk import GatewayEvent, Value


# --- node → process -------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Begin:
    """Which driver to load and how; the first message, and the only one of its kind."""

    name: str  # the entry point's
    module: str  # its value
    digest: str  # what the driver's distribution must hash to before it is imported; empty: nobody asks
    instance: str
    configuration: dict[str, Any]  # the driver's own keys, as the settings have them
    source: str  # the settings' file, for messages
    school: str
    node: str
    broker: str
    poll_every_s: float
    memory_bytes: int
    deadly: str  # the digest of the message over which earlier processes died; empty for none
    path: list[str]  # where the node itself imports from


@dataclass(frozen=True, slots=True)
class Connect:
    """Open a connection."""


@dataclass(frozen=True, slots=True)
class Disconnect:
    """Leave the connection; answered by Closed."""


@dataclass(frozen=True, slots=True)
class Write:
    """Write a value; answered by Written with the same id."""

    id: int
    device: str
    point: str
    value: Value
    urgency: int


@dataclass(frozen=True, slots=True)
class Cancel:
    """Nobody waits for this write any more."""

    id: int


@dataclass(frozen=True, slots=True)
class Taken:
    """Observations up to this number have been taken over: as many bytes more may be sent."""

    number: int


@dataclass(frozen=True, slots=True)
class Settle:
    """What these observations said is on disk."""

    numbers: list[int]


@dataclass(frozen=True, slots=True)
class Ping:
    """Asks whether the process is there; answered by Pong."""


# --- process → node -------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Ready:
    """The driver is loaded and its configuration is good; `claims` are (kind, name, key) of what it wants alone."""

    claims: list[list[str]]


@dataclass(frozen=True, slots=True)
class Unusable:
    """The driver cannot run with this package or this configuration; trying again does not help."""

    reason: str
    changed: bool  # because its files are not the allowed ones


@dataclass(frozen=True, slots=True)
class Opened:
    """The connection is open."""


@dataclass(frozen=True, slots=True)
class Observed:
    """What one message from outside meant; `settles` where Settle is wanted for it."""

    number: int
    events: tuple[GatewayEvent, ...]
    identity: str
    again: bool
    settles: bool


@dataclass(frozen=True, slots=True)
class Ended:
    """The connection is over: the device or (`broker`) the broker is out of reach, or (`fault`) the driver broke."""

    reason: str
    fault: bool
    broker: bool = False


@dataclass(frozen=True, slots=True)
class Closed:
    """The connection that was to be left is left."""


@dataclass(frozen=True, slots=True)
class Written:
    """How a write ended: done, rejected, failed, unreachable or broke."""

    id: int
    outcome: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Counted:
    """Something was refused."""

    reason: str
    source: str
    detail: str


@dataclass(frozen=True, slots=True)
class Pong:
    """It is."""


FromNode: TypeAlias = Begin | Connect | Disconnect | Write | Cancel | Taken | Settle | Ping
FromProcess: TypeAlias = Ready | Unusable | Opened | Observed | Ended | Closed | Written | Counted | Pong
Message: TypeAlias = FromNode | FromProcess
KINDS: dict[str, type[Message]] = {kind.__name__: kind for kind in get_args(Message)}
TYPES: dict[Callable[..., Message], dict[str, Any]] = {kind: kind.__annotations__ for kind in get_args(Message)}


def pack(message: Message) -> bytes:
    """Return a message as bytes; raises ValueError or TypeError for what no JSON can carry."""
    fields = [getattr(message, name) for name in message.__slots__]
    if isinstance(message, Observed):
        fields[1] = said_events(message.events)
    return json.dumps([type(message).__name__, *fields], separators=(",", ":")).encode()


def unpack(body: bytes) -> Message:
    """Read a message; raises BadFrame for anything that is none."""
    try:
        name, *fields = json.loads(body)
        kind = KINDS[name]
        if kind is Observed:
            fields[1] = read_events(fields[1])
        return _made(kind, fields)
    except (ValueError, TypeError, KeyError, IndexError, RecursionError, Malformed) as error:
        raise BadFrame(f"{type(error).__name__}: {str(error)[:200]}") from error


def _made(kind: Callable[..., Message], fields: list[Any]) -> Message:
    checks = TYPES[kind].values()
    if len(fields) != len(checks) or not all(map(_fits, fields, checks)):
        raise Malformed("these are not its fields")
    return kind(*fields)


PLAIN: dict[object, Callable[[object], bool]] = {
    str: lambda it: type(it) is str,
    int: lambda it: type(it) is int,
    bool: lambda it: type(it) is bool,
    float: lambda it: type(it) in (int, float),
    Value: lambda it: type(it) in (bool, int, float, str),
    dict[str, Any]: lambda it: type(it) is dict,
    list[str]: lambda it: type(it) is list and all(type(each) is str for each in it),
    list[int]: lambda it: type(it) is list and all(type(each) is int for each in it),
    list[list[str]]: lambda it: (
        type(it) is list and all(type(each) is list and [*map(type, each)] == [str] * 3 for each in it)
    ),
    tuple[GatewayEvent, ...]: lambda it: type(it) is tuple,
}


def _fits(field: object, declared: object) -> bool:
    return PLAIN[declared](field)
