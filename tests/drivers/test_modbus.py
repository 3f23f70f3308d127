"""Modbus over real sockets and pseudo terminals; the simulated unit is written without the driver's library."""

import asyncio
import random
import struct
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkeeper_drivers.modbus import bus
from labkeeper_drivers.modbus.device import ModbusDevice
from labkeeper_drivers.modbus.registers import Block, blocks, decoded, encoded, values
from labkeeper_drivers.modbus.settings import ModbusConfiguration, Register, claimed
from labkeeper_sdk import (
    Availability,
    BadConfiguration,
    CommandFailed,
    CommandRejected,
    DeviceUnreachable,
    Driver,
    Nonsense,
    Ranking,
    Urgency,
)
from labkeeper_sdk.configuration import check_configuration, claims, final_validate
from labkeeper_sdk.plugins import load_drivers
from labkeeper_sdk.sim.neighbours.modbus import FAN, MAP, TARGET, SimulatedUnit
from labkeeper_sdk.testing import ModbusUnit, serve_modbus, serve_modbus_rtu, serve_serial, serve_tcp
from labkeeper_sdk.testing.assertions import assert_emits, assert_reading
from labkeeper_sdk.testing.modbus import crc
from labkeeper_sdk.testing.services import TestServices
from labkeeper_sdk.testing.watching import ALONE, open_driver
from labkeeper_sdk.testing.wires import Direction

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


SLOW: Mapping[str, Any] = {
    "timeout_s": 0.5,
    "registers": {"fan": {**MAP["fan"], "confirm_s": 0.2}, "target": MAP["target"]},
}


@dataclass(slots=True)
class Slow:
    """A unit whose answers about registers wait for `release` once something has been ordered."""

    unit: SimulatedUnit = field(default_factory=SimulatedUnit)
    held: list[bytes] = field(default_factory=list)
    released: bool = False
    out: StreamWriter | None = None

    async def talk(self, reader: StreamReader, writer: StreamWriter) -> None:
        self.out = writer
        await self.unit.talk(reader, self)  # type: ignore[arg-type]  # it writes, and nothing else

    async def talk_rtu(self, reader: StreamReader, writer: StreamWriter) -> None:
        self.out = writer
        await self.unit.talk_rtu(reader, self)  # type: ignore[arg-type]  # as above

    def write(self, frame: bytes) -> None:
        assert self.out is not None
        if b"\x01\x03\x02" in frame and self.unit.orders and not self.released:  # unit 1, function 3, two bytes
            self.held.append(frame)
        else:
            self.out.write(frame)

    def release(self) -> None:
        assert self.out is not None
        self.released = True
        self.out.write(b"".join(self.held))


@asynccontextmanager
async def slow_unit(way: str) -> AsyncIterator[tuple[Slow, ModbusDevice]]:
    slow = Slow()
    async with AsyncExitStack() as stack:
        if way == "rtu":
            where: dict[str, Any] = {"path": str((await stack.enter_async_context(serve_serial(slow.talk_rtu))).path)}
        else:
            wire = await stack.enter_async_context(serve_tcp(slow.talk))
            where = {"host": wire.host, "port": wire.port}
        configuration = check_configuration(driver(), {**SLOW, **where})
        device = await stack.enter_async_context(driver().connect(configuration, TestServices()))
        assert isinstance(device, ModbusDevice)
        yield slow, device


@pytest.mark.parametrize("way", ["rtu", "tcp"])
async def test_an_answer_that_comes_too_late_is_not_taken_for_the_next_question_s(way: str) -> None:
    async with slow_unit(way) as (slow, device):
        with pytest.raises(CommandFailed, match="does not read back"):
            await device.write("fan", 55)
        next_one = asyncio.create_task(device.line.read(1, "holding", TARGET, 1))
        asyncio.get_running_loop().call_later(0.05, slow.release)
        assert [*await next_one] == [200]
        assert [*await device.line.read(1, "holding", FAN, 1)] == [55]


