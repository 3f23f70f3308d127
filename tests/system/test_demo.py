"""The README's first command, unattended: every reading accounted for, every command done, nothing left running."""

import asyncio
import json
import re
import signal
import socket
import sys
from asyncio.subprocess import PIPE
from collections.abc import Mapping
from pathlib import Path

import psutil
import pytest

from labkeeper_cli.client import open_hub
from labkeeper_cli.comparison import Row, SeriesKey
from labkeeper_cli.trial import FAR_FUTURE_MS, stored_series
from labkeeper_sdk.testing import claim, find_influxd, find_mosquitto

HOST = "127.0.0.1"
SEVERAL = 5  # devices


async def demo(*options: str) -> tuple[int, str, str]:
    """Run `labkeeper demo`; return its exit status and what it said."""
    anywhere = ("--port", "0", "--broker-port", "0")  # several run at once
    command = (sys.executable, "-m", "labkeeper_cli", "demo", *anywhere, *options)
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE)
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


@pytest.mark.parametrize("broker", ["mosquitto", "amqtt"])
async def test_a_demo_of_some_seconds_misses_invents_and_alters_nothing(broker: str, tmp_path: Path) -> None:
    if broker == "mosquitto" and find_mosquitto() is None:
        pytest.skip("Mosquitto is not installed: apt install mosquitto")
    options = ("--seconds", "8", "--json", "--data", str(tmp_path), "--broker", broker)
    status, out, err = await demo(*options)
    verdict = json.loads(out.splitlines()[-1])
    assert (status, verdict["exit"]) == (0, 0), (verdict, err)
    assert (verdict["readings_missing"], verdict["readings_invented"], verdict["readings_altered"]) == (0, 0, 0)
    assert verdict["devices_online"] == verdict["devices_total"] > 5
    assert verdict["commands_done"] == verdict["commands_sent"] >= verdict["devices_total"]
    assert verdict["readings_taken"] == verdict["readings_stored"] > 100
    assert verdict["broker"] == broker


async def test_a_full_demo_has_devices_for_every_driver_and_commands_them_all(tmp_path: Path) -> None:
    options = ("--full", "--seconds", "8", "--json", "--data", str(tmp_path))
    status, out, err = await demo(*options)
    verdict = json.loads(out.splitlines()[-1])
    assert (status, verdict["exit"]) == (0, 0), (verdict, err)
    assert verdict["devices_online"] == verdict["devices_total"] >= 16
    assert verdict["commands_done"] == verdict["commands_sent"] > verdict["devices_total"]


async def test_a_demo_with_an_influxdb_finds_there_what_the_devices_said_and_nothing_else(tmp_path: Path) -> None:
    if find_influxd() is None:
        pytest.skip("influxd is not installed: apt install influxdb")
    status, out, err = await demo("--influx", "--seconds", "4", "--json", "--data", str(tmp_path))
    assert (status, json.loads(out.splitlines()[-1])["exit"]) == (0, 0), err


async def test_ctrl_c_ends_everything_and_a_second_start_on_other_ports_keeps_the_data(tmp_path: Path) -> None:
    first, said = await started_and_ended(tmp_path)
    with socket.create_server((HOST, 0)) as page, socket.create_server((HOST, 0)) as broker:
        taken = [str(one.getsockname()[1]) for one in (page, broker)]
        second, also_said = await started_and_ended(tmp_path, "--port", taken[0], "--broker-port", taken[1])
    assert all("sign-in=" in text and "Three things to try" in text for text in (said, also_said))
    assert not [port for port in taken if f"{HOST}:{port}" in also_said]
    assert all(set(readings) <= set(second[series]) for series, readings in first.items())
    assert (tmp_path / "owner-secret").stat().st_mode & 0o077 == 0
    assert not [
        process
        for process in psutil.process_iter(["cmdline"])
        if str(tmp_path) in " ".join(process.info["cmdline"] or [])
    ]


async def test_a_second_demo_in_one_folder_says_so_and_touches_nothing(tmp_path: Path) -> None:
    kept = tmp_path / "trial" / "kept"
    kept.parent.mkdir()
    kept.touch()
    first = claim(tmp_path / "trial.lock")
    assert first is not None
    with first:
        status, out, err = await demo("--seconds", "1", "--json", "--data", str(tmp_path))
    assert (status, out) == (1, "")
    assert "--data" in err
    assert kept.exists()


async def started_and_ended(folder: Path, *options: str) -> tuple[Mapping[SeriesKey, list[Row]], str]:
    """Start the demo as a person does, wait for its welcome and for readings of several devices, press Ctrl-C.

    Returns what was stored and said.
    """
    command = (sys.executable, "-m", "labkeeper_cli", "demo", "--data", str(folder), *options)
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE)
    assert process.stdout is not None
    said = ""
    async with asyncio.timeout(60):
        while "Ctrl-C ends everything" not in said:
            said += (await process.stdout.readline()).decode()
        async with open_hub(page_of(said), (folder / "owner-secret").read_text().strip()) as hub:
            stored: Mapping[SeriesKey, list[Row]] = {}
            while len({device for device, _ in stored}) <= SEVERAL:
                stored = await stored_series(hub, await hub.devices(), 0, FAR_FUTURE_MS)
        process.send_signal(signal.SIGINT)
        out, _ = await process.communicate()
    assert process.returncode == 0
    return stored, said + out.decode()


def page_of(said: str) -> str:
    """The address of the page in the demo's welcome."""
    found = re.search(rf"http://{re.escape(HOST)}:\d+", said)
    assert found, said
    return found[0]
