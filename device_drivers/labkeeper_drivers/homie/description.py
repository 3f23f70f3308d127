"""Points from a Homie 5 `$description` document; pure.

As the convention asks of controllers ("Forward compatibility"): what is unknown is ignored, and a node or property
in which something known is illegal is left out, not the whole device.
"""

import re
from collections import Counter
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

SWITCHED = {"power": "power_switch"}  # elsewhere the word is that of a quantity
LABELS = {
    "closed": "关", "open": "开", "off": "关", "on": "开", "no": "否", "yes": "是", "paused": "暂停",
    "counting": "计数", "stopped": "停止", "running": "运行",
}  # fmt: skip


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
    found = list(_told_apart([each for node, body in nodes.items() for each in _node(node, body, targets)], nodes))
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


def _told_apart(found: list[Property | str], nodes: Mapping[str, object]) -> Iterator[Property | str]:
    """Where several nodes have a property of one name, its title says whose: the switch of a relay is that relay."""
    theirs = [tuple(each.point.name.split("/")) for each in found if isinstance(each, Property)]
    often, size = Counter(name for _, name in theirs), Counter(node for node, _ in theirs)
    for each in found:
        if isinstance(each, str) or often[each.point.name.split("/")[1]] == 1:
            yield each
            continue
        node = each.point.name.split("/")[0]
        body = nodes[node]
        whose = _title(node, _text(body, "name") if isinstance(body, Mapping) else "")
        alone = size[node] == 1 and isinstance(each.point, Switch)
        yield replace(each, point=replace(each.point, title=_of(whose, each.point.title, alone=alone)))


def _of(whose: Title, own: Title, *, alone: bool) -> Title:
    if alone and whose.zh and whose.en:
        return whose
    zh, en = whose.zh or whose.en, whose.en or whose.zh
    return Title(zh=f"{zh} · {own.zh}" if own.zh else "", en=f"{en} · {own.en}" if own.en else "")


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
    kind = _kind(datatype, settable=settable, retained=retained)
    title = _title(SWITCHED.get(name, name) if kind is Switch else name, _text(told, "name"))
    point = kind(
        f"{node}/{name}",
        type=TYPES.get(datatype, str),
        title=_labelled(title, _labels(datatype, _text(told, "format"))),
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
    chinese = " / ".join(LABELS.get(label.lower(), label) for label in labels)
    return Title(zh=f"{title.zh}（{chinese}）" if title.zh else "", en=f"{title.en} ({' / '.join(labels)})")


def _text(document: Mapping[str, object], key: str) -> str:
    value = document.get(key)
    return value if isinstance(value, str) else ""
