"""A driver's configuration: checked by its own model, brought up to date, shown as a form, its claims compared."""

import os
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias, get_args

from pydantic import AliasChoices, BaseModel, SecretBytes, SecretStr
from pydantic import ValidationError as Invalid
from pydantic.fields import FieldInfo

from labkeeper_sdk.drivers import Driver, Resource
from labkeeper_sdk.errors import BadConfiguration
from labkeeper_sdk.points import Title

Place: TypeAlias = tuple[str | int, ...]
VERSION = "version"  # the key that says which version of a driver's configuration was written


def form(title: Title, description: Title | None = None) -> dict[str, Any]:
    """Return what a field's `json_schema_extra` says to a form: its title and description in both languages.

    `host: str = Field(json_schema_extra=form(Title(zh="主机", en="Host")))`.
    """
    said: dict[str, Any] = {"lk:title": {"zh": title.zh, "en": title.en}}
    if description is not None:
        said["lk:description"] = {"zh": description.zh, "en": description.en}
    return said


def schema(driver: Driver) -> dict[str, Any]:
    """Return the JSON Schema of an instance's keys; fields carry `lk:title` and `lk:description` where given.

    Secrets have `"format": "password", "writeOnly": true` and never a default.
    """
    made = driver.configuration.model_json_schema()
    made["title"] = driver.title.en or driver.title.zh or driver.name
    made["lk:title"] = {"zh": driver.title.zh, "en": driver.title.en}
    made["lk:version"] = driver.version
    return made


def secrets(model: type[BaseModel]) -> set[str]:
    """Return the names of the fields that are secrets."""
    return {name for name, field in model.model_fields.items() if _is_secret(field.annotation)}


def shown(configuration: BaseModel) -> dict[str, Any]:
    """Return a configuration that may be logged or shown: every secret is stars."""
    dumped: dict[str, Any] = configuration.model_dump(mode="json")
    return dumped


def check_configuration(driver: Driver, said: Mapping[str, Any], prefix: str = "", source: str = "") -> BaseModel:
    """Return an instance's own keys as its driver's model, older versions migrated first.

    Raises BadConfiguration naming `source` and `prefix` + key; the value never appears in it, it may be a secret.
    """
    said = up_to_date(driver, said, prefix, source)
    for key in unknown_keys(driver, said):
        raise BadConfiguration(prefix + key, f"driver {driver.name} has no such key", source)
    try:
        checked = driver.configuration.model_validate(dict(said))
    except Invalid as error:
        raise named(error, prefix, source) from None
    for place in dropped_keys(checked, said):
        raise BadConfiguration(prefix + dotted(place), f"driver {driver.name} has no such key", source)
    return checked


def misnamed(instance: str, driver: Driver) -> str:
    """Return why an instance may not be called so by its driver's own rule, "" where it may. The name is not in it."""
    names = driver.instance_names
    if names is None or re.fullmatch(names.pattern, instance):
        return ""
    return f"an instance of driver {driver.name} is called like {names.example}: its name is in topics, logs and data"


def check_instance(instance: str, driver: Driver, said: Mapping[str, Any], source: str = "") -> BaseModel:
    """Return an instance's own keys as its driver's model; raises BadConfiguration, also for its name."""
    if problem := misnamed(instance, driver):
        raise BadConfiguration(f"drivers.{instance}", problem, source)
    return check_configuration(driver, said, f"drivers.{instance}.", source)


