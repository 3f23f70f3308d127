"""A heart rate band under bleak, on a simulated radio: rates while it is on the skin, and nobody's name."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from labkeeper_drivers.ble_heart_rate import gatt
from labkeeper_drivers.ble_heart_rate.band import radio
from labkeeper_drivers.ble_heart_rate.device import HeartRateConfiguration, claimed
from labkeeper_sdk import BadConfiguration, BadReading, DeviceUnreachable, Driver, Reading
from labkeeper_sdk.configuration import check_instance
from labkeeper_sdk.plugins import load_drivers
from labkeeper_sdk.sim.neighbours.ble_heart_rate import CHARGE, RADIO, SimulatedBand, address_of
from labkeeper_sdk.testing import TcpWire, free_port, serve_tcp
from labkeeper_sdk.testing.assertions import assert_reading
from labkeeper_sdk.testing.services import TestServices
from labkeeper_sdk.testing.watching import Watched, open_driver

QUICK = 0.02


def driver() -> Driver:
    return load_drivers().drivers["ble_heart_rate"]


@asynccontextmanager
async def worn(band: SimulatedBand) -> AsyncIterator[tuple[TcpWire, Watched]]:
    async with serve_tcp(band.talk) as wire:
        keys = {"band": 7, "address": address_of(wire.port), "radio": RADIO}
        async with open_driver(driver(), keys, TestServices()) as watched:
            yield wire, watched


@pytest.mark.parametrize(
    ("data", "readings"),
    [
        ("00 48", [Reading("heart-rate", 72)]),
        ("06 48", [Reading("heart-rate", 72), Reading("contact", True)]),
        ("01 48 00", [Reading("heart-rate", 72)]),
        ("1e 8a 10 00 d4 02", [Reading("heart-rate", 138), Reading("contact", True)]),
        ("04 48", [Reading("contact", False)]),
        ("00 00", []),
    ],
)
def test_a_measurement_says_the_rate_and_whether_it_is_on_the_skin(data: str, readings: list[Reading]) -> None:
    assert [*gatt.measured(bytes.fromhex(data))] == readings


@pytest.mark.parametrize("data", ["", "00", "01 48", "01 fb 00", "06 13"])
def test_what_no_heart_does_is_no_reading(data: str) -> None:
    with pytest.raises(BadReading):
        gatt.measured(bytes.fromhex(data))


def test_a_battery_is_a_percentage() -> None:
    assert [*gatt.charged(b"\x64")] == [Reading("battery", 100)]
    for wrong in (b"", b"\x65", b"\x01\x02"):
        with pytest.raises(BadReading):
            gatt.charged(wrong)


@given(st.binary(max_size=20))
def test_no_notification_breaks_it(data: bytes) -> None:
    with suppress(BadReading):
        gatt.measured(data)


def test_a_band_is_claimed_by_its_number_and_its_address() -> None:
    one = HeartRateConfiguration.model_validate({"band": 7, "address": "c0:1a:22:3b:4c:5d"})
    assert [(it.name, it.key) for it in claimed(one)] == [("7", "band"), ("C0:1A:22:3B:4C:5D", "address")]
    for wrong in ({"band": 0, "address": "c0:1a:22:3b:4c:5d"}, {"band": 7, "address": "Anna"}):
        with pytest.raises(ValidationError):
            HeartRateConfiguration.model_validate(wrong)


@pytest.mark.parametrize("name", ["band-7", "band7", "pe-07", "hr-123", "手环7", "12"])
def test_a_band_is_called_by_a_number(name: str) -> None:
    checked = check_instance(name, driver(), {"band": 7, "address": "c0:1a:22:3b:4c:5d"})
    assert isinstance(checked, HeartRateConfiguration)


@pytest.mark.parametrize(
    "name", ["anna", "anna-7", "band-anna", "band-7-anna", "王小明", "7-anna", "band-x", "BAND-7\n"]
)
def test_a_child_s_name_does_not_become_a_topic(name: str) -> None:
    with pytest.raises(BadConfiguration, match="is called like band-7: its name is in topics") as refused:
        check_instance(name, driver(), {"band": 7, "address": "c0:1a:22:3b:4c:5d"}, "node.toml")
    assert refused.value.key == f"drivers.{name}"
    assert name not in refused.value.problem


def test_a_radio_nobody_has_is_the_settings_fault() -> None:
    assert radio("") is None
    with pytest.raises(BadConfiguration, match="no radio 'teapot'"):
        radio("teapot")


async def test_a_band_tells_its_charge_and_a_heart() -> None:
    async with worn(SimulatedBand(every_s=QUICK)) as (_, watched):
        await assert_reading(watched, "battery", CHARGE)
        await assert_reading(watched, "contact", True)
        await watched.until(lambda: len(watched.readings(point="heart-rate")) > 1)
        assert all(it.value in range(80, 171) for it in watched.readings(point="heart-rate"))


async def test_a_band_out_of_reach_is_named_by_its_number_alone(caplog: pytest.LogCaptureFixture) -> None:
    address = address_of(free_port())
    with caplog.at_level(logging.DEBUG), pytest.raises(DeviceUnreachable, match="band 7") as gone:
        async with open_driver(driver(), {"band": 7, "address": address, "radio": RADIO}, TestServices()):
            pass
    assert address not in str(gone.value)
    assert not [it for it in caplog.records if it.name.startswith("labkeeper") and address in it.getMessage()]


async def test_a_band_that_goes_away_is_noticed_at_once() -> None:
    async with worn(SimulatedBand(every_s=QUICK)) as (wire, watched):
        await watched.until(lambda: watched.readings(point="heart-rate"))
        await wire.cut()
        with pytest.raises(DeviceUnreachable, match="band 7 is gone"):
            await watched.until(lambda: False)


async def test_a_band_that_makes_no_sense_is_let_go() -> None:
    class Slipping(SimulatedBand):
        def measurement(self, now_s: float) -> bytes:
            return bytes([0x06, 255 - int(now_s) % 2])

    async with worn(Slipping(every_s=QUICK)) as (_, watched):
        with pytest.raises(DeviceUnreachable, match="a heart rate of 25"):
            await watched.until(lambda: False)
