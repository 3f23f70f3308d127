"""Heart-rate bands of a PE class, heard by one gateway; a band has a number and no name."""

from collections.abc import Mapping
from random import Random

from labkeeper_sdk.sim import physics
from labkeeper_sdk.sim.homie import Node, Property
from labkeeper_sdk.sim.messages import Scalar

BANDS = 24
LESSON_S = 40 * 60.0
RESTING, LOAD = 92.0, 58.0
"""Beats a minute: an ordinary pupil standing, and what the main part of a lesson adds (the target is 140 to 160)."""


def load_at(lab_s: float) -> float:
    """Return the load from 0 to 1: warming up, the main part in sets of four minutes, cooling down."""
    part = (lab_s % LESSON_S) / LESSON_S
    shape = min(1.0, part / 0.25, (1 - part) / 0.2)
    return max(0.0, shape) * (1.0 if lab_s % 240 < 180 else 0.75)  # noqa: PLR2004 -- three minutes of four


class HeartBands:
    """One gateway; a node a band."""

    title = "PE heart-rate bands"
    nodes: Mapping[str, Node] = {
        f"band-{number:02}": Node(f"Band {number}", {"heart-rate": Property("Heart rate", "integer", "30:240", "/min")})
        for number in range(1, BANDS + 1)
    }

    def __init__(self, random: Random) -> None:
        self._random = random
        self._fitness = {band: random.gauss(0, 9) for band in self.nodes}
        self._rates = {band: RESTING + self._fitness[band] for band in self.nodes}
        self._lab_s = 0.0

    def power_on(self) -> None:
        """Nothing is kept over a power cut."""

    def measure(self, lab_s: float) -> Mapping[str, Scalar]:
        """Return every band's rate, which follows the load within about a minute."""
        dt_s, self._lab_s = max(0.0, lab_s - self._lab_s), lab_s
        found: dict[str, Scalar] = {}
        for band, fitness in self._fitness.items():
            goal = RESTING + fitness + LOAD * load_at(lab_s) * (1 + fitness / 60)
            rate = physics.relax(self._rates[band], goal, dt_s, 45.0) + self._random.gauss(0, 1.5)
            self._rates[band] = rate
            found[f"{band}/heart-rate"] = round(min(220.0, max(50.0, rate)))
        return found

    def outputs(self) -> Mapping[str, Scalar]:
        """Return nothing: it takes no commands."""
        return {}

    def command(self, name: str, value: Scalar) -> Mapping[str, Scalar]:  # noqa: ARG002 -- it takes none
        """Raise KeyError: it takes no commands."""
        raise KeyError(name)

    def advance(self, dt_s: float) -> Mapping[str, Scalar]:  # noqa: ARG002 -- nothing moves
        """Return nothing: nothing moves."""
        return {}

    def alerts(self) -> Mapping[str, str]:
        """Return nothing: it judges nobody."""
        return {}
