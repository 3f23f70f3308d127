"""Whether a rule's gates are open in a lab, from what its devices say; None: not known."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from labkeeper_hub.alarms.names import is_lamps, names_of
from labkeeper_hub.alarms.rules import Gate
from labkeeper_hub.registry.known import KnownPoint

PRESENCE = frozenset({"occupancy", "presence"})
SUMMER, WINTER = range(6, 10), (12, 1, 2, 3)  # months; GB/T 18883 names no dates


@dataclass(frozen=True, slots=True)
class Room:
    """One lab at one moment; `lesson` None: nobody knows."""

    points: tuple[KnownPoint, ...]
    lesson: bool | None
    now_ms: int

    def gates(self, wanted: Iterable[Gate]) -> bool | None:
        """Return whether all are open: False if one is known to be closed, None if one is not known."""
        states = [self.gate(gate) for gate in wanted]
        return False if False in states else None if None in states else True

    def gate(self, gate: Gate) -> bool | None:
        """Return whether one gate is open."""
        answers: dict[Gate, Callable[[], bool | None]] = {
            Gate.LESSON: lambda: self.lesson,
            Gate.EMPTY: self._empty,
            Gate.USED: self._used,
            Gate.LIGHTS: lambda: _any(_values(self._lamps())),
            Gate.SUMMER: lambda: self._month in SUMMER,
            Gate.WINTER: lambda: self._month in WINTER,
        }
        return answers[gate]()

    @property
    def _month(self) -> int:
        return datetime.fromtimestamp(self.now_ms / 1000, UTC).month

    def _empty(self) -> bool | None:
        seen = (point for point in self.points if not PRESENCE.isdisjoint(names_of(point.key.point)))
        somebody = _any(_values(point for point in seen if not point.description.writable))
        return None if somebody is None else not somebody

    def _used(self) -> bool | None:
        """A lesson says so, or a sensor; where no sensor is, lessons alone."""
        empty = self._empty()
        if self.lesson or empty is False:
            return True
        return self.lesson if empty is None else False

    def _lamps(self) -> Iterator[KnownPoint]:
        for point in self.points:
            if point.description.kind == "switch" and is_lamps(point.key.point, point.device.points):
                yield point


def _values(points: Iterable[KnownPoint]) -> list[bool | None]:
    return [None if point.stale or point.value is None else bool(point.value) for point in points]


def _any(values: list[bool | None]) -> bool | None:
    """Return True if one is, False if all are known not to be, None otherwise or without any."""
    return True if True in values else False if values and None not in values else None
