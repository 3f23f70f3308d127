"""A driver under a test's eyes, the assertions over it, virtual time, recordings and their replay."""

import asyncio
import json
from pathlib import Path

import pytest

from labkeeper_sdk import CommandRejected, DeviceUnreachable, Reading, Report
from labkeeper_sdk.testing import (
    Recording,
    Source,
    read_recording,
    replay_tcp,
    replay_udp,
    run_virtual,
    serve_serial,
    serve_tcp,
    talk_from,
    write_recording,
)
from labkeeper_sdk.testing.assertions import assert_emits, assert_reading, assert_rejects
from labkeeper_sdk.testing.recordings import BadRecording, Expected, Frame, Header
from labkeeper_sdk.testing.services import TestServices
from labkeeper_sdk.testing.watching import ALONE, open_driver

from .pump import DRIVER, SimulatedPump

SERVICES = TestServices()


async def test_readings_and_events_are_asserted_in_a_line() -> None:
    pump = SimulatedPump(flow=5.0, on=True)
    async with (
        serve_tcp(pump.talk) as wire,
        open_driver(DRIVER, {"host": wire.host, "port": wire.port}, SERVICES) as it,
    ):
        await assert_reading(it, "flow", 5.0)
        await it.write(ALONE, "target", 7.0)
        await assert_reading(it, "flow", 7.0)
        report = Report(ALONE, (Reading("flow", 7.0), Reading("target", 7.0), Reading("running", True)))
        await assert_emits(it, report)
        with pytest.raises(AssertionError, match=r"device/flow is \[7.0\], not 8.0"):
            await assert_reading(it, "flow", 8.0, within_s=0.05)
        with pytest.raises(AssertionError, match="never came"):
            await assert_emits(it, Report("other", ()), within_s=0.05)
        with pytest.raises(AssertionError, match="was taken"):
            await assert_rejects(it, "target", 7.0, "not_confirmed")


async def test_what_ends_a_driver_is_told_to_whoever_waits() -> None:
    pump = SimulatedPump()
    async with (
        serve_tcp(pump.talk) as wire,
        open_driver(DRIVER, {"host": wire.host, "port": wire.port}, SERVICES) as it,
    ):
        await assert_reading(it, "flow", 0.0)
        await wire.cut()
        with pytest.raises(DeviceUnreachable):
            await it.until(lambda: False)


async def test_a_refusal_is_asserted_by_its_code() -> None:
    class Refusing:
        points = ()

        async def write(self, point: str, value: object) -> None:  # noqa: ARG002 - a driver's
            raise CommandRejected("cooling_down")

    from labkeeper_sdk.testing.watching import Watched  # noqa: PLC0415 - only this test needs it

    watched = Watched(Refusing())
    await assert_rejects(watched, "lamp", True, "cooling_down")
    with pytest.raises(AssertionError, match="not busy"):
        await assert_rejects(watched, "lamp", True, "busy")


def test_ten_minutes_of_virtual_time_pass_at_once_and_in_order() -> None:
    async def patient() -> list[float]:
        loop = asyncio.get_running_loop()
        moments: list[float] = []

        async def after(seconds: float) -> None:
            await asyncio.sleep(seconds)
            moments.append(round(loop.time(), 3))

        await asyncio.gather(after(600), after(0.5), after(60))
        return moments

    assert run_virtual(patient()) == [0.5, 60, 600]


def test_a_hushed_device_is_given_up_in_virtual_time() -> None:
    async def tried() -> float:
        async with serve_tcp(SimulatedPump().talk) as wire:
            settings = {"host": wire.host, "port": wire.port}
            async with open_driver(DRIVER, settings, SERVICES) as it:
                await assert_reading(it, "flow", 0.0)
                await wire.hush()
                began_s = asyncio.get_running_loop().time()
                with pytest.raises(DeviceUnreachable, match="does not answer within 1 s"):
                    await it.until(lambda: False)
                return asyncio.get_running_loop().time() - began_s

    assert 0.9 < run_virtual(tried()) < 1.2


