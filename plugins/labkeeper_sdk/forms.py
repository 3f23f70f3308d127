"""What a form needs beside the schema: where secrets are, and every mistake of a configuration with its place. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from pydantic import ValidationError as Invalid

from labkeeper_sdk.configuration import VERSION, Place, dropped_keys, unknown_keys, up_to_date
from labkeeper_sdk.drivers import Driver
from labkeeper_sdk.errors import BadConfiguration

Schema: TypeAlias = Mapping[str, Any]
UNKNOWN = "extra_forbidden"
ALTERNATIVES = ("anyOf", "oneOf", "allOf")
DEEPEST = 16  # levels of tables in tables; a schema that names itself has no end


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with one key. `code` is pydantic's name for it, or ours; `limits` are the numbers it speaks of."""

    place: Place
    code: str
    problem: str
    limits: Mapping[str, float | str] = field(default_factory=dict)


def secret_places(schema: Schema, value: object) -> set[Place]:
    """Return where in `value` a schema wants secrets, whether or not one is there."""
    return set(_secrets(schema, schema, value, ()))


def replaced(value: Any, news: Mapping[Place, object], at: Place = ()) -> Any:  # noqa: ANN401 -- JSON in, JSON out
    """Return `value` with other things at these places; what was given is not touched."""
    if at in news:
        return news[at]
    if isinstance(value, Mapping):
        return {key: replaced(one, news, (*at, key)) for key, one in value.items()}
    if isinstance(value, list):
        return [replaced(one, news, (*at, number)) for number, one in enumerate(value)]
    return value


def found_at(value: Any, place: Place) -> Any:  # noqa: ANN401 -- JSON in, JSON out
    """Return what is at a place that is there."""
    for part in place:
        value = value[part]
    return value


def mistakes(driver: Driver, said: Mapping[str, Any]) -> tuple[Mistake, ...]:
    """Return everything that is wrong with an instance's own keys; no value appears in it, it may be a secret."""
    try:
        now = up_to_date(driver, said)
    except BadConfiguration as bad:
        return (Mistake((VERSION,), "version", bad.problem),)
    places: Iterable[Place] = ((key,) for key in unknown_keys(driver, now))
    found = []
    try:
        places = dropped_keys(driver.configuration.model_validate(dict(now)), now)
    except Invalid as invalid:
        found = [_mistake(error, now) for error in invalid.errors(include_url=False, include_input=False)]
    found = [Mistake(place, UNKNOWN, "no such key") for place in places] + found
    return tuple({(one.place, one.code): one for one in found}.values())


def _mistake(error: Mapping[str, Any], said: Mapping[str, Any]) -> Mistake:
    context = error.get("ctx", {})
    limits = {name: one for name, one in context.items() if isinstance(one, int | float | str)}
    problem = "no such key" if error["type"] == UNKNOWN else str(error["msg"])
    return Mistake(_place(error["loc"], said, missing=error["type"] == "missing"), error["type"], problem, limits)


def _place(where: Sequence[str | int], said: object, *, missing: bool) -> Place:
    """Name the key, without the branches of its type that pydantic tried."""
    place: list[str | int] = []
    for number, part in enumerate(where, 1):
        if isinstance(said, Mapping) and (part in said or (missing and number == len(where))):
            said = said.get(part)
        elif isinstance(said, list) and isinstance(part, int) and part < len(said):
            said = said[part]
        else:
            continue
        place.append(part)
    return tuple(place)


def _secrets(root: Schema, schema: Schema, value: object, at: Place) -> Iterator[Place]:
    if len(at) > DEEPEST:
        return
    for one in _branches(root, schema, DEEPEST):
        if one.get("writeOnly") is True and one.get("format") == "password":
            yield at
        for key, inner, said in _within(one, value):
            yield from _secrets(root, inner, said, (*at, key))


def _within(schema: Schema, value: object) -> Iterator[tuple[str | int, Schema, object]]:
    """Yield what is in a table or a list, each with its own schema."""
    if isinstance(value, Mapping):
        named, others = table(schema.get("properties")), schema.get("additionalProperties")
        found: Iterator[tuple[str | int, object, object]] = (
            (key, named.get(key, others), it) for key, it in value.items()
        )
    else:
        items = value if isinstance(value, list) else []
        found = ((number, schema.get("items"), it) for number, it in enumerate(items))
    yield from ((key, inner, said) for key, inner, said in found if isinstance(inner, Mapping))


def _branches(root: Schema, schema: Schema, deep: int) -> Iterator[Schema]:
    """Yield what a value may be: itself, what it refers to, each of its alternatives; a circle has an end."""
    yield schema
    if deep == 0:
        return
    name = str(schema.get("$ref", "")).removeprefix("#/$defs/")
    others = [table(root.get("$defs")).get(name), *(one for kind in ALTERNATIVES for one in schema.get(kind, ()))]
    for one in others:
        if isinstance(one, Mapping):
            yield from _branches(root, one, deep - 1)


def table(value: object) -> Mapping[str, Any]:
    """Return a table as it is, and nothing for what is none: schemas come from strangers, too."""
    return value if isinstance(value, Mapping) else {}
