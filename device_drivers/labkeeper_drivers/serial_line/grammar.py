"""Lines as values and back, without a port."""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from labkeeper_drivers.serial_line.settings import PLACE, LinePoint, SerialLineConfiguration
from labkeeper_sdk import BadReading, Point, Reading, Value

NUMBER = r"[+-]?\d{1,18}(?:\.\d{0,18})?(?:[eE][+-]?\d{1,3})?"
WORDS = {"1": True, "on": True, "true": True, "yes": True, "0": False, "off": False, "false": False, "no": False}


@dataclass(frozen=True, slots=True)
class Template:
    """One way a line may look."""

    pattern: re.Pattern[str]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grammar:
    """What a board's lines mean."""

    points: Mapping[str, Point]
    declared: Mapping[str, LinePoint]
    templates: Sequence[Template]

    @classmethod
    def of(cls, settings: SerialLineConfiguration) -> "Grammar":
        """Make it from the settings."""
        points = {name: declared.point(name) for name, declared in settings.points.items()}
        return cls(points, settings.points, tuple(_template(text, points) for text in settings.templates))

    def readings(self, line: bytes) -> list[Reading]:
        """Return what a line says; raises BadReading not_utf8, not_json, unknown_line, wrong_type, out_of_range."""
        try:
            text = line.decode().strip()
        except UnicodeDecodeError:
            raise BadReading("not_utf8") from None
        found = self._by_template(text) if self.templates else _by_json(text)
        return [Reading(name, self._value(self.points[name], raw)) for name, raw in found if name in self.points]

    def command(self, name: str, value: Value) -> bytes:
        """Return the line that sets a point."""
        declared = self.declared[name]
        if not self.templates and not declared.command:
            return json.dumps({name: value}, ensure_ascii=False).encode() + b"\n"
        word = (declared.on if value else declared.off) if isinstance(value, bool) else f"{value}"
        return (declared.command or name + "={value}").replace("{value}", word).encode() + b"\n"

    def _by_template(self, text: str) -> Iterator[tuple[str, object]]:
        for template in self.templates:
            if match := template.pattern.fullmatch(text):
                return zip(template.names, match.groups(), strict=True)
        raise BadReading("unknown_line", text[:80])

    def _value(self, point: Point, raw: object) -> Value | None:
        if raw is None:
            return None
        if point.type is str:
            return _word(point, raw)
        if point.type is bool:
            return self._bool(point, raw)
        return _number(point, raw)

    def _bool(self, point: Point, raw: object) -> bool:
        if isinstance(raw, bool):
            return raw
        declared = self.declared[point.name]
        words = {**WORDS, declared.on.lower(): True, declared.off.lower(): False}
        word = str(raw).lower()
        if word not in words:
            raise BadReading("wrong_type", f"{point.name}: {word[:40]}")
        return words[word]


def _word(point: Point, raw: object) -> str:
    if not isinstance(raw, str) or (point.options and raw not in point.options):
        raise BadReading("wrong_type", f"{point.name}: {raw!r:.40}")
    return raw


def _number(point: Point, raw: object) -> int | float:
    try:
        value = float(raw) if isinstance(raw, int | float | str) and not isinstance(raw, bool) else math.nan
    except (ValueError, OverflowError):
        value = math.nan
    if not math.isfinite(value):
        raise BadReading("wrong_type", f"{point.name}: {raw!r:.40}")
    low, high = point.minimum, point.maximum
    if (low is not None and value < low) or (high is not None and value > high):
        raise BadReading("out_of_range", f"{point.name}: {value}")
    return round(value) if point.type is int else value


def _by_json(text: str) -> Iterator[tuple[str, object]]:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        raise BadReading("not_json", text[:80]) from None
    if not isinstance(said, dict):
        raise BadReading("not_an_object", text[:80])
    return iter(said.items())


def _template(text: str, points: Mapping[str, Point]) -> Template:
    """Make a pattern of a template: numbers where numbers are, words elsewhere; spaces may be any."""
    literals = PLACE.split(text)[::2]
    names = PLACE.findall(text)
    parts = [_literal(literals[0])]
    for name, literal in zip(names, literals[1:], strict=True):
        number = points[name].type in (int, float)
        parts += [rf"\s*({NUMBER})\s*" if number else r"(\S+|\S.*\S)", _literal(literal)]
    return Template(re.compile("".join(parts)), tuple(names))


def _literal(text: str) -> str:
    return r"\s+".join(map(re.escape, text.split(" ")))
