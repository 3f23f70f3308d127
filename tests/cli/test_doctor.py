"""The doctor looks at real things and says what to do."""

import argparse
import asyncio
import sys
from asyncio.subprocess import PIPE
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from labkeeper_cli import answering, doctor
from labkeeper_cli.inside import Finding
from labkeeper_sdk.testing import find_influxd, free_port, open_broker, open_influx
from tests.terminal import at_terminal


def by_name(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.about: finding for finding in findings}


def asked(hub: str) -> list[Finding]:
    return list(doctor.answers(hub, None, None))


async def test_a_running_broker_is_well_and_an_absent_hub_is_named_with_a_remedy(tmp_path: Path) -> None:
    hub = f"http://127.0.0.1:{free_port()}"
    async with open_broker() as broker:
        found = by_name(
            await asyncio.to_thread(lambda: [*doctor.examine(broker.url, tmp_path / "not yet"), *asked(hub)])
        )
        assert found[f"broker {broker.url}"].well
    assert not found["hub"].well
    assert "labkeeper hub" in found["hub"].remedy
    assert "hub ready" not in found, "one trouble, one line"
    assert found["Python"].well
    assert "zigbee2mqtt" in found["drivers"].found


def test_a_person_sees_who_is_being_waited_for(tmp_path: Path) -> None:
    (secret := tmp_path / "secret").write_text("s")
    parser = argparse.ArgumentParser()
    doctor.configure(parser)
    nobody = [
        "--broker",
        "mqtt://hub:hidden@127.0.0.1:1",
        "--hub",
        "http://127.0.0.1:1",
        "--influx",
        "http://127.0.0.1:2",
    ]
    with at_terminal() as screen:
        assert doctor.run(parser.parse_args([*nobody, "--secret-file", str(secret), "--json"])) == 1
    for whom in ("the broker", "http://127.0.0.1:1/healthz", "http://127.0.0.1:1 inside", "InfluxDB"):
        assert f"asking {whom} …" in screen.getvalue()
    assert "hidden" not in screen.getvalue()


async def test_two_hubs_with_one_host_id_are_named_with_the_remedy() -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        alive = b"/healthz" in await reader.readuntil(b"\r\n\r\n")
        status, body = (b"200 OK", b"{}") if alive else (b"503 No", b'{"code":"host_id_taken"}')
        writer.write(b"HTTP/1.1 %b\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b" % (status, len(body), body))
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        hub = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        found = by_name(await asyncio.to_thread(asked, hub))
    assert "another hub" in found["hub ready"].found
    assert "--host-id" in found["hub ready"].remedy


async def test_a_broker_that_lets_in_strangers_is_named_and_no_password_is_said(tmp_path: Path) -> None:
    async with open_broker() as broker:
        url = broker.url.replace("//", "//hub:hidden@")
        found = await asyncio.to_thread(lambda: list(doctor.examine(url, tmp_path)))
    strangers = by_name(found)["broker without an account"]
    assert not strangers.well
    assert "init.py" in strangers.remedy
    assert by_name(found)["broker " + broker.url.replace("//", "//hub:…@")].well
    assert "hidden" not in repr(found)


async def test_a_broker_that_refuses_strangers_is_well(tmp_path: Path) -> None:
    """A broker that says of a connection with a name that it is welcome, and of one without that it is not."""

    async def judge(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hello = await reader.read(1024)
        writer.write(b"\x20\x02\x00" + (b"\x00" if b"hub" in hello else b"\x05"))
        if b"hub" in hello:
            asked = await reader.read(1024)
            writer.write(b"\x90\x03" + asked[2:4] + b"\x01")
            await reader.read()
        writer.close()

    async with await asyncio.start_server(judge, "127.0.0.1", 0) as server:
        url = f"mqtt://hub:x@127.0.0.1:{server.sockets[0].getsockname()[1]}"
        found = by_name(await asyncio.to_thread(lambda: list(doctor.examine(url, tmp_path))))
    assert found["broker without an account"].well


def test_what_is_wrong_is_seen(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    found = by_name(list(doctor.examine("mqtt://127.0.0.1:1", tmp_path)))
    assert not found["broker mqtt://127.0.0.1:1"].well
    assert "mqtt://host:port" in by_name(list(doctor.examine("nonsense", tmp_path)))["broker nonsense"].found
    assert not doctor._clock(0).well
    parser = __import__("argparse").ArgumentParser()
    doctor.configure(parser)
    assert doctor.run(parser.parse_args(["--broker", "mqtt://127.0.0.1:1", "--hub", "http://127.0.0.1:1"])) == 1
    assert "→ start it" in capsys.readouterr().out


async def test_an_influxdb_says_its_version_and_one_that_is_not_there_is_named(tmp_path: Path) -> None:
    if find_influxd() is None:
        pytest.skip("influxd is not installed: apt install influxdb")
    async with open_influx(folder=tmp_path / "influx") as influx:
        found = await asyncio.to_thread(answering.of_influx, influx.url)
        assert found.well
        assert "version 1." in found.found
    found = answering.of_influx(influx.url)
    assert not found.well
    assert "influx.url" in found.remedy


async def test_each_finding_is_said_when_it_is_made() -> None:
    heard = asyncio.Event()

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await heard.wait()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
        writer.close()

    async with asyncio.timeout(60), await asyncio.start_server(slow, "127.0.0.1", 0) as server:
        hub = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        command = (sys.executable, "-m", "labkeeper_cli", "doctor", "--broker", "mqtt://127.0.0.1:1", "--hub", hub)
        process = await asyncio.create_subprocess_exec(*command, stdout=PIPE)
        assert process.stdout is not None
        while b"broker mqtt" not in await process.stdout.readline():
            pass
        heard.set()
        out, _ = await process.communicate()
    assert out.count(b"ok    hub") == 2


def test_on_a_node_of_its_own_what_only_a_hub_needs_is_no_fault(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(doctor, "version", missing)
    monkeypatch.setattr(doctor, "find_spec", lambda _: None)
    monkeypatch.setattr(doctor, "find_mosquitto", lambda: None)
    found = by_name(list(doctor.examine("mqtt://10.255.255.1:0", tmp_path)))
    assert all(found[f"labkeeper[{extra}]"].well for extra in doctor.EXTRAS)
    assert "a hub would need it" in found["labkeeper[hub]"].found
    assert found["Mosquitto"].well
    assert not by_name(list(doctor.examine("mqtt://me:secret@127.0.0.1:1", tmp_path)))["Mosquitto"].well
    (hub,) = doctor.answers(None, None, None)
    assert hub.well
    (hub,) = doctor.answers("http://10.0.0.5:8080", None, None)
    assert "httpx" in hub.remedy


def missing(name: str) -> str:
    raise PackageNotFoundError(name)
