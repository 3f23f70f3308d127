"""Which instances of a set from the hub this node would begin, and everything that is wrong with the others. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from labkeeper_edge.settings import DriverSettings, Settings, driver_configuration
from labkeeper_sdk import BadConfiguration, Driver
from labkeeper_sdk.configuration import Claim, Place, claims, final_validate, misnamed, schema
from labkeeper_sdk.forms import found_at, mistakes, replaced, secret_places
from labkeeper_sdk.plugins import Loaded
from labkeeper_wire.driver_sets import MOST_MISTAKES, SEALED, Instance, Instances, Mistake, pointer
from labkeeper_wire.topics import BadTopic, check_id

Unseal: TypeAlias = Callable[[str, str, str], str | None]
"""(instance, driver, sealed) → the secret, None if it is not for that."""

WORDS = {
    "bad_name": "a name has no /, + or #, and is not empty",
    "name_taken": "the node's own file has an instance of that name",
    "not_opened": "the node's own file does not let the hub add this driver",
    "unlisted": "nobody has vouched for this driver at the node",
    "broken_driver": "this driver's package does not load at the node",
    "no_such_driver": "this driver is not installed at the node",
    "cannot_be_apart": "this driver cannot run in a process of its own",
    "secret_in_clear": "a secret comes sealed, or not at all",
    "cannot_open": "this secret was sealed for another node, instance or driver: type it in again",
}


@dataclass(slots=True)
class Judged:
    """`drivers` are the instances that stand, as the file would have them."""

    drivers: dict[str, DriverSettings] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)
    claimed: list[Claim] = field(default_factory=list)

    def wrong(
        self, code: str, *place: object, problem: str = "", limits: Mapping[str, float | str] | None = None
    ) -> None:
        """Note a mistake; beyond what an answer carries they are as good as told."""
        if len(self.mistakes) < MOST_MISTAKES:
            said = (problem or WORDS[code])[:2000]
            self.mistakes.append(Mistake(pointer=pointer(*place), code=code, problem=said, limits=dict(limits or {})))


def opened(settings: Settings, driver: str) -> bool:
    """Tell whether the node's own file lets the hub add instances of a driver."""
    said = settings.drivers_from_hub
    return said if isinstance(said, bool) else driver in said


def judge(instances: Instances, settings: Settings, loaded: Loaded, unseal: Unseal) -> Judged:
    """Check a whole set beside the node's own file, of which every instance is known to be right."""
    judged = Judged(claimed=claims_of(settings, loaded))
    for name, one in instances.items():
        before = len(judged.mistakes)
        driver = _driver(judged, name, one, settings, loaded)
        if driver is None:
            continue
        own = _unsealed(judged, name, one, driver, unseal)
        if len(judged.mistakes) == before:
            _check(judged, name, one, driver, own)
    return judged


def claims_of(settings: Settings, loaded: Loaded) -> list[Claim]:
    """Return what the instances of the node's own file want for themselves alone; raises BadConfiguration."""
    found: list[Claim] = []
    for name, said in settings.drivers.items():
        driver = loaded.drivers.get(said.driver)
        if driver is not None:
            found += claims(name, driver, driver_configuration(name, driver, said.own()))
    return found


def _driver(judged: Judged, name: str, one: Instance, settings: Settings, loaded: Loaded) -> Driver | None:
    """Return the driver of an instance that may be added; else note why not."""
    try:
        check_id(name)
    except BadTopic:
        judged.wrong("bad_name", name)
        return None
    if name in settings.drivers:
        judged.wrong("name_taken", name)
        return None
    driver = loaded.drivers.get(one.driver)
    if driver is None or not opened(settings, one.driver):
        judged.wrong(_why_not(one.driver, settings, loaded), name, "driver")
        return None
    if one.apart and one.driver not in loaded.sources:
        judged.wrong("cannot_be_apart", name, "apart")
    return driver


def _why_not(driver: str, settings: Settings, loaded: Loaded) -> str:
    if not opened(settings, driver):
        return "not_opened"
    if driver in {one.name for one in loaded.broken}:
        return "broken_driver"
    return "unlisted" if driver in loaded.sources else "no_such_driver"


def _unsealed(judged: Judged, name: str, one: Instance, driver: Driver, unseal: Unseal) -> dict[str, Any]:
    """Return the driver's keys with every secret opened."""
    places = secret_places(schema(driver), one.configuration)
    secrets: dict[Place, str] = {}
    for place in sorted(places, key=str):
        sealed = found_at(one.configuration, place)
        if sealed is None:
            continue
        if not isinstance(sealed, Mapping) or set(sealed) != {SEALED} or not isinstance(sealed[SEALED], str):
            judged.wrong("secret_in_clear", name, "configuration", *place)
            continue
        secret = unseal(name, one.driver, sealed[SEALED])
        if secret is None:
            judged.wrong("cannot_open", name, "configuration", *place)
        else:
            secrets[place] = secret
    own: dict[str, Any] = replaced(one.configuration, secrets)
    return own


def _check(judged: Judged, name: str, one: Instance, driver: Driver, own: Mapping[str, Any]) -> None:
    """Have the driver's own model look at its keys, and compare what the instance claims with all before it."""
    names = driver.instance_names
    if names is not None and (problem := misnamed(name, driver)):
        judged.wrong("instance_name", name, problem=problem, limits={"example": names.example})
        return
    for found in mistakes(driver, own):
        judged.wrong(found.code, name, "configuration", *found.place, problem=found.problem, limits=found.limits)
    if any(it.pointer.startswith(pointer(name, "")) for it in judged.mistakes):
        return
    wanted = list(claims(name, driver, driver_configuration(name, driver, own)))
    try:
        final_validate([*judged.claimed, *wanted])
    except BadConfiguration as taken:
        key = taken.key.removeprefix(f"drivers.{name}.")
        judged.wrong("taken", name, "configuration", *key.split("."), problem=taken.problem)
        return
    judged.claimed += wanted
    said = {**own, "driver": one.driver, "isolation": "process" if one.apart else None}
    judged.drivers[name] = DriverSettings.model_validate(said)
