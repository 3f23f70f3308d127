"""The battery of a sensor, which ages with the lab's time."""

from dataclasses import dataclass

from labkeeper_sdk.sim import physics


@dataclass(slots=True)
class Battery:
    """Charge in percent, emptied in `life_h` hours of the lab."""

    percent: float
    life_h: float
    _lab_s: float = 0.0

    def at(self, lab_s: float) -> float:
        """Return the charge at a time; it has aged since the last one that was asked for."""
        self.percent = physics.battery_after(self.percent, max(0.0, lab_s - self._lab_s), life_h=self.life_h)
        self._lab_s = lab_s
        return self.percent
