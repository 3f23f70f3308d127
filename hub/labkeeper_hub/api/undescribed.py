"""Points that have readings and that nobody describes any more: renamed, dropped, of a device that is gone; and the
hub's figures, which nobody ever described. They belong to no place, so only who may see everything sees them.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from labkeeper_hub.export.order import OrderedPoint
from labkeeper_hub.model import DeviceKey, PointKey
from labkeeper_hub.ports import Registry
from labkeeper_hub.turns import listed
from labkeeper_sdk.personal import senses


async def undescribed(registry: Registry, stored: Iterable[PointKey]) -> list[PointKey]:
    """Return those of the stored points, by address, but none that speaks of a person: that was never to be kept."""
    devices = registry.devices()
    described = await listed(PointKey(*device.key, point.name) for device in devices for point in device.points)
    by_device: defaultdict[DeviceKey, list[str]] = defaultdict(list)
    for key in set(stored).difference(described):
        by_device[key.of_device].append(key.point)
    found = (key for device, names in by_device.items() for key in _impersonal(registry, device, names))
    return sorted(await listed(found))


def _impersonal(registry: Registry, device: DeviceKey, names: list[str]) -> Iterator[PointKey]:
    known = registry.personal(device)
    personal = {*senses(device.device, (*names, *known)), *known}
    yield from (PointKey(*device, name) for name in names if name not in personal)


def figure(key: PointKey) -> bool:
    """Tell whether it is one of the hub's figures, which are asked for by name only."""
    return key.of_node.of_hub and not key.of_node.derived


def ordered(registry: Registry, keys: Iterable[PointKey]) -> Iterator[OrderedPoint]:
    """Yield what is known of such points: their address, and their node's lab if that is there."""
    labs = {node.key: node.lab for node in registry.nodes()}
    for key in keys:
        lab = labs.get(key.of_node, "")
        yield OrderedPoint(**key._asdict(), lab=lab, unit="", kind="", type="")
