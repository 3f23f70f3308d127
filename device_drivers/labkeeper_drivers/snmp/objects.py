"""Objects of an agent as values and back."""

from typing import TypeAlias

from labkeeper_drivers.snmp.settings import SnmpPoint
from labkeeper_sdk import CommandRejected, Value

Raw: TypeAlias = int | bytes
DIGITS = 9  # of a scaled value; what is beyond is the binary fraction's noise
LARGEST = 2**31 - 1  # Integer32 (RFC 2578, 7.1.1)


def decoded(point: SnmpPoint, raw: Raw) -> Value | None:
    """Return an object's value as the point's, None where it makes no sense."""
    kind = point.point("name").type
    if kind is str:
        return _word(point, raw)
    if isinstance(raw, bytes):
        return None
    if kind is bool:
        return {point.on: True, point.off: False}.get(raw)
    value = round(raw * point.scale, DIGITS)
    return round(value) if kind is int else float(value)


def _word(point: SnmpPoint, raw: Raw) -> str | None:
    if point.words:
        return next((word for word, number in point.words.items() if number == raw), None)
    return raw.decode("utf-8", errors="replace") if isinstance(raw, bytes) else str(raw)


def encoded(point: SnmpPoint, value: Value) -> int:
    """Return the Integer32 of a value; raises CommandRejected out_of_range."""
    if isinstance(value, bool):
        return point.on if value else point.off
    if isinstance(value, str):
        return point.words[value]
    whole = round(value / point.scale)
    if not -LARGEST - 1 <= whole <= LARGEST:
        raise CommandRejected("out_of_range", f"{value} does not fit into an Integer32")
    return whole
