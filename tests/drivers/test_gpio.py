"""Pins: a simulated board over a file, and gpiozero's own mock pins."""

from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from gpiozero.pins.mock import MockFactory
from pydantic import ValidationError

from labkeeper_drivers.gpio import device as gpio
from labkeeper_drivers.gpio.pins import open_pins, reached
from labkeeper_drivers.gpio.settings import GpioConfiguration, GpioPoint, claimed
from labkeeper_sdk import BadConfiguration, CommandFailed, DeviceUnreachable, Driver
from labkeeper_sdk.plugins import load_drivers
from labkeeper_sdk.sim.neighbours.gpio import RED_BUTTON, SimulatedBoard, serve_board, settings
from labkeeper_sdk.testing.assertions import assert_reading
from labkeeper_sdk.testing.services import TestServices
from labkeeper_sdk.testing.watching import ALONE, Watched, open_driver


def driver() -> Driver:
    return load_drivers().drivers["gpio"]


def board_of(points: dict[str, dict[str, Any]], pins: MockFactory, stack: ExitStack) -> gpio.Board:
    """Return the driver's board over gpiozero's mock pins."""
    return gpio._board(GpioConfiguration.model_validate({"points": points}), pins, stack)


@asynccontextmanager
async def wired(path: Path) -> AsyncIterator[tuple[SimulatedBoard, Watched]]:
    async with (
        serve_board(SimulatedBoard(path)) as board,
        open_driver(driver(), settings(str(path)), TestServices()) as watched,
    ):
        yield board, watched


# --- wiring ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("contact", "pull", "pressed"),
    [
        ("normally_open", "up", "low"),
        ("normally_open", "down", "high"),
        ("normally_closed", "up", "high"),  # as where the wire is broken
        ("normally_closed", "down", "low"),  # as where the wire is broken
    ],
)
def test_a_contact_is_pressed_when_it_is_not_at_rest(contact: str, pull: str, pressed: str) -> None:
    point = GpioPoint.model_validate({"kind": "state", "pin": 4, "contact": contact, "pull": pull})
    assert {word for word, level in (("low", False), ("high", True)) if point.pressed(level)} == {pressed}


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"kind": "state", "pin": 4, "stops": True}, "a broken wire must stop"),
        ({"kind": "state", "pin": 4, "stops": True, "contact": "normally_closed", "pull": "floating"}, "broken wire"),
        ({"kind": "measure", "unit": "V", "pin": 4}, "a pin is a switch"),
        ({"kind": "state", "type": "int", "pin": 4}, "is a bool"),
        ({"kind": "switch", "safe_value": False}, "have one pin"),
        ({"kind": "switch", "pin": 4}, "safe_value"),
        ({"kind": "setpoint", "unit": "1", "minimum": 0, "maximum": 1, "safe_value": 0, "pins": {}}, "words"),
        ({"kind": "setpoint", "type": "str", "options": ["a"], "safe_value": "a", "pins": {"b": 4}}, "an option each"),
    ],
)
def test_what_is_wired_wrong_is_refused(keys: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        GpioPoint.model_validate(keys)


def test_a_pin_has_one_owner() -> None:
    twice = {"kind": "state", "pin": 4}
    with pytest.raises(ValidationError, match="GPIO4 is both a's and b's"):
        GpioConfiguration.model_validate({"points": {"a": twice, "b": twice}})
    one = GpioConfiguration.model_validate({"points": {"a": twice}})
    assert [(it.kind, it.name, it.key) for it in claimed(one)] == [("GPIO pin", "GPIO4", "points.a")]
    here, away = (one.model_copy(update={"factory": factory}) for factory in ("lgpio", "pigpio:10.0.0.5"))
    assert [it.name for it in (*claimed(here), *claimed(away))] == ["GPIO4", "GPIO4 of pigpio:10.0.0.5"]


# --- gpiozero's pins ------------------------------------------------------------------------------------------------
def test_a_relay_that_switches_on_at_low_is_off_from_its_first_moment_and_let_go_at_the_end() -> None:
    pins = MockFactory()
    with ExitStack() as stack:
        relay = {"kind": "switch", "pin": 17, "inverted": True, "safe_value": False}
        board = board_of({"relay": relay}, pins, stack)
        pin = pins.pin("GPIO17")
        assert (pin.function, bool(pin.state), board.outputs["relay"].stands()) == ("output", True, False)
        board.outputs["relay"].drive(True)
        assert (bool(pin.state), board.outputs["relay"].stands()) == (False, True)
    assert pin.function == "input"


def test_a_traffic_light_never_shows_two() -> None:
    pins = MockFactory()
    with ExitStack() as stack:
        light = {"kind": "setpoint", "type": "str", "options": ["off", "red", "green"], "safe_value": "red"}
        board = board_of({"light": {**light, "pins": {"red": 5, "green": 6}}}, pins, stack)
        output = board.outputs["light"]
        assert output.stands() == "red"
        for word in ("green", "off", "red"):
            output.drive(word)
            assert output.stands() == word
        pins.pin("GPIO6").state = 1
        assert output.stands() is None


def test_a_contact_is_believed_when_it_has_stayed() -> None:
    pins = MockFactory()
    with ExitStack() as stack:
        door = {"kind": "state", "pin": 23, "bounce_s": 0.05}
        contact = board_of({"door": door}, pins, stack).contacts["door"]
        assert [contact.look(0.0), contact.look(0.02)] == [False, None]
        pins.pin("GPIO23").drive_low()
        assert [contact.look(1.0), contact.look(1.02)] == [None, None]
        pins.pin("GPIO23").drive_high()
        assert contact.look(1.04) is None
        pins.pin("GPIO23").drive_low()
        assert [contact.look(2.0), contact.look(2.1)] == [None, True]


async def test_a_factory_nobody_has_is_the_settings_fault_and_pins_that_are_not_there_are_not() -> None:
    with pytest.raises(BadConfiguration, match="no pin factory 'teapot'"):
        await open_pins("teapot")
    with pytest.raises(DeviceUnreachable):
        await open_pins("labkeeper-simulated:/nowhere")
    with pytest.raises(DeviceUnreachable):
        await open_pins("lgpio")
    pins = await open_pins("mock")
    with pytest.raises(BadConfiguration, match="not a valid pin"), reached():
        pins.pin("GPIO99")


# --- the board ------------------------------------------------------------------------------------------------------
async def test_a_broken_wire_presses_the_red_button(tmp_path: Path) -> None:
    async with wired(tmp_path / "pins") as (board, watched):
        await assert_reading(watched, "red-button", False)
        board.open_contacts.add(RED_BUTTON)
        await assert_reading(watched, "red-button", True)
        assert [point.name for _, point in watched.points if point.stops] == ["red-button"]


async def test_an_order_is_done_when_the_pin_says_so(tmp_path: Path) -> None:
    async with wired(tmp_path / "pins") as (board, watched):
        await watched.write(ALONE, "relay", True)
        assert board.truth("", "relay") is True
        await watched.write(ALONE, "light", "green")
        await assert_reading(watched, "light", "green")
        await board.hush()
        with pytest.raises(CommandFailed, match="does not read back as False"):
            await watched.write(ALONE, "relay", False)
