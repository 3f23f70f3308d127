"""Sparkplug's packed arrays: little-endian numbers, counted bits, null-terminated strings."""

import struct
from collections.abc import Mapping
from typing import TypeAlias

from labkeeper_wire.datatypes import DataType
from labkeeper_wire.malformed import CannotEncode, MalformedPayload, Reason

Array: TypeAlias = tuple[bool | int | float | str, ...]

BITS_PER_BYTE = 8
COUNT_BYTES = 4

NUMBER_CODES: Mapping[int, str] = {
    DataType.INT8_ARRAY: "b",
    DataType.INT16_ARRAY: "h",
    DataType.INT32_ARRAY: "i",
    DataType.INT64_ARRAY: "q",
    DataType.UINT8_ARRAY: "B",
    DataType.UINT16_ARRAY: "H",
    DataType.UINT32_ARRAY: "I",
    DataType.UINT64_ARRAY: "Q",
    DataType.FLOAT_ARRAY: "f",
    DataType.DOUBLE_ARRAY: "d",
    DataType.DATETIME_ARRAY: "Q",
}
"""struct's letter for the elements of each numeric array."""


def unpack_array(data: bytes, datatype: int, limit: int) -> Array:
    """Give the elements of an array datatype; raise MalformedPayload on broken bytes or more than `limit` elements."""
    if datatype == DataType.BOOLEAN_ARRAY:
        return _unpack_booleans(data, limit)
    if datatype == DataType.STRING_ARRAY:
        return _unpack_strings(data, limit)
    code = NUMBER_CODES[datatype]
    count, rest = divmod(len(data), struct.calcsize(f"<{code}"))
    if rest:
        raise MalformedPayload(Reason.ARRAY_MALFORMED)
    _check_count(count, limit)
    return struct.unpack(f"<{count}{code}", data)


def pack_array(values: object, datatype: int) -> bytes:
    """Give the bytes of an array datatype; raise CannotEncode if an element does not fit it."""
    if not isinstance(values, tuple | list):
        raise CannotEncode(f"{values!r} is not a sequence of values")
    if datatype == DataType.BOOLEAN_ARRAY:
        return _pack_booleans(values)
    if datatype == DataType.STRING_ARRAY:
        return _pack_strings(values)
    if any(isinstance(value, bool) for value in values):
        raise CannotEncode("a boolean is not a number")
    try:
        return struct.pack(f"<{len(values)}{NUMBER_CODES[datatype]}", *values)
    except (struct.error, OverflowError) as error:
        raise CannotEncode(f"an element does not fit its array: {error}") from error


def _check_count(count: int, limit: int) -> None:
    if count > limit:
        raise MalformedPayload(Reason.TOO_MANY_ITEMS)


def _unpack_booleans(data: bytes, limit: int) -> Array:
    """Read a 4-byte count, then the bits, most significant first."""
    if len(data) < COUNT_BYTES:
        raise MalformedPayload(Reason.ARRAY_MALFORMED)
    count = int.from_bytes(data[:COUNT_BYTES], "little")
    bits = data[COUNT_BYTES:]
    if len(bits) != (count + BITS_PER_BYTE - 1) // BITS_PER_BYTE:
        raise MalformedPayload(Reason.ARRAY_MALFORMED)
    _check_count(count, limit)
    text = "".join(f"{byte:08b}" for byte in bits)
    return tuple(bit == "1" for bit in text[:count])


def _pack_booleans(values: tuple[object, ...] | list[object]) -> bytes:
    if not all(isinstance(value, bool) for value in values):
        raise CannotEncode("an element is not a boolean")
    size = (len(values) + BITS_PER_BYTE - 1) // BITS_PER_BYTE
    text = "".join("1" if value else "0" for value in values).ljust(size * BITS_PER_BYTE, "0")
    return len(values).to_bytes(COUNT_BYTES, "little") + int(text or "0", 2).to_bytes(size, "big")


def _unpack_strings(data: bytes, limit: int) -> Array:
    """Read UTF-8 texts, each ended by a zero byte."""
    if data and data[-1] != 0:
        raise MalformedPayload(Reason.ARRAY_MALFORMED)
    _check_count(data.count(0), limit)
    try:
        return tuple(data.decode().split("\0")[:-1])
    except UnicodeDecodeError as error:
        raise MalformedPayload(Reason.ARRAY_MALFORMED) from error


def _pack_strings(values: tuple[object, ...] | list[object]) -> bytes:
    texts = [value for value in values if isinstance(value, str) and "\0" not in value]
    if len(texts) != len(values):
        raise CannotEncode("an element is not text, or holds the zero that ends a text")
    return "".join(f"{text}\0" for text in texts).encode()
