"""From a TOML text to an automation, every mistake with its key, and in a condition with line and column."""

import tomllib
from collections.abc import Mapping
from datetime import time
from importlib.resources import files
from pathlib import Path

from pydantic import ValidationError

from labkeeper_hub.automations.border import DAYS, File, InputBody
from labkeeper_hub.automations.rules import GIVEN, GIVEN_INPUTS, Automation, Input, Limits, Occasion, Places
from labkeeper_hub.telling.hours import EVERY_DAY, MIDNIGHT, Hours
from labkeeper_sdk import BadConfiguration, Title
from labkeeper_wire.conditions.expression import Expression
from labkeeper_wire.conditions.keys import TYPES, Keys
from labkeeper_wire.leases.book import Room

AT_LASTS_MIN = 10  # so long what is due at a time of day waits for what is in its way
DAY_MIN = 24 * 60
SUPPLIED = ("lights-off", "fresh-air", "shutters-at-heat")


def supplied(name: str) -> str:
    """Return the text of an automation that comes with Labkeeper, to be given a lab; raises BadConfiguration."""
    if name not in SUPPLIED:
        raise BadConfiguration("automations", f"there is no {name!r}; there are {', '.join(SUPPLIED)}")
    return files("labkeeper_hub.automations").joinpath("supplied", f"{name}.toml").read_text(encoding="utf-8")


def read(path: Path) -> tuple[Automation, str]:
    """Read a file, and return its text too; raises BadConfiguration naming it, the key, and the place."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadConfiguration("automations", error.strerror or str(error), str(path)) from error
    except UnicodeDecodeError as error:
        raise BadConfiguration("automations", f"not UTF-8: {error.reason}", str(path)) from error
    return load(text, str(path)), text


def load(text: str, source: str = "") -> Automation:
    """Return the automation that a text declares; raises BadConfiguration naming `source`, the key, and the place."""
    try:
        file = File.model_validate(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadConfiguration("(whole file)", f"not TOML: {error}", source) from error
    except ValidationError as error:
        first = error.errors()[0]
        raise BadConfiguration(".".join(map(str, first["loc"])) or "(whole file)", first["msg"], source) from error
    return _Builder(text, source, file).build()


class _Builder:
    """Turns one file into its automation."""

    def __init__(self, text: str, source: str, file: File) -> None:
        self._source, self._file, self._keys = source, file, Keys(text, self._bad)

    def build(self) -> Automation:
        file = self._file
        title = Title(file.title.zh, file.title.en)
        then = tuple(deed.noun() for deed in file.then)
        return Automation(file.id, title, Room(file.school, file.lab), self._occasion(), then, self._limits())

    def _occasion(self) -> Occasion:
        file = self._file
        inputs = {name: self._input(name, said) for name, said in file.inputs.items()}
        every = {**inputs, **GIVEN_INPUTS}
        needs = None if file.needs is None else self._keys.condition("needs", file.needs, every)
        return Occasion(self._trigger(every), needs, self._hours(), inputs)

    def _trigger(self, inputs: Mapping[str, Input]) -> Expression | Hours:
        match self._file.when, self._file.at:
            case str(when), None:
                return self._keys.condition("when", when, inputs)
            case None, str(at):
                return self._at(at)
            case _:
                raise self._bad("when", "an automation has either 'when' or 'at'")

    def _input(self, name: str, said: InputBody) -> Input:
        key = f"inputs.{name}"
        if name in GIVEN:
            raise self._bad(key, f"every lab has {', '.join(sorted(GIVEN))} already: take another name")
        if said.unit and said.type != "number":
            raise self._bad(f"{key}.unit", "only a number has a unit")
        age_s = self._keys.age_s(f"{key}.max_age", said.max_age)
        return Input(Places(said.point, said.node, said.device), TYPES[said.type], said.unit, age_s, said.of)

    def _at(self, text: str) -> Hours:
        begin = int(text[:2]) * 60 + int(text[3:])
        end = divmod((begin + AT_LASTS_MIN) % DAY_MIN, 60)
        return Hours(self._days, time(*divmod(begin, 60)), time(*end), self._on_holidays)

    def _hours(self) -> Hours:
        start, _, end = (self._file.between or "").partition("-")
        first, last = (time.fromisoformat(one) if one else MIDNIGHT for one in (start, end))
        return Hours(self._days, first, last, self._on_holidays)

    @property
    def _days(self) -> frozenset[int]:
        return EVERY_DAY if self._file.days is None else frozenset(DAYS[day] for day in self._file.days)

    @property
    def _on_holidays(self) -> bool:
        """Whose days are named has its holidays off, unless it says otherwise."""
        said = self._file.holidays
        return self._file.days is None if said is None else said

    def _limits(self) -> Limits:
        file = self._file
        hold_ms = 0 if file.hold is None else round(self._keys.seconds("hold", file.hold) * 1000)
        return Limits(round(self._keys.seconds("cool_down", file.cool_down) * 1000), file.most_an_hour, hold_ms)

    def _bad(self, key: str, problem: str) -> BadConfiguration:
        return BadConfiguration(key, problem, self._source)
