"""A driver's configuration: checked by its own model, brought up to date, shown as a form, its claims compared."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, SecretBytes, SecretStr
from pydantic import ValidationError as Invalid

from labkeeper_sdk.drivers import Driver, Resource
from labkeeper_sdk.errors import BadConfiguration
from labkeeper_sdk.points import Title

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
        return driver.configuration.model_validate(dict(said))
    except Invalid as error:
        raise named(error, prefix, source) from None


def unknown_keys(driver: Driver, said: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the keys that a driver's model does not have, whatever that makes of them."""
    if driver.configuration.model_config.get("extra") == "allow":
        return ()
    fields = driver.configuration.model_fields
    known = set(fields) | {field.alias for field in fields.values() if field.alias}
    return tuple(key for key in said if key not in known)


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


def named(error: Invalid, prefix: str, source: str) -> BadConfiguration:
    """Return pydantic's first complaint as ours."""
    first = error.errors(include_url=False, include_input=False)[0]
    key = prefix + ".".join(str(part) for part in first["loc"])
    problem = "no such key" if first["type"] == "extra_forbidden" else first["msg"]
    return BadConfiguration(key, problem, source)


@dataclass(frozen=True, slots=True)
class Claim:
    """What one instance wants for itself alone, and the key that says so."""

    key: str
    resource: Resource


def claims(instance: str, driver: Driver, configuration: BaseModel) -> list[Claim]:
    """Return what this instance claims; `final_validate` compares the claims of all."""
    return [Claim(f"drivers.{instance}.{it.key}", it) for it in driver.resources(configuration)]


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
    parts = (annotation, *get_args(annotation))
    return any(isinstance(part, type) and issubclass(part, SecretStr | SecretBytes) for part in parts)
