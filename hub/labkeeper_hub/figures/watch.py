"""The worker that looks at the hub's parts and writes what it sees into the journal, like any node's readings."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from labkeeper_hub.figures.tallies import Ends, Returns
from labkeeper_hub.figures.told import Rooms, Seen, Told, figures
from labkeeper_hub.model import Device, NodeKey
from labkeeper_hub.ports import Alarms, Commands, Health, Ledger
from labkeeper_hub.registry.known import KnownNode, KnownPoint
from labkeeper_hub.registry.registry import HubRegistry
from labkeeper_hub.timeseries.columns import FLOAT
from labkeeper_hub.timeseries.journal import Journal
from labkeeper_hub.turns import at_once, in_turns
from labkeeper_sdk import Quality, Value
from labkeeper_wire.descriptor import NodeDescription

REPEAT = 60  # looks after which a name that has not changed is written again, so that a window of time finds it


@dataclass(slots=True)
class Watch:
    """Looks every `every_s`; its nodes are in no ledger and in no list of nodes, devices or labs."""

    registry: HubRegistry
    journal: Journal
    ledger: Ledger
    commands: Commands
    alarms: Alarms
    health: Health
    journal_file: Path
    every_s: float
    now_ms: Callable[[], int]
    rooms: Callable[[], Rooms] = Rooms
    _returns: Returns = field(default_factory=Returns)
    _ends: Ends = field(default_factory=Ends)
    _looks: int = 0

    async def run(self) -> None:
        """Look, for ever; a journal that is full is not filled further."""
        self._returns.first_seen((*self.registry.nodes(), *self._devices()))
        while True:
            await asyncio.sleep(self.every_s)
            await self.journal.room()
            await in_turns(self._writing(self.now_ms()))

    def write(self, now_ms: int) -> None:
        """Write down what is to be seen now."""
        at_once(self._writing(now_ms))

    def _writing(self, now_ms: int) -> Iterator[None]:
        """Do that a figure at a time."""
        changed = []
        for told in figures(self._seen(now_ms)):
            point = self._point(told, now_ms)
            if not told.figure.is_text or point.value != told.value or self._looks % REPEAT == 0:
                self._set(point, told.value, now_ms)
                changed.append(point)
            yield
        self._looks += 1
        if changed:
            self.registry.bus.note_all(changed)
            self.journal.filled()

    def _set(self, point: KnownPoint, value: Value, now_ms: int) -> None:
        point.value = float(value) if point.kind == FLOAT else value
        point.time_ms, point.quality = now_ms, Quality.GOOD
        self.journal.group.add(point.series, now_ms, point.kind, point.value)

    def _seen(self, now_ms: int) -> Seen:
        nodes, devices = self.registry.nodes(), self._devices()
        self._returns.look((*nodes, *devices))
        self._ends.look(self.commands.open())
        return Seen(
            now_ms,
            nodes,
            devices,
            self.ledger.ledger(),
            _newest(self.registry.known),
            self._returns.counts,
            self._ends.counts,
            self.health.status(),
            _bytes(self.journal_file),
            self.alarms.shown(),
            self.alarms.tallies(),
            {name: rule.told.role for name, rule in self.alarms.catalogue.rules.items()},
            self.rooms(),
        )

    def _devices(self) -> tuple[Device, ...]:
        """Return what nodes have; what the hub derives is no device of its own here."""
        return tuple(device for device in self.registry.devices() if not device.key.of_node.of_hub)

    def _point(self, told: Told, now_ms: int) -> KnownPoint:
        key = told.key
        node = self.registry.node_at(key.of_node, now_ms)
        node.online = True
        if told.about is not None:
            title = told.about.lab_title
            node.description = NodeDescription(told.about.lab, title.zh, title.en)
        device = self.registry.device_at(node, key.device, now_ms)
        device.online = True
        return self.registry.point_at(device, told.figure.description)


def _newest(known: Mapping[NodeKey, KnownNode]) -> dict[NodeKey, int]:
    """Return the time of each node's newest reading."""
    found = {}
    for key, node in known.items():
        times = [p.time_ms for d in node.devices.values() for p in d.points.values() if p.time_ms is not None]
        if times and not key.of_hub:
            found[key] = max(times)
    return found


def _bytes(file: Path) -> int:
    """Return what the journal takes on disk, its log included."""
    parts = (file, file.with_name(file.name + "-wal"))
    return sum(part.stat().st_size for part in parts if part.exists())
