"""What of Frigate's events and reviews may pass: a kind of thing and where; pure.

Frigate's messages also hold names (`sub_label`), number plates, thumbnails, paths and descriptions. They are not
looked at: what passes is built anew from the few words that are allowed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from labkeeper_drivers.documents import inside, words
from labkeeper_drivers.frigate.labels import LABELS
from labkeeper_drivers.naming import name_of

APPEARED, ENTERED, LEFT, REVIEW = "appeared", "entered", "left", "review"
SEVERITIES = ("alert", "detection")
EARLIEST_S, LATEST_S = 1_577_836_800.0, 4_102_444_800.0  # 2020 to 2100
MOST = 16  # zones or objects in one message


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened before a camera."""

    camera: str
    point: str
    what: str
    time_ms: int | None


def tracked(document: Mapping[str, object]) -> Iterator[Happening]:
    """Yield that a thing appeared, entered zones or left, from a message of `events`."""
    before, after = inside(document, "before"), inside(document, "after")
    camera, label = words(after, "camera"), words(after, "label")
    if not camera or label not in LABELS or after.get("false_positive") is True:
        return
    match document.get("type"):
        case "new":
            yield Happening(camera, APPEARED, label, time_of(after.get("start_time")))
        case "end":
            yield Happening(camera, LEFT, label, time_of(after.get("end_time")))
            return
        case "update":
            pass
        case _:
            return
    known = _zones(before.get("entered_zones")) if document.get("type") == "update" else ()
    for zone in _zones(after.get("entered_zones")):
        if zone not in known:
            yield Happening(camera, ENTERED, f"{label} {zone}", time_of(after.get("frame_time")))


def reviewed(document: Mapping[str, object]) -> Iterator[Happening]:
    """Yield how serious Frigate takes what it sees, once for every review, from a message of `reviews`."""
    after = inside(document, "after")
    camera, severity = words(after, "camera"), words(after, "severity")
    if not camera or severity not in SEVERITIES or not _is_new(document, severity):
        return
    data = inside(after, "data")
    objects = data.get("objects")
    seen = [one for one in objects[:MOST] if one in LABELS] if isinstance(objects, list) else []
    said = " ".join((severity, *dict.fromkeys(seen), *_zones(data.get("zones"))))
    yield Happening(camera, REVIEW, said, time_of(after.get("start_time")))


def _is_new(document: Mapping[str, object], severity: str) -> bool:
    if document.get("type") == "new":
        return True
    return document.get("type") == "update" and words(inside(document, "before"), "severity") != severity


def _zones(said: object) -> tuple[str, ...]:
    zones = said[:MOST] if isinstance(said, list) else ()
    return tuple(name_of(zone) for zone in zones if isinstance(zone, str))


def time_of(said: object) -> int | None:
    """Return seconds since the epoch as ms; None for anything that is no time."""
    if isinstance(said, bool) or not isinstance(said, int | float) or not EARLIEST_S <= said < LATEST_S:
        return None
    return round(said * 1000)
