"""The hub without its doors: its own registry, the watch that tells its figures, and the forwarder's tags and lines."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from math import sin
from pathlib import Path
from typing import cast
from uuid import uuid4

from labkeeper_edge.uplink.births import describe
from labkeeper_hub.alarms.catalogue import Catalogue, shipped
from labkeeper_hub.alarms.states import Alarm, Core, Priority, Shelf
from labkeeper_hub.alarms.tallies import AlarmTallies, Tally
from labkeeper_hub.bus import EventBus
from labkeeper_hub.figures.told import Rooms
from labkeeper_hub.figures.watch import Watch
from labkeeper_hub.influx.tags import Tags
from labkeeper_hub.model import (
    AlarmKey,
    AlarmNow,
    Command,
    LedgerEntry,
    NodeKey,
    Order,
    Outbox,
    PointKey,
    State,
)
from labkeeper_hub.pe.shared import ClassMinute, SoFar
from labkeeper_hub.ports import Alarms, Commands
from labkeeper_hub.registry.registry import HubRegistry
from labkeeper_hub.status import InfluxStatus, JournalStatus, Status
from labkeeper_hub.timeseries.columns import kind_of
from labkeeper_hub.timeseries.group import Group
from labkeeper_hub.timeseries.journal import Journal
from labkeeper_sdk import Point, Value
from labkeeper_wire.descriptor import DeviceDescription, NodeDescription

from .lines import written

EPOCH = "epoch"
LOOK_MS = 30_000
NEVER_MS = 1 << 60
RAISED_EVERY = {Priority.LOW: 5, Priority.MEDIUM: 30, Priority.HIGH: 90}
"""Steps between two alarms of a priority."""


@dataclass(slots=True)
class Taken:
    """Where the journal's readings wait for their commit; here they stay."""

    group: Group = field(default_factory=Group)

    def filled(self) -> None:
        """Nobody commits."""


