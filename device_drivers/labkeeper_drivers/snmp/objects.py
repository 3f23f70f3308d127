"""Objects of an agent as values and back."""

import math
import re
import struct
from typing import TypeAlias

from labkeeper_drivers.snmp.settings import SnmpPoint
from labkeeper_sdk import CommandRejected, Value

Raw: TypeAlias = int | bytes
DIGITS = 9  # of a scaled value; what is beyond is the binary fraction's noise
LARGEST = 2**31 - 1  # Integer32 (RFC 2578, 7.1.1)
# a float in an Opaque, as Net-SNMP's agents have it (NET-SNMP-TC, Float): 0x9f 0x78, its length, IEEE 754 big endian
FLOAT = b"\x9f\x78\x04"
SINGLE = 7  # digits a float of 32 bits has
NUMERAL = re.compile(rb"\s*[+-]?\d{1,15}(?:\.\d{1,15})?\s*")


def decoded(point: SnmpPoint, raw: Raw) -> Value | None:
    """Return an object's value as the point's, None where it makes no sense."""
    kind = point.point("name").type
    if kind is str:
        return _word(point, raw)
    number = _number(raw) if isinstance(raw, bytes) else raw
    if number is None:
        return None
    if kind is bool:
        return True if number == point.on else False if number == point.off else None
    value = round(number * point.scale, DIGITS)
    return round(value) if kind is int else float(value)


def _number(raw: bytes) -> float | None:
    """Return the number in an Opaque or a text: agents say floats so, having no other way (SMIv2 has none)."""
    if raw.startswith(FLOAT) and len(raw) == len(FLOAT) + 4:
        number = float(f"{struct.unpack('>f', raw[len(FLOAT) :])[0]:.{SINGLE}g}")
        return number if math.isfinite(number) else None
    return float(raw) if NUMERAL.fullmatch(raw) else None


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