def unknown_keys(driver: Driver, said: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the keys that a driver's model does not have, whatever that makes of them."""
    return tuple(_unknown(driver.configuration, said))


def dropped_keys(checked: object, said: object, at: Place = ()) -> Iterator[Place]:
    """Yield where in its tables, too, a configuration was told keys that its models do not have."""
    if isinstance(checked, BaseModel) and isinstance(said, Mapping):
        yield from ((*at, key) for key in _unknown(type(checked), said))
        for name, field in type(checked).model_fields.items():
            for key in _keys(name, field) & said.keys():
                yield from dropped_keys(getattr(checked, name), said[key], (*at, key))
    elif isinstance(checked, Mapping) and isinstance(said, Mapping):
        for key in checked.keys() & said.keys():
            yield from dropped_keys(checked[key], said[key], (*at, key))
    elif isinstance(checked, list | tuple) and isinstance(said, list | tuple):
        for number, (one, said_of_it) in enumerate(zip(checked, said, strict=False)):
            yield from dropped_keys(one, said_of_it, (*at, number))


def dotted(place: Iterable[str | int]) -> str:
    """Return a place as a key is written: `points.speed.unit`."""
    return ".".join(str(part) for part in place)


def tables(model: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    """Yield a configuration's model and those of the tables in it, each once, with the dotted keys that lead there."""
    seen: set[type[BaseModel]] = set()
    found = deque([("", model)])
    while found:
        at, one = found.popleft()
        if one in seen:
            continue
        seen.add(one)
        yield at, one
        for name, field in one.model_fields.items():
            inner = f"{at}.{name}" if at else name
            found.extend((inner, part) for part in _parts(field.annotation) if issubclass(part, BaseModel))


def _unknown(model: type[BaseModel], said: Mapping[str, Any]) -> Iterator[str]:
    if model.model_config.get("extra") == "allow":
        return
    known = {key for name, field in model.model_fields.items() for key in _keys(name, field)}
    yield from (key for key in said if key not in known)


def _keys(name: str, field: FieldInfo) -> set[str]:
    """Return the keys a field may be written by: its name, and its aliases where it has some."""
    aliases = (field.alias, field.validation_alias)
    choices = [one for it in aliases for one in (it.choices if isinstance(it, AliasChoices) else [it])]
    return {name, *(one for one in choices if isinstance(one, str))}


def up_to_date(driver: Driver, said: Mapping[str, Any], prefix: str = "", source: str = "") -> Mapping[str, Any]:
    """Return keys of an older version as the present one has them; without `version` they are of the first, if there
    are several. Raises BadConfiguration naming `version`.
    """
    if VERSION in driver.configuration.model_fields or (driver.version == 1 and VERSION not in said):
        return said
    written = said.get(VERSION, 1)
    rest = {key: value for key, value in said.items() if key != VERSION}
    if not isinstance(written, int) or isinstance(written, bool) or not 1 <= written <= driver.version:
        known = f"driver {driver.name} knows versions 1 to {driver.version}"
        raise BadConfiguration(prefix + VERSION, known, source)
    if written == driver.version:
        return rest
    if driver.migrate is None:
        raise BadConfiguration(
            prefix + VERSION, f"driver {driver.name} cannot bring version {written} up to date", source
        )
    try:
        return driver.migrate(rest, written)
    except (KeyError, ValueError, TypeError) as error:
        problem = f"cannot be brought from version {written} to {driver.version}: {error}"
        raise BadConfiguration(prefix + VERSION, problem, source) from error


PROBLEMS = {"extra_forbidden": "no such key", "missing": "must be given"}
"""What pydantic says in words that only programmers know."""


def named(error: Invalid, prefix: str, source: str) -> BadConfiguration:
    """Return pydantic's first complaint as ours."""
    first = error.errors(include_url=False, include_input=False)[0]
    key = prefix + dotted(first["loc"])
    problem = PROBLEMS.get(first["type"], first["msg"].removeprefix("Value error, "))
    return BadConfiguration(key, problem, source)


@dataclass(frozen=True, slots=True)
class Claim:
    """What one instance wants for itself alone, and the key that says so."""

    key: str
    resource: Resource


def claims(instance: str, driver: Driver, configuration: BaseModel) -> list[Claim]:
    """Return what this instance claims; `final_validate` compares the claims of all."""
    return [Claim(f"drivers.{instance}.{it.key}", it) for it in resources(driver, configuration)]


def resources(driver: Driver, configuration: BaseModel) -> Iterator[Resource]:
    """Yield what a configuration claims, files by their real path: /dev/serial/by-id/… is another name of ttyUSB0."""
    for it in driver.resources(configuration):
        yield replace(it, name=os.path.realpath(it.name)) if it.name.startswith("/") else it


def final_validate(claimed: Iterable[Claim], source: str = "") -> None:
    """Raise BadConfiguration, naming both keys, where two instances claim the same thing."""
    taken: dict[tuple[str, str], str] = {}
    for claim in claimed:
        what = (claim.resource.kind, claim.resource.name)
        if what in taken:
            problem = f"{claim.resource.kind} {claim.resource.name} is used by {taken[what]} already"
            raise BadConfiguration(claim.key, problem, source)
        taken[what] = claim.key


def _is_secret(annotation: object) -> bool:
    return any(issubclass(part, SecretStr | SecretBytes) for part in _parts(annotation))


def _parts(annotation: object) -> Iterator[type]:
    """Yield the classes an annotation is made of: of `dict[str, A | None]` str, A and None's."""
    if inner := get_args(annotation):
        for part in inner:
            yield from _parts(part)
    elif isinstance(annotation, type):
        yield annotation
