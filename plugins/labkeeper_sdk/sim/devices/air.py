"""Air quality monitor: CO2, PM2.5, temperature, humidity; its screen can be switched."""

from collections.abc import Mapping
from random import Random

from labkeeper_sdk.sim import physics
from labkeeper_sdk.sim.devices.orders import one_of
from labkeeper_sdk.sim.room import Room
from labkeeper_sdk.sim.zigbee import ALL, IDENTIFY, Model, binary, numeric


class AirQuality:
    """Sensor noise as data sheets of NDIR and laser sensors give it: about ±5 ppm, ±0.5 µg/m³, ±0.05 °C, ±0.3 %."""

    model = Model(
        "LKS-AIR-1",
        "Air quality monitor",
        (
            numeric("co2", "ppm", "The measured CO2 (carbon dioxide) value"),
            numeric("pm25", "µg/m³", "Measured PM2.5 (particulate matter) concentration"),
            numeric("temperature", "°C", "Measured temperature value"),
            numeric("humidity", "%", "Measured relative humidity"),
            binary("display", "The screen of the monitor", ALL, on="ON", off="OFF"),
            IDENTIFY,
        ),
        mains=True,
    )

    def __init__(self, room: Room, random: Random) -> None:
        self._room = room
        self._random = random
        self._display = "ON"

    def sample(self, lab_s: float) -> Mapping[str, object]:
        """Return the room's air with the sensors' noise."""
        air = self._room.at(lab_s).air
        noise = self._random.gauss
        humidity = physics.relative_humidity(air.vapour_hpa, air.temperature_c)
        return {
            "co2": round(air.co2_ppm + noise(0, 5)),
            "pm25": round(max(0.0, air.pm25_ug_m3 + noise(0, 0.5)), 1),
            "temperature": round(air.temperature_c + noise(0, 0.05), 2),
            "humidity": round(min(100.0, max(0.0, humidity + noise(0, 0.3))), 2),
            "display": self._display,
        }

    def command(self, name: str, value: object) -> Mapping[str, object]:
        """Switch the screen, or show itself."""
        if name == "identify":
            one_of(value, ("identify",))
            return {}
        if name == "display":
            self._display = one_of(value, ("ON", "OFF"))
            return {"display": self._display}
        raise KeyError(name)
