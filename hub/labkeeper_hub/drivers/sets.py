"""What people want of a node's drivers: sealed before anybody sees it, compared without a value. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from labkeeper_hub.model import NodeKey
from labkeeper_sdk.configuration import Place
from labkeeper_sdk.forms import found_at, replaced, secret_places, table
from labkeeper_wire.driver_sets import SEALED, Instance, Instances, Mistake, Offer, Offered, pointer

WORDS = {
    "not_offered": "this node does not let the hub add this driver",
    "extra_forbidden": "no such key",
    "bad_secret": "a secret is a text",
}


@dataclass(frozen=True, slots=True)
class Sealed:
    """A set that may be sent and kept; with mistakes it may be neither."""

    instances: Instances
    mistakes: tuple[Mistake, ...]


def sealed(node: NodeKey, offer: Offer, wanted: Instances) -> Sealed:
    """Seal every secret to the node's key. What the node's schema has no place for is refused here: it could be a
    secret with its name misspelt, and it would travel as it is.
    """
    from labkeeper_wire.sealing import binding, seal  # noqa: PLC0415 -- cryptography: 6 MB that only this needs

    offered = {one.name: one for one in offer.drivers}
    instances: Instances = {}
    mistakes: list[Mistake] = []
    for name, one in wanted.items():
        driver = offered.get(one.driver)
        if driver is None:
            mistakes.append(_wrong("not_offered", name, "driver"))
            continue
        mistakes += [_wrong("extra_forbidden", name, "configuration", key) for key in _strange(driver, one)]
        bound = binding(node.school, node.node, name, one.driver)
        news: dict[Place, object] = {}
        for place in secret_places(driver.schema_, one.configuration):
            said = found_at(one.configuration, place)
            if isinstance(said, str):
                news[place] = {SEALED: seal(offer.key, said, bound)}
            elif said is not None and not is_sealed(said):
                mistakes.append(_wrong("bad_secret", name, "configuration", *place))
        instances[name] = one.model_copy(update={"configuration": _dated(driver, replaced(one.configuration, news))})
    return Sealed(instances, tuple(mistakes))


def is_sealed(said: object) -> bool:
    """Tell a secret that only its node can open."""
    return isinstance(said, Mapping) and set(said) == {SEALED} and isinstance(said[SEALED], str)


def changes(before: Instances, after: Instances) -> tuple[str, ...]:
    """Return what differs, as places: +added, -removed, ~changed; never a value, it may be a secret."""
    return tuple(
        [f"-{pointer(name)}" for name in before if name not in after]
        + [f"+{pointer(name)} ({after[name].driver})" for name in after if name not in before]
        + [f"~{place}" for name in after if name in before for place in _changed(name, before[name], after[name])]
    )


def _changed(name: str, before: Instance, after: Instance) -> Iterator[str]:
    if before.driver != after.driver:
        yield pointer(name, "driver")
    if before.apart != after.apart:
        yield pointer(name, "apart")
    for key in sorted({*before.configuration, *after.configuration}):
        if before.configuration.get(key) != after.configuration.get(key):
            yield pointer(name, "configuration", key)


def _strange(driver: Offered, one: Instance) -> Iterator[str]:
    if driver.schema_.get("additionalProperties") is False:
        known = {*table(driver.schema_.get("properties")), "version"}
        yield from (key for key in one.configuration if key not in known)


def _dated(driver: Offered, configuration: dict[str, Any]) -> dict[str, Any]:
    """Say which version of the driver's keys these are, so that a later one can bring them up to date."""
    if driver.version == 1 or "version" in table(driver.schema_.get("properties")):
        return configuration
    return {"version": driver.version, **configuration}


def _wrong(code: str, *place: object) -> Mistake:
    return Mistake(pointer=pointer(*place), code=code, problem=WORDS[code])
