"""Every driver with the simulated lab, which speaks the devices' protocols and knows nothing of the drivers."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from labkeeper_sdk import (
    Action,
    Availability,
    DeviceInfo,
    Found,
    Nonsense,
    Report,
    Setpoint,
    Switch,
    Value,
)
from labkeeper_sdk.sim import Lab as SimulatedLab
from labkeeper_sdk.sim import LabSettings, open_lab
from labkeeper_sdk.sim.guests.cameras import JPEG, NAME, PLATE
from labkeeper_sdk.testing import Broker
from tests.drivers.conftest import Lab, Platform, open_driver


def found(platform: Platform) -> dict[str, DeviceInfo]:
    return {event.device.id: event.device for event in platform.events if isinstance(event, Found)}


async def all_online(platform: Platform, lab: SimulatedLab, protocol: str) -> None:
    wanted = [Availability(note.id, online=True) for note in lab.devices if note.protocol == protocol]
    await platform.hears(*wanted)


def another(point: Setpoint | Switch, now: Value | None) -> Value:
    """Choose a value the point does not have."""
    if point.options:
        return next(option for option in point.options if option != now)
    if point.type is bool:
        return now is not True
    low, high = point.minimum or 0.0, point.maximum if point.maximum is not None else 100.0
    chosen = low + (high - low) * (0.25 if now != low + (high - low) * 0.25 else 0.75)
    return int(chosen) if point.type is int else round(chosen, 2)


async def write_everything(platform: Platform) -> int:
    done = 0
    for device in found(platform).values():
        for point in device.points:
            if isinstance(point, Action):
                await platform.gateway.write(device.id, point.name, point.options[0] if point.options else True)
                done += 1
            elif isinstance(point, Setpoint | Switch) and (point.type is not str or point.options):
                now = [reading.value for reading in platform.readings(device.id, point.name)][-1:]
                await platform.gateway.write(device.id, point.name, another(point, now[0] if now else None))
                done += 1
    return done


async def test_every_point_of_the_zigbee_lab_is_read_and_written(broker: Broker) -> None:
    async with open_lab(broker.url, rate=5) as lab, open_driver("zigbee2mqtt", Lab(broker)) as platform:
        await all_online(platform, lab, "zigbee2mqtt")
        await platform.until(
            lambda heard: found(platform).keys() <= {event.device for event in heard if isinstance(event, Report)}
        )
        assert await write_everything(platform) >= 3


async def test_every_point_of_the_homie_lab_is_read_and_written(broker: Broker) -> None:
    async with open_lab(broker.url, rate=5) as lab, open_driver("homie", Lab(broker)) as platform:
        await all_online(platform, lab, "homie")
        await platform.until(
            lambda heard: found(platform).keys() <= {event.device for event in heard if isinstance(event, Report)}
        )
        assert await write_everything(platform) >= 3


GUESTS = {
    "tasmota": ("tasmota-plug", "tasmota-lamp"),
    "shelly": ("shelly-plug", "shelly-blind"),
    "homeassistant": ("weather",),
    "frigate": ("frigate",),
}


async def writes_everything(
    broker: Broker, protocol: str, said: Callable[[Platform], object] = lambda _: True
) -> Platform:
    """Find every guest of a protocol, let each say something, and ask each for everything it takes."""
    async with (
        open_lab(broker.url, settings=LabSettings(rate=5, only=GUESTS[protocol])) as lab,
        open_driver(protocol, Lab(broker)) as platform,
    ):
        await all_online(platform, lab, protocol)
        guests = {note.id: set(note.settable) for note in lab.devices if note.protocol == protocol}
        await platform.until(lambda _: all(settable <= writable(platform, it) for it, settable in guests.items()))
        await platform.until(lambda heard: guests.keys() <= {one.device for one in heard if isinstance(one, Report)})
        await write_everything(platform)
        await platform.until(lambda _: bool(said(platform)))
        return platform


def writable(platform: Platform, device: str) -> set[str]:
    return {point.name for point in found(platform)[device].points if point.writable}


async def test_every_point_of_the_tasmota_devices_is_read_and_written(broker: Broker) -> None:
    plug_power = "A0B1C2000001", "ENERGY/Power"
    platform = await writes_everything(broker, "tasmota", lambda it: it.readings(*plug_power))
    plug = platform.readings(*plug_power)
    assert all(reading.value is not None for reading in plug)
    assert platform.readings("A0B1C2000002", "ct")[-1].value == pytest.approx(239.75, abs=0.5)


async def test_every_point_of_the_shelly_devices_is_read_and_written(broker: Broker) -> None:
    platform = await writes_everything(broker, "shelly")
    blind = platform.readings("shellyplus2pm-a0b1c2000004", "cover0/position")
    assert blind[-1].value == 25.0
    assert {reading.time_ms is None for reading in blind} == {True, False}  # asked at first, then told with a time


async def test_every_point_of_a_discovered_device_is_read_and_written(broker: Broker) -> None:
    station = "weather-a0b1c2000005"
    platform = await writes_everything(broker, "homeassistant", lambda it: it.readings(station, "wind"))
    assert {point.kind for point in found(platform)[station].points if point.name in ("fan", "restart")} == {"action"}
    assert platform.readings(station, "fan") == []  # nobody knows whether it runs
    assert [event for event in platform.events if isinstance(event, Nonsense)] == []


async def test_cameras_count_and_no_byte_of_an_image_and_no_name_passes(broker: Broker) -> None:
    platform = await writes_everything(broker, "frigate", lambda it: it.readings("frigate-door", "review"))
    assert {reading.point for reading in platform.readings("frigate-door", "appeared")} == {"appeared"}
    assert platform.readings("frigate-door", "review")[0].value == "alert person entrance"
    assert platform.readings("frigate-entrance", "person")
    everything = repr(platform.events)
    for secret in (NAME, PLATE, JPEG.hex()[:40], repr(JPEG[:6])[2:-1], "webp", "thumb"):
        assert secret not in everything
    assert not [event for event in platform.events if isinstance(event, Nonsense)]


def witnessed(path: Path) -> list[dict[str, Any]]:
    lines = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if "published_ms" in line]


async def test_every_counted_reading_comes_through_with_its_time_over_restarts_of_the_driver(
    broker: Broker, tmp_path: Path
) -> None:
    witness = tmp_path / "witness.jsonl"
    node = Lab(broker)
    counted: set[tuple[Value | None, int | None]] = set()

    def count(platform: Platform) -> set[tuple[Value | None, int | None]]:
        for event in platform.events:
            if isinstance(event, Report):
                counted.update((one.value, one.time_ms) for one in event.readings if one.point == "counter")
        return counted

    settings = LabSettings(only=("counter",), counter_rate=200)
    async with open_driver("zigbee2mqtt", node):
        pass  # from now on the broker queues for us
    async with open_lab(broker.url, settings=settings, witness=witness):
        for _ in range(3):
            async with open_driver("zigbee2mqtt", node) as platform:
                await platform.until(lambda heard: sum(isinstance(event, Report) for event in heard) >= 100)
            count(platform)
            await asyncio.sleep(0.2)  # the driver is away, the counter goes on
    wanted = {(line["value"], line["time_ms"]) for line in witnessed(witness) if line["property"] == "counter"}
    async with open_driver("zigbee2mqtt", node) as platform:
        missing = wanted - counted
        await platform.until(lambda _: wanted <= count(platform))
    assert len(missing) > 20
    assert counted == wanted
