"""What a node is told of leases: the whole table in one text, so that a lost or repeated message does no harm."""

import json
from collections.abc import Mapping
from typing import NamedTuple

LEASES = "Node Control/Leases"  # String, writable, in NBIRTH and in the hub's NCMD
FENCE = "Lease/Fence"  # UInt64, in NBIRTH and NDATA: the number of the newest table on the node's disk

LAST_FENCE = (1 << 64) - 1
LAST_RENEWAL = (1 << 64) - 1
LONGEST_LEFT_MS = 86_400_000
LONGEST_TABLE = 65_536  # characters
LONGEST_NAME = 256
MOST_LEASES = 256


class BadTable(ValueError):
    """The text is no table of leases: nothing may be changed for it."""


class Allowed(NamedTuple):
    """One point that a lease with a floor may command, between these values (None: the point's own limits)."""

    device: str
    point: str
    minimum: float | None = None
    maximum: float | None = None

    def admits(self, value: object) -> bool:
        """Tell whether the value is within the limits; without any, every value is."""
        if self.minimum is None and self.maximum is None:
            return True
        if not isinstance(value, int | float):
            return False
        return (self.minimum is None or value >= self.minimum) and (self.maximum is None or value <= self.maximum)


class Lease(NamedTuple):
    """One lease as a node sees it: `bench` and `device` "" for the whole lab, `left_ms` until it ends.

    `parent` is the fence of the lease it dies with (0: none). With `floor` it reaches those points only.
    """

    fence: int
    holder: str
    bench: str = ""
    device: str = ""
    left_ms: int = 0
    parent: int = 0
    floor: tuple[Allowed, ...] | None = None

    def covers(self, bench: str, device: str) -> bool:
        """Tell whether a device of that bench is within the lease's scope."""
        if self.device:
            return self.device == device
        return self.bench in ("", bench)


class LeaseTable(NamedTuple):
    """Every lease on a node's devices. `fence` numbers the tables of all time, `renewal` the tellings of this one."""

    fence: int
    renewal: int
    leases: tuple[Lease, ...] = ()

    def to_text(self) -> str:
        """Give the value of the NCMD's metric."""
        leases = [lease._asdict() | {"floor": _floor_json(lease.floor)} for lease in self.leases]
        return json.dumps({"fence": self.fence, "renewal": self.renewal, "leases": leases}, ensure_ascii=False)

    @classmethod
    def from_text(cls, text: object) -> "LeaseTable":
        """Read a table; unknown members are ignored, anything else wrong raises BadTable."""
        if not isinstance(text, str) or len(text) > LONGEST_TABLE:
            raise BadTable("not a text, or too long")
        try:
            said = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise BadTable("not JSON") from error
        fields = _object(said)
        leases = tuple(_lease(one) for one in _list(fields.get("leases")))
        table = cls(_whole(fields.get("fence"), 1, LAST_FENCE), _whole(fields.get("renewal"), 0, LAST_RENEWAL), leases)
        _check(table)
        return table


def _check(table: LeaseTable) -> None:
    """A lease is older than its table, there once, and younger than the lease it dies with, which is there."""
    fences = [lease.fence for lease in table.leases]
    if len(set(fences)) != len(fences):
        raise BadTable("a fence twice")
    for lease in table.leases:
        if lease.fence > table.fence:
            raise BadTable("a lease is younger than its table")
        if lease.parent and (lease.parent not in fences or lease.parent >= lease.fence):
            raise BadTable("a lease without its parent")


def _lease(said: object) -> Lease:
    fields = _object(said)
    floor = fields.get("floor")
    return Lease(
        _whole(fields.get("fence"), 1, LAST_FENCE),
        _text(fields.get("holder")),
        _text(fields.get("bench", "")),
        _text(fields.get("device", "")),
        _whole(fields.get("left_ms"), 0, LONGEST_LEFT_MS),
        _whole(fields.get("parent", 0), 0, LAST_FENCE),
        None if floor is None else tuple(_allowed(one) for one in _list(floor)),
    )


def _allowed(said: object) -> Allowed:
    fields = _object(said)
    return Allowed(
        _text(fields.get("device")),
        _text(fields.get("point")),
        _limit(fields.get("minimum")),
        _limit(fields.get("maximum")),
    )


def _floor_json(floor: tuple[Allowed, ...] | None) -> object:
    return None if floor is None else [allowed._asdict() for allowed in floor]


def _object(said: object) -> Mapping[str, object]:
    if not isinstance(said, dict):
        raise BadTable("not an object")
    return said


def _list(said: object) -> list[object]:
    if not isinstance(said, list) or len(said) > MOST_LEASES:
        raise BadTable("not a list, or too long")
    return said


def _text(said: object) -> str:
    if not isinstance(said, str) or len(said) > LONGEST_NAME:
        raise BadTable("not a name")
    return said


def _whole(said: object, low: int, high: int) -> int:
    if not isinstance(said, int) or isinstance(said, bool) or not low <= said <= high:
        raise BadTable("not a number in range")
    return said


def _limit(said: object) -> float | None:
    if said is None:
        return None
    if not isinstance(said, int | float) or isinstance(said, bool):
        raise BadTable("not a limit")
    return float(said)
