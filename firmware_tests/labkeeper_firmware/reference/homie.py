"""What this device is, in Homie 5 (https://homieiot.github.io), and its payloads; pure."""

import json

DESCRIPTION = {
    "homie": "5.0",
    "version": 1,
    "name": "Reference node",
    "nodes": {
        "climate": {
            "name": "Climate",
            "properties": {
                "temperature": {"name": "Temperature", "datatype": "float", "unit": "°C", "format": "-55:150"},
                "measured-at": {"name": "Measured at", "datatype": "datetime"},
                "interval": {"name": "Interval (ms)", "datatype": "integer", "format": "100:3600000", "settable": True},
            },
        },
        "relay": {"name": "Relay", "properties": {"power": {"datatype": "boolean", "settable": True}}},
        "motor": {
            "name": "Motor",
            "properties": {"speed": {"datatype": "float", "format": "-1:1", "settable": True}},
        },
    },
}


def description(*, clock: bool) -> bytes:
    """Return the `$description` document; without a clock nothing says when it was measured."""
    told = json.loads(json.dumps(DESCRIPTION))
    if not clock:
        del told["nodes"]["climate"]["properties"]["measured-at"]
    return json.dumps(told).encode()


def boolean(raw: bytes) -> bool:
    """Read `true` or `false`; raises ValueError for anything else."""
    if raw not in (b"true", b"false"):
        raise ValueError("not a boolean")
    return raw == b"true"


def number(raw: bytes, low: float, high: float) -> float:
    """Read a float of the convention within its range; raises ValueError."""
    if not raw or len(raw) > 32 or not all(each in b"0123456789.-eE" for each in raw):
        raise ValueError("not a float")
    value = float(str(raw, "utf-8"))
    if not low <= value <= high:
        raise ValueError("out of range")
    return value


def integer(raw: bytes, low: int, high: int) -> int:
    """Read an integer of the convention within its range; raises ValueError."""
    if not raw or len(raw) > 20 or not all(each in b"0123456789-" for each in raw):
        raise ValueError("not an integer")
    value = int(str(raw, "utf-8"))
    if not low <= value <= high:
        raise ValueError("out of range")
    return value


def payload(value: object) -> bytes:
    """Return a value as the convention writes it."""
    if isinstance(value, bool):
        return b"true" if value else b"false"
    return str(value).encode()
