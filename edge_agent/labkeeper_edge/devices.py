"""The devices a node knows: who brings them, what they declare, whether they answer, and what they said last."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import uuid4

from labkeeper_edge.outbox.batches import DATATYPES
from labkeeper_edge.refusals import Refusals
from labkeeper_edge.sampler import FRESH, Memory
from labkeeper_edge.settings import DeviceSettings
from labkeeper_sdk import CommandRejected, DeviceInfo, Point, Risk
from labkeeper_sdk.personal import senses
from labkeeper_wire.payload import Metric
from labkeeper_wire.topics import BadTopic, check_id

log = logging.getLogger(__name__)

# the names of Sparkplug's and our own metrics; a point of that name would be taken for one of them
RESERVED = ("bdseq", "properties", "descriptor", "delivery", "command", "node control", "device control")


@dataclass(slots=True)
class KnownDevice:
    """One device. `version` grows with every change a birth would show; `last` is what each point said last.
    `personal`: the points that speak of a person's body.
    """

    info: DeviceInfo
    instance: str
    points: dict[str, Point]
    bench: str = ""
    online: bool = True
    version: int = 0
    as_found: DeviceInfo | None = None  # as the driver described it, without the school's settings
    memories: dict[str, Memory] = field(default_factory=dict)
    last: dict[str, Metric] = field(default_factory=dict)
    personal: frozenset[str] = frozenset()

    def memory(self, point: str) -> Memory:
        """Return what the sampler remembers of a point."""
        return self.memories.get(point, FRESH)


def holding(points: Mapping[str, Point]) -> Sequence[str]:
    """Return the points with a risk and a safe value that keep their value for ever when the link is lost."""
    return [
        name
        for name, point in points.items()
        if point.risk is not Risk.NONE and point.safe_value is not None and point.link_loss_s is None
    ]


@dataclass(slots=True)
class Devices:
    """The registry; `watchers` are called with a device's id after it came, changed, answered or fell silent.

    `run` names this life of the node, to which commands are sent.
    """

    refusals: Refusals
    overrides: dict[str, DeviceSettings]
    watchers: list[Callable[[str], None]] = field(default_factory=list)
    remembered: Mapping[str, Mapping[str, Metric]] = field(default_factory=dict)  # of earlier processes
    run: str = field(default_factory=lambda: str(uuid4()))
    _known: dict[str, KnownDevice] = field(default_factory=dict)
    _folded: dict[str, str] = field(default_factory=dict)

    def get(self, device: str) -> KnownDevice | None:
        """Return a device, None if nobody has it."""
        return self._known.get(device)

    def __iter__(self) -> Iterator[KnownDevice]:
        return iter(tuple(self._known.values()))

    def found(self, instance: str, info: DeviceInfo) -> None:
        """Take a device or its new description over from a driver instance; a second owner is refused."""
        if not self._acceptable(instance, info):
            return
        as_found, info = info, self._overridden(info)
        points = self._points(info)
        known = self._known.get(info.id)
        self._warn(info.id, holding(points), holding(known.points) if known else ())
        if known is None:
            bench, last = self._bench(info.id), self._remembered(info.id, points)
            self._known[info.id] = known = KnownDevice(info, instance, points, bench, last=last, as_found=as_found)
            self._folded[info.id.casefold()] = info.id
            log.info("%s: found by %s, %d points", info.id, instance, len(points))
        elif known.info == info and known.bench == self._bench(info.id) and known.online:
            return
        else:
            known.info, known.points, known.online = info, points, True
            known.bench, known.as_found = self._bench(info.id), as_found
            known.last = {name: metric for name, metric in known.last.items() if name in points}
            known.version += 1
        marked = [name for name, point in points.items() if point.personal]
        known.personal = frozenset(senses(info.id, points, marked))
        self._tell(info.id)

    def override(self, overrides: dict[str, DeviceSettings]) -> None:
        """The school says something else about devices; those that are online follow at once, others when they answer.

        Nothing is read or written for that; a point keeps its last value.
        """
        self.overrides = overrides
        for known in self:
            if known.online and known.as_found is not None:
                self.found(known.instance, known.as_found)

    def forget(self, instance: str) -> None:
        """The instance is no more, and its devices with it."""
        for known in self:
            if known.instance == instance:
                self.gone(instance, known.info.id)

    def gone(self, instance: str, device: str) -> None:
        """The driver no longer has this device."""
        if self._owned(instance, device) is not None:
            del self._known[device], self._folded[device.casefold()]
            self._tell(device)

    def available(self, instance: str, device: str, *, online: bool) -> None:
        """The driver says whether the device answers."""
        known = self._owned(instance, device)
        if known is not None and known.online != online:
            known.online = online
            known.version += 1
            log.info("%s: %s", device, "online" if online else "offline")
            self._tell(device)

    def connection_lost(self, instance: str) -> None:
        """None of the driver's devices can be reached any more."""
        for known in self:
            if known.instance == instance:
                self.available(instance, known.info.id, online=False)

    def _warn(self, device: str, points: Sequence[str], warned_of: Sequence[str]) -> None:
        """Say which points can hurt somebody and are driven nowhere when the hub is lost; once per change."""
        if points and points != warned_of:
            which = ", ".join(f'[devices."{device}".points."{point}"]' for point in points)
            log.warning(
                "%s: can hurt and has a safe value, and holds its value for ever when the link is lost: declare "
                "link_loss_s in %s",
                device,
                which,
            )

    def _bench(self, device: str) -> str:
        return self.overrides[device].bench if device in self.overrides else ""

    def _owned(self, instance: str, device: str) -> KnownDevice | None:
        known = self._known.get(device)
        return known if known is not None and known.instance == instance else None

    def _acceptable(self, instance: str, info: DeviceInfo) -> bool:
        source = f"{instance}/{info.id}"
        try:
            check_id(info.id)
        except BadTopic as bad:
            self.refusals.count("bad_device_id", source, str(bad))
            return False
        twin = self._folded.get(info.id.casefold())
        if twin is not None and (twin != info.id or self._known[twin].instance != instance):
            self.refusals.count("device_taken", source, f"{twin} belongs to {self._known[twin].instance}")
            return False
        return True

    def _overridden(self, info: DeviceInfo) -> DeviceInfo:
        wanted = self.overrides.get(info.id)
        if wanted is None:
            return info
        points = tuple(self._overridden_point(info.id, point, wanted) for point in info.points)
        return replace(info, points=points, title=wanted.title.title() or info.title)

    def _overridden_point(self, device: str, point: Point, wanted: DeviceSettings) -> Point:
        if point.name not in wanted.points:
            return point
        said = wanted.points[point.name]
        safe_value = point.safe_value if said.safe_value is None else said.safe_value
        link_loss_s = point.link_loss_s if said.link_loss_s is None else said.link_loss_s
        try:
            return replace(point, safe_value=safe_value, link_loss_s=link_loss_s)
        except (ValueError, CommandRejected) as error:
            self.refusals.count("bad_override", f"{device}/{point.name}", str(error))
            return point

    def _points(self, info: DeviceInfo) -> dict[str, Point]:
        points: dict[str, Point] = {}
        folded: set[str] = set()
        for point in info.points:
            name = point.name.casefold()
            if name in folded or name.partition("/")[0] in RESERVED:
                self.refusals.count("bad_point_name", f"{info.id}/{point.name}")
                continue
            folded.add(name)
            points[point.name] = point
        return points

    def _remembered(self, device: str, points: Mapping[str, Point]) -> dict[str, Metric]:
        """Return what the points said in an earlier process, where they are still of that type."""
        known = self.remembered.get(device, {})
        return {
            name: metric
            for name, metric in known.items()
            if name in points and metric.datatype == DATATYPES[points[name].type]
        }

    def _tell(self, device: str) -> None:
        for watcher in self.watchers:
            watcher(device)
