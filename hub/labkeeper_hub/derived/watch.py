"""The worker of derived points: hears their inputs as alarms do, computes, and writes the rows like readings."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from labkeeper_hub.alarms.tap import Heard, Tap
from labkeeper_hub.alarms.watch import Lessons, no_lessons
from labkeeper_hub.derived.binding import (
    LESSON_ON,
    ROOM_TITLE,
    Binding,
    bindings,
    derived_node,
    lesson_key,
)
from labkeeper_hub.derived.catalogue import Declarations
from labkeeper_hub.derived.declarations import Where
from labkeeper_hub.derived.history import Kept, fill, read
from labkeeper_hub.derived.lineage import Lineage, Outcome
from labkeeper_hub.derived.machine import DerivedRow, Machine, Reading, Sources
from labkeeper_hub.model import DeviceKey, PointKey
from labkeeper_hub.pulse import Pulse
from labkeeper_hub.registry.known import KnownDevice, KnownNode, KnownPoint
from labkeeper_hub.registry.registry import HubRegistry
from labkeeper_hub.timeseries.columns import BOOL, FLOAT
from labkeeper_hub.timeseries.journal import Journal
from labkeeper_sdk import Quality
from labkeeper_wire.descriptor import DeviceDescription, NodeDescription, PointDescription

LOOK_S, LESSON_MS = 1.0, 60_000
CAUGHT_UP_MS = 86_400_000  # what is missing of the last day is computed when the hub starts; older: by a recompute


@dataclass(slots=True, eq=False)
class DerivedPoint:
    """One derived point at work; `waiting` holds what came before its past was read (None: it has been)."""

    binding: Binding
    point: KnownPoint
    machine: Machine
    waiting: list[Reading] | None = field(default_factory=list)

    @property
    def lineage(self) -> Lineage:
        inputs = tuple(key for keys in self.binding.inputs for key in keys)
        return Lineage(self.point.key, self.binding.declaration, inputs, self.machine.late, self.machine.late_ms)


@dataclass(slots=True)
class DerivedWatch:
    """`lesson` tells whether a lesson is on in a lab."""

    registry: HubRegistry
    journal: Journal
    declarations: Declarations
    now_ms: Callable[[], int]
    lesson: Lessons = no_lessons
    pulse: Pulse = field(default_factory=lambda: Pulse("derived"))
    fed: dict[int, list[DerivedPoint]] = field(default_factory=dict)
    tap: Tap | None = None
    _points: dict[PointKey, DerivedPoint] = field(default_factory=dict)
    _bound: dict[KnownDevice, tuple[object, str]] = field(default_factory=dict)
    _lessons: dict[PointKey, tuple[bool, int]] = field(default_factory=dict)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def run(self) -> None:
        """Derive, for ever; a journal that is full is not filled further."""
        while True:
            await asyncio.sleep(LOOK_S)
            await self.journal.room()
            with self.pulse.working():
                self.bind()
                self._look_at_lessons()
                self.look()
            await self.prime()

    def all(self) -> Sequence[Lineage]:
        """Return every derived point there is, sorted by key."""
        return [self._points[key].lineage for key in sorted(self._points)]

    async def recompute(self, keys: Iterable[PointKey], from_ms: int, to_ms: int) -> Outcome:
        """Store what history lacks, from <= time < to, up to where each point is by now; returns when it is on disk."""
        async with self._turn:
            outcome = Outcome()
            for one in [self._points[key] for key in keys if key in self._points]:
                outcome += await fill(self.journal, self._kept(one), from_ms, min(to_ms, one.machine.at_ms or 0))
                one.machine.late, one.machine.late_ms = 0, None
            return outcome

    # --- what is derived --------------------------------------------------------------------------------------------
    def bind(self) -> None:
        """Derive from the points that were born since."""
        nodes = [node for node in self.registry.known.values() if not node.key.of_hub]
        seen = {device: (device.points, node.lab) for node in nodes for device in node.devices.values()}
        if seen != self._bound:
            self._bound = dict(seen)
            self._bind(list(bindings(self.declarations.values(), nodes)))
        self._mirror_presence()

    def _bind(self, found: Sequence[Binding]) -> None:
        wanted: dict[DeviceKey, dict[str, PointDescription]] = {}
        for one in found:
            wanted.setdefault(one.target.of_device, {})[one.description.name] = one.description
            if any(i.where is Where.LESSON for i in one.declaration.inputs):
                room = lesson_key(one.device.key.of_node).of_device
                wanted.setdefault(room, {})[LESSON_ON.name] = LESSON_ON
        sources = {derived_node(one.device.key.of_node): one.device.node for one in found}
        for key in wanted.keys() | {key.of_device for key in self._points}:
            self._describe(key, wanted.get(key, {}), sources.get(key.of_node))
        self._points = {one.target: self._point(one) for one in found}
        self.fed.clear()
        for point in self._points.values():
            for series in {series for source in point.machine.sources for series in source.series}:
                self.fed.setdefault(series, []).append(point)

    def _describe(self, key: DeviceKey, points: dict[str, PointDescription], source: KnownNode | None) -> None:
        now_ms = self.now_ms()
        node = self.registry.node_at(key.of_node, now_ms)
        device = self.registry.device_at(node, key.device, now_ms)
        if source is not None:
            node.description = NodeDescription(source.lab, source.lab_title.zh, source.lab_title.en)
            device.description = _described(source.devices.get(key.device))
        self.registry.describe(device, points.values())
        self.registry.bus.note(device)

    def _point(self, binding: Binding) -> DerivedPoint:
        point = self.registry.point(binding.target)
        assert point is not None  # noqa: S101 -- described just before
        inputs = zip(binding.declaration.inputs, binding.inputs, strict=True)
        sources = tuple(Sources(one, tuple(map(self.journal.series_of, keys))) for one, keys in inputs)
        before = self._points.get(binding.target)
        if before is not None and (before.machine.declaration, before.machine.sources) == (
            binding.declaration,
            sources,
        ):
            before.binding, before.point = binding, point
            return before
        return DerivedPoint(binding, point, Machine(binding.declaration, sources))

    def _mirror_presence(self) -> None:
        """What is derived from a device is as much there as the device."""
        for key in {key.of_device for key in self._points} | {key.of_device for key in self._lessons}:
            device = self.registry.known_device(key)
            source = self.registry.known.get(key.of_node.measured)
            if device is None or source is None:
                continue
            there = source.devices.get(key.device)
            online = source.online if there is None else there.online
            device.node.online = source.online
            if device.online is not online:
                device.online, device.since_ms = online, self.now_ms()
                self.registry.bus.note_all([device, *device.points.values()])

    # --- what is heard ----------------------------------------------------------------------------------------------
    def look(self) -> None:
        """Compute from the readings that came."""
        changed: list[KnownPoint] = []
        for heard in self.tap.take(self.journal.group) if self.tap else ():
            for one in self.fed.get(heard.series, ()):
                self._hear(one, heard, changed)
        self._tell(changed)

    def _hear(self, one: DerivedPoint, heard: Heard, changed: list[KnownPoint]) -> None:
        if heard.time_ms is None:
            return
        reading = Reading(heard.time_ms, heard.series, heard.value)
        if one.waiting is not None:
            one.waiting.append(reading)
        else:
            self._write(one.point, one.machine.take(reading), changed)

    async def prime(self) -> None:
        """Let new points read their past: a restart forgets no window, and what the last day lacks is computed."""
        for one in [one for one in self._points.values() if one.waiting is not None]:
            begin_ms, changed = self._caught_up_to(one), list[KnownPoint]()
            if begin_ms is not None:
                past = await read(self.journal, self._kept(one), begin_ms - one.machine.past_ms, self.now_ms())
                already = {(reading.time_ms, reading.series) for reading in past}
                self._take(one, past, changed)
                one.waiting = [reading for reading in one.waiting or () if reading[:2] not in already]
            self._take(one, one.waiting or (), changed)
            one.waiting = None
            self._tell(changed)

    def _take(self, one: DerivedPoint, readings: Iterable[Reading], changed: list[KnownPoint]) -> None:
        for reading in readings:
            self._write(one.point, one.machine.take(reading), changed)

    def _caught_up_to(self, one: DerivedPoint) -> int | None:
        """Return the time from which rows are missing; None: its inputs have said nothing yet."""
        inputs = [self.registry.point(key) for keys in one.binding.inputs for key in keys]
        times = [point.time_ms for point in inputs if point is not None and point.time_ms is not None]
        if not times:
            return None
        return max(one.point.time_ms or max(times), max(times) - CAUGHT_UP_MS)

    # --- what is written --------------------------------------------------------------------------------------------
    def _write(self, point: KnownPoint, rows: Iterable[DerivedRow], changed: list[KnownPoint]) -> None:
        for row in rows:
            if point.time_ms is None or row.time_ms > point.time_ms:
                self._add(point, row.time_ms, FLOAT, row.value)
                changed.append(point)

    def _add(self, point: KnownPoint, time_ms: int, kind: int, value: bool | float) -> None:  # noqa: FBT001 -- a value
        point.value, point.time_ms, point.quality = value, time_ms, Quality.GOOD
        self.journal.group.add(point.series, time_ms, kind, value)

    def _tell(self, changed: Sequence[KnownPoint]) -> None:
        if changed:
            self.registry.bus.note_all(changed)
            self.journal.filled()

    def _look_at_lessons(self) -> None:
        """Write down whether lessons are on, where a derivation asks: when that changes, and once a minute."""
        now_ms, changed = self.now_ms(), list[KnownPoint]()
        for node in {one.binding.device.node for one in self._points.values()}:
            point = self.registry.point(lesson_key(node.key))
            is_on = None if point is None else self.lesson(node.key.school, node.lab)
            if point is None or is_on is None:
                continue
            was_on, at_ms = self._lessons.get(point.key, (None, 0))
            if was_on is not is_on or now_ms - at_ms >= LESSON_MS:
                self._lessons[point.key] = is_on, now_ms
                self._add(point, now_ms, BOOL, is_on)
                changed.append(point)
        self._tell(changed)

    def _kept(self, one: DerivedPoint) -> Kept:
        keys = {self.journal.series_of(key): key for keys in one.binding.inputs for key in keys}
        return Kept(one.binding.declaration, one.machine.sources, keys, one.point.key, one.point.series)


def _described(source: KnownDevice | None) -> DeviceDescription:
    if source is None:
        return DeviceDescription(title_zh=ROOM_TITLE.zh, title_en=ROOM_TITLE.en)
    said, name = source.description, source.key.device
    zh, en = said.title_zh or said.title_en or name, said.title_en or said.title_zh or name
    return DeviceDescription(title_zh=f"{zh}（推算值）", title_en=f"{en} (derived)", bench=said.bench)
