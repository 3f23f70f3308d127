"""Boards behind pseudo terminals: lines as JSON and by template, plugs pulled and put back."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkeeper_drivers.serial_line.grammar import Grammar
from labkeeper_drivers.serial_line.settings import SerialLineConfiguration
from labkeeper_sdk import BadConfiguration, BadReading, CommandFailed, DeviceUnreachable, Driver, Value
from labkeeper_sdk.configuration import check_configuration, claims
from labkeeper_sdk.plugins import load_drivers
from labkeeper_sdk.sim.neighbours.serial_line import POINTS, SimulatedKit
from labkeeper_sdk.testing import serve_serial
from labkeeper_sdk.testing.assertions import assert_reading
from labkeeper_sdk.testing.services import TestServices
from labkeeper_sdk.testing.watching import ALONE, open_driver


def driver() -> Driver:
    return load_drivers().drivers["serial_line"]


def grammar(*templates: str, **points: Mapping[str, Any]) -> Grammar:
    said = {"path": "/dev/x", "templates": templates, "points": {**POINTS, **points}}
    return Grammar.of(SerialLineConfiguration.model_validate(said))


def says(known: Grammar, line: bytes) -> dict[str, Value | None]:
    return {reading.point: reading.value for reading in known.readings(line)}


def test_a_json_line_says_what_it_has_and_strangers_are_passed_over() -> None:
    said = says(grammar(), b'{"temperature": 21, "led": true, "light": 7, "uptime": 5, "button": null}\r\n')
    assert said == {"temperature": 21.0, "led": True, "light": 7, "button": None}
    assert isinstance(said["temperature"], float)


def test_the_first_template_that_fits_counts() -> None:
    known = grammar("T={temperature} L={light}", "motor {motor}", "led is {led}", "mode {mode}", mode={"kind": "event"})
    assert says(known, b"T= 21.5  L=7\n") == {"temperature": 21.5, "light": 7}
    assert says(known, b"motor   -30 \r\n") == {"motor": -30}
    assert says(known, b"led is ON\n") == {"led": True}
    assert says(known, b"mode follow the line\n") == {"mode": "follow the line"}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"\xff\xfe\n", "not_utf8"),
        (b"hello\n", "not_json"),
        (b"[" * 100_000, "not_json"),
        (b"[1]\n", "not_an_object"),
        (b'{"temperature": "warm"}\n', "wrong_type"),
        (b'{"temperature": NaN}\n', "wrong_type"),
        (b'{"temperature": true}\n', "wrong_type"),
        (b'{"temperature": [1]}\n', "wrong_type"),
        (b'{"temperature": 1' + b"0" * 400 + b"}\n", "wrong_type"),
        (b'{"temperature": 900}\n', "out_of_range"),
        (b'{"led": "maybe"}\n', "wrong_type"),
        (b'{"mode": "C"}\n', "wrong_type"),
        (b'{"mode": 3}\n', "wrong_type"),
    ],
)
def test_what_makes_no_sense_says_why(line: bytes, reason: str) -> None:
    with pytest.raises(BadReading) as caught:
        grammar(mode={"kind": "state", "type": "str", "options": ["A", "B"]}).readings(line)
    assert caught.value.reason == reason


def test_a_line_no_template_fits_is_nonsense() -> None:
    with pytest.raises(BadReading, match="unknown_line"):
        grammar("T={temperature}").readings(b"T=warm\n")


@given(st.binary(max_size=200))
def test_no_line_breaks_the_grammar(line: bytes) -> None:
    for known in (grammar(), grammar("T={temperature} led={led}", "{mode}", mode={"kind": "event"})):
        try:
            known.readings(line)
        except BadReading:
            continue


@pytest.mark.parametrize(
    ("templates", "said", "value", "line"),
    [
        ((), {}, 30, b'{"motor": 30}\n'),
        ((), {"command": "m {value}"}, -5, b"m -5\n"),
        (("x {motor}",), {}, 30, b"motor=30\n"),
    ],
)
def test_a_command_is_one_line(templates: tuple[str, ...], said: dict[str, Any], value: Value, line: bytes) -> None:
    assert grammar(*templates, motor={**POINTS["motor"], **said}).command("motor", value) == line


def test_the_words_of_a_bool_are_the_boards() -> None:
    known = grammar("led {led}", led={**POINTS["led"], "on": "hell", "off": "dunkel", "command": "L{value}"})
    assert known.command("led", True) == b"Lhell\n"
    assert known.command("led", False) == b"Ldunkel\n"
    assert says(known, b"led dunkel\n") == {"led": False}


def test_settings_that_cannot_be_right_are_refused_and_a_port_is_claimed() -> None:
    with pytest.raises(BadConfiguration, match="no point"):
        check_configuration(driver(), {"path": "/dev/x", "templates": ["{speed}"], "points": {}})
    checked = check_configuration(driver(), {"path": "/dev/x", "points": {}})
    assert [(it.key, it.resource.name) for it in claims("kit", driver(), checked)] == [("drivers.kit.path", "/dev/x")]


async def test_a_kit_tells_and_obeys() -> None:
    kit = SimulatedKit()
    async with serve_serial(kit.talk) as wire:
        settings = {"path": str(wire.path), "points": POINTS, "silent_s": 5.0}
        async with open_driver(driver(), settings, TestServices()) as watched:
            await assert_reading(watched, "button", False)
            await watched.write(ALONE, "motor", -40)
            assert (kit.motor, kit.orders) == (-40, ["motor"])
            await assert_reading(watched, "motor", -40)


async def test_a_kit_that_is_pulled_out_and_plugged_in_again_is_found_again() -> None:
    kit = SimulatedKit()
    async with serve_serial(kit.talk) as wire:
        settings = {"path": str(wire.path), "points": POINTS}
        async with open_driver(driver(), settings, TestServices()) as watched:
            await assert_reading(watched, "button", False)
            await wire.cut()
            with pytest.raises(DeviceUnreachable):
                await watched.until(lambda: False)
        with pytest.raises(DeviceUnreachable):
            async with open_driver(driver(), settings, TestServices()):
                pass
        await wire.restore()
        async with open_driver(driver(), settings, TestServices()) as watched:
            await assert_reading(watched, "button", False)


async def lecture(_reader: StreamReader, writer: StreamWriter) -> None:
    while True:
        writer.write(b"hello\n")
        await asyncio.sleep(0.001)


async def endless(_reader: StreamReader, writer: StreamWriter) -> None:
    while True:
        writer.write(b"x" * 4096)
        await asyncio.sleep(0.001)


async def silence(reader: StreamReader, _writer: StreamWriter) -> None:
    await reader.read()


@pytest.mark.parametrize(
    ("talk", "why"), [(lecture, "baud rate"), (endless, "end of line"), (silence, "said nothing for 0.2 s")]
)
async def test_a_board_that_makes_no_sense_is_unreachable(talk: Any, why: str) -> None:  # noqa: ANN401 -- a Talk
    async with serve_serial(talk) as wire:
        settings = {"path": str(wire.path), "points": POINTS, "silent_s": 0.2 if talk is silence else 0}
        async with open_driver(driver(), settings, TestServices()) as watched:
            with pytest.raises(DeviceUnreachable, match=why):
                await watched.until(lambda: False)


async def test_an_order_nobody_confirms_is_not_done() -> None:
    async with serve_serial(silence) as wire:
        points = {"led": {**POINTS["led"], "confirm_s": 0.2}}
        async with open_driver(driver(), {"path": str(wire.path), "points": points}, TestServices()) as watched:
            with pytest.raises(CommandFailed, match="did not say True"):
                await watched.write(ALONE, "led", True)
