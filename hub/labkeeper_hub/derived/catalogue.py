"""Declarations out of TOML, and what a school adds, changes or switches off; a mistake is named by its place."""

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from labkeeper_hub.alarms.catalogue import Both, Duration, Text
from labkeeper_hub.alarms.rules import Match
from labkeeper_hub.derived.declarations import Declaration, FormulaKind, Input, Where
from labkeeper_sdk import BadConfiguration

FILE = "derived.toml"
Declarations: TypeAlias = Mapping[str, Declaration]

ROLES: Mapping[FormulaKind, tuple[str, ...]] = {
    FormulaKind.MEAN: ("value",),
    FormulaKind.HEAT_INDEX: ("temperature", "humidity"),
    FormulaKind.AIR_CHANGES: ("co2",),
    FormulaKind.AIR_CHANGES_FIT: ("co2",),
    FormulaKind.LESSON_ENERGY: ("counter", "lesson"),
    FormulaKind.LIGHT_WASTED: ("lamp", "presence"),
    FormulaKind.BATTERY_DAYS: ("battery",),
}
"""The inputs that each formula takes, in this order."""
NEED_WINDOW = (FormulaKind.MEAN, FormulaKind.AIR_CHANGES, FormulaKind.AIR_CHANGES_FIT, FormulaKind.BATTERY_DAYS)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class InputEntry(_Strict):
    """One input as the file says it."""

    role: Text
    points: list[Text] = []
    units: list[str] = []
    hold: Duration = 30 * 60_000
    where: Where = Where.DEVICE
    beside: str = ""

    def input(self) -> Input:
        match = Match(frozenset(self.points), frozenset(self.units))
        return Input(self.role, match, self.hold, self.where, self.beside)


class DerivationEntry(_Strict):
    """One derivation as the file says it."""

    title: Both
    formula: FormulaKind
    point: Annotated[str, Field(pattern=r"^(\{point\})?[a-z0-9_]*$", min_length=1, max_length=100)]
    unit: str
    every: Duration
    source: Text
    window: Duration = 0
    inputs: Annotated[list[InputEntry], Field(min_length=1)]

    @model_validator(mode="after")
    def _fits_its_formula(self) -> "DerivationEntry":
        if (self.formula in NEED_WINDOW) is not (self.window > 0):
            raise ValueError(f"'{self.formula}' {'needs a' if self.formula in NEED_WINDOW else 'has no'} window")
        if self.every < 1000:  # noqa: PLR2004 -- a second
            raise ValueError("every is at least 1 s")
        if tuple(one.role for one in self.inputs) != ROLES[self.formula]:
            raise ValueError(f"'{self.formula}' takes, in this order: {', '.join(ROLES[self.formula])}")
        if self.inputs[0].where is not Where.DEVICE:
            raise ValueError("the first input is a point of the device itself")
        return self

    def declaration(self, name: str) -> Declaration:
        inputs = tuple(one.input() for one in self.inputs)
        numbers = (self.point, self.unit, self.every, self.source, self.window)
        return Declaration(name, self.title.title(), self.formula, inputs, *numbers)


def shipped() -> Declarations:
    """Return the derivations of this version."""
    text = files("labkeeper_hub.derived").joinpath("catalogue.toml").read_text(encoding="utf-8")
    return parse(text, "catalogue.toml")


def parse(text: str, source: str, before: Declarations | None = None) -> Declarations:
    """Read derivations over those from before; `off = true` takes one away. Raises BadConfiguration with its place."""
    found = dict(before or {})
    for name, said in _toml(text, source).items():
        if said == {"off": True}:
            found.pop(name, None)
        else:
            found[name] = _declaration(name, said, source)
    return found


def load(file: Path) -> Declarations:
    """Return the shipped derivations with a school's own; a file that is not there changes nothing."""
    return parse(file.read_text(encoding="utf-8"), str(file), shipped()) if file.exists() else shipped()


def _declaration(name: str, said: object, source: str) -> Declaration:
    try:
        return DerivationEntry.model_validate(said).declaration(name)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join((name, *(str(part) for part in first["loc"])))
        raise BadConfiguration(place, first["msg"], source) from error


def _toml(text: str, source: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadConfiguration("derived", f"is not TOML: {error}", source) from error
