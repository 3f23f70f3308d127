"""The devices and groups of a bridge, from the retained `bridge/devices` and `bridge/groups`; pure."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from labkeeper_drivers.alone import WhenAlone
from labkeeper_drivers.documents import words
from labkeeper_drivers.naming import id_of
from labkeeper_drivers.observing import shortened
from labkeeper_drivers.titles import title_in_its_language
from labkeeper_drivers.zigbee2mqtt.exposes import Derived, derive
from labkeeper_sdk import DeviceInfo, Nonsense

BRIDGE = "bridge"  # what the bridge's own nonsense is counted under
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Described:
    """A device as the bridge describes it; `name` is the topic it speaks on."""

    info: DeviceInfo
    name: str
    derived: Derived
    exposes: object = None  # as the bridge has them


def devices_in(document: object, when_alone: WhenAlone = "hold") -> Iterator[Described | Nonsense]:
    """Return every device that has points; the coordinator, disabled and unsupported devices have none."""
    if not isinstance(document, list):
        yield Nonsense(BRIDGE, "bad_inventory", "bridge/devices is not a list")
        return
    for entry in document:
        found = _device(entry, when_alone)
        if found is not None:
            yield found


def _device(entry: object, when_alone: WhenAlone) -> Described | Nonsense | None:
    if not isinstance(entry, dict):
        return Nonsense(BRIDGE, "bad_inventory", "a device is not an object")
    address, name = entry.get("ieee_address"), entry.get("friendly_name")
    if not isinstance(address, str) or not address or not isinstance(name, str) or not name:
        return Nonsense(BRIDGE, "bad_inventory", "a device without an address or a name")
    if entry.get("type") == "Coordinator" or entry.get("disabled") is True:
        return None
    definition = entry.get("definition")
    if not isinstance(definition, dict):
        log.info("zigbee device %s is not supported by the bridge", shortened(address))
        return None
    exposes = definition.get("exposes")
    derived = derive(exposes, when_alone, updates=definition.get("supports_ota") is True)
    info = DeviceInfo(
        id=address,
        points=tuple(binding.point for binding in derived.bindings),
        title=title_in_its_language(name),
        make=words(definition, "vendor"),
        model=words(definition, "model"),
        firmware=words(entry, "software_build_id"),
    )
    return Described(info, name, derived, exposes)


# --- groups ---------------------------------------------------------------------------------------------------------
# what a group can be told: the bridge passes these on to all members ("Groups")
SHARED = ("light", "switch", "lock", "cover", "fan", "climate")


def groups_in(
    document: object, base: str, members: Mapping[str, Described], when_alone: WhenAlone
) -> Iterator[Described | Nonsense]:
    """Return every group as a device with what its members have in common with what a group can be told."""
    if not isinstance(document, list):
        yield Nonsense(BRIDGE, "bad_inventory", "bridge/groups is not a list")
        return
    for entry in document:
        number, name = (entry.get("id"), entry.get("friendly_name")) if isinstance(entry, dict) else (None, None)
        if not isinstance(number, int) or isinstance(number, bool) or not isinstance(name, str) or not name:
            yield Nonsense(BRIDGE, "bad_inventory", "a group without a number or a name")
            continue
        derived = derive([*_shared(entry.get("members"), members)], when_alone)
        points = tuple(binding.point for binding in derived.bindings)
        info = DeviceInfo(
            id=id_of(f"{base}-group-{number}"), points=points, title=title_in_its_language(name), model="group"
        )
        if points:
            yield Described(info, name, derived)


def _shared(listed: object, members: Mapping[str, Described]) -> Iterator[object]:
    for member in listed if isinstance(listed, list) else ():
        address = member.get("ieee_address") if isinstance(member, dict) else None
        described = members.get(address) if isinstance(address, str) else None
        exposes = described.exposes if described is not None else None
        for expose in exposes if isinstance(exposes, list) else ():
            if isinstance(expose, dict) and expose.get("type") in SHARED:
                yield _without_endpoint(expose)


def _without_endpoint(expose: Mapping[str, object]) -> Mapping[str, object]:
    """A group has no endpoints: `state_l1` of a member is `state` of the group."""
    features = expose.get("features")
    whole = {key: value for key, value in expose.items() if key not in ("endpoint", "label")}
    if isinstance(features, list):
        whole["features"] = [
            _without_endpoint({**each, "property": each.get("name")}) if each.get("endpoint") else each
            for each in features
            if isinstance(each, dict)
        ]
    return whole
