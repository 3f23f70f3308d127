"""The README's first command, unattended: every reading accounted for, every command done, nothing left running."""

import asyncio
import json
import re
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import psutil
import pytest

from labkeeper_cli.client import open_hub
from labkeeper_cli.comparison import Row, SeriesKey
from labkeeper_cli.trial import FAR_FUTURE_MS, Verdict, stored_series
from labkeeper_sdk.testing import claim, find_influxd, find_mosquitto

HOST = "127.0.0.1"
SEVERAL = 5  # devices
ROLES = ("labkeeper_hub", "labkeeper_edge", "labkeeper_sdk.sim", "embedded_broker", "mosquitto", "influxd")


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


@pytest.mark.parametrize("part", ["embedded_broker", "labkeeper_hub", "labkeeper_edge", "labkeeper_sdk.sim"])
async def test_ctrl_c_while_it_starts_leaves_nothing_running(part: str, tmp_path: Path) -> None:
    async with started(tmp_path, "--broker", "amqtt", "--seconds", "60", "--json") as process:
        parts = await until_there(process.pid, part)
        process.send_signal(signal.SIGINT)
        out, _ = await process.communicate()
    assert process.returncode == failed(out.decode()) == 130
    assert not psutil.wait_procs(parts, timeout=0)[1]
    assert not left_of(tmp_path)


async def test_a_demo_that_cannot_start_says_why_and_ends_with_one_object(tmp_path: Path) -> None:
    (tmp_path / "trial.lock").mkdir()
    status, out, err = await demo("--seconds", "1", "--json", "--data", str(tmp_path))
    assert status == failed(out) == 1
    assert "trial.lock" in err
    assert "Traceback" not in err


async def test_a_demo_whose_hub_dies_says_so_and_ends_with_one_object(tmp_path: Path) -> None:
    async with started(tmp_path, "--seconds", "60", "--json") as process:
        await until_there(process.pid, "labkeeper_sdk.sim")
        for part in await until_there(process.pid, "labkeeper_hub"):
            if "labkeeper_hub" in part.cmdline():
                part.kill()
        out, err = await process.communicate()
    assert process.returncode == failed(out.decode()) == 1
    assert "Traceback" not in err.decode()
    assert not left_of(tmp_path)


async def test_what_the_demo_tells_people_to_type_can_be_typed_anywhere(tmp_path: Path) -> None:
    async with started(tmp_path) as process:
        lines = (await welcome(process)).splitlines()
        fault, tap = [line.strip() for line in lines if "labkeeper sim" in line or "labkeeper tap" in line]
        for typed in (fault, f"{tap} --count 1"):
            shell = await asyncio.create_subprocess_shell(typed, stdout=PIPE, stderr=PIPE, cwd="/")
            said, complaint = await shell.communicate()
            assert shell.returncode == 0, (typed, complaint.decode())
        assert said
        process.send_signal(signal.SIGINT)
        await process.communicate()


async def test_ctrl_c_ends_everything_and_a_second_start_on_other_ports_keeps_the_data(tmp_path: Path) -> None:
    first, said = await started_and_ended(tmp_path)
    with socket.create_server((HOST, 0)) as page, socket.create_server((HOST, 0)) as broker:
        taken = [str(one.getsockname()[1]) for one in (page, broker)]
        second, also_said = await started_and_ended(tmp_path, "--port", taken[0], "--broker-port", taken[1])
    assert all("sign-in=" in text and "Three things to try" in text for text in (said, also_said))
    assert not [port for port in taken if f"{HOST}:{port}" in also_said]
    assert all(set(readings) <= set(second[series]) for series, readings in first.items())
    assert (tmp_path / "owner-secret").stat().st_mode & 0o077 == 0
    assert not left_of(tmp_path)


async def test_a_second_demo_in_one_folder_says_so_and_touches_nothing(tmp_path: Path) -> None:
    kept = tmp_path / "trial" / "kept"
    kept.parent.mkdir()
    kept.touch()
    first = claim(tmp_path / "trial.lock")
    assert first is not None
    with first:
        status, out, err = await demo("--seconds", "1", "--json", "--data", str(tmp_path))
    assert status == failed(out) == 1
    assert "--data" in err
    assert kept.exists()


