"""Projectors over real sockets: passwords, inputs, and no switching while a lamp warms up or cools down."""

import asyncio
from asyncio import StreamReader, StreamWriter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from labkeeper_drivers.pjlink import device as device_module
from labkeeper_drivers.pjlink import protocol
from labkeeper_drivers.pjlink.device import Projector
from labkeeper_sdk import About, CommandFailed, CommandRejected, DeviceUnreachable, Driver, Title
from labkeeper_sdk.configuration import check_configuration
from labkeeper_sdk.plugins import load_drivers
from labkeeper_sdk.sim.neighbours.pjlink import PASSWORD, SimulatedProjector
from labkeeper_sdk.testing import TcpWire, serve_tcp
from labkeeper_sdk.testing.assertions import assert_reading
from labkeeper_sdk.testing.services import TestServices
from labkeeper_sdk.testing.watching import ALONE, open_driver


def driver() -> Driver:
    return load_drivers().drivers["pjlink"]


def configured(wire: TcpWire) -> BaseModel:
    return check_configuration(driver(), {"host": wire.host, "port": wire.port})


def where(wire: TcpWire, **more: object) -> dict[str, object]:
    return {"host": wire.host, "port": wire.port, "password": PASSWORD, **more}


def test_the_digest_is_the_one_of_the_specification() -> None:
    assert protocol.prefix("PJLINK 1 498e4a67", "JBMIAProjectorLink") == "5d8409bc1c3fa39749434aa3a5c38682"
    assert protocol.prefix("PJLINK 0", "") == ""


@pytest.mark.parametrize("greeting", ["", "SSH-2.0", "PJLINK", "PJLINK 1", "PJLINK ERRA", "PJLINK 2 x"])
def test_who_does_not_greet_in_pjlink_is_unreachable(greeting: str) -> None:
    with pytest.raises(DeviceUnreachable):
        protocol.prefix(greeting, "x")


def test_the_words_of_real_projectors_are_understood() -> None:
    """Small letters: openhab/openhab-addons#6725; an Optoma X351's class: gaetano-guerriero/pypjlink#1."""
    assert protocol.answered("%1powr=0", "%1POWR") == "0"
    assert protocol.answered("%1CLSS=Class 1", "%1CLSS") == "Class 1"  # no second class


def test_a_wanted_password_that_is_not_set_is_said() -> None:
    with pytest.raises(DeviceUnreachable, match="wants a password"):
        protocol.prefix("PJLINK 1 498e4a67", "")


@given(st.text(max_size=60), st.sampled_from(["POWR", "AVMT", "FREZ", "ERST", "LAMP", "FILT", "IRES", "NAME"]))
def test_no_answer_breaks_the_protocol(said: str, command: str) -> None:
    assert protocol.readings_of(command, said) is not None
    protocol.inputs(said)
    try:
        protocol.answered(said, "%1POWR")
    except (DeviceUnreachable, protocol.Refused):
        return


async def test_a_projector_is_read_and_set() -> None:
    device = SimulatedProjector()
    async with serve_tcp(device.talk) as wire, open_driver(driver(), where(wire), TestServices()) as watched:
        await assert_reading(watched, "condition", "standby")
        await assert_reading(watched, "health/filter", "warning")
        await assert_reading(watched, "filter-hours", 301)
        await watched.write(ALONE, "power", True)
        await assert_reading(watched, "power", True)
        await assert_reading(watched, "condition", "on")
        await watched.write(ALONE, "input", "video-1")
        assert device.truth("", "input") == "video-1"
        await watched.write(ALONE, "mute", True)
        await watched.write(ALONE, "freeze", True)
        assert device.truth("", "freeze") is True


async def test_a_projector_of_class_one_has_no_freeze() -> None:
    device = SimulatedProjector(password="", second=False)
    async with serve_tcp(device.talk) as wire, open_driver(driver(), where(wire), TestServices()) as watched:
        await assert_reading(watched, "lamp-hours", 1234)
        names = {point.name: point for _, point in watched.points}
        assert not {"freeze", "filter-hours", "signal", "volume"} & names.keys()
        assert "internal-1" not in names["input"].options
        await watched.write(ALONE, "input", "rgb-1")
        assert device.truth("", "input") == "rgb-1"


async def test_a_projector_of_class_two_has_inputs_inside_it_and_a_volume_without_a_value() -> None:
    device = SimulatedProjector()
    async with serve_tcp(device.talk) as wire, open_driver(driver(), where(wire), TestServices()) as watched:
        await assert_reading(watched, "signal", "1920x1080")
        names = {point.name: point for _, point in watched.points}
        assert {"internal-1", "digital-A"} <= set(names["input"].options)
        assert "microphone" not in names  # it answers ERR1
        await watched.write(ALONE, "input", "internal-1")
        assert device.truth("", "input") == "internal-1"
        await watched.write(ALONE, "volume", "up")
        assert device.orders == ["input", "volume"]


