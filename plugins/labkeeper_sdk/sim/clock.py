"""A device's own clock: never quite the network's."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DeviceClock:
    """A clock `offset_ms` off at `set_ms`, drifting by `drift_ppm` since; times in ms since the epoch."""

    offset_ms: int = 0
    drift_ppm: float = 0.0
    set_ms: int = 0

    def read(self, true_ms: int) -> int:
        """Return what the device believes the time to be."""
        return true_ms + self.offset_ms + round((true_ms - self.set_ms) * self.drift_ppm / 1e6)
