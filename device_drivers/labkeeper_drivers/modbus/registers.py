"""Registers as values and back, and how they are read in blocks.

Source: MODBUS Application Protocol Specification V1.1b3: at most 125 registers or 2,000 bits a request (6.1-6.4).
"""

import math
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from labkeeper_drivers.modbus.settings import Register
from labkeeper_sdk import CommandRejected, Value

MOST_REGISTERS, MOST_BITS = 125, 2000
FORMATS = {"u16": ">H", "i16": ">h", "u32": ">I", "i32": ">i", "u64": ">Q", "i64": ">q", "f32": ">f", "f64": ">d"}
DIGITS = 9  # of a scaled value; what is beyond is the binary fraction's noise


@dataclass(frozen=True, slots=True)
class Block:
    """Neighbours of one table that are read at once."""

    table: str
    address: int
    count: int
    names: tuple[str, ...]


def blocks(registers: Mapping[str, Register], widest_gap: int) -> list[Block]:
    """Return the fewest reads in address order that bridge no gap wider than this."""
    made: list[Block] = []
    for name, one in sorted(registers.items(), key=lambda pair: (pair[1].table, pair[1].address)):
        last = made[-1] if made else None
        joined = None if last is None else _joined(last, name, one, widest_gap)
        if joined is None:
            made.append(Block(one.table, one.address, one.length, (name,)))
        else:
            made[-1] = joined
    return made


def _joined(last: Block, name: str, one: Register, widest_gap: int) -> Block | None:
    end = last.address + last.count
    count = max(end, one.address + one.length) - last.address
    most = MOST_BITS if one.is_bit else MOST_REGISTERS
    if last.table != one.table or one.address - end > widest_gap or count > most:
        return None
    return Block(last.table, last.address, count, (*last.names, name))


def values(block: Block, registers: Mapping[str, Register], found: Sequence[int]) -> Iterator[tuple[str, Value]]:
    """Yield what a block's words (or bits) say; what is no finite number is left out."""
    for name in block.names:
        one = registers[name]
        at = one.address - block.address
        value = decoded(one, found[at : at + one.length])
        if value is not None:
            yield name, value


def decoded(register: Register, words: Sequence[int]) -> Value | None:
    """Return a register's value in its unit, None for no number."""
    if register.is_bit:
        return bool(words[0])
    ordered = words if register.word_order == "big" else words[::-1]
    raw = struct.unpack(FORMATS[register.encoding], b"".join(word.to_bytes(2, "big") for word in ordered))[0]
    if not math.isfinite(raw):
        return None
    kind = register.point("name").type
    if kind is bool:
        return bool(raw)
    value = round(raw * register.scale + register.offset, DIGITS)
    return round(value) if kind is int else float(value)


def encoded(register: Register, value: Value) -> tuple[int, ...]:
    """Return the words (or the bit) of a value; raises CommandRejected out_of_range."""
    if isinstance(value, str):
        raise CommandRejected("wrong_type", "a register takes a number")
    if register.is_bit:
        return (int(value),)
    raw: float = value if isinstance(value, bool) else (value - register.offset) / register.scale
    whole = register.encoding not in ("f32", "f64")
    try:
        packed = struct.pack(FORMATS[register.encoding], round(raw) if whole else float(raw))
    except (struct.error, OverflowError):
        raise CommandRejected("out_of_range", f"{value} does not fit into {register.encoding}") from None
    words = struct.unpack(f">{len(packed) // 2}H", packed)
    return words if register.word_order == "big" else words[::-1]