async def test_a_projector_says_its_maker_its_model_and_what_it_calls_its_inputs() -> None:
    device = SimulatedProjector()
    async with serve_tcp(device.talk) as wire, open_driver(driver(), where(wire), TestServices()) as watched:
        await assert_reading(watched, "serial-number", "SIM-0001")
        info = watched.found[ALONE]
        assert (info.make, info.model, info.firmware, info.title.zh) == ("Labkeeper", "Simulated", "2.1", "AI lab")
        await assert_reading(watched, "filter-model", "F-20")
        await assert_reading(watched, "best-signal", "1920x1200")
        await assert_reading(watched, "input-name", "HDMI 1")
        assert not {"lamp-model", "information"} & {point.name for _, point in watched.points}  # it said none
        await watched.write(ALONE, "input", "digital-A")
        await assert_reading(watched, "input-name", "SDI")


async def test_a_projector_of_class_one_or_without_names_for_its_inputs_has_none() -> None:
    class Nameless(SimulatedProjector):
        asked: int = 0

        def _answered(self, name: str, argument: str) -> str:
            self.asked += name == "INNM"
            return "ERR1" if name == "INNM" else super()._answered(name, argument)

    for device, asked in ((Nameless(), 1), (Nameless(second=False), 0)):
        async with serve_tcp(device.talk) as wire, open_driver(driver(), where(wire), TestServices()) as watched:
            await assert_reading(watched, "lamp-hours", 1234)
            assert "input-name" not in {point.name for _, point in watched.points}
            assert (watched.found[ALONE].make, device.asked) == ("Labkeeper", asked)


async def test_a_projector_that_is_slow_to_say_who_it_is_is_used_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_module, "WHO_S", 0.05)
    late = asyncio.Event()
    device = SimulatedProjector(password="")

    async def slow(reader: StreamReader, writer: StreamWriter) -> None:
        writer.write(b"PJLINK 0\r")
        while line := (await reader.readuntil(b"\r")).decode().strip():
            if line == "%1INF1 ?":
                await late.wait()
            writer.write(device.answer(line).encode() + b"\r")

    async with serve_tcp(slow) as wire, driver().connect(configured(wire), TestServices()) as projector:
        assert isinstance(projector, Projector)
        assert projector.about.make == ""
        late.set()
        assert await projector.ask("LAMP") == "1234 1"


async def test_an_input_whose_name_is_blank_is_left_without() -> None:
    class Half(SimulatedProjector):
        def _answered(self, name: str, argument: str) -> str:
            return "" if (name, argument) == ("INNM", "?31") else super()._answered(name, argument)

    async with serve_tcp(Half().talk) as wire, open_driver(driver(), where(wire), TestServices()) as watched:
        await assert_reading(watched, "input", "digital-1")
        assert not watched.readings(ALONE, "input-name")


def test_what_a_projector_calls_itself_is_bounded_and_printable() -> None:
    assert protocol.text(" Hall\x07 \x1b[2J" + "x" * 500).startswith("Hall [2Jx")
    assert len(protocol.text("x" * 500)) == 128
    assert protocol.about({}) == About()
    assert protocol.about({"NAME": "Hall"}).title == Title(zh="Hall", en="Hall")


@pytest.mark.parametrize(
    ("said", "signal"), [("1280x800", "1280x800"), ("-", "none"), ("*", "unknown"), ("HDMI", None)]
)
def test_a_signal_is_its_resolution(said: str, signal: str | None) -> None:
    assert protocol.readings_of("IRES", said) == ({} if signal is None else {"signal": signal})


async def test_a_lamp_is_not_switched_while_it_warms_up_or_cools_down() -> None:
    device = SimulatedProjector(turn_s=60)
    async with serve_tcp(device.talk) as wire, open_driver(driver(), where(wire), TestServices()) as watched:
        await watched.write(ALONE, "power", True)
        with pytest.raises(CommandRejected) as caught:
            await watched.write(ALONE, "power", False)
        assert caught.value.code == "warming_up"
        device._state["POWR"] = "2"
        with pytest.raises(CommandRejected) as caught:
            await watched.write(ALONE, "power", True)
        assert caught.value.code == "cooling_down"
        assert device.orders == ["power"]


async def test_a_wrong_password_is_said() -> None:
    async with serve_tcp(SimulatedProjector().talk) as wire:
        with pytest.raises(DeviceUnreachable, match="password is wrong"):
            async with open_driver(driver(), where(wire, password="guess"), TestServices()):
                pass


