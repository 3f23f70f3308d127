"""Readings as lines of the forwarder's schema: fixed tags, a field for each type of value, nanoseconds."""

from collections.abc import Mapping
from typing import NamedTuple

from labkeeper_sdk import Value

KEYS = ("school", "lab", "node", "device", "point", "kind")
SPECIAL = str.maketrans({",": "\\,", " ": "\\ ", "=": "\\="})


class Tags(NamedTuple):
    """Which point a reading is of."""

    school: str
    lab: str
    node: str
    device: str
    point: str
    kind: str = "measure"


def line(tags: Tags, value: Value, time_ms: int) -> str:
    """Return one line of line protocol."""
    told: Mapping[str, str] = dict(zip(KEYS, tags, strict=True))
    key = ",".join(f"{name}={text.translate(SPECIAL)}" for name, text in told.items())
    return f"readings,{key} {_field(value)} {time_ms * 1_000_000}"


def _field(value: Value) -> str:
    if isinstance(value, bool):
        return f"value_bool={str(value).lower()}"
    if isinstance(value, int):
        return f"value_int={value}i"
    if isinstance(value, float):
        return f"value={value!r}"
    text = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'value_text="{text}"'
