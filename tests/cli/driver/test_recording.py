"""`labkeeper driver record | replay`: a device's words become a fixture, and the fixture a device."""

from pathlib import Path

import pytest
from pydantic import BaseModel, SecretBytes, SecretStr

from labkeeper_cli.__main__ import main
from labkeeper_cli.driver.new import make_package
from labkeeper_cli.driver.packages import as_installed
from labkeeper_cli.driver.recording import Session, record, secret_values
from labkeeper_sdk import BadConfiguration
from labkeeper_sdk.plugins import load_drivers
from labkeeper_sdk.sim import LabSettings, open_lab
from labkeeper_sdk.testing import open_broker, read_recording, serve_tcp
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
