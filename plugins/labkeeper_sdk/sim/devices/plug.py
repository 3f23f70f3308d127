"""Smart plug with a load behind it: a 3D printer whose bed is heated in cycles."""

from collections.abc import Mapping
from random import Random

from labkeeper_sdk.sim import physics
from labkeeper_sdk.sim.devices.orders import one_of, onoff
from labkeeper_sdk.sim.zigbee import IDENTIFY, Model, group, numeric
from labkeeper_sdk.sim.zigbee import onoff as onoff_expose

POWER_FACTOR = 0.92


class SmartPlug:
    """Power follows the state at once; energy only grows."""

    model = Model(
        "LKS-PLUG-1",
        "Smart plug with power monitoring",
        (
            group("switch", onoff_expose("the switch")),
            numeric("power", "W", "Instantaneous measured power"),
            numeric("voltage", "V", "Measured electrical potential value"),
            numeric("current", "A", "Instantaneous measured electrical current"),
            numeric("energy", "kWh", "Sum of consumed energy"),
            IDENTIFY,
        ),
        mains=True,
    )

    def __init__(self, random: Random) -> None:
        self._random = random
        self._state = "ON"
        self._voltage = physics.MAINS_V
        self._lab_s = 0.0
        self._energy = 3.2

    def sample(self, lab_s: float) -> Mapping[str, object]:
        """Return the electrical values; what was used since the last sample goes to the meter."""
        dt_s, self._lab_s = max(0.0, lab_s - self._lab_s), lab_s
        normal = self._random.gauss(0, 1)
        self._voltage = physics.wander(
            self._voltage, dt_s, mean=physics.MAINS_V, spread=2.0, time_constant_s=600.0, normal=normal
        )
        power = self._power()
        self._energy += physics.energy_kwh(power, dt_s)
        return {"state": self._state, "voltage": round(self._voltage, 1), **self._load(power)}

    def command(self, name: str, value: object) -> Mapping[str, object]:
        """Switch, or show itself; the load answers with the new state."""
        if name == "identify":
            one_of(value, ("identify",))
            return {}
        if name == "state":
            self._state = onoff(value, self._state)
            return {"state": self._state, **self._load(self._power())}
        raise KeyError(name)

    def _power(self) -> float:
        if self._state == "OFF":
            return 0.0
        cycle = physics.thermostat_power(self._lab_s, heater_w=220.0, electronics_w=38.0, period_s=240.0, duty=0.35)
        return cycle * (self._voltage / physics.MAINS_V) ** 2

    def _load(self, power: float) -> dict[str, object]:
        current = physics.current_a(power, self._voltage, POWER_FACTOR)
        return {"power": round(power, 1), "current": round(current, 3), "energy": round(self._energy, 4)}
