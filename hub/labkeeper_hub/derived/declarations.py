"""What a derivation says: frozen nouns; its hash is the version of what it computes."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from labkeeper_hub.alarms.rules import Match
from labkeeper_sdk import Title
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.descriptor import PointDescription

COMPUTED = 1  # goes up when a formula in the code computes something else, so that every hash does too


class FormulaKind(StrEnum):
    """What is computed; `docs/reference/derived.md` has each with its source."""

    MEAN = "mean"
    HEAT_INDEX = "heat_index"
    AIR_CHANGES = "air_changes"
    AIR_CHANGES_FIT = "air_changes_fit"
    LESSON_ENERGY = "lesson_energy"
    LIGHT_WASTED = "light_wasted"
    BATTERY_DAYS = "battery_days"


class Where(StrEnum):
    """Where the points of an input are looked for."""

    DEVICE = "device"  # at the device itself: exactly one
    LAB = "lab"  # at every device of its lab
    LESSON = "lesson"  # whether a lesson is on in its lab: the hub's own point


@dataclass(frozen=True, slots=True)
class Input:
    """One input by its role in the formula; a value stands for `hold_ms`, then it is not known. `beside`: a point that
    the device must have as well.
    """

    role: str
    match: Match
    hold_ms: int
    where: Where = Where.DEVICE
    beside: str = ""


@dataclass(frozen=True, slots=True)
class Declaration:
    """One derivation: a value every `every_ms` of event time; `{point}` in the point's name is the first input's."""

    id: str
    title: Title
    formula: FormulaKind
    inputs: tuple[Input, ...]
    point: str
    unit: str
    every_ms: int
    source: str
    window_ms: int = 0

    @property
    def version(self) -> str:
        """Return eight hex digits that are others as soon as other values would be computed."""
        inputs = [
            (i.role, sorted(i.match.points), sorted(i.match.units), i.hold_ms, i.where, i.beside) for i in self.inputs
        ]
        said = (COMPUTED, self.formula.value, inputs, self.unit, self.every_ms, self.window_ms)
        return hashlib.sha256(repr(said).encode()).hexdigest()[:8]

    def described(self, point: str) -> PointDescription:
        """Return the derived point as a point, of that input."""
        name = self.point.format(point=point)
        return PointDescription(
            name, "measure", DataType.DOUBLE, self.unit, title_zh=self.title.zh, title_en=self.title.en
        )