@pytest.mark.parametrize("broker", ["mosquitto", "amqtt"])
async def test_nothing_that_the_demo_starts_listens_to_other_machines(broker: str, tmp_path: Path) -> None:
    if broker == "mosquitto" and find_mosquitto() is None:
        pytest.skip("Mosquitto is not installed: apt install mosquitto")
    influx = ("--influx",) if find_influxd() else ()
    async with started(tmp_path, "--full", "--broker", broker, *influx) as process:
        said = await welcome(process)
        sockets = listening(process.pid)
        process.send_signal(signal.SIGINT)
        await process.communicate()
    assert not [socket for socket in sockets if not ip_address(socket.address).is_loopback]
    assert urlsplit(page_of(said)).port in {socket.port for socket in sockets}
    roles = {socket.role for socket in sockets}
    assert {"labkeeper_hub", "mosquitto" if broker == "mosquitto" else "embedded_broker"} <= roles
    assert bool(influx) == ("influxd" in roles)


async def started_and_ended(folder: Path, *options: str) -> tuple[Mapping[SeriesKey, list[Row]], str]:
    """Start the demo as a person does, wait for its welcome and for readings of several devices, press Ctrl-C.

    Returns what was stored and said.
    """
    async with started(folder, *options) as process:
        said = await welcome(process)
        async with open_hub(page_of(said), (folder / "owner-secret").read_text().strip()) as hub:
            stored: Mapping[SeriesKey, list[Row]] = {}
            while len({device for device, _ in stored}) <= SEVERAL:
                stored = await stored_series(hub, await hub.devices(), 0, FAR_FUTURE_MS)
        process.send_signal(signal.SIGINT)
        out, _ = await process.communicate()
    assert process.returncode == 0
    return stored, said + out.decode()


@asynccontextmanager
async def started(folder: Path, *options: str) -> AsyncIterator[Process]:
    """Start the demo, which ends within the block or is killed with all it started."""
    anywhere = ("--port", "0", "--broker-port", "0")  # several run at once
    command = (sys.executable, "-m", "labkeeper_cli", "demo", "--data", str(folder), *anywhere, *options)
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE)
    try:
        async with asyncio.timeout(90):
            yield process
    finally:
        if process.returncode is None:
            for part in [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]:
                part.kill()
            await process.communicate()


async def welcome(process: Process) -> str:
    """What the demo says until it is there."""
    assert process.stdout is not None
    said = ""
    while "Ctrl-C ends everything" not in said:
        line = await process.stdout.readline()
        assert line, said
        said += line.decode()
    return said


async def until_there(pid: int, part: str) -> Sequence[psutil.Process]:
    """Wait for a part of the demo to be started; return all processes that are there then."""
    while True:
        parts = psutil.Process(pid).children(recursive=True)
        for found in parts:
            with suppress(psutil.NoSuchProcess):
                if part in " ".join(found.cmdline()):
                    return parts
        await asyncio.sleep(0.05)


class Listening(NamedTuple):
    """A socket that strangers may speak to: TCP that listens, or UDP without a partner."""

    role: str
    address: str
    port: int


def listening(pid: int) -> Sequence[Listening]:
    """Return those of a process and all its children, as the kernel lists them in /proc/net/tcp, tcp6, udp and udp6."""
    found: list[Listening] = []
    for part in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
        with suppress(psutil.NoSuchProcess):
            role = next((role for role in ROLES if role in " ".join(part.cmdline())), "")
            open_to_strangers = [
                one.laddr
                for one in part.net_connections(kind="inet")
                if tuple(one.laddr) and not tuple(one.raddr) and one.status in (psutil.CONN_LISTEN, psutil.CONN_NONE)
            ]
            found += [Listening(role, address.ip, address.port) for address in open_to_strangers]
    return found


def left_of(folder: Path) -> Sequence[psutil.Process]:
    """The processes that were told of this folder and still run."""
    every = psutil.process_iter(["cmdline"])
    return [process for process in every if str(folder) in " ".join(process.info["cmdline"] or [])]


def failed(out: str) -> int:
    """The exit status in the one object of a trial that came to no judgement."""
    verdict = json.loads(out.splitlines()[-1])
    assert set(verdict) == set(Verdict("").as_json())
    assert (verdict["broker"], verdict["devices_online"]) == ("none", 0)
    return int(verdict["exit"])


def page_of(said: str) -> str:
    """The address of the page in the demo's welcome."""
    found = re.search(rf"http://{re.escape(HOST)}:\d+", said)
    assert found, said
    return found[0]