async def test_holding_takes_the_safe_values_back() -> None:
    async with serve_tcp(SimulatedProjector().talk) as wire:
        async with open_driver(driver(), where(wire, when_alone="hold"), TestServices()) as watched:
            await watched.until(lambda: watched.found)
            assert {point.safe_value for _, point in watched.points} == {None}
        async with open_driver(driver(), where(wire, off_after_s=5), TestServices()) as watched:
            await watched.until(lambda: watched.found)
            (power,) = (point for _, point in watched.points if point.name == "power")
            assert (power.safe_value, power.link_loss_s) == (False, 5)


@pytest.mark.parametrize(
    ("code", "ends"), [("ERR3", "not_now"), ("ERR2", "device_refused"), ("ERR4", "device_refused")]
)
async def test_what_the_projector_refuses_is_not_done(code: str, ends: str) -> None:
    class Busy(SimulatedProjector):
        def _told(self, name: str, argument: str) -> str:  # noqa: ARG002 -- refuses all
            return code

    async with serve_tcp(Busy().talk) as wire, open_driver(driver(), where(wire), TestServices()) as watched:
        with pytest.raises((CommandRejected, CommandFailed)) as caught:
            await watched.write(ALONE, "mute", True)
        assert isinstance(caught.value, CommandRejected | CommandFailed)
        assert caught.value.code == ends


async def test_a_projector_that_says_ok_and_does_nothing_is_not_confirmed() -> None:
    class Liar(SimulatedProjector):
        def _told(self, name: str, argument: str) -> str:  # noqa: ARG002 -- does nothing
            return "OK"

    async with serve_tcp(Liar().talk) as wire, open_driver(driver(), where(wire), TestServices()) as watched:
        with pytest.raises(CommandFailed, match="does not say"):
            await watched.write(ALONE, "mute", True)


async def test_a_projector_that_names_its_inputs_only_when_it_is_on_is_learned_anew_then() -> None:
    """As owners of NEC's tell of standby: home-assistant/core#26719."""

    class Sleeping(SimulatedProjector):
        def answer(self, line: str) -> str:
            asleep = self._state["POWR"] == "0" and line in ("%2INST ?", "%2INPT ?", "%1AVMT ?")
            return line.replace(" ?", "=ERR3") if asleep else super().answer(line)

    device = Sleeping(password="")
    async with serve_tcp(device.talk) as wire:
        async with driver().connect(configured(wire), TestServices()) as projector:
            assert isinstance(projector, Projector)
            assert "input" not in {point.name for point in projector.points}
            assert (await projector.read())["condition"] == "standby"
            device._state["POWR"] = "1"
            with pytest.raises(DeviceUnreachable, match="learned anew"):
                await projector.read()
        async with driver().connect(configured(wire), TestServices()) as projector:
            assert isinstance(projector, Projector)
            assert (await projector.read())["input"] == "digital-1"


async def test_a_line_without_end_ends_the_connection() -> None:
    async def endless(_reader: StreamReader, writer: StreamWriter) -> None:
        writer.write(b"x" * 10_000)
        await asyncio.Event().wait()

    async with serve_tcp(endless) as wire:
        with pytest.raises(DeviceUnreachable, match="without end"):
            async with open_driver(driver(), where(wire), TestServices()):
                pass


async def test_an_answer_that_comes_too_late_is_not_taken_for_the_next_question_s() -> None:
    late = asyncio.Event()
    device = SimulatedProjector(password="")

    async def slow(reader: StreamReader, writer: StreamWriter) -> None:
        writer.write(b"PJLINK 0\r")
        while line := (await reader.readuntil(b"\r")).decode().strip():
            said = device.answer(line)
            if line == "%1AVMT ?" and device.orders and not late.is_set():
                await late.wait()
            writer.write(said.encode() + b"\r")

    async with serve_tcp(slow) as wire, driver().connect(configured(wire), TestServices()) as projector:
        assert isinstance(projector, Projector)
        with pytest.raises(CommandFailed, match="does not say"):
            await projector.write("mute", True)
        device._state["AVMT"] = "30"  # somebody takes the remote control
        late.set()
        assert await projector.ask("AVMT") == "30"


async def test_a_refusal_that_comes_too_late_is_not_the_next_command_s() -> None:
    late = asyncio.Event()
    device = SimulatedProjector(password="")

    async def slow(reader: StreamReader, writer: StreamWriter) -> None:
        writer.write(b"PJLINK 0\r")
        while line := (await reader.readuntil(b"\r")).decode().strip():
            if line == "%1AVMT 31" and not late.is_set():
                await late.wait()
                writer.write(b"%1AVMT=ERR3\r")
            else:
                writer.write(device.answer(line).encode() + b"\r")

    async with serve_tcp(slow) as wire, driver().connect(configured(wire), TestServices()) as projector:
        assert isinstance(projector, Projector)
        with pytest.raises(CommandFailed, match="does not say"):
            await projector.write("mute", True)
        late.set()
        await projector.write("mute", True)
        assert device.truth("", "mute") is True
