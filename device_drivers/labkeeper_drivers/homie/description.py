"""Points from a Homie 5 `$description` document; pure.

As the convention asks of controllers ("Forward compatibility"): what is unknown is ignored, and a node or property
in which something known is illegal is left out, not the whole device.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from labkeeper_drivers.homie.payloads import COLOR_PARTS, READERS, read_float
from labkeeper_drivers.titles import title_in_its_language, title_of
from labkeeper_drivers.units import to_ucum
from labkeeper_sdk import Action, BadReading, Event, Measure, Point, Risk, Setpoint, State, Switch, Title

ID = re.compile(r"[a-z0-9-]+")
VERSION = re.compile(r"5\.[0-9]+")
TYPES: Mapping[str, type[bool] | type[int] | type[float]] = {"integer": int, "float": float, "boolean": bool}
MOTOR = re.compile("motor|电机|马达", re.IGNORECASE)
MOTOR_LINK_LOSS_S = 3.0  # what nobody can stop from the hub any more stands still
TARGET_CONFIRM_S = 5.0  # a property with a $target moves towards it: motors ramp, lamps dim


@dataclass(frozen=True, slots=True)
class Property:
    """A property: its point, and how its payloads are read."""

    point: Point
    datatype: str
    options: tuple[str, ...] = ()  # of an enum, or the formats of a color
    retained: bool = True


@dataclass(frozen=True, slots=True)
class Description:
    """A device as it describes itself. `skipped` names what was left out and why."""

    name: str
    properties: Mapping[str, Property]
    root: str = ""
    type: str = ""
    skipped: tuple[str, ...] = ()


def describe(document: object, targets: frozenset[str] = frozenset()) -> Description:
    """Return what a parsed `$description` says; `targets` are the points that have shown a $target.

    Raises BadReading bad_description.
    """
    if not isinstance(document, dict):
        raise BadReading("bad_description", "not an object")
    if not VERSION.fullmatch(_text(document, "homie")):
        raise BadReading("bad_description", "not version 5 of the convention")
    nodes = document.get("nodes", {})
    if not isinstance(nodes, dict):
        raise BadReading("bad_description", "nodes is not an object")
    found = [each for node, body in nodes.items() for each in _node(node, body, targets)]
    return Description(
        name=_text(document, "name"),
        properties={each.point.name: each for each in found if isinstance(each, Property)},
        root=_text(document, "root"),
        type=_text(document, "type"),
        skipped=tuple(each for each in found if isinstance(each, str)),
    )


def _node(node: str, body: object, targets: frozenset[str]) -> Iterator[Property | str]:
    properties = body.get("properties", {}) if isinstance(body, dict) else None
    if not ID.fullmatch(node) or not isinstance(body, dict) or not isinstance(properties, dict):
        yield f"{node}: not a node"
        return
    for name, told in properties.items():
        try:
            found = _property(node, name, told, targets)
            words = (node, name, _text(body, "name"), _text(body, "type"), _text(told, "name"))
            yield replace(found, point=_standing_still(found.point)) if MOTOR.search(" ".join(words)) else found
        except ValueError as error:
            yield f"{node}/{name}: {error}"


def _property(node: str, name: str, told: object, targets: frozenset[str]) -> Property:
    if not ID.fullmatch(name) or not isinstance(told, dict):
        raise ValueError("not a property")
    datatype = told.get("datatype")
    if not isinstance(datatype, str) or datatype not in READERS:
        raise ValueError("unknown datatype")
    settable, retained = told.get("settable", False), told.get("retained", True)
    if not isinstance(settable, bool) or not isinstance(retained, bool):
        raise ValueError("settable and retained are booleans")  # noqa: TRY004 -- caught as one above
    options = _options(datatype, _text(told, "format"))
    low, high, step = _range(_text(told, "format")) if datatype in ("integer", "float") else (None, None, None)
    point = _kind(datatype, settable=settable, retained=retained)(
        f"{node}/{name}",
        type=TYPES.get(datatype, str),
        title=_labelled(_title(name, _text(told, "name")), _labels(datatype, _text(told, "format"))),
        unit=to_ucum(_text(told, "unit")),
        minimum=low,
        maximum=high,
        step=step,
        options=options if datatype == "enum" else (),
    )
    if point.name in targets:
        point = replace(point, confirm_s=TARGET_CONFIRM_S)
    return Property(point, datatype, options, retained)


def _standing_still(point: Point) -> Point:
    """A motor that runs both ways stands still at 0: that is safe, at the start and without the hub. Of one that
    cannot run backwards 0 may be an end of its way as well, so that nothing is assumed.
    """
    if not isinstance(point, Setpoint) or point.minimum is None or point.maximum is None:
        return point
    if not point.minimum < 0 < point.maximum:
        return point
    return replace(point, safe_value=point.type(0), link_loss_s=MOTOR_LINK_LOSS_S, risk=Risk.MOTION)


def _kind(datatype: str, *, settable: bool, retained: bool) -> type[Point]:
    if settable and not retained:
        return Action
    if settable:
        return Switch if datatype == "boolean" else Setpoint
    if not retained:
        return Event
    return Measure if datatype in ("integer", "float") else State


def _options(datatype: str, given: str) -> tuple[str, ...]:
    """Read the format of an enum or a color: names with commas between them, each once."""
    if datatype not in ("enum", "color"):
        return ()
    options = tuple(given.split(","))
    if "" in options or len(set(options)) < len(options):
        raise ValueError("illegal format")
    if datatype == "color" and not COLOR_PARTS.keys() >= set(options):
        raise ValueError("illegal color format")
    return options


def _labels(datatype: str, given: str) -> tuple[str, ...]:
    """Read the format of a boolean: what false and true are called, for people only; payloads stay as they are."""
    labels = tuple(label.strip() for label in given.split(",")) if datatype == "boolean" else ()
    return labels if len(set(labels) - {""}) == len(labels) == 2 else ()  # noqa: PLR2004 -- false and true


def _range(given: str) -> tuple[float | None, float | None, float | None]:
    """Read `[min]:[max][:step]`; nothing at all is open at both ends."""
    if not given:
        return None, None, None
    parts = given.split(":")
    if len(parts) not in (2, 3):
        raise ValueError("illegal range")
    low, high, step = (read_float(part) if part else None for part in (*parts, "")[:3])
    if (step is not None and step <= 0) or (low is not None and high is not None and low > high):
        raise ValueError("illegal range")
    return low, high, step


def _title(name: str, label: str) -> Title:
    """Return what the device calls a property, with our own word in the other language where we have one."""
    ours, theirs = title_of(name), title_in_its_language(label) if label else Title()
    return Title(zh=theirs.zh or _said(label) or ours.zh, en=theirs.en or ours.en)


def _said(label: str) -> str:
    """Return our word for what a device says in several: of `motors/left` its "Left motor" tells more than the id."""
    words = label.strip().lower().replace(" ", "_")
    return title_of(words).zh if "_" in words else ""


def _labelled(title: Title, labels: tuple[str, ...]) -> Title:
    """Return a title with the labels behind it, where there are some."""
    if not labels:
        return title
    words = " / ".join(labels)
    return Title(zh=f"{title.zh}（{words}）" if title.zh else "", en=f"{title.en} ({words})")


def _text(document: Mapping[str, object], key: str) -> str:
    value = document.get(key)
    return value if isinstance(value, str) else ""
