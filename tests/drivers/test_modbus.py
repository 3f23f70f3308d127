"""Modbus over real sockets and pseudo terminals; the simulated unit is written without the driver's library."""

import random
import struct
from asyncio import StreamReader, StreamWriter
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkeeper_drivers.modbus.registers import Block, blocks, decoded, encoded, values
from labkeeper_drivers.modbus.settings import ModbusConfiguration, Register, claimed
from labkeeper_sdk import BadConfiguration, CommandFailed, CommandRejected, DeviceUnreachable, Driver
from labkeeper_sdk.configuration import check_configuration
from labkeeper_sdk.plugins import load_drivers
from labkeeper_sdk.sim.neighbours.modbus import FAN, MAP, SimulatedUnit, crc
from labkeeper_sdk.testing import serve_serial, serve_tcp
from labkeeper_sdk.testing.assertions import assert_reading
from labkeeper_sdk.testing.services import TestServices
from labkeeper_sdk.testing.watching import ALONE, open_driver

NUMBER: Mapping[str, Any] = {"kind": "measure", "unit": "1", "table": "holding", "address": 0}


def driver() -> Driver:
    return load_drivers().drivers["modbus"]


def register(**said: object) -> Register:
    return Register.model_validate({**NUMBER, **said})


@pytest.mark.parametrize(
    ("said", "words", "value"),
    [
        ({}, [65_535], 65_535.0),
        ({"encoding": "i16", "scale": 0.1}, [0xFFFF], -0.1),
        ({"encoding": "i16", "scale": 0.1, "offset": -40.0}, [653], 25.3),
        ({"encoding": "u32"}, [1, 2], 65_538.0),
        ({"encoding": "u32", "word_order": "little"}, [1, 2], 131_073.0),
        ({"encoding": "f32"}, [0x4366, 0x8000], 230.5),
        ({"type": "int", "scale": 0.5}, [7], 4),
        ({"encoding": "i64"}, [0xFFFF, 0xFFFF, 0xFFFF, 0xFFFE], -2.0),
        ({"kind": "state"}, [2], True),
        ({"kind": "state", "table": "coil"}, [0], False),
    ],
)
def test_words_become_values(said: Mapping[str, object], words: list[int], value: object) -> None:
    found = decoded(register(**said), words)
    assert found == value
    assert type(found) is type(value)


def test_a_float_that_is_no_number_is_left_out() -> None:
    one = register(encoding="f32")
    assert decoded(one, [0x7FC0, 0]) is None
    assert dict(values(Block("holding", 0, 2, ("a",)), {"a": one}, [0x7F80, 0])) == {}


@given(
    st.sampled_from(["u16", "i16", "u32", "i32", "i64", "f64"]), st.sampled_from(["big", "little"]),
    st.integers(0, 32_767),
)  # fmt: skip
def test_what_is_written_reads_back(encoding: str, order: str, raw: int) -> None:
    one = register(encoding=encoding, word_order=order, scale=0.5, offset=3.0)
    value = raw * 0.5 + 3.0
    assert decoded(one, encoded(one, value)) == value


def test_a_value_that_does_not_fit_is_refused_before_it_is_sent() -> None:
    for encoding, value in (("u16", -1.0), ("i16", 40_000.0), ("f32", 1e300)):
        with pytest.raises(CommandRejected, match="does not fit"):
            encoded(register(encoding=encoding), value)
    with pytest.raises(CommandRejected):
        encoded(register(), "on")
    assert encoded(register(kind="state", table="coil"), True) == (1,)
    assert encoded(register(kind="state"), True) == (1,)


def test_neighbours_are_read_together_and_strangers_apart() -> None:
    at = {"a": 0, "b": 3, "c": 50, "d": 170, "e": 180}
    registers = {name: register(address=address, encoding="f32") for name, address in at.items()}
    registers["bit"] = register(kind="state", table="coil", address=1)
    assert blocks(registers, widest_gap=8) == [
        Block("coil", 1, 1, ("bit",)),
        Block("holding", 0, 5, ("a", "b")),
        Block("holding", 50, 2, ("c",)),
        Block("holding", 170, 12, ("d", "e")),
    ]
    assert len(blocks(registers, widest_gap=0)) == 6
    assert max(block.count for block in blocks(registers, widest_gap=1000)) <= 125


def test_overlapping_registers_are_one_block() -> None:
    registers = {"whole": register(encoding="u32"), "low": register(address=1)}
    (block,) = blocks(registers, widest_gap=0)
    assert dict(values(block, registers, [1, 2])) == {"whole": 65_538.0, "low": 2.0}


