"""Sensors that any of several gateways hears: a level of their topic is open, and whoever hears them fills it."""

import pytest

from labkeeper_drivers.homeassistant.estate import Estate
from labkeeper_drivers.listening import Listen
from labkeeper_sdk import Availability, Gone, Reading
from labkeeper_sdk.testing import Broker
from tests.drivers.conftest import Lab, open_driver, open_firmware
from tests.drivers.test_homeassistant_estate import announce, heard, points, read

# as an OpenMQTTGateway announced it: https://github.com/1technophile/OpenMQTTGateway/issues/1840 (2023-12-17)
GATEWAY = {
    "stat_t": "+/+/RTL_433toMQTT/LaCrosse-TX141THBv2/0/102",
    "dev_cla": "temperature",
    "unit_of_meas": "°C",
    "name": "temperature",
    "uniq_id": "LaCrosse-TX141THBv2-0-102-temperature_C",
    "val_tpl": "{{ value_json.temperature_C | is_defined }}",
    "state_class": "measurement",
}


def test_a_sensor_may_be_heard_by_whichever_gateway_is_near() -> None:
    estate = Estate()
    told = announce(estate, "sensor", GATEWAY)
    assert Listen(((GATEWAY["stat_t"], 1),)) in told
    near = "home/OMG_lilygo/RTL_433toMQTT/LaCrosse-TX141THBv2/0/102"
    assert estate.waits_for(near) is None
    assert read(estate, near, {"model": "LaCrosse-TX141THBv2", "temperature_C": 4.5}) == [("it", 4.5)]
    assert read(estate, near, {"model": "LaCrosse-TX141THBv2", "humidity": 61}) == []
    for far in (f"{near}/more", f"{near}3", "spBv1.0/school/RTL_433toMQTT/LaCrosse-TX141THBv2/0/102"):
        assert estate.waits_for(far) == far
        assert read(estate, far, {"temperature_C": 4.5}) == []
    assert any(isinstance(event, Gone) for event in heard(estate, "homeassistant/sensor/it/config", b""))
    assert estate.waits_for(near) == near


@pytest.mark.parametrize("topic", ["+", "+/+", "home/#", "a+/b", "+/spBv1.0/x", "spBv1.0/+/x", "home/" + 512 * "x"])
def test_what_would_be_heard_too_widely_or_is_the_platforms_own_is_refused(topic: str) -> None:
    estate = Estate()
    announce(estate, "sensor", {**GATEWAY, "stat_t": topic})
    announce(estate, "switch", {"stat_t": "a", "cmd_t": "home/+/set"}, "open")
    assert points(estate) == {}


async def test_what_was_said_while_we_were_away_waits_for_its_announcement(broker: Broker) -> None:
    """The broker hands over what it queued first, and the announcement, which is retained, afterwards."""
    near, lab = "home/OMG_lilygo/RTL_433toMQTT/LaCrosse-TX141THBv2/0/102", Lab(broker)
    about = {**GATEWAY, "dev": {"ids": ["esp-1"]}}
    async with open_firmware(broker) as sensors:
        await sensors.say("homeassistant/sensor/it/config", about, retain=True)
        async with open_driver("homeassistant", lab) as platform:
            await platform.hears(Availability("esp-1", online=True))  # from now on the broker queues for us
        for value in (4.6, 4.7):
            await sensors.say(near, {"temperature_C": value})
        async with open_driver("homeassistant", lab) as platform:
            await platform.reads("esp-1", "it", value=4.7)
            assert platform.readings("esp-1", "it") == [
                Reading("it", 4.6),
                Reading("it", 4.7),
            ]
