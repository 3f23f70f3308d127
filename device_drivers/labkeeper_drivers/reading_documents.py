"""Values out of a device's JSON by their paths; pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from labkeeper_sdk import BadReading, GatewayEvent, Nonsense, Point, Reading, Report, Value

Read: TypeAlias = Callable[[object], Value]


@dataclass(frozen=True, slots=True)
class Field:
    """A point, where its value lives in a document, and how it is read there; `read` raises BadReading."""

    point: Point
    path: tuple[str, ...]
    read: Read


def once(points: Iterable[Point]) -> tuple[Point, ...]:
    """Return every point once: the first of each name."""
    found: dict[str, Point] = {}
    for point in points:
        found.setdefault(point.name, point)
    return tuple(found.values())


@dataclass(frozen=True, slots=True)
class Trouble:
    """A value that makes no sense."""

    point: str
    reason: str
    detail: str


def values_in(document: Mapping[str, object], fields: Iterable[Field]) -> Iterator[tuple[str, Value | None] | Trouble]:
    """Yield the value of every field the document has; null is a value nobody knows."""
    for field in fields:
        try:
            raw = _dig(document, field.path)
            yield field.point.name, None if raw is None else field.read(raw)
        except KeyError:
            continue
        except BadReading as bad:
            yield Trouble(field.point.name, bad.reason, bad.detail)


def events_in(
    device: str, document: Mapping[str, object], fields: Iterable[Field], time_ms: int | None = None
) -> Iterator[GatewayEvent]:
    """Yield one report of what makes sense in a document, and one complaint if something does not."""
    found = list(values_in(document, fields))
    readings = tuple(Reading(each[0], each[1], time_ms) for each in found if not isinstance(each, Trouble))
    troubles = [each for each in found if isinstance(each, Trouble)]
    if readings:
        yield Report(device, readings)
    if troubles:
        yield Nonsense(device, troubles[0].reason, f"{troubles[0].point}: {troubles[0].detail}"[:200])


def _dig(document: object, path: Iterable[str]) -> object:
    for key in path:
        if not isinstance(document, Mapping):
            raise KeyError(key)
        document = document[key]
    return document
