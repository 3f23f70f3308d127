"""What a fuller lab has on its walls: gas, leaks, a door, and a box that analyses the air."""

from collections.abc import Mapping
from random import Random

from labkeeper_sdk.sim import physics
from labkeeper_sdk.sim.battery import Battery
from labkeeper_sdk.sim.devices.orders import one_of
from labkeeper_sdk.sim.faults import Fault
from labkeeper_sdk.sim.room import LESSON_STARTS, Room
from labkeeper_sdk.sim.zigbee import BATTERY, IDENTIFY, Model, binary, numeric

LIFE_H = 3 * 365 * 24
BURNER_STARTS = (600.0, 840.0)
"""Minutes after midnight: a tap that was not quite shut in the third lesson and in the sixth."""
BURNER_MINUTES = 12.0
ALARM_LEL = 10.0
OUTDOOR_AQI = 62.0
"""Of PM2.5 at 45 µg/m³, by HJ 633-2012: an ordinary day outside."""
LEAK_LEL = 35.0
"""A hose that has come off: beyond both alarm levels of GB/T 50493-2019."""


def shows_itself(name: str, value: object) -> Mapping[str, object]:
    """Take `identify`, the only command of a detector; raise KeyError for another."""
    if name != "identify":
        raise KeyError(name)
    one_of(value, ("identify",))
    return {}


def gas_lel(minute: float) -> float:
    """Return the gas in percent of the lower explosive limit: a trace, and a slope while a tap leaks."""
    leaking = max((minute - start for start in BURNER_STARTS if 0 <= minute - start < BURNER_MINUTES), default=0.0)
    return 0.4 + leaking


class GasDetector:
    """Combustible gas and carbon monoxide; certified detectors do the same with a relay and a certificate."""

    model = Model(
        "LKS-GAS-1",
        "Gas detector",
        (
            binary("gas", "Indicates whether the device detected gas"),
            numeric("gas_value", "%LEL", "Gas concentration in percent of the lower explosive limit"),
            numeric("carbon_monoxide", "ppm", "The measured carbon monoxide value"),
            IDENTIFY,
        ),
        mains=True,
    )

    def __init__(self, room: Room, random: Random) -> None:
        self._room = room
        self._random = random

    def sample(self, lab_s: float) -> Mapping[str, object]:
        """Return the gas in the room with the sensors' noise."""
        lel = max(0.0, gas_lel(self._room.at(lab_s).hour * 60) + self._random.gauss(0, 0.1))
        monoxide = max(0.0, 0.8 + lel / 4 + self._random.gauss(0, 0.2))
        return {"gas": lel >= ALARM_LEL, "gas_value": round(lel, 1), "carbon_monoxide": round(monoxide, 1)}

    def upset(self, fault: Fault) -> Mapping[str, object]:
        """Return what it measures while gas streams out beside it."""
        return {"gas": True, "gas_value": LEAK_LEL} if fault is Fault.LEAK else {}

    def command(self, name: str, value: object) -> Mapping[str, object]:
        """Show itself."""
        return shows_itself(name, value)


class LeakSensor:
    """Lies under the sink. Nothing leaks of itself."""

    model = Model(
        "LKS-LEAK-1",
        "Water leak sensor",
        (binary("water_leak", "Indicates whether the device detected a water leak"), BATTERY, IDENTIFY),
    )

    def __init__(self, random: Random) -> None:
        self._battery = Battery(random.uniform(20, 100), LIFE_H)

    def sample(self, lab_s: float) -> Mapping[str, object]:
        """Return that it is dry; the battery has aged since the last sample."""
        return {"water_leak": False, "battery": round(self._battery.at(lab_s))}

    def upset(self, fault: Fault) -> Mapping[str, object]:
        """Return that it is wet, while it leaks."""
        return {"water_leak": True} if fault is Fault.LEAK else {}

    def command(self, name: str, value: object) -> Mapping[str, object]:
        """Show itself."""
        return shows_itself(name, value)


class DoorContact:
    """The lab's door: open while a class comes in or leaves."""

    model = Model(
        "LKS-CONTACT-2",
        "Door contact",
        (
            binary("contact", "Indicates if the contact is closed (= true) or open (= false)", on=False, off=True),
            BATTERY,
            IDENTIFY,
        ),
    )

    def __init__(self, room: Room, random: Random) -> None:
        self._room = room
        self._battery = random.uniform(60, 100)

    def sample(self, lab_s: float) -> Mapping[str, object]:
        """Return whether the door is shut."""
        minute = self._room.at(lab_s).hour * 60
        passing = any(-3 <= minute - start < 0 or 40 <= minute - start < 43 for start in LESSON_STARTS)  # noqa: PLR2004 -- as `people_at` has a class come and go
        return {"contact": not passing, "battery": round(self._battery)}

    def command(self, name: str, value: object) -> Mapping[str, object]:
        """Show itself."""
        return shows_itself(name, value)


class AirAnalyser:
    """What the small monitor does not measure: coarse dust, formaldehyde, volatile compounds, sound and light; with a
    probe at the board and one outside the window.
    """

    model = Model(
        "LKS-AIR-2",
        "Air analyser",
        (
            numeric("pm10", "µg/m³", "Measured PM10 (particulate matter) concentration"),
            numeric("formaldehyd", "mg/m³", "The measured formaldehyde value"),
            numeric("tvoc", "mg/m³", "Measured total volatile organic compounds"),
            numeric("noise", "dBA", "The measured noise value"),
            numeric("illuminance", "lx", "Measured illuminance"),
            numeric("board_illuminance", "lx", "Measured illuminance of the board"),
            numeric("outdoor_aqi", "", "Air quality index outside"),
            IDENTIFY,
        ),
        mains=True,
    )

    def __init__(self, room: Room, random: Random) -> None:
        self._room = room
        self._random = random

    def sample(self, lab_s: float) -> Mapping[str, object]:
        """Return the room's air, sound and light with the sensors' noise."""
        moment, noise = self._room.at(lab_s), self._random.gauss
        people, dust = moment.people, moment.air.pm25_ug_m3
        lamps, boards_lamp = (320.0, 540.0) if people else (0.0, 0.0)
        daylight = physics.daylight(moment.hour)
        return {
            "pm10": round(max(0.0, 1.6 * dust + noise(0, 1)), 1),
            "formaldehyd": round(max(0.0, 0.03 + noise(0, 0.002)), 3),
            "tvoc": round(max(0.0, 0.18 + 0.004 * people + noise(0, 0.01)), 3),
            "noise": round(34 + 0.7 * people + noise(0, 2), 1),
            "illuminance": round(max(0.0, lamps + daylight / 60 + noise(0, 5))),
            "board_illuminance": round(max(0.0, boards_lamp + daylight / 100 + noise(0, 5))),
            "outdoor_aqi": round(OUTDOOR_AQI + noise(0, 2)),
        }

    def command(self, name: str, value: object) -> Mapping[str, object]:
        """Show itself."""
        return shows_itself(name, value)
