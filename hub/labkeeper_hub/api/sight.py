"""What somebody may see of the hub's nouns: a filter that is open for whoever may see everything."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from labkeeper_hub.accounts import EVERYWHERE, Scope
from labkeeper_hub.lessons.count import Count
from labkeeper_hub.lessons.lesson import Lessons
from labkeeper_hub.model import (
    AlarmNow,
    Change,
    Command,
    Device,
    DeviceGone,
    DeviceKey,
    HeldLease,
    Lab,
    Latest,
    Leases,
    Node,
    NodeKey,
    PointKey,
    Stops,
)
from labkeeper_hub.ports import Registry


def scope_of(device: Device) -> Scope:
    """Return where a device is."""
    school, node, name = device.key
    return Scope(school, device.lab, device.description.bench, node, name)


def place_of(held: HeldLease) -> Scope:
    """Return what a lease is on."""
    room, (bench, node, device) = held.scope.room, held.scope[1:]
    return Scope(room.school, room.lab, bench or None, node or None, device or None)


@dataclass(slots=True)
class Sight:
    """The nouns in some places. What it learns of a device it keeps: use it for one request, or call `change`."""

    scopes: frozenset[Scope]
    registry: Registry
    _points: dict[DeviceKey, frozenset[str]] = field(default_factory=dict)

    @property
    def everything(self) -> bool:
        return EVERYWHERE in self.scopes

    def labs(self) -> list[Lab]:
        """Return the labs one sees something of, counting what one sees."""
        labs = self.registry.labs()
        return list(labs) if self.everything else [self._counted(one) for one in labs if self._touches_lab(one)]

    def nodes(self) -> list[Node]:
        """Return the nodes one sees something of."""
        return [one for one in self.registry.nodes() if self.node(one)]

    def devices(self, school: str | None = None, node: str | None = None) -> list[Device]:
        """Return the devices one sees something of, each with the points one sees."""
        shared = (self._shared(one) for one in self.registry.devices(school, node))
        return [one for one in shared if one is not None]

    def device(self, key: DeviceKey) -> Device | None:
        """Return a device with the points one sees; None as well if it is not for these eyes."""
        found = self.registry.device(key)
        return None if found is None else self._shared(found)

    def latest(self, values: Iterable[Latest]) -> Iterator[Latest]:
        """Yield those of the values that one sees."""
        return (one for one in values if self.point(one.key))

    def commands(self, commands: Iterable[Command]) -> list[Command]:
        """Return those of the commands whose point one sees."""
        return [one for one in commands if self.point(one.order.target)]

    def leases(self, held: Iterable[HeldLease]) -> list[HeldLease]:
        """Return the leases on what one sees: on all of it, or on some."""
        return [one for one in held if self.concerned(place_of(one))]

    def lessons(self, lessons: Lessons) -> Lessons:
        """Return the lessons in labs that one sees something of, naming the points that one sees."""
        if self.everything:
            return lessons
        seen = ((one, count) for one, count in lessons.lessons if self._touches(Scope(*one.room)))
        return Lessons(tuple((one, None if count is None else self._counted_points(count)) for one, count in seen))

    def stops(self, stops: Stops) -> Stops:
        """Return the stops of schools that one sees something of, naming the devices that one sees."""
        if self.everything:
            return stops
        seen = (one for one in stops.stops if any(scope.touches(Scope(one.school)) for scope in self.scopes))
        return Stops(tuple(replace(one, missing=tuple(filter(self._points_of, one.missing))) for one in seen))

    def place(self, place: Scope) -> bool:
        """Tell whether one sees something of a place."""
        return any(scope.touches(place) for scope in self.scopes)

    def concerned(self, place: Scope) -> bool:
        """Tell whether one sees all of a place, or a device in it."""
        return any(scope.covers(place) for scope in self.scopes) or (
            self.place(place) and any(place.covers(scope_of(one)) for one in self.devices(place.school))
        )

    def node(self, node: Node) -> bool:
        """Tell whether one sees a node: what is granted covers it, or some of what hangs on it."""
        return self.concerned(Scope(node.key.school, node.lab, None, node.key.node))

    def node_called(self, key: NodeKey) -> bool:
        """Tell whether one sees the node of that name."""
        return self.everything or any(one.key == key for one in self.nodes())

    def point(self, key: PointKey) -> bool:
        """Tell whether one sees a point; what nobody has announced is seen by those who see everything."""
        return self.everything or key.point in self._points_of(key.of_device)

    def change(self, change: Change) -> Change | None:  # noqa: PLR0911 -- one per kind
        """Return what one sees of a change; a device that has gone out of sight is gone."""
        match change:
            case Latest():
                return change if self.point(change.key) else None
            case Command():
                return change if self.point(change.order.target) else None
            case Node():
                return change if self.node(change) else None
            case Device():
                return change if self.everything else self._changed(change)
            case AlarmNow():
                return change if self.point(change.key.source) else None
            case Leases():
                return Leases(tuple(self.leases(change.held)), change.asks)
            case Stops():
                return self.stops(change)
            case Lessons():
                return self.lessons(change)
            case DeviceGone(key):
                return change if self.everything or self._points.pop(key, frozenset()) else None

    def _changed(self, device: Device) -> Change | None:
        before = self._points.pop(device.key, frozenset())
        now = self._shared(device)
        self._points[device.key] = _names(now)
        return now or (DeviceGone(device.key) if before else None)

    def _points_of(self, key: DeviceKey) -> frozenset[str]:
        found = self._points.get(key)
        if found is None:
            found = self._points[key] = _names(self.device(key))
        return found

    def _shared(self, device: Device) -> Device | None:
        place = scope_of(device)
        if any(scope.covers(place) for scope in self.scopes):
            return device
        points = tuple(one for one in device.points if any(scope.covers(place.at(one.name)) for scope in self.scopes))
        return replace(device, points=points) if points else None

    def _touches_lab(self, lab: Lab) -> bool:
        return any(scope.touches(Scope(lab.school, lab.lab)) for scope in self.scopes)

    def _touches(self, place: Scope) -> bool:
        return any(scope.touches(place) for scope in self.scopes)

    def _counted_points(self, count: Count) -> Count:
        return replace(count, missed=tuple(one for one in count.missed if self.point(PointKey(*one[:4]))))

    def _counted(self, lab: Lab) -> Lab:
        devices = [one for one in self.devices(lab.school) if one.lab == lab.lab]
        nodes = tuple(one.key.node for one in self.nodes() if one.key.school == lab.school and one.lab == lab.lab)
        online = sum(one.online for one in devices)
        return replace(lab, nodes=nodes, devices_total=len(devices), devices_online=online)


def _names(device: Device | None) -> frozenset[str]:
    return frozenset() if device is None else frozenset(one.name for one in device.points)
