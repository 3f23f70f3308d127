"""Homie 5 as the suite understands it: a device's description, and whether a payload is what it declared; pure."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

ID = re.compile(r"[a-z0-9-]+")
VERSION = re.compile(r"5\.[0-9]+")
INTEGER = re.compile(r"-?[0-9]{1,19}")
FLOAT = re.compile(r"-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE]-?[0-9]+)?")
DATATYPES = ("integer", "float", "boolean", "string", "enum", "color", "datetime", "duration", "json")
STATES = ("init", "ready", "sleeping", "disconnected", "lost")


@dataclass(frozen=True, slots=True)
class Property:
    """A property as declared. `low` and `high` are open where the format says nothing."""

    name: str  # node/property
    datatype: str
    settable: bool = False
    retained: bool = True
    low: float = -math.inf
    high: float = math.inf
    options: tuple[str, ...] = ()

    def wrong(self, payload: bytes) -> str:
        """Return what is wrong with a payload, "" for nothing."""
        try:
            text = payload.decode()
        except UnicodeDecodeError:
            return "is not UTF-8"
        return self._wrong(text)

    def _wrong(self, text: str) -> str:
        match self.datatype:
            case "integer" | "float":
                return self._wrong_number(text)
            case "boolean":
                return "" if text in ("true", "false") else "is not a boolean (true or false)"
            case "enum":
                return "" if text in self.options else "is not one of the declared values"
            case "datetime":
                return "" if moment(text) else "is not a datetime of ISO 8601"
            case "json":
                return "" if text[:1] in ("{", "[") and _parses(text) else "is not a JSON object or array"
            case _:
                return ""

    def _wrong_number(self, text: str) -> str:
        shape = INTEGER if self.datatype == "integer" else FLOAT
        if not shape.fullmatch(text) or not math.isfinite(float(text)):
            return f"is not of datatype {self.datatype}"
        return "" if self.low <= float(text) <= self.high else "is outside its format"

    def same(self, one: str, other: str) -> bool:
        """Whether two payloads mean the same value."""
        if self.datatype not in ("integer", "float"):
            return one == other
        return not self._wrong_number(one) and math.isclose(float(one), float(other), rel_tol=1e-3, abs_tol=1e-6)


class Illegal(Exception):
    """A description breaks the convention; the text says where."""


def describe(raw: bytes) -> Mapping[str, Property]:
    """Return the properties of a `$description`; raises Illegal."""
    try:
        document = json.loads(raw)
    except ValueError:
        raise Illegal("$description is not JSON") from None
    if not isinstance(document, dict) or not VERSION.fullmatch(str(document.get("homie"))):
        raise Illegal('$description does not say "homie": "5.x"')
    if type(document.get("version")) is not int:
        raise Illegal("$description has no version (an integer)")
    return {found.name: found for found in _properties(document.get("nodes", {}))}


def _properties(nodes: object) -> Iterator[Property]:
    for node, body in _named(nodes, "nodes"):
        for name, told in _named(body.get("properties", {}), f"{node}/properties"):
            yield _property(f"{node}/{name}", told)


def _named(table: object, where: str) -> Iterator[tuple[str, Mapping[str, object]]]:
    if not isinstance(table, dict):
        raise Illegal(f"{where} is not an object")
    for name, body in table.items():
        if not ID.fullmatch(name) or not isinstance(body, dict):
            raise Illegal(f"{where}: {name} is not an id with an object")
        yield name, body


def _property(name: str, told: Mapping[str, object]) -> Property:
    datatype, settable, retained = told.get("datatype"), told.get("settable", False), told.get("retained", True)
    form = told.get("format", "")
    if datatype not in DATATYPES:
        raise Illegal(f"{name} has no known datatype")
    if not isinstance(settable, bool) or not isinstance(retained, bool) or not isinstance(form, str):
        raise Illegal(f"{name}: settable and retained are booleans, format is text")
    low, high = _range(name, form) if datatype in ("integer", "float") else (-math.inf, math.inf)
    options = tuple(form.split(",")) if datatype == "enum" else ()
    if datatype == "enum" and ("" in options or len(set(options)) < len(options)):
        raise Illegal(f"{name}: the format of an enum names its values")
    return Property(name, str(datatype), settable, retained, low, high, options)


def _range(name: str, form: str) -> tuple[float, float]:
    parts = form.split(":") if form else ["", ""]
    if len(parts) not in (2, 3) or not all(not part or FLOAT.fullmatch(part) for part in parts):
        raise Illegal(f"{name}: the format of a number is min:max or min:max:step")
    return float(parts[0] or -math.inf), float(parts[1] or math.inf)


def moment(text: str) -> datetime | None:
    """Return a datetime that says its zone, None for anything else."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def _parses(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
