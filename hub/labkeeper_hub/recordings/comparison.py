"""Two runs beside each other: what both recorded, and where in each the common time begins."""

from dataclasses import dataclass

from labkeeper_hub.export.order import OrderedPoint
from labkeeper_hub.recordings.recording import Recording, RecordingRefused


@dataclass(frozen=True, slots=True)
class Pair:
    """A point of one run and its counterpart in the other."""

    one: OrderedPoint
    other: OrderedPoint


def pairs_of(one: Recording, other: Recording) -> list[Pair]:
    """Return the numbers both recorded: the same points, else points of the same name that either has only once."""
    theirs = {_address(point): point for point in other.plan.points}
    lonely = _once(other)
    mine = _once(one)
    found = []
    for point in one.plan.points:
        match = theirs.get(_address(point)) or (lonely.get(point.point) if point.point in mine else None)
        if match is not None and "str" not in (point.type, match.type):
            found.append(Pair(point, match))
    return found


def origin_ms(recording: Recording, mark: int | None) -> int:
    """Return where its common time begins: at its start, or at its mark of that number (from 1)."""
    if mark is None:
        return recording.started_ms
    if not 1 <= mark <= len(recording.marks):
        raise RecordingRefused("unknown_mark", f"The recording has {len(recording.marks)} marks, not {mark}")
    return recording.marks[mark - 1].time_ms


def _once(recording: Recording) -> dict[str, OrderedPoint]:
    names = [point.point for point in recording.plan.points]
    return {point.point: point for point in recording.plan.points if names.count(point.point) == 1}


def _address(point: OrderedPoint) -> tuple[str, str, str, str]:
    return point.school, point.node, point.device, point.point
