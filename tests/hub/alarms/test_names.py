"""By which names rules know points, and which points of real devices they watch by them."""

import json
from collections.abc import Iterable

import pytest

from labkeeper_drivers.homie.tree import Tree
from labkeeper_drivers.shelly.components import derive
from labkeeper_drivers.tasmota.fleet import Fleet
from labkeeper_drivers.zigbee2mqtt.bridge import Bridge
from labkeeper_hub.alarms.catalogue import shipped
from labkeeper_hub.alarms.names import is_lamps, names_of, unit_of
from labkeeper_sdk import Found, Point
from labkeeper_sdk.sim import LabSettings, open_lab
from labkeeper_sdk.testing import open_broker
from tests.drivers.conftest import Lab, Platform, fixture, open_driver

NOT_SIMULATED = {
    "interlock": "the node says it, not a device",
    "interlocks_differ": "the hub sees it",
    "interlocks_unapproved": "the hub sees it",
    "influx_late": "the hub sees it",
    "stopped": "a person does it, not a device",
    "device_lost": "the hub sees it",
    "node_lost": "the hub sees it",
    "broker_lost": "the hub sees it",
    "channel_failed": "the hub sees it",
}
"""Rules that watch no point of a simulated device, and why."""
AIR = json.dumps({
    "homie": "5.0", "version": 1, "name": "Air",
    "nodes": {
        "air": {"properties": {
            "co2": {"datatype": "integer", "unit": "ppm"}, "carbon-monoxide": {"datatype": "float", "unit": "ppm"},
            "pm2-5": {"datatype": "float", "unit": "µg/m³"}, "temperature": {"datatype": "float", "unit": "°C"},
        }},
        "board": {"properties": {"temperature": {"datatype": "float", "unit": "°C"}}},
        "heater": {"properties": {"temperature": {"datatype": "float", "unit": "°C", "settable": True}}},
    },
}).encode()  # fmt: skip


def watched(points: Iterable[Point]) -> dict[str, set[str]]:
    """Return the rules that watch each point, without those that only ask whether it says anything."""
    rules = shipped().rules
    found = {
        point.name: {
            name
            for name in shipped().watching(point.name, point.unit, writable=point.writable)
            if rules[name].alarm_class != "system"
        }
        for point in points
    }
    return {name: names for name, names in found.items() if names}


WARMTH = {"temperature_low", "temperature_high", "frost", "heat", "heat_rise"}


def shelly() -> Iterable[Point]:
    config, status = (json.loads(fixture(f"shelly_{what}.json")) for what in ("config", "status"))
    more = {"flood:0": {"alarm": False}, "humidity:100": {"rh": 40.0}, "illuminance:0": {"lux": 300}}
    return derive(config, {**status, **more}, "hold").points


def tasmota() -> Iterable[Point]:
    fleet = Fleet()
    for what in ("sensors", "config"):
        found = fleet.hear(f"tasmota/discovery/C45BBE000001/{what}", fixture(f"tasmota_{what}.json"), retain=True)
    return next(event for event in found if isinstance(event, Found)).device.points


def homie() -> Iterable[Point]:
    tree = Tree()
    tree.hear("homie/5/air/$description", AIR, retain=True)
    found = tree.hear("homie/5/air/$state", b"ready", retain=True)
    return next(event for event in found if isinstance(event, Found)).device.points


def zigbee() -> Iterable[Point]:
    events = Bridge().hear("zigbee2mqtt/bridge/devices", fixture("zigbee2mqtt_devices.json"), retain=True)
    return [point for event in events if isinstance(event, Found) for point in event.device.points]


