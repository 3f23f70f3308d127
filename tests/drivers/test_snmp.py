"""SNMP over real UDP; the simulated agent is written without pysnmp, the one for version 3 is its own."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from pysnmp.carrier.asyncio.dgram import udp
from pysnmp.entity import config
from pysnmp.entity.engine import SnmpEngine
from pysnmp.entity.rfc3413 import cmdrsp, context

from labkeeper_drivers.snmp.bench import told, walked
from labkeeper_drivers.snmp.objects import decoded, encoded
from labkeeper_drivers.snmp.settings import SnmpConfiguration, SnmpPoint
from labkeeper_sdk import CommandFailed, CommandRejected, DeviceUnreachable, Driver
from labkeeper_sdk.plugins import load_drivers
from labkeeper_sdk.sim.neighbours.snmp import (
    GET,
    INTEGER,
    NULL,
    OCTETS,
    POINTS,
    SEQUENCE,
    SimulatedAgent,
    object_id,
    packed,
)
from labkeeper_sdk.testing import UdpWire, free_port, serve_udp
from labkeeper_sdk.testing.assertions import assert_reading
from labkeeper_sdk.testing.recordings import Frame
from labkeeper_sdk.testing.services import TestServices
from labkeeper_sdk.testing.watching import ALONE, Watched, open_driver

NUMBER: Mapping[str, Any] = {"kind": "measure", "unit": "1", "oid": "1.3.6.1"}
SOURCE: Mapping[str, Any] = {"kind": "state", "type": "str", "oid": "1.3.6.1", "words": {"mains": 3, "battery": 5}}


def driver() -> Driver:
    return load_drivers().drivers["snmp"]


def point(base: Mapping[str, Any] = NUMBER, **said: object) -> SnmpPoint:
    return SnmpPoint.model_validate({**base, **said})


@asynccontextmanager
async def rack(agent: SimulatedAgent, **more: object) -> AsyncIterator[tuple[UdpWire, Watched]]:
    async with serve_udp(agent.answer) as wire:
        keys = {"host": wire.host, "port": wire.port, "community": "labkeeper", "points": POINTS, **more}
        async with open_driver(driver(), keys, TestServices()) as watched:
            yield wire, watched


# --- objects --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("declared", "raw", "value"),
    [
        (point(), 7, 7.0),
        (point(type="int", scale=0.1), 546, 55),
        (point(scale=0.1), 546, 54.6),
        (point(kind="state", unit=""), 1, True),
        (point(kind="state", unit="", on=5, off=0), 0, False),
        (point(kind="state", unit=""), 3, None),
        (point(SOURCE), 5, "battery"),
        (point(SOURCE), 9, None),
        (point(SOURCE, words={}), b"rack\xff", "rack\ufffd"),
        (point(SOURCE, words={}), 4, "4"),
        (point(), b"\x9f\x78\x04\x42\xc8\x00\x00", 100.0),  # Net-SNMP's float, as a Synology says a UPS's charge
        (point(scale=0.1), b"\x9f\x78\x04\x41\xd8\xcc\xcd", 2.71),
        (point(type="int"), b"\x9f\x78\x04\x42\xc8\x00\x00", 100),
        (point(), b"\x9f\x78\x04\x7f\xc0\x00\x00", None),
        (point(), b"\x9f\x78\x04\x42", None),
        (point(scale=0.1), b"1000", 100.0),  # a number in a text, as Phoenixtec's cards say theirs
        (point(), b" 12.5 ", 12.5),
        (point(kind="state", unit=""), b"1", True),
        (point(kind="state", unit=""), b"1.5", None),
        (point(), b"2000/01/01", None),
        (point(), b"", None),
    ],
)
def test_objects_become_values(declared: SnmpPoint, raw: int | bytes, value: object) -> None:
    found = decoded(declared, raw)
    assert found == value
    assert type(found) is type(value)


def test_what_is_set_is_an_integer32() -> None:
    light: dict[str, Any] = {"kind": "setpoint", "safe_value": "mains", "options": ["mains", "battery"]}
    number: dict[str, Any] = {"kind": "setpoint", "minimum": 0, "maximum": 1e12, "safe_value": 0}
    assert encoded(point(SOURCE, **light), "battery") == 5
    assert encoded(point(**number, scale=0.1), 5.46) == 55
    assert encoded(point(kind="switch", unit="", safe_value=False), False) == 2
    with pytest.raises(CommandRejected, match="does not fit"):
        encoded(point(**number), 3e9)


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ({"oid": "sysName.0"}, "match pattern"),
        ({"scale": 0}, "lose every value"),
        ({"on": 2}, "two numbers"),
        ({"kind": "event", "unit": ""}, "no event"),
        ({"words": {"a": 1}}, "words are for a text"),
        ({**SOURCE, "options": ["mains", "moon"]}, "for each of the options"),
        ({"kind": "setpoint", "type": "str", "options": ["a"], "safe_value": "a"}, "has words"),
    ],
)
def test_what_is_declared_wrong_is_refused(said: Mapping[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        point(**said)


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ({}, "either community or user"),
        ({"community": "c", "user": "u"}, "either community or user"),
        ({"community": "c", "auth_key": "12345678"}, "a user's"),
        ({"user": "u", "priv_key": "12345678"}, "needs auth_key"),
        ({"user": "u", "auth_key": "1234567"}, "8 characters"),
    ],
)
def test_who_asks_is_said_once_and_whole(said: Mapping[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        SnmpConfiguration.model_validate({"host": "h", "points": {"a": NUMBER}, **said})


def test_a_walk_is_understood() -> None:
    lines = ('.1.3 = STRING: "a (1)"', ".1.4 = INTEGER: battery(5)", ".1.5 = Gauge32: 12", ".1.6 = No Such Object")
    frames = [Frame(0, "driver", line.encode(), "", False) for line in (*lines, ".1.7 = Opaque: Float: 27.500000")]
    assert walked(frames) == {"1.3": b"a (1)", "1.4": 5, "1.5": 12, "1.7": 27.5}


def test_a_float_of_an_agent_is_recorded_as_a_walk_shows_it() -> None:
    agent = SimulatedAgent({"1.3.1": 27.5, "1.3.2": b"a", "1.3.3": 4})
    asked = packed(SEQUENCE, b"".join(packed(SEQUENCE, object_id(oid) + packed(NULL, b"")) for oid in agent.objects))
    question = packed(GET, packed(INTEGER, b"\x01") + packed(INTEGER, b"\x00") * 2 + asked)
    message = packed(SEQUENCE, packed(INTEGER, b"\x01") + packed(OCTETS, agent.community) + question)
    [answer] = agent.answer(message)
    lines = [frame.payload.decode() for frame in told([Frame(0, "driver", answer, "", False)])]
    assert lines == [".1.3.1 = Opaque: Float: 27.500000", '.1.3.2 = STRING: "a"', ".1.3.3 = INTEGER: 4"]


@given(st.binary(max_size=100))
def test_no_datagram_breaks_the_agent(data: bytes) -> None:
    assert [*SimulatedAgent().answer(data)] == []


def test_an_object_id_is_written_as_the_standard_says() -> None:
    assert object_id("1.3.6.1.4.1.311.21.20").hex(" ") == "06 09 2b 06 01 04 01 82 37 15 14"


# --- an agent -------------------------------------------------------------------------------------------------------
async def test_a_rack_tells_its_ups_and_feeds_a_camera() -> None:
    agent = SimulatedAgent()
    async with rack(agent) as (_, watched):
        await assert_reading(watched, "ups/source", "mains")
        await assert_reading(watched, "ups/voltage", 54.6)
        await assert_reading(watched, "name", "rack-1")
        await watched.write(ALONE, "camera-power", False)
        assert agent.truth("", "camera-power") is False
        await assert_reading(watched, "camera-power", False)


async def test_answers_are_taken_from_the_agents_side_only() -> None:
    before = set(psutil.Process().net_connections("udp"))
    async with rack(SimulatedAgent()) as (wire, watched):
        await assert_reading(watched, "name", "rack-1")
        opened = set(psutil.Process().net_connections("udp")) - before
        assert len(opened) > 1, "the agent's and ours"
        assert {one.laddr.ip for one in opened} == {wire.host}


async def test_an_agent_that_refuses_to_be_set_has_not_done_it() -> None:
    uplink = {"kind": "switch", "oid": "1.3.6.1.2.1.2.2.1.8.1", "safe_value": True}
    async with rack(SimulatedAgent(), points={"uplink": uplink}) as (_, watched):
        with pytest.raises(CommandFailed, match="refused uplink: notWritable"):
            await watched.write(ALONE, "uplink", False)


async def test_an_object_that_is_not_there_is_named() -> None:
    with pytest.raises(DeviceUnreachable, match=r"has no 1\.3\.6\.1\.9 \(moon\)"):
        async with rack(SimulatedAgent(), points={"moon": {**NUMBER, "oid": "1.3.6.1.9"}}):
            pass


async def test_a_wrong_community_is_nobody() -> None:
    with pytest.raises(DeviceUnreachable, match="No SNMP response"):
        async with rack(SimulatedAgent(), community="guess", timeout_s=0.1):
            pass


# --- version 3 ------------------------------------------------------------------------------------------------------
@asynccontextmanager
async def version_3(port: int) -> AsyncIterator[None]:
    """Run pysnmp's own agent with a user `anna`, and its MIB of system objects."""
    engine = SnmpEngine()
    transport = udp.UdpTransport().open_server_mode(("127.0.0.1", port))
    config.add_transport(engine, udp.DOMAIN_NAME, transport)
    config.add_v3_user(
        engine, "anna", config.USM_AUTH_HMAC192_SHA256, "authenticated", config.USM_PRIV_CFB128_AES, "encrypted-too"
    )
    config.add_vacm_user(engine, 3, "anna", "authPriv", (1, 3, 6), (1, 3, 6))
    cmdrsp.GetCommandResponder(engine, context.SnmpContext(engine))
    try:
        yield
    finally:
        engine.close_dispatcher()


async def test_a_user_asks_encrypted_and_one_with_another_key_hears_nothing() -> None:
    port = free_port()
    keys: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": port,
        "user": "anna",
        "auth_key": "authenticated",
        "timeout_s": 2,
    }
    name = {"name": {"kind": "state", "type": "str", "oid": "1.3.6.1.2.1.1.1.0"}}
    async with version_3(port):
        async with open_driver(
            driver(), {**keys, "priv_key": "encrypted-too", "points": name}, TestServices()
        ) as watched:
            await watched.until(lambda: watched.readings(ALONE, "name"))
        wrong = {**keys, "auth_key": "somebody else", "priv_key": "encrypted-too", "points": name, "timeout_s": 0.1}
        with pytest.raises(DeviceUnreachable):
            async with open_driver(driver(), wrong, TestServices()):
                pass
