"""Both drivers with the simulated lab, which speaks the devices' protocols and knows nothing of the drivers."""

import asyncio
import json
from pathlib import Path
from typing import Any

from labkeeper_sdk import Action, Availability, DeviceInfo, Found, Report, Setpoint, Switch, Value
from labkeeper_sdk.sim import Lab as SimulatedLab
from labkeeper_sdk.sim import LabSettings, open_lab
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
