"""From TOML to a set of interlocks; a mistake is named with its key and, in a condition, with line and column."""

import tomllib
from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr, ValidationError

from labkeeper_edge.interlocks.rules import Force, Input, InterlockSet, Output, Permit, Place, Told, Unknown
from labkeeper_sdk import BadConfiguration, Title
from labkeeper_wire.conditions import places
from labkeeper_wire.conditions.checking import check
from labkeeper_wire.conditions.expression import Expression, Mistake
from labkeeper_wire.conditions.parser import parse
from labkeeper_wire.interlocks import BadSet, hash_of

WHILE_ONLINE = "while online"
TYPES: Mapping[str, type[bool] | type[float] | type[str]] = {"bool": bool, "number": float, "text": str}
SUPPLIED = ("chemistry", "maker", "robot-field")
Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
Text = Annotated[str, Field(min_length=1, max_length=300)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Both(_Strict):
    zh: Text
    en: Text

    def title(self) -> Title:
        return Title(self.zh, self.en)


class _Input(_Strict):
    device: Text
    point: Text
    type: Literal["bool", "number", "text"] = "bool"
    unit: str = ""
    max_age: str
    clock: Literal["device", "node"] = "device"


class _Output(_Strict):
    device: Text
    point: Text
    renew: str | None = None


Driven = StrictBool | StrictInt | StrictFloat | StrictStr


class _Permit(_Strict):
    title: _Both
    advice: _Both
    output: Name
    needs: Text
    otherwise: Driven


class _Force(_Strict):
    title: _Both
    advice: _Both
    when: Text
    then: Annotated[dict[Name, Driven], Field(min_length=1)]
    unknown: Unknown = Unknown.HOLD
    reset: Name | None = None


class _File(_Strict):
    id: Id
    title: _Both
    inputs: dict[Name, _Input]
    outputs: dict[Name, _Output]
    force: dict[Id, _Force] = {}
    permit: dict[Id, _Permit] = {}
    lamp: Name | None = None


def supplied(name: str) -> str:
    """Return the text of a set that comes with Labkeeper; raises BadConfiguration."""
    if name not in SUPPLIED:
        raise BadConfiguration("interlocks", f"there is no set {name!r}; there are {', '.join(SUPPLIED)}")
    return files("labkeeper_edge.interlocks").joinpath("sets", f"{name}.toml").read_text(encoding="utf-8")


def chosen(name: str) -> InterlockSet:
    """Return the set of a node's setting: one that comes with Labkeeper by name, or a file; raises BadConfiguration."""
    return load(supplied(name), name) if name in SUPPLIED else read(Path(name))


def read(path: Path) -> InterlockSet:
    """Read a file; raises BadConfiguration naming it, the key, and the place in a condition."""
    try:
        return load(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise BadConfiguration("interlocks", error.strerror or str(error), str(path)) from error
    except UnicodeDecodeError as error:
        raise BadConfiguration("interlocks", f"not UTF-8: {error.reason}", str(path)) from error


def load(text: str, source: str = "") -> InterlockSet:
    """Return the set that a text declares; raises BadConfiguration naming `source`, the key, and the place."""
    try:
        said = tomllib.loads(text)
        file = _File.model_validate(said)
    except tomllib.TOMLDecodeError as error:
        raise BadConfiguration("(whole file)", f"not TOML: {error}", source) from error
    except ValidationError as error:
        first = error.errors()[0]
        raise BadConfiguration(".".join(map(str, first["loc"])), first["msg"], source) from error
    try:
        return _Builder(text, source, file).build(hash_of(said))
    except BadSet as bad:
        raise BadConfiguration("(whole file)", str(bad), source) from bad


class _Builder:
    """Turns one file into its set."""

    def __init__(self, text: str, source: str, file: _File) -> None:
        self._text, self._source, self._file = text, source, file
        self._inputs = {name: self._input(name, said) for name, said in file.inputs.items()}
        self._outputs = {name: self._output(name, said) for name, said in file.outputs.items()}

    def build(self, name: str) -> InterlockSet:
        file = self._file
        self._known(file.force.keys() & file.permit.keys(), "force", "is a force and a permit; a name is one rule's")
        forces = tuple(self._force(key, said) for key, said in file.force.items())
        permits = tuple(self._permit(key, said) for key, said in file.permit.items())
        self._names("lamp", [file.lamp] if file.lamp else [], self._outputs)
        title = file.title.title()
        return InterlockSet(file.id, title, self._inputs, self._outputs, forces, permits, file.lamp or "", name)

    def _input(self, name: str, said: _Input) -> Input:
        key = f"inputs.{name}"
        if said.unit and said.type != "number":
            raise self._bad(f"{key}.unit", "only a number has a unit")
        age_s = None if said.max_age == WHILE_ONLINE else self._seconds(f"{key}.max_age", said.max_age)
        place = Place(said.device, said.point)
        return Input(place, TYPES[said.type], said.unit, age_s, said.clock == "node")

    def _output(self, name: str, said: _Output) -> Output:
        renew_s = None if said.renew is None else self._seconds(f"outputs.{name}.renew", said.renew)
        return Output(Place(said.device, said.point), renew_s)

    def _force(self, key: str, said: _Force) -> Force:
        place = f"force.{key}"
        self._names(f"{place}.then", said.then, self._outputs)
        self._names(f"{place}.reset", [said.reset] if said.reset else [], self._inputs)
        if said.reset and self._inputs[said.reset].type is not bool:
            raise self._bad(f"{place}.reset", "a button is true or false")
        when = self._condition(f"{place}.when", said.when)
        told = Told(said.title.title(), said.advice.title())
        return Force(key, told, when, dict(said.then), said.unknown, said.reset or "")

    def _permit(self, key: str, said: _Permit) -> Permit:
        place = f"permit.{key}"
        self._names(f"{place}.output", [said.output], self._outputs)
        needs = self._condition(f"{place}.needs", said.needs)
        told = Told(said.title.title(), said.advice.title())
        return Permit(key, told, needs, said.output, said.otherwise)

    def _condition(self, key: str, text: str) -> Expression:
        try:
            expression = parse(text)
            check(expression, self._inputs)
        except Mistake as mistake:
            raise self._bad(key, places.told(self._text, text, mistake)) from None
        return expression

    def _seconds(self, key: str, text: str) -> float:
        try:
            return places.seconds(text)
        except ValueError as error:
            raise self._bad(key, str(error)) from None

    def _names(self, key: str, names: Iterable[str], known: Mapping[str, object]) -> None:
        self._known([name for name in names if name not in known], key, f"is none of {', '.join(known) or 'none'}")

    def _known(self, wrong: Iterable[str], key: str, problem: str) -> None:
        for name in sorted(wrong):
            raise self._bad(key, f"'{name}' {problem}")

    def _bad(self, key: str, problem: str) -> BadConfiguration:
        return BadConfiguration(key, problem, self._source)
