"""Smoke detector on a battery, with a self-test."""

from collections.abc import Mapping
from random import Random

from labkeeper_sdk.sim.battery import Battery
from labkeeper_sdk.sim.devices.orders import one_of
from labkeeper_sdk.sim.zigbee import BATTERY, IDENTIFY, SET, Model, binary, choice

LIFE_H = 5 * 365 * 24
TEST_LAB_S = 150.0
LOW_PERCENT = 15


class SmokeDetector:
    """It never smells smoke of itself: that is what faults and tests are for; a self-test shows for a few reports."""

    model = Model(
        "LKS-SMOKE-1",
        "Smoke detector",
        (
            binary("smoke", "Indicates whether the device detected smoke"),
            binary("battery_low", "Indicates if the battery of this device is almost empty"),
            BATTERY,
            binary("test", "Indicates whether the device is being tested"),
            choice("self_test", ["self_test"], "Starts the self-test", SET),
            IDENTIFY,
        ),
    )

    def __init__(self, random: Random) -> None:
        self._battery = Battery(random.uniform(70, 100), LIFE_H)
        self._lab_s = 0.0
        self._test_ends_s = 0.0

    def sample(self, lab_s: float) -> Mapping[str, object]:
        """Return the detector's state; the battery has aged since the last sample."""
        self._lab_s, charge = lab_s, self._battery.at(lab_s)
        return {
            "smoke": False,
            "battery_low": charge < LOW_PERCENT,
            "battery": round(charge),
            "test": lab_s < self._test_ends_s,
        }

    def command(self, name: str, value: object) -> Mapping[str, object]:
        """Start the self-test, or show itself."""
        if name == "identify":
            one_of(value, ("identify",))
            return {}
        if name == "self_test":
            one_of(value, ("self_test",))
            self._test_ends_s = self._lab_s + TEST_LAB_S
            return {"test": True}
        raise KeyError(name)
