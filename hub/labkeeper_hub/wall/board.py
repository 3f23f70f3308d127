"""What of a lab is shown to everybody in it: the room's air and light, never a person. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from labkeeper_hub.alarms.states import Suppression
from labkeeper_hub.model import AlarmNow, Device, Latest, PointKey
from labkeeper_wire.descriptor import PointDescription
from labkeeper_wire.payload import GOOD

QUANTITIES = ("temperature", "co2", "humidity", "pm25", "illuminance", "noise")
"""What a class can read from the last row and use: as many as fit, the most asked for first."""
PERSONAL = frozenset({"heart_rate"})
"""Rules whose alarms are about one child; they are for the teacher's eyes."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One quantity of the room: the point that tells it, and its live value."""

    device: Device
    point: PointDescription
    latest: Latest

    @property
    def old(self) -> bool:
        """Whether it is not known to be so now."""
        return self.latest.stale or self.latest.quality != GOOD


def figures(devices: Iterable[Device], latest: Mapping[PointKey, Latest]) -> tuple[Figure, ...]:
    """Return one figure a quantity: what is known now before what was, the room's own sensor before a bench's."""
    found: dict[str, Figure] = {}
    for one in sorted(_measures(devices, latest), key=_rank):
        found.setdefault(_leaf(one), one)
    return tuple(found[name] for name in QUANTITIES if name in found)


def alarms(shown: Iterable[AlarmNow], school: str, lab: str) -> tuple[AlarmNow, ...]:
    """Return the lab's alarms that stand and nothing suppresses, in the order given; none about a person."""
    return tuple(
        one
        for one in shown
        if (one.key.source.school, one.lab) == (school, lab)
        and one.key.rule not in PERSONAL
        and one.state.standing
        and one.state.suppression is Suppression.NOT_SUPPRESSED
    )


def _measures(devices: Iterable[Device], latest: Mapping[PointKey, Latest]) -> Iterator[Figure]:
    for device in devices:
        for point in device.points:
            value = latest.get(PointKey(*device.key, point.name))
            if point.kind == "measure" and value is not None and isinstance(value.value, int | float):
                yield Figure(device, point, value)


def _rank(one: Figure) -> tuple[bool, bool, PointKey]:
    return one.old, bool(one.device.description.bench), one.latest.key


def _leaf(one: Figure) -> str:
    return one.point.name.rpartition("/")[2]
