"""The devices of a bridge, from the retained `bridge/devices`; pure."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

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


def devices_in(document: object) -> Iterator[Described | Nonsense]:
    """Return every device that has points; the coordinator, disabled and unsupported devices have none."""
    if not isinstance(document, list):
        yield Nonsense(BRIDGE, "bad_inventory", "bridge/devices is not a list")
        return
    for entry in document:
        found = _device(entry)
        if found is not None:
            yield found


def _device(entry: object) -> Described | Nonsense | None:
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
    derived = derive(definition.get("exposes"))
    info = DeviceInfo(
        id=address,
        points=tuple(binding.point for binding in derived.bindings),
        title=title_in_its_language(name),
        make=_text(definition, "vendor"),
        model=_text(definition, "model"),
        firmware=_text(entry, "software_build_id"),
    )
    return Described(info, name, derived)


def _text(entry: Mapping[str, object], key: str) -> str:
    value = entry.get(key)
    return value if isinstance(value, str) else ""
