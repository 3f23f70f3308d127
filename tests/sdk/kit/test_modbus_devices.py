"""Modbus devices for tests of drivers: heard by pymodbus's own client, by our driver, and frame by frame."""

import asyncio
import struct
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pymodbus.client import AsyncModbusTcpClient

from labkeeper_sdk.plugins import load_drivers
from labkeeper_sdk.testing import ModbusUnit, TcpWire, serve_modbus, serve_modbus_rtu
from labkeeper_sdk.testing.assertions import assert_reading
from labkeeper_sdk.testing.modbus import crc
from labkeeper_sdk.testing.services import TestServices
from labkeeper_sdk.testing.watching import ALONE, open_driver
from labkeeper_sdk.testing.wires import Direction
from tests.docs.pages import blocks, read

REGISTERS: Mapping[str, Any] = {
    "voltage": {"kind": "measure", "unit": "V", "table": "input", "address": 12, "encoding": "f32"},
    "relay": {"kind": "switch", "table": "coil", "address": 0, "safe_value": False},
}


def meter() -> ModbusUnit:
    unit = ModbusUnit(coil={0: 0, 1: 1, 2: 0}, discrete={7: 1}, holding=dict.fromkeys(range(4), 0))
    unit.put("input", 12, ">f", 230.5)
    return unit


@asynccontextmanager
async def client_of(wire: TcpWire) -> AsyncIterator[AsyncModbusTcpClient]:
    client = AsyncModbusTcpClient(wire.host, port=wire.port, reconnect_delay=0, retries=0)
    assert await client.connect()
    try:
        yield client
    finally:
        client.close()


async def test_every_function_is_understood_by_a_client_of_somebody_else() -> None:
    unit = meter()
    async with serve_modbus({17: unit}) as wire, client_of(wire) as client:
        voltage = await client.read_input_registers(12, count=2, device_id=17)
        assert client.convert_from_registers(voltage.registers, client.DATATYPE.FLOAT32) == 230.5
        assert (await client.read_coils(0, count=3, device_id=17)).bits[:3] == [False, True, False]
        assert (await client.read_discrete_inputs(7, count=1, device_id=17)).bits[0] is True
        assert not (await client.write_coil(0, True, device_id=17)).isError()
        assert not (await client.write_coils(1, [False, True], device_id=17)).isError()
        assert not (await client.write_register(0, 7, device_id=17)).isError()
        assert not (await client.write_registers(1, [8, 9], device_id=17)).isError()
        assert (await client.read_holding_registers(0, count=4, device_id=17)).registers == [7, 8, 9, 0]
    assert unit.coil == {0: 1, 1: 0, 2: 1}
    assert unit.orders == [("coil", 0), ("coil", 1), ("coil", 2), ("holding", 0), ("holding", 1), ("holding", 2)]


async def test_a_place_that_is_not_there_a_value_that_is_refused_and_a_unit_nobody_has() -> None:
    unit = meter()
    unit.refuses["holding", 1] = 3
    async with serve_modbus({17: unit}) as wire, client_of(wire) as client:
        assert (await client.read_holding_registers(3, count=2, device_id=17)).exception_code == 2
        assert (await client.write_register(9, 1, device_id=17)).exception_code == 2
        assert (await client.write_registers(0, [1, 2], device_id=17)).exception_code == 3
        assert (await client.read_coils(0, count=1, device_id=18)).exception_code == 11
    assert unit.orders == []
    assert unit.holding == dict.fromkeys(range(4), 0)


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (bytes([7]), 1),
        (struct.pack(">BHH", 3, 0, 0), 3),
        (struct.pack(">BHH", 3, 0, 126), 3),
        (struct.pack(">BHH", 1, 0, 2001), 3),
        (struct.pack(">BHH", 5, 0, 1), 3),
        (struct.pack(">BHHB", 16, 0, 2, 4) + b"\0\0", 3),
        (struct.pack(">BHHB", 15, 0, 3, 1), 3),
        (bytes([3, 0]), 3),
    ],
)
def test_what_is_no_request_is_answered_with_an_exception(request_: bytes, code: int) -> None:
    assert meter().answer(request_) == bytes([request_[0] | 0x80, code])


async def test_a_caller_that_speaks_something_else_is_hung_up_on() -> None:
    async with serve_modbus({1: meter()}) as wire:
        reader, writer = await asyncio.open_connection(wire.host, wire.port)
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        async with asyncio.timeout(10):
            assert await reader.read() == b""
        writer.close()


async def test_units_on_a_serial_line_answer_to_their_own_id_only_and_to_sound_frames() -> None:
    said: list[bytes] = []
    unit = meter()
    async with serve_modbus_rtu({17: unit}, tap=lambda to, data: said.append(data) if to == "driver" else None) as wire:
        settings = {"path": str(wire.path), "unit": 17, "registers": REGISTERS}
        async with open_driver(load_drivers().drivers["modbus"], settings, TestServices()) as watched:
            await assert_reading(watched, "voltage", 230.5)
            await watched.write(ALONE, "relay", True)
    assert unit.orders == [("coil", 0)]
    assert {frame[0] for frame in said} == {17}
    assert all(crc(frame[:-2]) == frame[-2:] for frame in said)


async def test_a_spoiled_question_on_a_serial_line_has_no_answer() -> None:
    spoiled, sound = (bytes([17]) + struct.pack(">BHH", 3, 0, count) for count in (1, 2))
    answers = asyncio.Queue[bytes]()

    def hear(to: Direction, data: bytes) -> None:
        if to == "driver":
            answers.put_nowait(data)

    async with serve_modbus_rtu({17: meter()}, tap=hear) as wire:
        with wire.path.open("r+b", buffering=0) as port:
            port.write(spoiled + b"\0\0")
            port.write(sound + crc(sound))
            async with asyncio.timeout(10):
                assert (await answers.get())[:3] == bytes([17, 3, 4])


async def test_the_example_of_the_page_passes() -> None:
    (example,) = (text for kind, text in blocks(read("docs/reference/testing.md")) if "serve_modbus" in text)
    found: dict[str, Any] = {}
    exec(compile(example, "docs/reference/testing.md", "exec"), found)  # noqa: S102 -- our own page
    (test,) = (it for name, it in found.items() if name.startswith("test_"))
    await test()
