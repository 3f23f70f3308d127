"""`labkeeper driver record | replay`: a device's words become a fixture, and the fixture a device."""

import json
import re
from dataclasses import replace as replace_in
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, SecretBytes, SecretStr

from labkeeper_cli.__main__ import main
from labkeeper_cli.driver.new import make_package
from labkeeper_cli.driver.packages import as_installed, find
from labkeeper_cli.driver.recording import Session, record, replay, secret_values
from labkeeper_sdk import BadConfiguration, DeviceUnreachable
from labkeeper_sdk.conformance import prepare
from labkeeper_sdk.plugins import DRIVER_GROUP, load_drivers
from labkeeper_sdk.sim import LabSettings, open_lab
from labkeeper_sdk.testing import ModbusUnit, Recording, open_broker, read_recording, serve_modbus_rtu, serve_tcp
from labkeeper_sdk.testing.modbus import crc
from labkeeper_sdk.testing.recordings import Source
from tests.docs.pages import read
from tests.sdk.kit.pump import DRIVER, SimulatedPump
from tests.sdk.kit.zoo import WithSecret


async def test_what_passes_over_tcp_is_recorded_with_the_readings_it_made(tmp_path: Path) -> None:
    path = tmp_path / "pump.jsonl"
    async with serve_tcp(SimulatedPump(flow=5.0, on=True).talk) as wire:
        session = Session(DRIVER, {"host": wire.host, "port": wire.port}, 0.2)
        await record(session, path)
    recording = read_recording(path)
    assert [frame.payload for frame in recording.frames[:2]] == [b"?\n", b"5.0 5.0 1\n"]
    assert ("flow", 5.0) in {(it.point, it.value) for it in recording.expected}


async def test_what_devices_say_over_mqtt_is_recorded(tmp_path: Path) -> None:
    path = tmp_path / "plug.jsonl"
    async with open_broker() as broker, open_lab(broker.url, settings=LabSettings(only=("plug",), rate=10)):
        session = Session(load_drivers().drivers["zigbee2mqtt"], {}, 0.5, broker.url, ("zigbee2mqtt/#",))
        recording = await record(session, path)
    assert "zigbee2mqtt/bridge/devices" in {frame.topic for frame in recording.frames}
    assert {"0x00158d00000a0002"} == {it.device for it in recording.expected}


def test_the_secrets_of_a_configuration_are_what_is_taken_out() -> None:
    configuration = WithSecret.model_validate({"host": "h", "password": "hunter2"})
    assert secret_values(configuration) == ["hunter2"]
    assert "hunter2" not in repr(configuration)


def test_the_secrets_in_its_tables_are_taken_out_too() -> None:
    class Login(BaseModel):
        user: str
        password: SecretStr
        key: SecretBytes = SecretBytes(b"")

    class Configuration(BaseModel):
        logins: dict[str, Login]
        more: list[Login] = []

    configuration = Configuration.model_validate(
        {"logins": {"a": {"user": "u", "password": "hunter2"}}, "more": [{"user": "v", "password": "3", "key": "4"}]}
    )
    assert secret_values(configuration) == ["hunter2", "", "3", "4"]


async def test_without_a_way_to_tap_recording_says_what_it_needs(tmp_path: Path) -> None:
    session = Session(load_drivers().drivers["homie"], {}, 0.1)
    with pytest.raises(BadConfiguration, match="--broker"):
        await record(session, tmp_path / "x.jsonl")


def test_the_command_line_records_and_replays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fixture = Path(__file__).parents[3] / "device_drivers/labkeeper_drivers/homie/fixtures/greenhouse.jsonl"
    assert main(["driver", "replay", "homie", str(fixture)]) == 0
    assert "greenhouse/climate/temperature = 21.5" in capsys.readouterr().out
    changed = tmp_path / "changed.jsonl"
    changed.write_text(fixture.read_text().replace('"value": 21.5', '"value": 22.5'))
    assert main(["driver", "replay", "homie", str(changed), "--seconds", "0.5"]) == 1
    assert "never came: greenhouse/climate/temperature = 22.5" in capsys.readouterr().err
    changed.write_text("{}")
    assert main(["driver", "replay", "homie", str(changed)]) == 1
    make_package("acme-pump", tmp_path)
    with as_installed(tmp_path / "acme-pump"):
        words = ["driver", "record", "acme-pump", "--set", "host=127.0.0.1", "--set", "port=1", "--seconds", "0.1"]
        assert main([*words, "--output", str(tmp_path / "x.jsonl")]) == 1
    assert "is the device of acme-pump there?" in capsys.readouterr().err
    assert not (tmp_path / "x.jsonl").exists()


