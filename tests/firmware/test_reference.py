"""The parts of the reference firmware that need neither a broker nor a chip."""

import json
import random
import socket
import struct
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from labkeeper_firmware.reference import homie, packets
from labkeeper_firmware.reference.clock import AGAIN_MS, ASK, Clock, iso
from labkeeper_firmware.reference.settings import DEFAULTS, read
from labkeeper_firmware.reference.store import Store


def test_moments_are_written_as_python_writes_them() -> None:
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    for _ in range(2000):
        moment_ms = chance.randrange(0, 4_102_444_800_000)  # until 2100
        theirs = datetime.fromtimestamp(moment_ms // 1000, UTC).replace(microsecond=moment_ms % 1000 * 1000)
        assert iso(moment_ms) == theirs.isoformat(timespec="milliseconds").replace("+00:00", "Z"), f"seed {seed}"


@pytest.mark.parametrize("day", ["2024-02-29", "2000-02-29", "2099-12-31", "1970-01-01", "2026-03-01"])
def test_days_that_calendars_get_wrong(day: str) -> None:
    at = datetime.fromisoformat(f"{day}T00:00:00+00:00")
    assert iso(round(at.timestamp() * 1000)) == f"{day}T00:00:00.000Z"


def test_a_time_server_whose_name_nobody_knows_yet_is_looked_up_again_until_somebody_does() -> None:
    clock = Clock("time.invalid", 60_000)  # RFC 2606: no name under .invalid exists
    clock.step(0, may_wait=True)
    assert clock.stamp(0) == ""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(5)
        clock._host, clock._port = "localhost", server.getsockname()[1]  # the network is there now
        clock.step(AGAIN_MS - 1, may_wait=True)
        clock.step(AGAIN_MS, may_wait=False)
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.recv(100)
        server.settimeout(5)
        clock.step(AGAIN_MS, may_wait=True)
        said, whom = server.recvfrom(100)
        assert said == ASK
        server.sendto(b"\x1c" + bytes(39) + struct.pack("!II", 2_208_988_800, 0), whom)
        for _ in range(100):
            clock.step(AGAIN_MS, may_wait=False)
            if clock.synchronised:
                break
            time.sleep(0.01)
    assert clock._socket is not None
    clock._socket.close()
    assert clock.stamp(AGAIN_MS) == "1970-01-01T00:00:00.000Z"


def test_connect_asks_for_a_clean_session_and_a_retained_will_at_qos_1() -> None:
    raw = packets.connect("dut", ("t", "lost"), 5)
    span = packets.measure(raw)
    assert span == (2, len(raw))
    body = raw[2:]
    assert body[:7] == b"\x00\x04MQTT\x04"
    assert body[7] == packets.CLEAN_SESSION | packets.HAS_WILL | packets.WILL_QOS_1 | packets.WILL_RETAIN
    assert struct.unpack("!H", body[8:10]) == (5,)
    assert body[10:] == b"\x00\x03dut\x00\x01t\x00\x04lost"
    assert packets.connect("dut", None, 5)[9] == packets.CLEAN_SESSION


@pytest.mark.parametrize("size", [0, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152])
def test_a_packet_of_any_length_is_measured(size: int) -> None:
    raw = packets.framed(0x30, bytes(size))
    begin, end = packets.measure(raw) or (0, 0)
    assert (end - begin, end) == (size, len(raw))


def test_a_packet_that_has_not_all_come_has_no_measure_or_a_longer_one() -> None:
    assert packets.measure(b"\x30") is None
    assert packets.measure(b"\x30\x80") is None
    assert packets.measure(b"\x30\x05ab") == (2, 7)
    with pytest.raises(ValueError, match="bad length"):
        packets.measure(b"\x30\xff\xff\xff\xff\x01")


def test_what_was_published_is_read_and_what_is_none_is_refused() -> None:
    assert packets.published(packets.text("a/b") + b"payload") == ("a/b", b"payload")
    with pytest.raises(ValueError, match="bad topic"):
        packets.published(b"\x00\x09a")
    assert packets.publish("a", b"1", 7, retain=True) == b"\x33\x06\x00\x01a\x00\x071"
    assert packets.subscribe("a", 7) == b"\x82\x06\x00\x07\x00\x01a\x00"


@pytest.mark.parametrize("raw", [b"", b"TRUE", b"1", b"true ", b"\xff"])
def test_what_is_no_boolean_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match="not a boolean"):
        homie.boolean(raw)


@pytest.mark.parametrize("raw", [b"", b"nan", b"1,5", b"--1", b"2", b"-2", b"1" * 33, b"\xff"])
def test_what_is_no_number_between_minus_one_and_one_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r"not|out of range|could not"):
        homie.number(raw, -1.0, 1.0)


@pytest.mark.parametrize("raw", [b"", b"1.0", b"1e3", b"99", b"-5", b"9" * 21])
def test_what_is_no_whole_number_in_range_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r"not|out of range"):
        homie.integer(raw, 100, 1000)


def test_legal_values_are_read_and_written() -> None:
    assert (homie.boolean(b"true"), homie.boolean(b"false")) == (True, False)
    assert homie.number(b"-0.5", -1.0, 1.0) == -0.5
    assert homie.integer(b"250", 100, 1000) == 250
    assert [homie.payload(value) for value in (True, False, 0.5, 7)] == [b"true", b"false", b"0.5", b"7"]


def test_a_setting_survives_and_a_torn_file_gives_the_defaults(tmp_path: Path) -> None:
    path = tmp_path / "store.json"
    Store(str(path), {"interval": 1000}).keep("interval", 250)
    assert Store(str(path), {"interval": 1000}).values == {"interval": 250}
    path.write_text('{"interval": 25')
    assert Store(str(path), {"interval": 1000}).values == {"interval": 1000}
    path.write_text('{"interval": "x", "other": 1}')
    assert Store(str(path), {"interval": 1000}).values == {"interval": 1000}


def test_words_overrule_the_file_and_unknown_ones_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "settings.json").write_text(json.dumps({"device": "a", "link_loss_ms": 500}))
    settings = read(["broker=10.0.0.2", "device=b"])
    assert (settings.host, settings.port, settings.device, settings.link_loss_ms) == ("10.0.0.2", 1883, "b", 500)
    with pytest.raises(ValueError, match="unknown settings: brokers"):
        read(["brokers=x"])
    assert "wifi_password" in DEFAULTS
