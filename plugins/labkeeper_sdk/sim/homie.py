"""The Homie convention 5: descriptions, payloads and topics, and nothing that moves.

Names and rules follow https://homieiot.github.io/specification/ (version 5.0).
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from labkeeper_sdk.sim.messages import Refused, Scalar

INTEGER = re.compile(r"-?[0-9]+")
Datatype = Literal["integer", "float", "boolean", "enum", "string"]


@dataclass(frozen=True, slots=True)
class Property:
    """One property as `$description` has it; `target`: the device publishes `$target` for it."""

    name: str
    datatype: Datatype
    format: str | None = None
    unit: str | None = None
    settable: bool = False
    retained: bool = True
    target: bool = False


@dataclass(frozen=True, slots=True)
class Node:
    """Properties that belong together."""

    name: str
    properties: Mapping[str, Property]


class Gadget(Protocol):
    """A Homie device without its network; properties are named `node/property`."""

    @property
    def title(self) -> str:
        """Return the name people see."""
        ...

    @property
    def nodes(self) -> Mapping[str, Node]:
        """Return what it consists of."""
        ...

    def measure(self, lab_s: float) -> Mapping[str, Scalar]:
        """Return what it measures `lab_s` seconds into the lab's day."""
        ...

    def outputs(self) -> Mapping[str, Scalar]:
        """Return where its settable, retained properties stand."""
        ...

    def command(self, name: str, value: Scalar) -> Mapping[str, Scalar]:
        """Do it, or begin to; return what has changed at once."""
        ...

    def advance(self, dt_s: float) -> Mapping[str, Scalar]:
        """Go on moving for `dt_s`; return what has moved, nothing when all targets are reached."""
        ...

    def power_on(self) -> None:
        """Begin again after a power cut: outputs off, motors still."""
        ...

    def alerts(self) -> Mapping[str, str]:
        """Return what the people should be told, by alert id."""
        ...


@runtime_checkable
class Restless(Protocol):
    """A gadget that has to be let on although nothing moves."""

    @property
    def restless(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Family:
    """Where a device stands in its tree: `root` None is the root itself."""

    root: str | None = None
    children: tuple[str, ...] = ()


def description(gadget: Gadget, family: Family) -> bytes:
    """Return the `$description` document; optional fields that have their default are left out."""
    document: dict[str, object] = {"homie": "5.0", "version": 1, "name": gadget.title}
    document["nodes"] = {key: _node(node) for key, node in gadget.nodes.items()}
    if family.children:
        document["children"] = list(family.children)
    if family.root:
        document["root"] = family.root
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def find(gadget: Gadget, name: str) -> Property | None:
    """Return the property named `node/property`, None where there is none."""
    node, _, prop = name.partition("/")
    return gadget.nodes[node].properties.get(prop) if node in gadget.nodes else None


def settable(nodes: Mapping[str, Node]) -> Sequence[str]:
    """Return the names of every property that takes commands."""
    pairs = [(f"{key}/{prop}", kind) for key, node in nodes.items() for prop, kind in node.properties.items()]
    return [name for name, kind in pairs if kind.settable]


def payload(value: Scalar) -> bytes:
    """Return a value as Homie writes it; the empty string is one zero byte."""
    if isinstance(value, bool):
        return b"true" if value else b"false"
    return str(value).encode() or b"\x00"


def parse(kind: Property, raw: bytes) -> Scalar:
    """Return the value of a payload; raise Refused where the convention says it is not one for this property."""
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise Refused("not UTF-8") from error
    match kind.datatype:
        case "boolean":
            return _member(text, "true,false") == "true"
        case "enum":
            return _member(text, kind.format or "")
        case "integer":
            if not INTEGER.fullmatch(text):
                raise Refused(f"not an integer: {text[:40]!r}")
            return int(_within(int(text), kind.format))
        case "float":
            return _within(_float(text), kind.format)
        case "string":
            return "" if text == "\x00" else text


def _node(node: Node) -> dict[str, object]:
    return {"name": node.name, "properties": {key: _property(kind) for key, kind in node.properties.items()}}


def _property(kind: Property) -> dict[str, object]:
    document: dict[str, object] = {"name": kind.name, "datatype": kind.datatype}
    if kind.format:
        document["format"] = kind.format
    if kind.unit:
        document["unit"] = kind.unit
    if kind.settable:
        document["settable"] = True
    if not kind.retained:
        document["retained"] = False
    return document


def _member(text: str, options: str) -> str:
    if text not in options.split(","):
        raise Refused(f"not one of {options}: {text[:40]!r}")
    return text


def _float(text: str) -> float:
    if not re.fullmatch(r"-?[0-9]+(\.[0-9]*)?([eE]-?[0-9]+)?", text):
        raise Refused(f"not a float: {text[:40]!r}")
    return float(text)


def _within(value: float, form: str | None) -> float:
    lowest, highest, *_ = [*(form or ":").split(":"), ""]
    if (lowest and value < float(lowest)) or (highest and value > float(highest)):
        raise Refused(f"{value:g} is not within {form}")
    return value
