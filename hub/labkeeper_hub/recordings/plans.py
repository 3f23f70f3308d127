"""What is to be recorded, looked up in the registry."""

from collections.abc import Iterable, Iterator

from labkeeper_hub.export.order import OrderedPoint
from labkeeper_hub.model import TYPE_NAMES, Device, PointKey
from labkeeper_hub.ports import Registry
from labkeeper_hub.recordings.recording import Plan, RecordingRefused


def planned(
    registry: Registry,
    school: str,
    lab: str,
    points: Iterable[PointKey] | None,
    *,
    title: str = "",
    every_ms: int | None = None,
) -> Plan:
    """Return the plan for points of a lab; None: all that are measured, no action and nothing derived,
    which a recompute gives back at any time. Raises RecordingRefused for one elsewhere.
    """
    devices = [one for one in registry.devices(school) if one.lab == lab]
    there = {_key(point): point for device in devices for point in ordered_points(device)}
    wanted = tuple(measured(registry, school, lab) if points is None else dict.fromkeys(points))
    if missing := [key for key in wanted if key not in there]:
        raise RecordingRefused("unknown_point", f"There is no point {'/'.join(missing[0])} in this lab")
    return Plan(school, lab, title, tuple(there[key] for key in wanted), every_ms)


def measured(registry: Registry, school: str, lab: str) -> Iterator[PointKey]:
    """Yield what a record of a whole lab is of: everything measured, no action and nothing derived."""
    for device in registry.devices(school):
        if device.lab == lab and not device.key.of_node.derived:
            yield from (PointKey(*device.key, one.name) for one in device.points if one.kind != "action")


def ordered_points(device: Device) -> Iterator[OrderedPoint]:
    """Yield the points of a device as the registry describes them now."""
    school, node, name = device.key
    for point in device.points:
        yield OrderedPoint(
            school=school,
            lab=device.lab,
            node=node,
            device=name,
            point=point.name,
            unit=point.unit,
            kind=point.kind,
            type=TYPE_NAMES[point.datatype],
            minimum=point.minimum,
            maximum=point.maximum,
            device_title_zh=device.description.title_zh,
            device_title_en=device.description.title_en,
            title_zh=point.title_zh,
            title_en=point.title_en,
        )


def _key(point: OrderedPoint) -> PointKey:
    return PointKey(point.school, point.node, point.device, point.point)