@pytest.mark.parametrize(
    ("points", "rules"),
    [
        (
            shelly(),
            {
                "temperature100/tC": WARMTH,
                "humidity100/rh": {"humidity_low", "humidity_high"},
                "illuminance0/lux": {"light_desk"},
                "smoke0/alarm": {"smoke_detector"},
                "flood0/alarm": {"water_leak"},
            },
        ),
        (
            tasmota(),
            {
                "SCD40/CarbonDioxide": {"co2"},
                "SCD40/Temperature": WARMTH,
                "SCD40/Humidity": {"humidity_low", "humidity_high"},
                "BME280/Temperature": WARMTH,
            },
        ),
        (
            homie(),
            {"air/co2": {"co2"}, "air/carbon-monoxide": {"co"}, "air/pm2-5": {"pm25"}, "air/temperature": WARMTH},
        ),
        (zigbee(), {"co2": {"co2"}, "temperature": WARMTH, "pm25": {"pm25"}}),
    ],
    ids=["shelly", "tasmota", "homie", "zigbee2mqtt"],
)
def test_what_drivers_call_their_points_is_watched(points: Iterable[Point], rules: dict[str, set[str]]) -> None:
    assert watched(points) == rules


async def test_every_rule_watches_a_point_of_some_simulated_device_or_says_why_not() -> None:
    points = list[Point]()
    async with open_broker() as broker, open_lab(broker.url, settings=LabSettings(full=True)) as lab:
        for protocol in ("zigbee2mqtt", "homie"):
            wanted = {note.id for note in lab.devices if note.protocol == protocol}
            async with open_driver(protocol, Lab(broker, f"labkeeper-{protocol}")) as platform:
                await platform.until(lambda _, wanted=wanted, platform=platform: wanted <= devices(platform).keys())  # type: ignore[misc] # bound now
                points += [point for each in devices(platform).values() for point in each]
    seen = {name for point in points for name in shipped().watching(point.name, point.unit, writable=point.writable)}
    assert "gas" in seen
    assert shipped().rules.keys() - seen == NOT_SIMULATED.keys()


def devices(platform: Platform) -> dict[str, tuple[Point, ...]]:
    return {event.device.id: tuple(event.device.points) for event in platform.events if isinstance(event, Found)}


@pytest.mark.parametrize(
    ("point", "quantity"),
    [
        ("co2", "co2"),
        ("CO2", "co2"),
        ("SCD40/CarbonDioxide", "carbon_dioxide"),
        ("PMS5003/PM2.5", "pm2_5"),
        ("air/pm2-5", "pm2_5"),
        ("smoke1/alarm", "smoke"),
        ("gas/alarm", "gas"),
        ("kitchen/alarm", "alarm"),
    ],
)
def test_a_quantity_is_known_by_the_last_part_whatever_its_spelling(point: str, quantity: str) -> None:
    assert quantity in names_of(point)


@pytest.mark.parametrize(
    "point",
    ["ESP32/Temperature", "board/temperature", "motor-2/temperature", "switch0/temperature/tC", "outdoor/temperature"],
)
def test_how_warm_a_machine_or_another_place_is_says_nothing_of_the_room(point: str) -> None:
    assert "temperature" not in names_of(point)
    assert point in names_of(point)


def test_a_last_part_may_be_asked_for_whatever_it_is_of() -> None:
    assert "*/tripped" in names_of("fire/tripped") & names_of("a/b/tripped")


def test_gas_of_the_lower_explosive_limit_needs_no_other_unit() -> None:
    gas = shipped().rules["gas"].match
    assert unit_of("gas_lel", "") == "%{LEL}"
    assert unit_of("gas_value", "") == ""
    assert gas("gas_lel", "")
    assert gas("gas_value", "%{LEL}")
    assert not gas("gas_value", "[ppm]")


@pytest.mark.parametrize(
    ("switch", "beside"),
    [("state", "brightness"), ("light0/output", "light0/brightness"), ("power", "dimmer"), ("lamp", "lamp/brightness")],
)
def test_a_lamps_switch_is_known_by_what_makes_it_brighter(switch: str, beside: str) -> None:
    assert is_lamps(switch, {switch, beside})
    assert not is_lamps(switch, {switch, "other/brightness"})


def test_what_can_be_written_is_watched_by_its_own_name_only() -> None:
    co2 = shipped().rules["co2"].match
    assert co2("co2", "[ppm]", writable=True)
    assert not co2("ventilation/co2", "[ppm]", writable=True)
