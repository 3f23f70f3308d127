import asyncio
import json
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import pytest

from labkeeper_sdk.sim import BadSettings, read_settings
from labkeeper_sdk.testing import Broker, free_port
from tests.sim.conftest import open_listener


async def start(*arguments: str) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "labkeeper_sdk.sim", *arguments, stdout=PIPE, stderr=PIPE
    )


async def test_the_ready_line_names_every_device(broker: Broker) -> None:
    process = await start("--broker", broker.url, "--only", "plug", "--only", "relays", "--seed", "3", "--rate", "5")
    assert process.stdout
    ready = json.loads(await process.stdout.readline())
    assert ready["ready"] == "sim"
    assert ready["devices"][0] == {
        "id": "0x00158d00000a0002",
        "title": "bench1/plug",
        "protocol": "zigbee2mqtt",
        "settable": ["identify", "state"],
    }
    assert ready["devices"][1]["settable"] == [f"relay-{number}/power" for number in range(1, 5)]
    process.send_signal(signal.SIGTERM)
    assert await process.wait() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_with_a_goodbye(broker: Broker, number: signal.Signals) -> None:
    async with open_listener(broker) as listener:
        process = await start("--broker", broker.url)
        assert process.stdout
        await process.stdout.readline()
        process.send_signal(number)
        assert await process.wait() == 0
        await listener.catch_up()
        assert listener.on("zigbee2mqtt/bridge/state")[-1].json == {"state": "offline"}
        for name in ("robot-kit", "robot-kit-gripper", "relay-board", "people-camera"):
            assert listener.on(f"homie/5/{name}/$state")[-1].payload == b"disconnected"


async def test_a_killed_lab_is_gone_by_its_wills(broker: Broker) -> None:
    async with open_listener(broker) as listener:
        process = await start("--broker", broker.url)
        assert process.stdout
        await process.stdout.readline()
        process.kill()
        await process.wait()
        await listener.ever_on("homie/5/robot-kit/$state", lambda one: one.payload == b"lost")
        await listener.ever_on("zigbee2mqtt/bridge/state", lambda one: bool(one.json == {"state": "offline"}))


async def test_a_signal_ends_it_even_without_a_broker() -> None:
    process = await start("--broker", f"mqtt://127.0.0.1:{free_port()}")
    assert process.stderr
    assert b"no broker" in await process.stderr.readline()
    process.send_signal(signal.SIGTERM)
    assert await process.wait() == 0


async def test_a_fault_is_asked_for_over_mqtt(broker: Broker) -> None:
    lab = await start("--broker", broker.url, "--only", "plug", "--rate", "10")
    assert lab.stdout
    await lab.stdout.readline()
    async with open_listener(broker) as listener:
        fault = await start("fault", "bench1/plug", "garbage", "--for", "3", "--broker", broker.url)
        assert await fault.wait() == 0
        await listener.next_on("zigbee2mqtt/bench1/plug", lambda one: b'"energy":' not in one.payload)
        await listener.next_on("zigbee2mqtt/bench1/plug", lambda one: b'"energy":' in one.payload)
    lab.send_signal(signal.SIGTERM)
    await lab.wait()


async def test_a_fault_for_nobody_says_who_there_is(broker: Broker) -> None:
    lab = await start("--broker", broker.url, "--only", "plug")
    assert lab.stdout
    await lab.stdout.readline()
    fault = await start("fault", "toaster", "silent", "--broker", broker.url)
    _, said = await fault.communicate()
    assert fault.returncode == 1
    assert b"bench1/plug" in said
    lab.send_signal(signal.SIGTERM)
    await lab.wait()


async def test_a_fault_without_a_broker_says_so() -> None:
    fault = await start("fault", "x", "silent", "--broker", f"mqtt://127.0.0.1:{free_port()}")
    _, said = await fault.communicate()
    assert fault.returncode == 1
    assert b"no broker on" in said


async def test_rubbish_on_the_control_topic_is_answered_not_obeyed(broker: Broker) -> None:
    lab = await start("--broker", broker.url, "--only", "plug")
    assert lab.stdout
    await lab.stdout.readline()
    async with open_listener(broker) as listener:
        await listener.say("labkeeper-sim/fault/bench1/plug", '{"fault": "hungry"}')
        answer = (await listener.next_on("labkeeper-sim/answer")).json
        assert answer["problem"].startswith("not a fault request")
    lab.send_signal(signal.SIGTERM)
    await lab.wait()


async def test_a_wrong_setting_stops_the_start_with_its_key_and_its_file(tmp_path: Path) -> None:
    file = tmp_path / "lab.toml"
    file.write_text("[room]\nspeed = -1\n")
    process = await start("--config", str(file))
    _, said = await process.communicate()
    assert process.returncode == 2
    assert f"{file}: room.speed".encode() in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--rate", "-1"), b"command line: rate"),
        (("--only", "toaster"), b"only: no device is called 'toaster'"),
        (("fault", "x", "silent", "--for", "0"), b"--for"),
    ],
)
async def test_a_wrong_option_stops_the_start_with_its_name(arguments: tuple[str, ...], words: bytes) -> None:
    process = await start(*arguments)
    _, said = await process.communicate()
    assert process.returncode == 2
    assert words in said


def test_a_settings_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "lab.toml"
    file.write_text('seed = 4\n[devices."bench1/plug"]\nclock_offset_ms = 5\n[zigbee]\nlast_seen = "ISO_8601"\n')
    settings = read_settings(file)
    assert (settings.seed, settings.zigbee.last_seen) == (4, "ISO_8601")
    assert settings.devices["bench1/plug"].clock_offset_ms == 5


@pytest.mark.parametrize("text", ["seed = ", "sed = 1", 'seed = "many"'])
def test_a_wrong_settings_file_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "lab.toml"
    file.write_text(text)
    with pytest.raises(BadSettings, match=r"lab\.toml"):
        read_settings(file)
    with pytest.raises(BadSettings, match=r"missing\.toml"):
        read_settings(tmp_path / "missing.toml")