def recorded(wire: str = "stream") -> Recording:
    header = Header.model_validate({"driver": "acme-pump", "wire": wire, "source": "hardware"})
    frames = (
        Frame(0, "device", b"?\n"),
        Frame(3, "driver", b"1.0 1.0 1\n"),
        Frame(9, "device", b"?\n"),
        Frame(12, "driver", b"2.0 "),
        Frame(12, "driver", b"2.0 1\n"),
        Frame(20, "device", b"key hunter2\n"),
        Frame(21, "driver", b"\x00\xff"),
    )
    return Recording(header, frames, (Expected("device", "flow", 2.0),))


def test_a_recording_is_written_without_secrets_and_read_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "pump.jsonl"
    write_recording(path, recorded(), ["hunter2", ""])
    text = path.read_text()
    assert "hunter2" not in text
    read = read_recording(path)
    assert read.header.source is Source.HARDWARE
    assert read.trusted
    assert [frame.payload for frame in read.frames][3:] == [b"2.0 2.0 1\n", b"key REDACTED\n", b"\x00\xff"]
    assert read.expected == recorded().expected
    assert json.loads(text.splitlines()[-2])["hex"] == "00 ff"


@pytest.mark.parametrize(
    ("line", "problem"),
    [("", ":1:"), ('{"driver": "x"}', ":1:"), ("GOOD\n{", ":2:"), ('GOOD\n{"t": 1, "to": "moon", "text": ""}', "moon")],
)
def test_a_bad_recording_is_named_with_its_line(line: str, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(line.replace("GOOD", '{"driver": "x", "wire": "stream", "source": "documented"}'))
    with pytest.raises(BadRecording, match=problem):
        read_recording(path)


@pytest.mark.parametrize(
    ("address", "model"),
    [
        ("https://example.org/thread/7", ""),
        ("", "P1"),
        ("a thread somewhere", "P1"),
        ("https://example.org/ or so", "P1"),
    ],
)
def test_what_an_owner_published_is_trusted_only_with_address_and_model(address: str, model: str) -> None:
    assert not published(address, model).trusted


def test_where_and_how_altered_are_written_down_with_what_was_published(tmp_path: Path) -> None:
    recording = published("https://example.org/thread/7", "P1")
    assert recording.trusted
    write_recording(tmp_path / "x.jsonl", recording)
    assert read_recording(tmp_path / "x.jsonl") == recording


def published(address: str, model: str) -> Recording:
    said = {"driver": "x", "wire": "stream", "source": "published", "address": address, "device": {"model": model}}
    return Recording(Header.model_validate({**said, "altered": "the serial number is zeros"}), ())


@pytest.mark.parametrize(
    ("version", "reason", "trusted"), [("1.2", "fed by us", True), ("1.2", "", False), ("", "x", False)]
)
def test_a_program_is_trusted_only_with_its_version_and_what_fed_it(
    version: str, reason: str, *, trusted: bool
) -> None:
    said = {"driver": "x", "wire": "message", "source": "software", "reason": reason}
    header = Header.model_validate({**said, "device": {"model": "bridge", "firmware": version}})
    assert Recording(header, ()).trusted is trusted


def test_documents_are_trusted_only_when_named() -> None:
    for source, reason, trusted in (
        ("documented", "", False),
        ("documented", "manual 1.2", True),
        ("simulated", "x", False),
    ):
        header = Header.model_validate({"driver": "x", "wire": "stream", "source": source, "reason": reason})
        assert Recording(header, ()).trusted is trusted


async def test_a_recorded_device_answers_in_its_order_and_repeats_its_last_answer() -> None:
    recording = recorded()
    async with (
        replay_tcp(recording) as wire,
        open_driver(DRIVER, {"host": wire.host, "port": wire.port}, SERVICES) as it,
    ):
        await it.until(lambda: len(it.readings(point="flow")) >= 3)
    assert [one.value for one in it.readings(point="flow")][:3] == [1.0, 2.0, 2.0]


async def test_recordings_answer_on_udp_and_over_a_serial_port_too() -> None:
    async with serve_serial(talk_from(recorded())) as port, replay_udp(recorded("datagram")) as wire:
        assert port.path.exists()
        loop = asyncio.get_running_loop()
        transport, heard = await loop.create_datagram_endpoint(Ear, remote_addr=(wire.host, wire.port))
        transport.sendto(b"?\n")
        assert await heard.said == b"1.0 1.0 1\n"
        transport.close()


class Ear(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.said: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, _addr: object) -> None:
        if not self.said.done():
            self.said.set_result(data)
