"""The worker that watches: binds rules to points, feeds their judges, and hands what they find to the desk.

A batch of readings is looked at within a tenth of a second, what only time brings about once a second.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Protocol

from labkeeper_hub.alarms.calls import OPENS
from labkeeper_hub.alarms.catalogue import Catalogue
from labkeeper_hub.alarms.causes import DEVICE, NODE, OF_BROKER, OF_INFLUX, UNAPPROVED, UNGUARDED, cause_of
from labkeeper_hub.alarms.desk import AlarmDesk
from labkeeper_hub.alarms.entry import AlarmEntry
from labkeeper_hub.alarms.flood import DAY_MS
from labkeeper_hub.alarms.judge import Judge
from labkeeper_hub.alarms.rooms import Room
from labkeeper_hub.alarms.rules import AlarmClass, Gate, Level, Rule
from labkeeper_hub.alarms.states import Cleared, Designed, Priority, Raised
from labkeeper_hub.alarms.streams import Found, Stream
from labkeeper_hub.alarms.tap import Heard, Tap
from labkeeper_hub.model import AlarmKey, PointKey, ReadingsQuery
from labkeeper_hub.pulse import Pulse
from labkeeper_hub.registry.known import KnownDevice, KnownNode, KnownPoint
from labkeeper_hub.registry.registry import HubRegistry
from labkeeper_hub.timeseries.columns import TEXT
from labkeeper_hub.timeseries.journal import Journal
from labkeeper_hub.turns import at_once, in_turns

LOOK_S, TICK_S = 0.1, 1.0
LONG_PAST_MS = 3_600_000  # a longer past is read in sixtieths of a mean's window
PAST_ROWS = 100_000
UNSAVED_MS, LINES = 5_000, 20  # more than a hub may have found, and less than a person remembers, when it is killed
STOPPED = "stopped"


class Lessons(Protocol):
    """Tells whether a lesson is on in a lab; None: nobody knows."""

    def __call__(self, school: str, lab: str) -> bool | None: ...


def no_lessons(school: str, lab: str) -> bool | None:  # noqa: ARG001 -- the port's shape
    """Answer that nobody knows."""
    return None


def never_late() -> bool:
    """Answer for a hub that forwards nothing."""
    return False


@dataclass(slots=True)
class AlarmWatch:
    """`connected` tells whether the broker can be heard, `influx_late` whether readings wait too long for InfluxDB,
    `stopped` the schools of which a word about a stop is known, and whether it holds there.
    """

    registry: HubRegistry
    journal: Journal
    desk: AlarmDesk
    connected: Callable[[], bool]
    now_ms: Callable[[], int]
    lesson: Lessons = no_lessons
    stopped: Callable[[], Mapping[str, bool]] = dict
    pulse: Pulse = field(default_factory=lambda: Pulse("alarms"))
    streams: dict[int, Stream] = field(default_factory=dict)
    tap: Tap | None = None
    influx_late: Callable[[], bool] = never_late
    _fitted: Catalogue | None = None
    _judges: dict[AlarmKey, Judge] = field(default_factory=dict)
    _bound: dict[KnownDevice, tuple[dict[str, KnownPoint], str]] = field(default_factory=dict)
    _unprimed: list[Stream] = field(default_factory=list)
    _primed: bool = False

    async def run(self) -> None:
        """Watch, for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.desk.run(), name="alarms: records")
            group.create_task(self._look(), name="alarms: readings")
            group.create_task(self._tick(), name="alarms: time")

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            with self.pulse.working():
                self.look()

    async def _tick(self) -> None:
        while True:
            with self.pulse.working():
                self.look()  # first, so that what is bound anew is judged after what came before
                await in_turns(self._binding())
                await in_turns(self._passing())
                await self.prime()
            await asyncio.sleep(TICK_S)

    # --- what is watched --------------------------------------------------------------------------------------------
    def bind(self) -> None:
        """Watch the points that were born since, by the rules of their lab; anew where those changed."""
        at_once(self._binding())

    def _binding(self) -> Iterator[None]:
        """Do that a device at a time."""
        if self._fitted is not self.desk.catalogue:
            yield from self._fitting()
        for node in list(self.registry.known.values()):
            if not node.key.of_hub or node.key.derived:
                for device in list(node.devices.values()):
                    self._bind(node, device)
                    yield

    def _bind(self, node: KnownNode, device: KnownDevice) -> None:
        before = self._bound.get(device)
        if before is not None and before[0] is device.points and before[1] == node.lab:
            return
        self._bound[device] = (device.points, node.lab)
        for point in device.points.values():
            self._bind_point(node.lab, point)
        if not node.key.of_hub:
            self._judge_present(device)

    def _fitting(self) -> Iterator[None]:
        """Judge by other limits from now on: only what they are about begins anew, with its past."""
        self._fitted = self.desk.catalogue
        for device, (points, lab) in list(self._bound.items()):
            self._fit(device, points.values(), lab)
            yield
        for key, lab, _ in self._seen():
            if key in self._judges and self._judges[key].rule != self._rule(key, lab):
                del self._judges[key]
        self._end_what_is_off()

    def _fit(self, device: KnownDevice, points: Iterable[KnownPoint], lab: str) -> None:
        for point in points:
            before = self.streams.get(point.series)
            self._bind_point(lab, point)
            if self.streams.get(point.series) is not before and not device.key.of_node.of_hub:
                self._judge_now(point)

    def _end_what_is_off(self) -> None:
        """An alarm of a rule that does not hold where it was raised is over: nobody would ever end it."""
        now_ms = self.now_ms()
        for now in self.desk.standing():
            if now.state.active and now.key.rule in self.desk.catalogue.rules and self._rule(now.key, now.lab) is None:
                self.desk.happens(now.key, Cleared(None), now_ms)

    def _rule(self, key: AlarmKey, lab: str) -> Rule | None:
        return self.desk.catalogue.rule_for(key.rule, key.source.school, lab)

    def _judge_present(self, device: KnownDevice) -> None:
        """Judge what a birth says is so: of what changed while nobody was heard only history comes, or nothing."""
        for point in device.points.values():
            self._judge_now(point)

    def _judge_now(self, point: KnownPoint) -> None:
        stream = self.streams.get(point.series)
        if stream is not None:
            self._take(stream.lab, stream.present(self.now_ms()))

    def _bind_point(self, lab: str, point: KnownPoint) -> None:
        rules = self._rules(lab, point) if point.kind != TEXT else ()
        stream = self.streams.get(point.series)
        if stream is not None and list(stream.rules) == list(rules):
            stream.point, stream.lab = point, lab
        elif rules:
            stream = self.streams[point.series] = Stream(point, lab, rules)
            for judge in stream.judges:
                self._resume(stream.key(judge.rule), judge)
            self._unprimed.append(stream)
        else:
            self.streams.pop(point.series, None)

    def _rules(self, lab: str, point: KnownPoint) -> tuple[Rule, ...]:
        catalogue = self.desk.catalogue
        names = catalogue.watching(point.key.point, point.description.unit, writable=point.description.writable)
        found = (catalogue.rule_for(name, point.key.school, lab) for name in names)
        return tuple(rule for rule in found if rule is not None)

    def _resume(self, key: AlarmKey, judge: Judge) -> None:
        known = self.desk.known(key)
        if known is not None and known.state.active:
            judge.resume(known.level)

    async def prime(self) -> None:
        """Let new streams read their past, so that a restart loses no raise and forgets no delay."""
        unprimed, self._unprimed = self._unprimed, []
        restarted, self._primed = not self._primed, True
        for stream in unprimed:
            found = await self._read_past(stream)
            if restarted:
                await self._recover(stream, found)
            for judge in stream.judges:
                self._settle(stream, judge)
            for heard, now_ms in stream.primed():
                self._take(stream.lab, stream.heard(heard, now_ms))

    async def _recover(self, stream: Stream, found: Sequence[Found]) -> None:
        """Take what an earlier run found and was killed before it wrote it down: what rose and fell again meanwhile is
        not to be seen any more but in the journal.
        """
        newest_ms = max((one.verdict.time_ms for one in found), default=0)
        last_ms = max(stream.point.time_ms or 0, newest_ms) - UNSAVED_MS
        unsaved = [one for one in found if one.verdict.time_ms > last_ms]
        for key in dict.fromkeys(one.key for one in unsaved if _alarms(one.verdict.level)):
            known = await self.desk.history(limit=LINES, rule=key.rule, source=key.source)
            if not any(line.kind in OPENS and max(line.time_ms, line.at_ms) > last_ms for line in known):
                self._take(stream.lab, (one for one in unsaved if one.key == key))

    async def _read_past(self, stream: Stream) -> list[Found]:
        past_ms, now_ms = stream.past_ms, self.now_ms()
        last_ms = stream.point.time_ms
        if last_ms is None:
            any_row = await self.journal.page(ReadingsQuery(stream.point.key, 0, now_ms, limit=1))
            stream.recorded = bool(any_row.rows)
            return []
        if last_ms < now_ms - DAY_MS:
            return []
        found: list[Found] = []
        every_ms = past_ms // 60 if past_ms > LONG_PAST_MS else None
        query = ReadingsQuery(stream.point.key, min(last_ms, now_ms) - past_ms, now_ms, every_ms, limit=PAST_ROWS)
        for row in (await self.journal.page(query)).rows:
            value = float(row.value) if isinstance(row.value, bool | int | float) else None
            found += stream.past(row.time_ms, value)
        return found

    def _settle(self, stream: Stream, judge: Judge) -> None:
        """Raise or clear what the past left otherwise than the desk has it."""
        key = stream.key(judge.rule)
        known = self.desk.known(key)
        was = known.level if known is not None and known.state.active else None
        level = judge.told
        if judge.now_ms is not None and was != (level.name if _alarms(level) and level else None):
            self._change(key, stream.lab, level, judge.value, judge.now_ms)

    # --- what is found ----------------------------------------------------------------------------------------------
    def look(self) -> None:
        """Judge the readings that came."""
        now_ms = self.now_ms()
        for heard in self.tap.take(self.journal.group) if self.tap else ():
            self._judge(heard, now_ms)

    def _judge(self, heard: Heard, now_ms: int) -> None:
        stream = self.streams.get(heard.series)
        if stream is not None:
            self._take(stream.lab, stream.heard(heard, now_ms))

    def tick(self) -> None:
        """Judge what only time brings about."""
        at_once(self._passing())

    def _passing(self) -> Iterator[None]:
        """Do that a stream at a time; a gate is looked at once for all rules of a lab that have it."""
        now_ms = self.now_ms()
        self._judge_seen(now_ms)
        yield
        gates = {where: cache(room.gates) for where, room in self._rooms(now_ms).items()}
        for stream in list(self.streams.values()):
            self._pass(stream, gates.get((stream.point.key.school, stream.lab)))
            yield
        self._group(now_ms)
        self.desk.time_passes()

    def _pass(self, stream: Stream, gates: Callable[[frozenset[Gate]], bool | None] | None) -> None:
        now_ms = self.now_ms()
        if gates is not None:
            self._take(stream.lab, stream.gated(now_ms, lambda rule: gates(rule.gates)))
        self._take(stream.lab, stream.time_passes(now_ms))

    def _take(self, lab: str, found: Iterable[Found]) -> None:
        for key, _, verdict, late in found:
            if late:
                level = verdict.level.name if verdict.level else ""
                kind = "raised" if _alarms(verdict.level) else "note" if verdict.level else "cleared"
                at_ms = self.now_ms()
                self.desk.note(AlarmEntry(key, lab, kind, level, verdict.time_ms, at_ms, verdict.value, late=True))
            else:
                self._change(key, lab, verdict.level, verdict.value, verdict.time_ms)

    def _change(self, key: AlarmKey, lab: str, level: Level | None, value: float | None, time_ms: int) -> None:
        if level is not None and level.priority > Priority.NOTE:
            cause = self._cause(key) if self._hangs(key) else ""
            if cause:  # first, so that it never calls
                self.desk.happens(key, Designed(cause), time_ms, lab=lab, level=level.name)
            rank = self.desk.catalogue.rules[key.rule].rank(level.name)
            event = Raised(level.priority, level.latch, value, rank)
            return self.desk.happens(key, event, time_ms, lab=lab, level=level.name)
        if self._active(key):
            self.desk.happens(key, Cleared(value), time_ms, lab=lab)
        if level is not None:
            self.desk.note(AlarmEntry(key, lab, "note", level.name, time_ms, self.now_ms(), value))
        return None

    # --- what the hub itself sees -----------------------------------------------------------------------------------
    def _judge_seen(self, now_ms: int) -> None:
        for key, lab, wrong in self._seen():
            judge = self._judge_of(key, lab)
            if judge is not None:
                for verdict in judge.reading(now_ms, float(wrong)):
                    self._change(key, lab, verdict.level, None, verdict.time_ms)

    def _seen(self) -> Iterator[tuple[AlarmKey, str, int]]:
        """Yield who is lost, whether InfluxDB is behind, and which school is stopped."""
        yield OF_BROKER, "", not self.connected()
        yield OF_INFLUX, "", self.influx_late()
        for school, stopped in self.stopped().items():
            yield AlarmKey(STOPPED, PointKey(school, "", "", "")), "", stopped
        for node in self.registry.known.values():
            if node.key.of_hub:
                continue
            itself = PointKey(*node.key, "", "")
            yield AlarmKey(NODE, itself), node.lab, not node.online
            if node.online:  # of one that is away nobody knows
                yield AlarmKey(UNGUARDED, itself), node.lab, node.differs
                yield AlarmKey(UNAPPROVED, itself), node.lab, node.unapproved
            for device in node.devices.values():
                if device.listed:
                    yield AlarmKey(DEVICE, PointKey(*device.key, "")), node.lab, not device.online

    def _judge_of(self, key: AlarmKey, lab: str) -> Judge | None:
        judge = self._judges.get(key)
        if judge is None:
            rule = self._rule(key, lab)
            if rule is None:
                return None
            judge = self._judges[key] = Judge(rule)
            self._resume(key, judge)
        return judge

    def _group(self, now_ms: int) -> None:
        """One cause, one alarm: what hangs on something lost is suppressed while that stands."""
        for now in self.desk.standing():
            if self._hangs(now.key):
                cause = self._cause(now.key)
                if cause != now.state.design:
                    self.desk.happens(now.key, Designed(cause), now_ms)

    def _cause(self, key: AlarmKey) -> str:
        return cause_of(key, self._active)

    def _active(self, key: AlarmKey) -> bool:
        known = self.desk.known(key)
        return known is not None and known.state.active

    def _hangs(self, key: AlarmKey) -> bool:
        rule = self.desk.catalogue.rules.get(key.rule)
        return rule is not None and rule.alarm_class is AlarmClass.SYSTEM

    def _rooms(self, now_ms: int) -> dict[tuple[str, str], Room]:
        points: dict[tuple[str, str], list[KnownPoint]] = {}
        for node in self.registry.known.values():
            if not node.key.of_hub:
                inside = points.setdefault((node.key.school, node.lab), [])
                for device in node.devices.values():
                    inside += device.points.values()
        return {where: Room(tuple(inside), self.lesson(*where), now_ms) for where, inside in points.items()}


def _alarms(level: Level | None) -> bool:
    return level is not None and level.priority > Priority.NOTE
