"""What an automation knows of its inputs, and which points its deeds are about. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from labkeeper_hub.alarms.rooms import PRESENCE
from labkeeper_hub.automations.rules import EMPTY, LESSON, LIT, Command, Deed, Input, Lamps, Occasion, Of, RunScene
from labkeeper_hub.lessons.scenes import Scene, Wish, lamps_of
from labkeeper_hub.model import Device, Latest, PointKey
from labkeeper_sdk import Quality, Value
from labkeeper_wire.leases.book import Room, Scope
from labkeeper_wire.payload import Scalar


class Sight(NamedTuple):
    """A point: its newest value (None: not known), when that was measured, whether it is a lamp's switch."""

    key: PointKey
    unit: str
    value: Value | None
    time_ms: int
    lamp: bool = False


def given(sights: Sequence[Sight], *, lesson: bool) -> dict[str, Scalar]:
    """Return what every lab has to say of itself, as far as it is known."""
    somebody = _any(sight.value for sight in sights if sight.key.point in PRESENCE)
    found = {LESSON: lesson, EMPTY: None if somebody is None else not somebody}
    found[LIT] = _any(sight.value for sight in sights if sight.lamp)
    return {name: value for name, value in found.items() if value is not None}


def _any(values: Iterable[Value | None]) -> bool | None:
    """Return True if one is, False if all are known not to be, None otherwise or without any."""
    known = [None if value is None else bool(value) for value in values]
    return True if True in known else False if known and None not in known else None


def known(inputs: Mapping[str, Input], sights: Sequence[Sight], now_ms: int) -> dict[str, Scalar]:
    """Return the inputs that are known now; a point of another type or unit than declared says nothing."""
    found = {name: _one(one, [sight for sight in sights if _fits(one, sight, now_ms)]) for name, one in inputs.items()}
    return {name: value for name, value in found.items() if value is not None}


def _fits(one: Input, sight: Sight, now_ms: int) -> bool:
    if not one.places.match(*sight.key[1:]) or sight.unit != one.unit:
        return False
    return one.max_age_s is None or now_ms - sight.time_ms <= one.max_age_s * 1000


def _typed(one: Input, value: Value | None) -> Scalar | None:
    if one.type is float:
        return None if value is None or isinstance(value, bool | str) else float(value)
    return value if type(value) is one.type else None


def _one(one: Input, sights: Sequence[Sight]) -> Scalar | None:
    values = [value for sight in sights if (value := _typed(one, sight.value)) is not None]
    if not values or one.type is str:
        return values[0] if len(values) == 1 else None
    return min(values) if one.of is Of.LOWEST else max(values)


def wishes_of(then: Iterable[Deed], devices: Sequence[Device], scenes: Iterable[Scene]) -> tuple[Wish, ...]:
    """Return what is to be commanded in a lab; of two wishes for one point the later counts."""
    given = {scene.name: scene.wishes for scene in scenes}
    here = {device.key for device in devices}
    found = {wish.target: wish for deed in then for wish in _wishes(deed, devices, given)}
    return tuple(wish for wish in found.values() if wish.target.of_device in here)


def _wishes(deed: Deed, devices: Sequence[Device], scenes: Mapping[str, tuple[Wish, ...]]) -> Iterator[Wish]:
    match deed:
        case Lamps(on):
            return (Wish(key, on) for key in lamps_of(devices))
        case RunScene(name):
            return iter(scenes.get(name, ()))
        case _:
            return _commanded(deed, devices)


def _commanded(command: Command, devices: Sequence[Device]) -> Iterator[Wish]:
    for device in devices:
        for point in device.points:
            if point.writable and command.places.match(device.key.node, device.key.device, point.name):
                yield Wish(PointKey(*device.key, point.name), command.value)


def asked(occasions: Iterable[Occasion]) -> frozenset[str]:
    """Return the names of the points that conditions may speak of; lamps are beside them."""
    return PRESENCE.union(one.places.point for occasion in occasions for one in occasion.inputs.values())


def points_of(devices: Sequence[Device], names: Collection[str]) -> tuple[Sight, ...]:
    """Return the points of these names and the lamps, of which nothing is known yet."""
    lamps = set(lamps_of(devices))
    points = ((PointKey(*device.key, point.name), point.unit) for device in devices for point in device.points)
    return tuple(Sight(key, unit, None, 0, key in lamps) for key, unit in points if key.point in names or key in lamps)


def sights_of(points: Iterable[Sight], latest: Iterable[Latest]) -> tuple[Sight, ...]:
    """Return points as they are now; what is stale or not good is not known."""
    good = {one.key: one for one in latest if not one.stale and one.quality == Quality.GOOD}
    return tuple(_now(point, good.get(point.key)) for point in points)


def _now(point: Sight, now: Latest | None) -> Sight:
    return point if now is None else point._replace(value=now.value, time_ms=now.time_ms)


def scope_of(room: Room, wishes: Iterable[Wish], devices: Iterable[Device]) -> Scope:
    """Return what is to be held for these wishes: the device if it is one, else the lab."""
    wanted = {wish.target.of_device for wish in wishes}
    found = [device for device in devices if device.key in wanted]
    if len(found) != 1:
        return Scope(room)
    (one,) = found
    return Scope(room, one.description.bench, one.key.node, one.key.device)
