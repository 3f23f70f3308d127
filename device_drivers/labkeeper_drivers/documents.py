"""Strangers' JSON: read within limits, and never with an error but our own; pure."""

import math
from collections.abc import Mapping

import orjson

from labkeeper_sdk import BadReading

DOCUMENT_LIMIT = 64 * 1024  # bytes; the largest real state messages are around 4 kB


def json_in(payload: bytes, limit: int = DOCUMENT_LIMIT) -> object:
    """Return what a payload says; raises BadReading too_large or not_json."""
    if len(payload) > limit:
        raise BadReading("too_large")
    try:
        document: object = orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        raise BadReading("not_json", str(error)) from None
    return document


def object_in(payload: bytes, limit: int = DOCUMENT_LIMIT) -> dict[str, object]:
    """Return the JSON object in a payload; raises BadReading too_large, not_json or not_an_object."""
    document = json_in(payload, limit)
    if not isinstance(document, dict):
        raise BadReading("not_an_object")
    return document


def text_in(payload: bytes, limit: int = DOCUMENT_LIMIT) -> str:
    """Return a payload as text; raises BadReading too_large or not_utf8."""
    if len(payload) > limit:
        raise BadReading("too_large")
    try:
        return payload.decode()
    except UnicodeDecodeError:
        raise BadReading("not_utf8") from None


def number_of(raw: object) -> float:
    """Return a JSON number; raises BadReading wrong_type or not_finite."""
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        raise BadReading("wrong_type", f"{type(raw).__name__} where a number belongs")
    try:
        number = float(raw)
    except OverflowError:
        raise BadReading("not_finite") from None
    if not math.isfinite(number):
        raise BadReading("not_finite")
    return number


def bool_of(raw: object) -> bool:
    """Return a JSON boolean; raises BadReading wrong_type."""
    if not isinstance(raw, bool):
        raise BadReading("wrong_type", f"{type(raw).__name__} where true or false belongs")
    return raw


def text_of(raw: object) -> str:
    """Return a JSON string; raises BadReading wrong_type."""
    if not isinstance(raw, str):
        raise BadReading("wrong_type", f"{type(raw).__name__} where a text belongs")
    return raw


def words(document: Mapping[str, object], key: str) -> str:
    """Return the string under a key, "" where there is none."""
    value = document.get(key)
    return value if isinstance(value, str) else ""


def inside(document: object, *keys: str) -> Mapping[str, object]:
    """Return the object below these keys, an empty one where there is none."""
    for key in keys:
        document = document.get(key) if isinstance(document, Mapping) else None
    return document if isinstance(document, Mapping) else {}
