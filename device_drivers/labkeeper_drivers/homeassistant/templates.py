"""The filters and functions of Home Assistant's templates that devices use, and how a payload is rendered with them."""

import json
import math
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
from jinja2 import TemplateError

from labkeeper_drivers.documents import text_in
from labkeeper_drivers.homeassistant.sandbox import Sandbox, is_undefined, replaced
from labkeeper_sdk import BadReading, CommandRejected, Value

TEMPLATE_PAYLOAD_LIMIT = 16 * 1024  # bytes
NOTHING = object()
PAYLOADS_KEPT = 4  # one message is often read by a dozen templates


class NothingSaid(Exception):
    """The template says by `is_defined` that this message is not about its entity."""


def _number(kind: Callable[[Any], Any]) -> Callable[..., Any]:
    def number(value: object, default: object = NOTHING) -> Any:  # noqa: ANN401 -- a number or the default
        try:
            return kind(float(value)) if kind is int else float(value)  # type: ignore[arg-type]  # raises TypeError
        except (TypeError, ValueError, OverflowError):
            if default is NOTHING:
                raise ValueError(f"{str(value)[:40]!r} is no number") from None
            return default

    return number


def _round(value: object, precision: int = 0, method: str = "common", default: object = NOTHING) -> object:
    try:
        number = float(value)  # type: ignore[arg-type]  # raises TypeError
    except (TypeError, ValueError):
        if default is NOTHING:
            raise ValueError(f"{str(value)[:40]!r} is no number") from None
        return default
    factor = 10.0 ** min(max(int(precision), -9), 9)
    match method:
        case "ceil":
            made = math.ceil(number * factor) / factor
        case "floor":
            made = math.floor(number * factor) / factor
        case "half":
            made = round(number * 2) / 2
        case _:
            made = round(number, int(precision))
    return int(made) if precision == 0 else made


def _default(value: object, otherwise: object = "", boolean: object = False) -> object:  # noqa: FBT002 -- Jinja's own
    return otherwise if is_undefined(value) or (boolean and not value) else value


def _is_defined(value: object) -> object:
    if is_undefined(value):
        raise NothingSaid
    return value


def _bool(value: object, default: object = NOTHING) -> object:
    said = {"true": True, "yes": True, "on": True, "enable": True, "1": True}.get(str(value).lower())
    if said is None and str(value).lower() in ("false", "no", "off", "disable", "0"):
        said = False
    if said is None and default is NOTHING:
        raise ValueError(f"{str(value)[:40]!r} is neither true nor false")
    return default if said is None else said


def _is_number(value: object) -> bool:
    try:
        return math.isfinite(float(value))  # type: ignore[arg-type]  # raises TypeError
    except (TypeError, ValueError):
        return False


def _timestamp(value: object, default: object = NOTHING) -> object:
    with suppress(TypeError, ValueError, OverflowError):
        if isinstance(value, datetime):
            return value.timestamp()
        if isinstance(value, int | float):
            return float(value)
        moment = datetime.fromisoformat(str(value))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    if default is NOTHING:
        raise ValueError("no time")
    return default


