"""Every device definition Zigbee2MQTT ships, as the bridge would describe it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from benchmarks import exposes
from labkeeper_drivers.units import UCUM
from labkeeper_drivers.zigbee2mqtt.bridge import Bridge
from labkeeper_drivers.zigbee2mqtt.exposes import derive
from labkeeper_sdk import Found, Nonsense
from tests.npm import packages

Definition = dict[str, Any]


@pytest.fixture(scope="module")
def definitions() -> list[Definition]:
    packages(exposes.FOLDER)
    return list(exposes.definitions())


def test_nearly_all_definitions_have_points_and_only_what_is_exposed_twice_is_left_out(
    definitions: list[Definition],
) -> None:
    empty = [each["model"] for each in definitions if not each["exposes"]]
    derived = [derive(each["exposes"], "safe", updates=True) for each in definitions]
    with_points = sum(len(each.bindings) > 2 for each in derived)  # two are of the update
    assert len(definitions) > 4_000
    assert with_points >= 0.99 * len(definitions)
    assert with_points + len(empty) == len(definitions)
    assert {skipped.why for each in derived for skipped in each.skipped} == {"exposed twice"}


def test_a_bridge_with_hundreds_of_kinds_of_device_describes_them_all(definitions: list[Definition]) -> None:
    listed = [
        {
            "ieee_address": f"0x{number:016x}", "type": "Router", "friendly_name": f"device {number}",
            "definition": {**each, "supports_ota": True},
        }
        for number, each in enumerate(definitions[::10])
    ]  # fmt: skip
    events = Bridge().hear("zigbee2mqtt/bridge/devices", json.dumps(listed).encode(), retain=True)
    assert sum(isinstance(event, Found) for event in events) == len(listed)
    assert not any(isinstance(event, Nonsense) for event in events)


def units(exposed: object) -> Iterator[str]:
    for each in exposed if isinstance(exposed, list) else ():
        if each.get("unit"):
            yield each["unit"]
        yield from units(each.get("features"))


def test_the_units_nobody_has_a_code_for_are_few(definitions: list[Definition]) -> None:
    said = [unit.strip() for each in definitions for unit in units(each["exposes"])]
    assert sum(unit not in UCUM for unit in said) < 0.005 * len(said)
