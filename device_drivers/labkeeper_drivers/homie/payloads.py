"""Homie 5 payloads ("Payloads" in the convention) as values and back; pure."""

import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime

import orjson

from labkeeper_sdk import BadReading, Value

INTEGER = re.compile(r"-?[0-9]{1,19}")
FLOAT = re.compile(r"-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE]-?[0-9]+)?")
DURATION = re.compile(r"PT(?=[0-9])(?:[0-9]+H)?(?:[0-9]+M)?(?:[0-9]+(?:\.[0-9]+)?S)?")
COLOR_PARTS = {"rgb": (255.0, 255.0, 255.0), "hsv": (360.0, 100.0, 100.0), "xyz": (1.0, 1.0)}
EMPTY = "\x00"  # an empty payload deletes a topic, so an empty string is sent as one zero byte
INT64 = 2**63


def decode(datatype: str, payload: bytes, options: tuple[str, ...] = ()) -> Value:
    """Return the value of a property; raises BadReading not_utf8, not_a_<datatype> or unknown_value.

    For `color`, `options` are the formats the property allows.
    """
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        raise BadReading("not_utf8") from None
    try:
        return READERS[datatype](text, options)
    except ValueError:
        raise BadReading(f"not_a_{datatype}") from None


def encode(value: Value) -> bytes:
    """Return the payload that asks for a value."""
    if isinstance(value, bool):
        return b"true" if value else b"false"
    if isinstance(value, float):
        return _shortest(value).encode()
    return (str(value) or EMPTY).encode()


def _shortest(value: float) -> str:
    """Whole numbers without a fraction, and exponents without the `+` the convention does not allow."""
    return str(int(value)) if value.is_integer() and abs(value) < INT64 else repr(value).replace("e+", "e")


def _integer(text: str, _: tuple[str, ...]) -> int:
    if not INTEGER.fullmatch(text) or not -INT64 <= int(text) < INT64:
        raise ValueError(text)
    return int(text)


def read_float(text: str) -> float:
    """Read a float as the convention writes it; raises ValueError."""
    if not FLOAT.fullmatch(text) or not math.isfinite(float(text)):
        raise ValueError(text)
    return float(text)


def _float(text: str, _: tuple[str, ...]) -> float:
    return read_float(text)


def _boolean(text: str, _: tuple[str, ...]) -> bool:
    if text not in ("true", "false"):
        raise ValueError(text)
    return text == "true"


def _string(text: str, _: tuple[str, ...]) -> str:
    return "" if text == EMPTY else text


def _enum(text: str, options: tuple[str, ...]) -> str:
    if text not in options:
        raise BadReading("unknown_value", "not one of the values the device declared")
    return text


def _color(text: str, formats: tuple[str, ...]) -> str:
    name, *parts = text.split(",")
    highest = COLOR_PARTS.get(name, ())
    if name not in formats or len(parts) != len(highest):
        raise ValueError(text)
    if not all(0 <= read_float(part) <= high for part, high in zip(parts, highest, strict=True)):
        raise ValueError(text)
    return text


def _datetime(text: str, _: tuple[str, ...]) -> str:
    datetime.fromisoformat(text)
    return text


def _duration(text: str, _: tuple[str, ...]) -> str:
    if not DURATION.fullmatch(text):
        raise ValueError(text)
    return text


def _json(text: str, _: tuple[str, ...]) -> str:
    if not isinstance(orjson.loads(text), list | dict):
        raise ValueError("neither an array nor an object")  # noqa: TRY004 -- one error for every bad payload
    return text


READERS: Mapping[str, Callable[[str, tuple[str, ...]], Value]] = {
    "integer": _integer,
    "float": _float,
    "boolean": _boolean,
    "string": _string,
    "enum": _enum,
    "color": _color,
    "datetime": _datetime,
    "duration": _duration,
    "json": _json,
}
