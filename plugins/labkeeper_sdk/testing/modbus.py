"""Modbus devices in this process, over TCP and RTU (MODBUS V1.1b3; "MODBUS over serial line" V1.02).

Written from the standards, with no Modbus library: what a driver says is heard by a second implementation.
"""

import asyncio
import struct
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

from labkeeper_sdk.testing.serial import SerialWire, serve_serial
from labkeeper_sdk.testing.servers import Talk, serve_tcp
from labkeeper_sdk.testing.wires import Tap, TcpWire

BAD_FUNCTION, BAD_ADDRESS, BAD_VALUE = 1, 2, 3
NOBODY_THERE = 11  # "gateway target device failed to respond"
ON, OFF = 0xFF00, 0
READS = {1: "coil", 2: "discrete", 3: "holding", 4: "input"}
WRITES = {5: "coil", 6: "holding", 15: "coil", 16: "holding"}
SEVERAL = (15, 16)
MOST_REGISTERS, MOST_BITS = 125, 2000
HEAD, SHORTEST = 7, 8  # bytes of a request's beginning that tell its length, and of most requests

Table: TypeAlias = Literal["coil", "discrete", "holding", "input"]


class Answering(Protocol):
    """Something that answers requests."""

    def answer(self, request: bytes) -> bytes:
        """Return the answer to a request, both from the function code on and without address and checksum."""


Units: TypeAlias = Mapping[int, Answering]


@dataclass(slots=True)
class ModbusUnit:
    """A device with the four tables of Modbus, addresses from 0; what is not in a table is not there.

    `orders` are the places that were written, in order. `refuses` has the exception code that writing a place brings.
    """

    coil: dict[int, int] = field(default_factory=dict)
    discrete: dict[int, int] = field(default_factory=dict)
    holding: dict[int, int] = field(default_factory=dict)
    input: dict[int, int] = field(default_factory=dict)
    orders: list[tuple[Table, int]] = field(default_factory=list)
    refuses: dict[tuple[Table, int], int] = field(default_factory=dict)

    def put(self, table: Literal["holding", "input"], address: int, form: str, value: float) -> None:
        """Let registers hold a number in the form of `struct`: `">f"` takes two, `">h"` one."""
        packed = struct.pack(form, value)
        words = struct.unpack(f">{len(packed) // 2}H", packed)
        self._table(table).update(enumerate(words, address))

    def answer(self, request: bytes) -> bytes:
        """Answer the functions 1 to 6, 15 and 16."""
        function = request[0]
        try:
            if function in READS:
                return self._read(function, request)
            if function in WRITES:
                return self._write(function, request)
        except struct.error:
            return exception(function, BAD_VALUE)
        return exception(function, BAD_FUNCTION)

    def _read(self, function: int, request: bytes) -> bytes:
        table, (address, count) = self._table(READS[function]), struct.unpack(">HH", request[1:])
        bits = function in (1, 2)
        if not 1 <= count <= (MOST_BITS if bits else MOST_REGISTERS):
            return exception(function, BAD_VALUE)
        found = [table.get(address + step) for step in range(count)]
        known = [one for one in found if one is not None]
        if len(known) < count:
            return exception(function, BAD_ADDRESS)
        packed = _packed(known) if bits else struct.pack(f">{count}H", *known)
        return bytes([function, len(packed)]) + packed

    def _write(self, function: int, request: bytes) -> bytes:
        kind = WRITES[function]
        address, second = struct.unpack(">HH", request[1:5])
        values = _several(function, second, request[6:]) if function in SEVERAL else [second]
        if values is None or (function == 5 and second not in (ON, OFF)):  # noqa: PLR2004 -- write single coil
            return exception(function, BAD_VALUE)
        places: list[tuple[Table, int]] = [
            ("coil" if kind == "coil" else "holding", address + n) for n in range(len(values))
        ]
        table = self._table(kind)
        for place in places:
            code = self.refuses.get(place, 0) or (0 if place[1] in table else BAD_ADDRESS)
            if code:
                return exception(function, code)
        table.update(
            (at, int(bool(value)) if kind == "coil" else value) for (_, at), value in zip(places, values, strict=True)
        )
        self.orders += places
        return request[:5]

    def _table(self, name: str) -> dict[int, int]:
        tables: dict[str, dict[int, int]] = {
            "coil": self.coil, "discrete": self.discrete, "holding": self.holding, "input": self.input,
        }  # fmt: skip
        return tables[name]


def exception(function: int, code: int) -> bytes:
    """Return the answer that says no, and why (V1.1b3, section 7)."""
    return bytes([function | 0x80, code])


def _packed(bits: Sequence[int]) -> bytes:
    return sum(bool(bit) << place for place, bit in enumerate(bits)).to_bytes((len(bits) + 7) // 8, "little")


def _several(function: int, count: int, packed: bytes) -> list[int] | None:
    """Return the values of a request that writes several, None where it has not got as many."""
    if function == 16:  # noqa: PLR2004 -- write multiple registers
        return [*struct.unpack(f">{count}H", packed)]
    whole = int.from_bytes(packed, "little")
    return [whole >> place & 1 for place in range(count)] if len(packed) == (count + 7) // 8 else None


# --- frames -----------------------------------------------------------------------------------------------------------
def talk_modbus(units: Units) -> Talk:
    """Return these units behind one Modbus TCP address; one that is not there is answered for, as a gateway does."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            number, protocol, length, unit = struct.unpack(">HHHB", await reader.readexactly(7))
            if protocol or not 2 <= length <= 254:  # noqa: PLR2004 -- MODBUS TCP/IP implementation guide, 3.1.3
                return
            request = await reader.readexactly(length - 1)
            known = units.get(unit)
            answer = exception(request[0], NOBODY_THERE) if known is None else known.answer(request)
            writer.write(struct.pack(">HHHB", number, 0, len(answer) + 1, unit) + answer)

    return talk


def talk_modbus_rtu(units: Units) -> Talk:
    """Return these units on one serial line; requests are told apart by their length, and nobody answers for a unit
    that is not there.
    """

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = await reader.readexactly(HEAD)
            more = head[6] + 2 if head[1] in SEVERAL else SHORTEST - HEAD
            frame = head + await reader.readexactly(more)
            known = units.get(frame[0])
            if known is not None and crc(frame[:-2]) == frame[-2:]:
                answer = frame[:1] + known.answer(frame[1:-2])
                writer.write(answer + crc(answer))

    return talk


def crc(frame: bytes) -> bytes:
    """Return the checksum of "MODBUS over serial line" V1.02, 6.2.2, as it is sent."""
    value = 0xFFFF
    for byte in frame:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ (0xA001 if value & 1 else 0)
    return value.to_bytes(2, "little")


@asynccontextmanager
async def serve_modbus(units: Units, *, tap: Tap | None = None) -> AsyncIterator[TcpWire]:
    """Run these units, by their ids, behind one Modbus TCP address."""
    async with serve_tcp(talk_modbus(units), tap=tap) as wire:
        yield wire


@asynccontextmanager
async def serve_modbus_rtu(units: Units, *, tap: Tap | None = None) -> AsyncIterator[SerialWire]:
    """Run these units, by their ids, on one serial line: a pseudo terminal, which knows no baud rate."""
    async with serve_serial(talk_modbus_rtu(units), tap=tap) as wire:
        yield wire