@dataclass(slots=True)
class Days:
    """What happens in the labs besides readings: alarms by the hub's own counting, commands, classes, the ledger."""

    registry: HubRegistry
    number: int = 0
    now_ms: int = 0
    tally: Tally = field(default_factory=Tally)
    ended: list[Command] = field(default_factory=list)
    catalogue: Catalogue = field(default_factory=shipped)

    def step(self, number: int, now_ms: int) -> None:
        """Let the next step happen."""
        self.number, self.now_ms = number, now_ms
        nodes = [node.key for node in self.registry.nodes()]
        for priority, every in RAISED_EVERY.items():
            if number % every == 0:
                self.tally.raise_of(_alarm("co2", nodes[0]), priority, now_ms)
                self.tally.acknowledgement(_alarm("co2", nodes[0]), now_ms, 95_000)
        self.ended = [_done(node.school, now_ms) for node in nodes]

    def shown(self) -> tuple[AlarmNow, ...]:
        """Two alarms stand in each lab: one is acknowledged, the other shelved and not."""
        return tuple(now for node in self.registry.nodes() for now in self._of(node.key, node.lab))

    def _of(self, node: NodeKey, lab: str) -> Iterator[AlarmNow]:
        raised = Alarm(since_ms=self.now_ms - 60_000, raised_ms=self.now_ms - 60_000)
        seen = replace(raised, core=Core.ACK, priority=Priority.MEDIUM)
        yield AlarmNow(_alarm("co2", node), lab, "alarm", seen)
        shelved = replace(raised, core=Core.UNACK, priority=Priority.LOW, shelf=Shelf("Li", "painting", NEVER_MS))
        yield AlarmNow(_alarm("tvoc", node), lab, "warn", shelved)

    def tallies(self) -> AlarmTallies:
        """Return what the hub's tally counted."""
        return self.tally.tallies(self.shown(), self.now_ms)

    def open(self) -> Sequence[Command]:
        """Return the commands that ended in this step."""
        return self.ended

    def ledger(self) -> tuple[LedgerEntry, ...]:
        """Return the account of each node."""
        taken, late = 500 * self.number, self.number % 3
        return tuple(
            LedgerEntry(node.key, EPOCH, taken, taken - late, 0, 1, late, late) for node in self.registry.nodes()
        )

    def status(self) -> Status:
        """Return how the hub is."""
        number = self.number
        journal = JournalStatus(3, 1000 * number, 50 * number, 2.5 + sin(number), 900, number // 15, "")
        influx = InfluxStatus(12, 1.2, False, 0, 900 * number, 0, 0, 0, {}, "", "")
        return Status(0, True, 40 * number, {"not_finite": number // 60}, journal, influx=influx)

    def rooms(self) -> Rooms:
        """Return a minute of the PE class of each lab."""
        so_far = SoFar(0.75, 0.55, 2 * self.number % 40, self.number % 20 // 4, self.number % 20 // 9)
        pulse = 110 + self.number % 20 * 3
        nodes = self.registry.nodes()
        return Rooms(tuple(ClassMinute(node.key.school, node.lab, 40, pulse, 0.8, so_far) for node in nodes))


def _alarm(rule: str, node: NodeKey) -> AlarmKey:
    return AlarmKey(rule, PointKey(*node, "air", rule))


def _done(school: str, now_ms: int) -> Command:
    order = Order(str(uuid4()), PointKey(school, "pi", "plug", "state"), True, "owner", now_ms, now_ms)
    return Command(order, State.DONE, "", "", now_ms)


class Hub:
    """Takes what nodes say, and gives the lines that the forwarder makes of it and of the hub's own figures."""

    def __init__(self, journal_file: Path) -> None:
        self._keys: list[PointKey] = []
        self.registry = HubRegistry(EventBus(flush_s=3600), self._series, {})
        self.days = Days(self.registry)
        self._taken = Taken()
        self._watch = Watch(
            self.registry,
            cast("Journal", self._taken),
            self.days,
            cast("Commands", self.days),
            cast("Alarms", self.days),
            self.days,
            journal_file,
            60,
            lambda: self.days.now_ms,
            self.days.rooms,
        )

    def _series(self, key: PointKey) -> int:
        self._keys.append(key)
        return len(self._keys) - 1

    def node_born(self, node: NodeKey, lab: str, now_ms: int) -> None:
        """A node of a lab is there."""
        self.registry.node_born(node, NodeDescription(lab), Outbox(EPOCH), now_ms)

    def device_born(self, node: NodeKey, device: str, title: str, now_ms: int, *, online: bool = True) -> None:
        """A device is there, or comes back; its points follow with what they say."""
        at = self.registry.node_at(node, now_ms)
        points = [point.description for point in self.registry.device_at(at, device, now_ms).points.values()]
        description = DeviceDescription(title_zh=title, title_en=title, bench="1")
        born = self.registry.device_born(at, device, description, points, now_ms)
        if not online:
            self.registry.device_died(born, now_ms)

    def said(self, node: NodeKey, device: str, point: Point, value: Value, time_ms: int) -> None:
        """A device said something."""
        of = self.registry.device_at(self.registry.node_at(node, time_ms), device, time_ms)
        known = self.registry.point_at(of, describe(point))
        known.value, known.time_ms = value, time_ms
        self._taken.group.add(known.series, time_ms, kind_of(value), value)

    def look(self, number: int, now_ms: int, until_ms: int) -> None:
        """Let the hub look at itself several times within a step: it repeats names after so many looks."""
        self.days.step(number, now_ms)
        for look_ms in range(now_ms, until_ms, LOOK_MS):
            self.days.now_ms = look_ms
            self._watch.write(look_ms)

    def lines(self) -> list[str]:
        """Return everything as the forwarder writes it."""
        self.registry.bus.flush()
        return written(self._taken.group, Tags(self.registry, self._keys.__getitem__).head)