def _moment(value: object, default: object = NOTHING) -> object:
    with suppress(TypeError, ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(float(value), UTC).isoformat()  # type: ignore[arg-type]  # raises TypeError
    if default is NOTHING:
        raise ValueError("no time")
    return default


def _from_json(value: object, default: object = NOTHING) -> object:
    try:
        return orjson.loads(str(value))
    except orjson.JSONDecodeError:
        if default is NOTHING:
            raise ValueError("no JSON") from None
        return default


def _join(items: Iterable[object], between: object = "") -> str:
    return str(between).join(map(str, items))


def _iif(value: object, yes: object = True, no: object = False) -> object:  # noqa: FBT002 -- Home Assistant's own
    return yes if value else no


FILTERS: Mapping[str, Callable[..., Any]] = {
    "abs": abs, "as_timestamp": _timestamp, "bool": _bool, "capitalize": lambda text: str(text).capitalize(),
    "count": len, "d": _default, "default": _default, "first": lambda items: next(iter(items), ""), "float":
    _number(float), "from_json": _from_json, "iif": _iif, "int": _number(int), "is_defined": _is_defined,
    "is_number": _is_number, "join": _join, "last": lambda items: (list(items) or [""])[-1], "length": len,
    "list": list, "lower": lambda text: str(text).lower(), "max": max, "min": min,
    "multiply": lambda value, by: float(value) * float(by), "add": lambda value, more: float(value) + float(more),
    "log": lambda value, base=math.e: math.log(float(value), float(base)),
    "sqrt": lambda value: math.sqrt(float(value)),
    "replace": replaced, "reverse": lambda items: list(items)[::-1], "round": _round, "sort": sorted, "string": str,
    "sum": sum, "timestamp_local": _moment, "timestamp_utc": _moment, "title": lambda text: str(text).title(),
    "to_json": json.dumps, "tojson": json.dumps, "trim": lambda text: str(text).strip(), "upper":
    lambda text: str(text).upper(), "bitwise_and": lambda value, other: int(value) & int(other), "bitwise_or":
    lambda value, other: int(value) | int(other),
}  # fmt: skip
FUNCTIONS: Mapping[str, object] = {
    "as_timestamp": _timestamp, "bool": _bool, "e": math.e, "float": _number(float), "iif": _iif, "int": _number(int),
    "is_number": _is_number, "log": FILTERS["log"], "max": max, "min": min, "now": lambda: datetime.now(UTC), "pi":
    math.pi, "round": _round, "sqrt": FILTERS["sqrt"], "utcnow": lambda: datetime.now(UTC),
}  # fmt: skip
TESTS = (
    "boolean", "defined", "divisibleby", "eq", "equalto", "even", "false", "float", "ge", "gt", "in", "integer",
    "iterable", "le", "lt", "mapping", "ne", "none", "number", "odd", "sequence", "string", "true", "undefined",
    "==", "!=", "<", "<=", ">", ">=",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Templates:
    """Compiles and renders; one is enough for a connection."""

    sandbox: Sandbox = field(default_factory=lambda: Sandbox(FILTERS, FUNCTIONS, TESTS))
    _parsed: dict[str, object] = field(default_factory=dict)

    def compiled(self, source: str) -> Callable[..., str]:
        """Return a function that renders with variables; raises ValueError saying why not."""
        try:
            return self.sandbox.compiled(source)
        except TemplateError as error:
            raise ValueError(f"template: {error}"[:200]) from None
        except RecursionError:
            raise ValueError("template: nested too deeply") from None

    def reading(self, source: str) -> Callable[[bytes], str]:
        """Return what reads a payload by a template, or as it is where there is none.

        What it returns raises BadReading bad_template, too_large or not_utf8, and NothingSaid.
        """
        if not source:
            return text_in
        render = self.compiled(source)

        def read(payload: bytes) -> str:
            text = text_in(payload, TEMPLATE_PAYLOAD_LIMIT)
            parsed = self._json(text)
            known = {} if parsed is NOTHING else {"value_json": parsed}
            try:
                return render(value=text, **known).strip()
            except TemplateError as error:
                raise BadReading("bad_template", str(error)) from None

        return read

    def asking(self, source: str) -> Callable[[object], bytes]:
        """Return what makes the payload of a command; raises CommandRejected bad_template."""
        return self.asking_with(source, "value") if source else lambda value: said(value).encode()

    def asking_with(self, source: str, name: str) -> Callable[[object], bytes]:
        """Return the same for a template that has the value under another name."""
        ask = self.asking_of(source)
        return lambda value: ask({name: value})

    def asking_of(self, source: str) -> Callable[[Mapping[str, object]], bytes]:
        """Return the same for a template of several values, by name."""
        render = self.compiled(source)

        def ask(values: Mapping[str, object]) -> bytes:
            try:
                return render(**{name: _whole(value) for name, value in values.items()}).encode()
            except (TemplateError, NothingSaid) as error:
                raise CommandRejected("bad_template", str(error)) from None

        return ask

    def _json(self, text: str) -> object:
        if text not in self._parsed:
            if len(self._parsed) >= PAYLOADS_KEPT:
                self._parsed.clear()
            try:
                self._parsed[text] = orjson.loads(text)
            except orjson.JSONDecodeError:
                self._parsed[text] = NOTHING
        return self._parsed[text]


def _whole(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def said(value: Value | object) -> str:
    """Return a value as Home Assistant writes it: whole numbers without a fraction."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