async def test_a_unit_that_never_answers_a_question_that_was_cut_short_is_out_of_reach() -> None:
    async with slow_unit("rtu") as (_, device):
        with pytest.raises(CommandFailed, match="does not read back"):
            await device.write("fan", 55)
        with pytest.raises(DeviceUnreachable, match=r"unit 1 does not answer within 0\.5 s"):
            await device.line.read(1, "holding", TARGET, 1)


async def test_what_lies_on_a_serial_line_before_a_question_is_not_its_answer() -> None:
    stray = b"\x01\x03\x02\x00\x07" + crc(b"\x01\x03\x02\x00\x07")
    async with slow_unit("rtu") as (slow, device):
        assert [*await device.line.read(1, "holding", TARGET, 1)] == [200]
        assert slow.out is not None
        slow.out.write(stray)
        async with asyncio.timeout(10):
            while not device.line.reader._buffer:  # type: ignore[attr-defined]  # asyncio's own
                await asyncio.sleep(0.001)
        assert [*await device.line.read(1, "holding", TARGET, 1)] == [200]


# --- several units on one line ----------------------------------------------------------------------------------------
def on_one_line(*units: int, **more: object) -> dict[str, Any]:
    registers = {"fan": MAP["fan"], "target": MAP["target"]}
    named = {f"unit-{unit}": {"unit": unit, "zh": f"{unit} 号", "registers": registers} for unit in units}
    return {"units": named, "every_s": 0.05, "timeout_s": 0.2, **more}


async def test_two_units_on_one_serial_port_are_two_devices() -> None:
    first, second = SimulatedUnit(), SimulatedUnit()
    async with serve_modbus_rtu({1: first, 17: second}) as wire:
        settings = on_one_line(1, 17, path=str(wire.path))
        async with open_driver(driver(), settings, TestServices()) as watched:
            await assert_reading(watched, "fan", 30, device="unit-1")
            await watched.write("unit-17", "fan", 55)
            assert (first.holding[FAN], second.holding[FAN]) == (30, 55)
            await assert_reading(watched, "fan", 55, device="unit-17")
            assert {info.title.zh for info in watched.found.values()} == {"1 号", "17 号"}
            with pytest.raises(CommandRejected):
                await watched.write("unit-2", "fan", 55)


async def test_a_unit_that_is_silent_takes_nobody_with_it_and_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bus, "REST_S", 0.1)
    units, asked = {1: SimulatedUnit()}, list[int]()

    def hear(to: Direction, frame: bytes) -> None:
        asked.extend(frame[:1] if to == "device" else b"")

    async with (
        serve_modbus_rtu(units, tap=hear) as wire,
        open_driver(driver(), on_one_line(1, 2, path=str(wire.path)), TestServices()) as watched,
    ):
        await assert_emits(watched, Availability("unit-2", online=False))
        before = len(watched.readings("unit-1"))
        await watched.until(lambda: len(watched.readings("unit-1")) > before and asked.count(2) > 2)
        units[2] = SimulatedUnit()  # it is plugged in
        await assert_emits(watched, Availability("unit-2", online=True))
        await assert_reading(watched, "fan", 30, device="unit-2")
        assert watched.events.count(Availability("unit-2", online=False)) == 1


async def test_a_unit_without_the_registers_of_its_map_says_which() -> None:
    settings = on_one_line(1, 2)
    settings["units"]["unit-2"]["registers"] = {"a": {**NUMBER, "address": 9000}}
    async with (
        serve_modbus_rtu({1: SimulatedUnit(), 2: SimulatedUnit()}) as wire,
        open_driver(driver(), {**settings, "path": str(wire.path)}, TestServices()) as watched,
    ):
        await assert_emits(
            watched,
            Nonsense("unit-2", "unreadable", "the device refuses to read holding 9000 to 9000: exception code 2"),
            Availability("unit-2", online=False),
        )


async def test_a_line_on_which_nobody_answers_is_lost() -> None:
    async with (
        serve_modbus_rtu({}) as wire,
        open_driver(driver(), on_one_line(1, 2, path=str(wire.path)), TestServices()) as watched,
    ):
        with pytest.raises(DeviceUnreachable, match="none of the units"):
            await watched.until(watched.readings)