@pytest.mark.parametrize(
    ("more", "may_be"),
    [
        ({"settings": {"host": "127.0.0.1"}}, True),
        ({"settings": {"host": "10.0.0.7"}}, False),
        ({"settings": {"path": "/dev/ttyUSB0"}}, False),
        ({"settings": {"address": "localhost"}, "host_key": "address"}, True),
        ({"broker": "mqtt://localhost:1883"}, True),
        ({"broker": "mqtt://lab.example:1883"}, False),
        ({"settings": {"host": "127.0.0.1"}, "source": Source.SIMULATED}, False),
    ],
)
def test_what_is_called_hardware_and_is_on_this_machine_may_be_a_simulator(
    more: dict[str, Any],
    may_be: bool,  # noqa: FBT001 -- a column of the table
) -> None:
    session = replace_in(Session(DRIVER, {}, 1.0), **more)
    assert session.may_be_simulated is may_be


# --- every bundled driver's wire --------------------------------------------------------------------------------------
BUNDLED = sorted(
    it.name for it in entry_points(group=DRIVER_GROUP) if it.dist is not None and it.dist.name == "labkeeper"
)
NOT_TAPPED = {"ble_heart_rate", "gpio"}
SECONDS = 2.5


async def recorded(name: str, path: Path) -> Recording:
    """Record the driver before its simulated device, as the command line does."""
    bench = prepare(find(name)).bench
    async with bench.open() as stand:
        session = Session(
            find(name), stand.settings, SECONDS, stand.broker, over=bench.over, transcribe=bench.transcribe
        )
        return await record(session, path)


@pytest.mark.parametrize("name", [name for name in BUNDLED if name not in NOT_TAPPED])
async def test_what_is_recorded_of_a_bundled_driver_is_replayed_to_it(name: str, tmp_path: Path) -> None:
    recording = await recorded(name, tmp_path / "it.jsonl")
    assert recording.frames
    assert recording.expected
    said: list[str] = []
    assert await replay(find(name), prepare(find(name)).bench, tmp_path / "it.jsonl", said.append, 10.0) == []
    assert said


@pytest.mark.parametrize("name", sorted(NOT_TAPPED))
def test_a_wire_that_cannot_be_tapped_says_why(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["driver", "record", name, "--output", str(tmp_path / "it.jsonl")]) == 1
    assert f"{name} cannot be recorded: " in capsys.readouterr().err
    assert prepare(find(name)).bench.unrecorded in read("docs/how-to/examine-a-driver.md").replace("\n", " ")


@pytest.mark.parametrize("name", BUNDLED)
def test_how_a_bundled_driver_is_recorded_is_written_down(name: str) -> None:
    assert re.search(rf"^\|.*`{name}`", read("docs/how-to/examine-a-driver.md"), re.MULTILINE)


async def test_a_serial_port_is_tapped_both_ways_and_its_place_is_not_written_down(tmp_path: Path) -> None:
    meter = ModbusUnit(holding={0: 7})
    registers = {"a": {"kind": "measure", "unit": "1", "table": "holding", "address": 0}}
    async with serve_modbus_rtu({9: meter}) as wire:
        settings = {"path": str(wire.path), "unit": 9, "baudrate": 19_200, "registers": registers}
        recording = await record(Session(find("modbus"), settings, 0.3), tmp_path / "it.jsonl")
    question = b"\x09\x03\x00\x00\x00\x01"
    assert recording.frames[0].payload == question + crc(question)
    assert recording.frames[1].payload[:5] == b"\x09\x03\x02\x00\x07"
    assert recording.header.settings == {"unit": 9, "baudrate": 19_200, "registers": registers}


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"path": "/nonexistent/tty"}, "/nonexistent/tty: No such file"),
        ({"path": __file__}, "is no serial port"),
        ({"path": "/dev/null", "baudrate": 301}, "301 is no speed"),
    ],
)
async def test_a_port_that_cannot_be_tapped_is_named(settings: dict[str, object], why: str, tmp_path: Path) -> None:
    session = Session(find("modbus"), {**settings, "registers": {}}, 0.1)
    with pytest.raises(DeviceUnreachable, match=why):
        await record(session, tmp_path / "it.jsonl")


async def test_a_websocket_is_tapped_message_by_message(tmp_path: Path) -> None:
    recording = await recorded("rosbridge", tmp_path / "it.jsonl")
    assert all(json.loads(frame.payload)["op"] for frame in recording.frames)
    assert {frame.to for frame in recording.frames} == {"device", "driver"}
    session = Session(find("rosbridge"), {"host": "127.0.0.1", "port": 1, "points": {}}, 0.1, over="websocket")
    assert (await record(session, tmp_path / "it.jsonl")).frames == ()


async def test_of_a_projector_with_a_password_nothing_is_written_that_it_could_be_found_out_from(
    tmp_path: Path,
) -> None:
    recording = await recorded("pjlink", tmp_path / "it.jsonl")
    assert recording.frames[0].payload == b"PJLINK 0\r"
    assert recording.frames[1].payload == b"%1CLSS ?\r"


async def test_of_an_agent_its_objects_are_written_and_its_community_is_not(tmp_path: Path) -> None:
    path = tmp_path / "it.jsonl"
    recording = await recorded("snmp", path)
    assert b'.1.3.6.1.2.1.1.5.0 = STRING: "rack-1"' in {frame.payload for frame in recording.frames}
    assert "community" not in recording.header.settings
    assert b"labkeeper\xa0" not in path.read_bytes()