@pytest.mark.parametrize(
    "said",
    [
        {"kind": "measure", "table": "holding", "address": 0},
        {"kind": "setpoint", "table": "input", "address": 0, "minimum": 0, "maximum": 1, "safe_value": 0.0},
        {"kind": "setpoint", "table": "holding", "address": 0, "safe_value": 0.0},
        {"kind": "switch", "table": "coil", "address": 0},
        {"kind": "switch", "table": "coil", "address": 0, "safe_value": False, "risk": "heat"},
        {"kind": "measure", "unit": "V", "table": "coil", "address": 0},
        {"kind": "measure", "unit": "V", "table": "holding", "address": 65_535, "encoding": "f32"},
        {"kind": "measure", "unit": "V", "table": "holding", "address": 0, "scale": 0},
        {"kind": "event", "table": "holding", "address": 0},
        {"kind": "measure", "unit": "V", "table": "holding", "address": 0, "colour": "red"},
    ],
)
def test_a_map_that_cannot_be_right_is_refused(said: Mapping[str, object]) -> None:
    with pytest.raises(BadConfiguration, match="registers"):
        check_configuration(driver(), {"host": "x", "registers": {"a": said}})


def test_a_device_is_at_one_place_and_claims_its_serial_port() -> None:
    for where in ({}, {"host": "a", "path": "/dev/b"}):
        with pytest.raises(BadConfiguration, match="either host or path"):
            check_configuration(driver(), {**where, "registers": {}})
    checked = check_configuration(driver(), {"path": "/dev/ttyUSB0", "registers": {}})
    assert isinstance(checked, ModbusConfiguration)
    assert [it.name for it in claimed(checked)] == ["/dev/ttyUSB0"]


async def test_a_unit_is_read_and_set_over_tcp() -> None:
    unit = SimulatedUnit()
    async with serve_tcp(unit.talk) as wire:
        settings = {"host": wire.host, "port": wire.port, "registers": MAP}
        async with open_driver(driver(), settings, TestServices()) as watched:
            await assert_reading(watched, "voltage", 230.5)
            await assert_reading(watched, "energy", 12_045.33)
            await assert_reading(watched, "filter-dirty", False)
            await watched.write(ALONE, "target", 24.5)
            await watched.write(ALONE, "boiler", True)
            assert (unit.truth("", "target"), unit.truth("", "boiler")) == (24.5, True)
            await assert_reading(watched, "supply-air", 24.0)


async def test_a_unit_is_read_and_set_over_a_serial_port() -> None:
    unit = SimulatedUnit()
    async with serve_serial(unit.talk_rtu) as wire:
        settings = {"path": str(wire.path), "registers": MAP}
        async with open_driver(driver(), settings, TestServices()) as watched:
            await assert_reading(watched, "voltage", 230.5)
            await watched.write(ALONE, "fan", 55)
            assert unit.holding[FAN] == 55


async def test_a_refusal_and_a_value_that_does_not_stay_are_not_done() -> None:
    class Stubborn(SimulatedUnit):
        def _write_one(self, function: int, request: bytes) -> bytes:
            if request[1:3] == struct.pack(">H", FAN):
                return request[:5]
            return bytes([function | 0x80, 3])

    registers = {name: {**said, "confirm_s": 0.3} for name, said in MAP.items() if name in ("fan", "target")}
    async with serve_tcp(Stubborn().talk) as wire:
        settings = {"host": wire.host, "port": wire.port, "registers": registers}
        async with open_driver(driver(), settings, TestServices()) as watched:
            with pytest.raises(CommandFailed, match="exception code 3"):
                await watched.write(ALONE, "target", 20.0)
            with pytest.raises(CommandFailed, match="does not read back"):
                await watched.write(ALONE, "fan", 90)


async def test_a_map_the_device_does_not_have_names_the_registers() -> None:
    async with serve_tcp(SimulatedUnit().talk) as wire:
        settings = {"host": wire.host, "port": wire.port, "registers": {"a": {**NUMBER, "address": 9000}}}
        async with open_driver(driver(), settings, TestServices()) as watched:
            with pytest.raises(DeviceUnreachable, match="holding 9000 to 9000: exception code 2"):
                await watched.until(watched.readings)


async def test_spoiled_frames_on_a_serial_port_end_the_connection_and_nothing_else() -> None:
    seed = random.SystemRandom().randrange(2**32)
    print("seed", seed)  # noqa: T201 -- reproduces a failure
    chance = random.Random(seed)
    endings = 0
    for _ in range(15):
        raw = bytearray(b"\x01\x03\x02\x00\x07" + crc(b"\x01\x03\x02\x00\x07"))
        for _ in range(chance.randint(1, 3)):
            raw[chance.randrange(len(raw))] = chance.randrange(256)

        async def talk(reader: StreamReader, writer: StreamWriter, raw: bytes = bytes(raw)) -> None:
            while await reader.read(100):
                writer.write(raw)

        async with serve_serial(talk) as wire:
            settings = {"path": str(wire.path), "registers": {"a": NUMBER}, "timeout_s": 0.05}
            async with open_driver(driver(), settings, TestServices()) as watched:
                try:
                    await watched.until(lambda watched=watched: watched.readings())  # type: ignore[misc] # mypy infers no lambda with a default
                except DeviceUnreachable:
                    endings += 1
    assert endings