async def test_units_behind_a_gateway_are_reached_over_tcp() -> None:
    async with serve_modbus({1: SimulatedUnit(), 9: SimulatedUnit()}) as wire:
        settings = on_one_line(1, 9, host=wire.host, port=wire.port)
        async with open_driver(driver(), settings, TestServices()) as watched:
            await assert_reading(watched, "fan", 30, device="unit-1")
            await assert_reading(watched, "fan", 30, device="unit-9")


@dataclass(slots=True)
class Patient:
    """Units behind one gateway that answer when they are let; `asked` are the unit ids, in order."""

    units: Mapping[int, ModbusUnit]
    asked: list[int] = field(default_factory=list)
    first: asyncio.Event = field(default_factory=asyncio.Event)
    let: asyncio.Event = field(default_factory=asyncio.Event)

    async def talk(self, reader: StreamReader, writer: StreamWriter) -> None:
        while True:
            head = await reader.readexactly(7)
            request = await reader.readexactly(int.from_bytes(head[4:6], "big") - 1)
            self.asked.append(head[6])
            self.first.set()
            await self.let.wait()
            answer = self.units[head[6]].answer(request)
            writer.write(head[:4] + (len(answer) + 1).to_bytes(2, "big") + head[6:] + answer)


async def test_a_stop_goes_before_commands_to_other_units_and_they_go_before_polls() -> None:
    ids = (1, 2, 3, 4, 5)
    line = Patient({unit: ModbusUnit(holding={FAN: 30, TARGET: 200}) for unit in ids})
    async with serve_tcp(line.talk) as wire, asyncio.TaskGroup() as waiting:
        settings = check_configuration(driver(), on_one_line(*ids, host=wire.host, port=wire.port, timeout_s=5.0))
        async with driver().connect(settings, TestServices()) as gateway:
            assert isinstance(gateway, bus.Bus)
            assert isinstance(gateway, Ranking)
            reading = waiting.create_task(gateway.units["unit-1"].read())  # it is on the wire, and stays there
            await line.first.wait()
            late = waiting.create_task(gateway.units["unit-2"].read())
            orders = [(3, Urgency.COMMAND), (4, Urgency.COMMAND), (5, Urgency.STOP)]
            written = [
                waiting.create_task(gateway.write_urgently(f"unit-{unit}", "fan", 0, urgency))
                for unit, urgency in orders
            ]
            await asyncio.sleep(0)  # each is in the line now
            line.let.set()
            await asyncio.gather(reading, late, *written)
    assert [*dict.fromkeys(line.asked)] == [1, 5, 3, 4, 2]
    assert [line.units[unit].holding[FAN] for unit in ids] == [30, 30, 0, 0, 0]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (on_one_line(1, registers={}), "say either registers, or units"),
        (on_one_line(1, unit=2), "say either registers, or units"),
        ({}, "say either registers, or units"),
        ({"units": {"a": {"unit": 3, "registers": {}}, "b": {"unit": 3, "registers": {}}}}, "a and b are both unit 3"),
        ({"units": {"a/b": {"unit": 3, "registers": {}}}}, "is no name for a device"),
        ({"units": {"a": {"unit": 300, "registers": {}}}}, "units.a.unit"),
    ],
)
def test_units_that_cannot_be_told_apart_are_refused(said: dict[str, Any], why: str) -> None:
    with pytest.raises(BadConfiguration, match=why):
        check_configuration(driver(), {"path": "/dev/ttyUSB0", **said})


def test_two_instances_on_one_serial_port_are_refused_and_units_of_one_are_not() -> None:
    shared = check_configuration(driver(), on_one_line(1, 2, path="/dev/ttyUSB0"))
    alone = check_configuration(driver(), {"path": "/dev/ttyUSB0", "unit": 3, "registers": {}})
    final_validate(claims("meters", driver(), shared))
    with pytest.raises(BadConfiguration, match=r"is used by drivers\.meters\.path already"):
        final_validate([*claims("meters", driver(), shared), *claims("boiler", driver(), alone)])
