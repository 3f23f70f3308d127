"""Basic values to and from the unsigned fields of the wire: one rule per datatype, in one table."""

import struct
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

from labkeeper_wire.datatypes import DataType
from labkeeper_wire.malformed import CannotEncode, MalformedPayload, Reason

LONG_BITS = 64
INT_BITS = 32


class Fields(Protocol):
    """A protobuf message with Sparkplug's value fields."""

    def HasField(self, field_name: Any) -> bool: ...  # noqa: ANN401, N802 - protobuf's own signature


class Rule(NamedTuple):
    """How one datatype rides: its field, the value out of it, the value into it."""

    field: str
    read: Callable[[Any], Any] | None  # None: the field's value is the value
    write: Callable[[Any], Any]


def _signed(bits: int, width: int) -> Callable[[int], int]:
    """Read two's complement of `bits` from a field of `width` bits, sign-extended or not: writers differ."""
    low, high, span, field_high, field_span = (
        -(1 << bits - 1),
        (1 << bits - 1) - 1,
        1 << bits,
        1 << width - 1,
        1 << width,
    )

    def read(raw: int) -> int:
        if raw <= high:
            return raw
        value = raw - field_span if raw >= field_high else raw - span
        if low <= value < 0:
            return value
        raise MalformedPayload(Reason.VALUE_OUT_OF_RANGE)

    return read


def _unsigned(bits: int) -> Callable[[int], int]:
    """Read a number that must fit `bits`."""
    span = 1 << bits

    def read(raw: int) -> int:
        if raw < span:
            return raw
        raise MalformedPayload(Reason.VALUE_OUT_OF_RANGE)

    return read


def _whole(low: int, high: int, width: int) -> Callable[[object], int]:
    """Write an int within low..high as two's complement of `width` bits."""
    mask = (1 << width) - 1

    def write(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise CannotEncode(f"{value!r} is not a whole number")
        if not low <= value <= high:
            raise CannotEncode(f"{value} is not within {low}..{high}")
        return value & mask

    return write


def _write_double(value: object) -> float:
    if type(value) is float:
        return value
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise CannotEncode(f"{value!r} is not a number")
    try:
        return float(value)
    except OverflowError as error:
        raise CannotEncode(f"{value} does not fit a Double") from error


def _write_float(value: object) -> float:
    number = _write_double(value)
    try:
        struct.pack("<f", number)
    except OverflowError as error:
        raise CannotEncode(f"{number} does not fit a Float") from error
    return number


def _write_boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise CannotEncode(f"{value!r} is not a boolean")
    return value


def _write_text(value: object) -> str:
    if not isinstance(value, str):
        raise CannotEncode(f"{value!r} is not text")
    return value


def _write_bytes(value: object) -> bytes:
    if not isinstance(value, bytes):
        raise CannotEncode(f"{value!r} is not bytes")
    return value


def _integer(bits: int, *, signed: bool) -> Rule:
    """Give the rule of an integer type: up to 32 bits in int_value, 64 in long_value."""
    width, field = (LONG_BITS, "long_value") if bits == LONG_BITS else (INT_BITS, "int_value")
    if signed:
        return Rule(field, _signed(bits, width), _whole(-(1 << bits - 1), (1 << bits - 1) - 1, width))
    return Rule(field, None if bits == width else _unsigned(bits), _whole(0, (1 << bits) - 1, width))


_TEXT = Rule("string_value", None, _write_text)
_BYTES = Rule("bytes_value", None, _write_bytes)

RULES: Mapping[int, Rule] = {
    DataType.INT8: _integer(8, signed=True),
    DataType.INT16: _integer(16, signed=True),
    DataType.INT32: _integer(32, signed=True),
    DataType.INT64: _integer(64, signed=True),
    DataType.UINT8: _integer(8, signed=False),
    DataType.UINT16: _integer(16, signed=False),
    DataType.UINT32: _integer(32, signed=False),
    DataType.UINT64: _integer(64, signed=False),
    DataType.FLOAT: Rule("float_value", None, _write_float),
    DataType.DOUBLE: Rule("double_value", None, _write_double),
    DataType.BOOLEAN: Rule("boolean_value", None, _write_boolean),
    DataType.STRING: _TEXT,
    DataType.DATETIME: _integer(64, signed=False),
    DataType.TEXT: _TEXT,
    DataType.UUID: _TEXT,
    DataType.BYTES: _BYTES,
    DataType.FILE: _BYTES,
}
"""How the values ride that need nothing but their own field."""

# Several well-known writers put UInt32 into the 64-bit field; the number is the same.
LONG_UINT32 = Rule("long_value", _unsigned(INT_BITS), _whole(0, (1 << INT_BITS) - 1, LONG_BITS))


def read_scalar(message: Fields, datatype: int) -> Any:  # noqa: ANN401 - the datatype decides
    """Give the value of a datatype in RULES; raise MalformedPayload if another field, or none, is set."""
    rule = RULES[datatype]
    if not message.HasField(rule.field):
        rule = LONG_UINT32
        if datatype != DataType.UINT32 or not message.HasField(rule.field):
            raise MalformedPayload(Reason.DATATYPE_MISMATCH)
    raw = getattr(message, rule.field)
    return raw if rule.read is None else rule.read(raw)
