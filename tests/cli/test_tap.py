"""The tap shows what passes, whatever it is."""

import asyncio
import sys

from labkeeper_cli.tap import fits, lines_of
from labkeeper_sdk.testing import open_broker
from labkeeper_wire.codec import encode
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.mqtt import Address, Message, connect
from labkeeper_wire.payload import Metric, Payload
from labkeeper_wire.topics import Kind

DDATA = "spBv1.0/school/DDATA/node/dev"


def test_a_data_message_is_a_line_per_metric() -> None:
    metrics = (
        Metric("co2", 612.5, DataType.DOUBLE, 1_700_000_000_123),
        Metric(None, b"12", None, None, alias=7, transient=True, historical=True),
        Metric("gone", None, DataType.STRING, 0),
    )
    head, *lines = lines_of(Message(DDATA, encode(Payload(metrics, 1, 3))))
    assert "DDATA  school/node/dev seq=3 3 metrics" in head
    assert lines[0].endswith("co2 = 612.5 double 2023-11-14T22:13:20.123Z")
    assert "alias 7" in lines[1]
    assert "historical transient" in lines[1]
    assert "gone = null string 1970-01-01T00:00:00.000Z" in lines[2]


def test_what_is_broken_or_foreign_is_shown_as_it_is() -> None:
    assert "MALFORMED" in next(lines_of(Message(DDATA, b"\xff\xff")))
    assert "'a': 1" in next(lines_of(Message("zigbee2mqtt/x", b'{"a": 1}', retain=True)))
    assert "(retained)" in next(lines_of(Message("zigbee2mqtt/x", b"on", retain=True)))
    assert "2 bytes: ff fe" in next(lines_of(Message("x", b"\xff\xfe")))
    assert "online" in next(lines_of(Message("spBv1.0/STATE/labkeeper", b'{"online": true, "timestamp": 1}')))


def test_filters_leave_out_the_rest() -> None:
    assert not list(lines_of(Message(DDATA, b""), frozenset({Kind.NCMD})))
    assert fits("a robot line", None)
    assert fits("a robot line", "robot*line")
    assert not fits("a robot line", "lamp")


async def test_the_command_prints_from_a_real_broker_and_ends_at_its_count() -> None:
    async with open_broker() as broker:
        command = (sys.executable, "-m", "labkeeper_cli", "tap", "--broker", broker.url, "--all", "--count", "1")
        tap = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        async with connect(Address.parse(broker.url), "dev") as link, asyncio.timeout(20):
            while tap.returncode is None:
                await link.publish("homie/5/robot/$state", b"ready")
                await asyncio.sleep(0.05)
        said, _ = await tap.communicate()
    assert b"homie/5/robot/$state ready" in said


async def test_without_a_broker_the_tap_says_what_to_do() -> None:
    command = (sys.executable, "-m", "labkeeper_cli", "tap", "--broker", "mqtt://127.0.0.1:1")
    tap = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    _, said = await tap.communicate()
    assert tap.returncode == 1
    assert b"Is the broker running?" in said
