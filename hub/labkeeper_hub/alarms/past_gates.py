"""Whether a rule's gates were open in a lab, from what was recorded of it: the same room, moment by moment. Pure.

A live rule judges nothing while a gate is not known; a trial takes such a gate for open, and says so: nobody learns
anything from a trial that judged nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from labkeeper_hub.alarms.names import is_lamps, names_of
from labkeeper_hub.alarms.rooms import PRESENCE, Room
from labkeeper_hub.alarms.rules import Gate
from labkeeper_hub.model import Device, NodeKey, PointKey
from labkeeper_hub.registry.known import KnownDevice, KnownNode, KnownPoint
from labkeeper_sdk import Value

BY_POINTS = frozenset({Gate.EMPTY, Gate.USED, Gate.LIGHTS})


@dataclass(frozen=True, slots=True)
class Read:
    """A recorded value of one of the lab's points."""

    time_ms: int
    key: PointKey
    value: Value | None


@dataclass(frozen=True, slots=True)
class PastRoom:
    """What is on record of a lab: readings in order of time, and its lessons, from <= time < to. `lessons_from_ms`:
    lessons are on record since then, None: never.
    """

    devices: Sequence[Device]
    reads: Sequence[Read] = ()
    lessons: Sequence[tuple[int, int]] = ()
    lessons_from_ms: int | None = None

    def lesson(self, time_ms: int) -> bool | None:
        """Return whether a lesson was on; None: nobody knows."""
        if self.lessons_from_ms is None or time_ms < self.lessons_from_ms:
            return None
        return any(begin_ms <= time_ms < end_ms for begin_ms, end_ms in self.lessons)

    def moments(self) -> Iterator[int]:
        """Yield when something may have changed."""
        yield from (read.time_ms for read in self.reads)
        yield from (moment for lesson in self.lessons for moment in lesson)
        if self.lessons_from_ms is not None:
            yield self.lessons_from_ms


@dataclass(slots=True)
class PastGates:
    """Since when the gates were all open, or one of them closed; which were judged as recorded, and which taken for
    open, at least for a part of the time.
    """

    turns: list[tuple[int, bool]] = field(default_factory=list)
    recorded: set[Gate] = field(default_factory=set)
    assumed: set[Gate] = field(default_factory=set)


def asked_of(gates: Iterable[Gate], devices: Iterable[Device]) -> list[PointKey]:
    """Return the points that these gates look at."""
    if BY_POINTS.isdisjoint(gates):
        return []
    return [
        PointKey(*device.key, point.name)
        for device in devices
        for point in device.points
        if not PRESENCE.isdisjoint(names_of(point.name))
        or (point.kind == "switch" and is_lamps(point.name, {one.name for one in device.points}))
    ]


def gates_over(gates: frozenset[Gate], past: PastRoom, from_ms: int, to_ms: int) -> PastGates:
    """Return how the gates were, from <= time < to; without any, they are open."""
    found = PastGates()
    known = {point.key: point for device in past.devices for point in _points(device)}
    room = Room(tuple(known.values()), None, from_ms)
    reads = list(past.reads)[::-1]
    for time_ms in _moments(past, from_ms, to_ms):
        while reads and reads[-1].time_ms <= time_ms:
            read = reads.pop()
            if read.key in known:
                known[read.key].value = read.value
        _look(found, gates, replace(room, lesson=past.lesson(time_ms), now_ms=time_ms))
    return found


def _look(found: PastGates, gates: Iterable[Gate], room: Room) -> None:
    states = {gate: room.gate(gate) for gate in gates}
    found.recorded.update(gate for gate, state in states.items() if state is not None)
    found.assumed.update(gate for gate, state in states.items() if state is None)
    is_open = False not in states.values()
    if not found.turns or found.turns[-1][1] is not is_open:
        found.turns.append((room.now_ms, is_open))


def _moments(past: PastRoom, from_ms: int, to_ms: int) -> list[int]:
    inside = (moment for moment in (*past.moments(), *_months(from_ms, to_ms)) if from_ms < moment < to_ms)
    return [from_ms, *sorted(set(inside))]


def _months(from_ms: int, to_ms: int) -> Iterator[int]:
    """Yield the beginnings of months after `from_ms`: seasons change with them."""
    month = datetime.fromtimestamp(from_ms / 1000, UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    while month.timestamp() * 1000 < to_ms:
        month = month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)
        yield round(month.timestamp() * 1000)


def _points(device: Device) -> Iterator[KnownPoint]:
    """Yield the device's points as they would be known, while nothing is."""
    node = KnownNode(NodeKey(*device.key[:2]), 0, 0, online=True)
    known = KnownDevice(device.key, node, 0, online=True)
    known.points = {one.name: KnownPoint(PointKey(*device.key, one.name), known, one, 0) for one in device.points}
    yield from known.points.values()
