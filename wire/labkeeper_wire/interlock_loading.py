"""From TOML to a set of interlocks; a mistake is named with its key and, in a condition, with line and column. Pure."""

import tomllib
from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr, ValidationError

from labkeeper_wire.conditions.keys import TYPES, Keys
from labkeeper_wire.interlock_rules import Both, Force, Input, InterlockSet, Output, Permit, Place, Told, Unknown
from labkeeper_wire.interlocks import BadSet, hash_of

Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
Text = Annotated[str, Field(min_length=1, max_length=300)]
Word = Annotated[str, Field(pattern=r"^[^|;\n]{1,60}$")]  # beside others in one line of a refusal


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Both(_Strict):
    zh: Text
    en: Text

    def both(self) -> Both:
        return Both(self.zh, self.en)


class _Named(_Strict):
    zh: Word
    en: Word


class _Input(_Strict):
    device: Text
    point: Text
    type: Literal["bool", "number", "text"] = "bool"
    unit: str = ""
    max_age: str
    clock: Literal["device", "node"] = "device"
    title: _Named | None = None


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


def load_set(text: str) -> InterlockSet:
    """Return the set that a text declares; raises BadSet naming the key, and the place in a condition."""
    try:
        said = tomllib.loads(text)
        file = _File.model_validate(said)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadSet(f"not TOML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise BadSet(first["msg"], ".".join(map(str, first["loc"]))) from error
    return _Builder(text, file).build(hash_of(said))


class _Builder:
    """Turns one file into its set."""

    def __init__(self, text: str, file: _File) -> None:
        self._file, self._keys = file, Keys(text, self._bad)
        self._inputs = {name: self._input(name, said) for name, said in file.inputs.items()}
        self._outputs = {name: self._output(name, said) for name, said in file.outputs.items()}

    def build(self, name: str) -> InterlockSet:
        file = self._file
        self._known(file.force.keys() & file.permit.keys(), "force", "is a force and a permit; a name is one rule's")
        forces = tuple(self._force(key, said) for key, said in file.force.items())
        permits = tuple(self._permit(key, said) for key, said in file.permit.items())
        self._names("lamp", [file.lamp] if file.lamp else [], self._outputs)
        title = file.title.both()
        return InterlockSet(file.id, title, self._inputs, self._outputs, forces, permits, file.lamp or "", name)

    def _input(self, name: str, said: _Input) -> Input:
        key = f"inputs.{name}"
        if said.unit and said.type != "number":
            raise self._bad(f"{key}.unit", "only a number has a unit")
        age_s = self._keys.age_s(f"{key}.max_age", said.max_age)
        place = Place(said.device, said.point)
        title = Both(name, name) if said.title is None else Both(said.title.zh, said.title.en)
        return Input(place, TYPES[said.type], said.unit, age_s, said.clock == "node", title)

    def _output(self, name: str, said: _Output) -> Output:
        renew_s = None if said.renew is None else self._keys.seconds(f"outputs.{name}.renew", said.renew)
        return Output(Place(said.device, said.point), renew_s)

    def _force(self, key: str, said: _Force) -> Force:
        place = f"force.{key}"
        self._names(f"{place}.then", said.then, self._outputs)
        self._names(f"{place}.reset", [said.reset] if said.reset else [], self._inputs)
        if said.reset and self._inputs[said.reset].type is not bool:
            raise self._bad(f"{place}.reset", "a button is true or false")
        when = self._keys.condition(f"{place}.when", said.when, self._inputs)
        told = Told(said.title.both(), said.advice.both())
        return Force(key, told, when, dict(said.then), said.unknown, said.reset or "")

    def _permit(self, key: str, said: _Permit) -> Permit:
        place = f"permit.{key}"
        self._names(f"{place}.output", [said.output], self._outputs)
        needs = self._keys.condition(f"{place}.needs", said.needs, self._inputs)
        told = Told(said.title.both(), said.advice.both())
        return Permit(key, told, needs, said.output, said.otherwise)

    def _names(self, key: str, names: Iterable[str], known: Mapping[str, object]) -> None:
        self._known([name for name in names if name not in known], key, f"is none of {', '.join(known) or 'none'}")

    def _known(self, wrong: Iterable[str], key: str, problem: str) -> None:
        for name in sorted(wrong):
            raise self._bad(key, f"'{name}' {problem}")

    def _bad(self, key: str, problem: str) -> BadSet:
        return BadSet(problem, key)
