"""The lab as a whole: clocks, seeds, choices, outages."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from labkeeper_sdk.sim import BadSettings, DeviceSettings, LabSettings, open_lab
from labkeeper_sdk.testing import Broker
from tests.sim.conftest import open_listener

Quick = Callable[..., LabSettings]
AIR, PLUG = "zigbee2mqtt/空气质量", "zigbee2mqtt/bench1/plug"
YEAR_MS = 365 * 86_400_000


async def test_every_device_has_a_clock_of_its_own(broker: Broker, quick: Quick) -> None:
    clocks = {
        "空气质量": DeviceSettings(clock_offset_ms=-YEAR_MS, clock_drift_ppm=0),
        "plug": DeviceSettings(clock_offset_ms=120_000, clock_drift_ppm=200_000),
    }
    async with open_listener(broker) as listener, open_lab(broker.url, settings=quick("air", "plug", devices=clocks)):
        air = (await listener.next_on(AIR)).json["last_seen"]
        assert abs(air + YEAR_MS - time.time() * 1000) < 20_000
        await listener.next_on(PLUG, count=10)
        said = [one.json["last_seen"] for one in listener.on(PLUG)]
        assert said == sorted(set(said))
        assert said[0] > time.time() * 1000 + 60_000


async def measured(broker: Broker, settings: LabSettings) -> list[Any]:
    """Return the first six values of the air and of the robot, without times."""
    distance = "homie/5/robot-kit/sensors/distance"
    async with open_listener(broker) as listener, open_lab(broker.url, settings=settings):
        await listener.next_on(AIR, count=6)
        await listener.until(lambda _: sum(not one.retain for one in listener.on(distance)) >= 6)
        states = [one.json for one in listener.on(AIR)[:6]]
        for state in states:
            del state["last_seen"]
        return [*states, *[one.payload for one in listener.on(distance) if not one.retain][:6]]


async def test_the_same_seed_gives_the_same_values(broker: Broker, quick: Quick) -> None:
    first = await measured(broker, quick("air", "robot", seed=7))
    assert await measured(broker, quick("air", "robot", seed=7)) == first
    assert await measured(broker, quick("air", "robot", seed=8)) != first


async def test_every_device_takes_a_command(broker: Broker) -> None:
    async with open_lab(broker.url, settings=LabSettings(counter_rate=1)) as lab:
        assert {note.protocol for note in lab.devices} == {"zigbee2mqtt", "homie"}
        assert len(lab.devices) == 10
        assert all(note.settable for note in lab.devices)


async def test_a_lab_can_be_one_device(broker: Broker, quick: Quick) -> None:
    async with open_lab(broker.url, settings=quick("people-camera")) as lab:
        assert [note.id for note in lab.devices] == ["people-camera"]


async def test_seed_and_rate_are_enough(broker: Broker) -> None:
    async with open_listener(broker) as listener, open_lab(broker.url, seed=3, rate=20):
        await listener.next_on(PLUG, count=3)


async def test_the_lab_comes_back_with_the_broker(broker: Broker, quick: Quick) -> None:
    async with open_lab(broker.url, settings=quick("plug", "relays")):
        await broker.stop()
        await broker.start()
        async with open_listener(broker) as listener:
            await listener.next_on(PLUG)
            await listener.ever_on("homie/5/relay-board/$state", lambda one: one.payload == b"ready")


async def test_a_lab_waits_for_a_broker(broker: Broker, quick: Quick) -> None:
    await broker.stop()
    lab = open_lab(broker.url, settings=quick("plug"))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5), lab:
            pytest.fail("there is no broker")


async def test_what_the_caller_raises_comes_out_as_it_is(broker: Broker, quick: Quick) -> None:
    with pytest.raises(ZeroDivisionError):
        async with open_lab(broker.url, settings=quick("plug")):
            raise ZeroDivisionError


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (LabSettings(only=("toaster",)), "only: no device is called 'toaster'"),
        (LabSettings(devices={"toaster": DeviceSettings()}), "devices: no device is called 'toaster'"),
    ],
)
async def test_an_unknown_name_stops_the_start(settings: LabSettings, words: str) -> None:
    with pytest.raises(BadSettings, match=words):
        async with open_lab("mqtt://127.0.0.1:1", settings=settings):
            pytest.fail("it must not start")


@pytest.mark.parametrize("url", ["http://127.0.0.1", "mqtt://", "127.0.0.1:1883", "mqtt://host:port"])
async def test_a_broker_that_is_no_url_stops_the_start(url: str) -> None:
    with pytest.raises(BadSettings, match="broker"):
        async with open_lab(url):
            pytest.fail("it must not start")
