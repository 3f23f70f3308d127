"""The fuller lab: there on request only, and each of its devices tells what it is for within a day."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from random import Random

import pytest

from labkeeper_sdk.sim import inventory
from labkeeper_sdk.sim.devices.bands import BANDS, HeartBands
from labkeeper_sdk.sim.devices.detectors import AirAnalyser, DoorContact, GasDetector, LeakSensor
from labkeeper_sdk.sim.messages import Refused
from labkeeper_sdk.sim.room import Room
from labkeeper_sdk.sim.settings import LabSettings
from labkeeper_sdk.sim.zigbee import Appliance

DAY_S, STEP_S = 9 * 3600, 60
MINE = {"gas", "leak", "door", "analyser", "bands"}


def kinds(settings: LabSettings) -> set[str]:
    room = Room(1, 7.9)
    ids = {device.who.ieee for device in inventory.zigbee_devices(settings, room)}
    ids |= {device.id for unit in inventory.homie_units(settings, room) for device in unit}
    return {place.kind for place in inventory.PLACES if place.id in ids}


def day(appliance: Appliance) -> Iterator[Mapping[str, object]]:
    yield from (appliance.sample(float(lab_s)) for lab_s in range(0, DAY_S, STEP_S))


def test_nobody_gets_the_fuller_lab_unasked() -> None:
    assert not kinds(LabSettings()) & MINE
    assert kinds(LabSettings(full=True)) - kinds(LabSettings()) == MINE
    assert kinds(LabSettings(only=("gas",))) == {"gas"}


def test_the_tap_leaks_twice_a_day_up_to_the_alarm_and_no_explosion() -> None:
    said = list(day(GasDetector(Room(1, 7.9), Random(1))))
    values = [value for one in said if isinstance(value := one["gas_value"], float)]
    assert [one["gas"] for one in said].count(True) > 0
    assert max(values) < 20
    assert min(values) >= 0
    turns = [before["gas"] != after["gas"] and after["gas"] for before, after in pairwise(said)]
    assert turns.count(True) == 2


def test_the_door_is_open_while_a_class_comes_or_goes_and_shut_in_a_lesson() -> None:
    said = [one["contact"] for one in day(DoorContact(Room(1, 7.9), Random(1)))]
    assert 8 <= said.count(False) <= 60
    assert said.count(True) > 400


def test_nothing_leaks_of_itself_and_the_battery_ages() -> None:
    leak = LeakSensor(Random(1))
    first, last = leak.sample(0.0), leak.sample(365 * 86_400.0)
    assert first["water_leak"] is last["water_leak"] is False
    assert isinstance(first["battery"], int)
    assert isinstance(last["battery"], int)
    assert last["battery"] < first["battery"]


def test_a_class_is_heard_by_the_analyser() -> None:
    said = list(day(AirAnalyser(Room(1, 7.9), Random(1))))
    noise = [value for one in said if isinstance(value := one["noise"], float)]
    assert min(noise) < 40
    assert max(noise) > 55


def test_the_bands_show_a_lesson_and_no_band_leaves_the_range_of_a_heart() -> None:
    bands = HeartBands(Random(1))
    rates = [list(bands.measure(float(lab_s)).values()) for lab_s in range(0, 2400, 10)]
    means = [sum(int(rate) for rate in at_once) / BANDS for at_once in rates]
    assert all(50 <= int(rate) <= 220 for at_once in rates for rate in at_once)
    assert means[0] < 110
    assert 130 < max(means) < 170
    assert not bands.outputs()
    assert not bands.advance(1.0)
    assert not bands.alerts()


@pytest.mark.parametrize("make", [GasDetector, DoorContact, AirAnalyser])
def test_a_detector_shows_itself_and_takes_nothing_else(make: type) -> None:
    appliance = make(Room(1, 7.9), Random(1))
    assert appliance.command("identify", "identify") == {}
    with pytest.raises(Refused):
        appliance.command("identify", "dance")
    with pytest.raises(KeyError):
        appliance.command("gas", True)
    with pytest.raises(KeyError):
        HeartBands(Random(1)).command("band-01/heart-rate", 60)
