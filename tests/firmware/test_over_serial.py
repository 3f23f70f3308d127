"""The suite over a serial line: with only a port the reference passes, broken variants are named, the rest is said."""

import asyncio
import os
import tty
from pathlib import Path

import pytest

from labkeeper_cli.__main__ import main
from labkeeper_firmware.__main__ import reference_place
from labkeeper_firmware.drivers.line import Line, converse_by_line
from labkeeper_firmware.drivers.process import run_on_a_line
from labkeeper_firmware.places import Place
from labkeeper_sdk.conformance.outcomes import Outcome
from labkeeper_sdk.testing import serve_serial

from .faults import ON_A_LINE, is_named, passes
from .several import MICROPYTHON, Results, examined_at_once, reference_and_variants, told

NOT_HERE = {  # check: why it makes no sense on a line
    "clock": "the profile declares no clock",
    "will": "there is no broker that could say it for the device",
    "stale_command": "nobody keeps commands for a device that is away",
    "retained_command": "nobody keeps commands for a device that is away",
    "broker_restart": "there is no broker",
    "clock_jump": "the profile declares no clock",
}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return reference_and_variants(tmp_path_factory.mktemp("devices"), ON_A_LINE, by_line=True)


def test_the_reference_firmware_passes_with_nothing_but_a_port(results: Results) -> None:
    findings = results["CPython"]
    assert passes(findings), told(findings)
    spared = {it.check.name: it.seen for it in findings if it.outcome is Outcome.SPARED}
    assert spared.keys() == NOT_HERE.keys()
    assert all(why in spared[name].en and spared[name].zh for name, why in NOT_HERE.items())


@pytest.mark.skipif(MICROPYTHON is None, reason="MicroPython's Unix port is not installed here")
def test_the_reference_firmware_passes_over_a_line_on_micropython(results: Results) -> None:
    assert passes(results["MicroPython"]), told(results["MicroPython"])


@pytest.mark.parametrize("name", ON_A_LINE)
def test_the_fault_of_a_broken_variant_on_a_line_is_found_and_named(results: Results, name: str) -> None:
    (finding,) = results[name]
    assert is_named(finding, ON_A_LINE[name][1]), told(results[name])


def test_a_declared_clock_is_held_to_the_time_and_nobody_serves_it_there(tmp_path: Path) -> None:
    place = reference_place(tmp_path, by_line=True)
    declared = reference_place(tmp_path).profile
    (jump,) = examined_at_once(
        {"it": Place(place.device, declared, run=(*place.run, "sntp=127.0.0.1:9"), by_line=True)},
        {"it": ("clock_jump",)},
        lambda _, findings: findings[0].outcome is Outcome.SPARED,
    )["it"]
    assert (jump.outcome, jump.seen.en) == (Outcome.SPARED, "over a serial line nobody serves time to the device")


async def test_a_port_is_all_the_command_line_wants(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = reference_place(tmp_path, by_line=True)
    async with run_on_a_line(place.run) as program:
        await program.on()
        words = ["firmware", "test", "--serial", str(program.path), "--only", "announces", "--only", "will"]
        assert await asyncio.to_thread(main, words) == 0
    said = capsys.readouterr().out
    assert f"the device is on the serial line of {program.path}" in said
    assert f"{program.path}: passes" in said


async def test_a_device_that_says_nothing_on_its_port_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "profile.toml").write_text("boot_s = 0.2\ngrace_s = 0\n")

    async def mute(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with serve_serial(mute) as wire:
        words = ["firmware", "test", "--serial", str(wire.path), "--profile", str(tmp_path / "profile.toml")]
        assert await asyncio.to_thread(main, [*words, "--lang", "zh", "--only", "announces"]) == 1
    said = capsys.readouterr().out
    assert f"设备在串口 {wire.path}" in said
    assert "启动 0.2 秒后没有 $state" in said


@pytest.mark.parametrize(
    ("words", "says"),
    [(["--over", "serial"], "--serial: on which port?"), (["--serial", "/nonexistent/tty"], "--serial: [Errno 2]")],
)
def test_without_a_port_nothing_is_tried(words: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["firmware", "test", *words]) == 2
    assert says in capsys.readouterr().err


async def test_lines_that_are_none_of_ours_are_somebody_else_s() -> None:
    device, port = os.openpty()
    tty.setraw(port)
    try:
        async with converse_by_line(os.ttyname(port), 115_200, 10.0) as line:
            os.write(device, b"rst:0x1 (POWERON)\r\nmode=DIO\n$state=rea")
            os.write(device, b"dy\r\n@relay/power=true\n$log/warn=a=b\nrelay/power/$target=true\n\xff/\xff=1\n")
            await until(lambda: "relay/power/$target" in line.latest)
            assert [(it.name, it.text) for it in line.said] == [
                ("$state", "ready"), ("$log/warn", "a=b"), ("relay/power/$target", "true"),
            ]  # fmt: skip
            assert line.console.latest["relay/power"].text == "true"
    finally:
        os.close(device)
        os.close(port)


async def test_a_port_that_goes_away_is_a_device_that_is_lost_and_one_that_comes_back_is_asked(tmp_path: Path) -> None:
    path = tmp_path / "port"

    async def plugged_in(line: Line) -> None:
        device, port = os.openpty()
        tty.setraw(port)
        path.symlink_to(os.ttyname(port))
        os.set_blocking(device, False)
        try:
            await until(lambda: b"?\n" in _read(device))
            os.write(device, b"$state=ready\n")
            await until(lambda: line.text("$state") == "ready")
        finally:
            path.unlink()
            os.close(port)
            os.close(device)

    async with converse_by_line(str(path), 115_200, 0.01) as line:
        for _ in range(2):
            await plugged_in(line)
            await until(lambda: line.text("$state") == "lost")
    assert [it.text for it in line.said] == ["ready", "lost"] * 2


def _read(end: int) -> bytes:
    try:
        return os.read(end, 4096)
    except BlockingIOError:
        return b""


async def until(found: object) -> None:
    assert callable(found)
    async with asyncio.timeout(10):
        while not found():
            await asyncio.sleep(0.01)
