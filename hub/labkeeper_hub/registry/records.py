"""The registry on disk: read once at the start, written behind the births."""

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.exc import DBAPIError

from labkeeper_hub.model import NodeKey, Outbox
from labkeeper_hub.pulse import Pulse
from labkeeper_hub.registry import tables
from labkeeper_hub.registry.known import KnownDevice, KnownNode
from labkeeper_hub.registry.registry import HubRegistry
from labkeeper_hub.registry.sentences import sentences
from labkeeper_hub.sql import AsyncConnection, AsyncEngine
from labkeeper_wire.descriptor import DeviceDescription, NodeDescription, PointDescription

log = logging.getLogger(__name__)
GATHER_S = 0.2  # births come in crowds
RETRY_S = 2.0
SCHOOLS = sentences(tables.schools, "school")
LABS = sentences(tables.labs, "school", "lab")
NODES = sentences(tables.nodes, "school", "node")
DEVICES = sentences(tables.devices, "school", "node", "device")
POINTS = sentences(tables.points, "school", "node", "device")  # all points of a device are exchanged together


@dataclass(slots=True)
class Records:
    """Saves what the registry marks as unsaved."""

    engine: AsyncEngine
    registry: HubRegistry
    failing: bool = field(default=False, init=False)
    pulse: Pulse = field(default_factory=lambda: Pulse("registry: records"), init=False)

    async def load(self) -> None:
        """Put everything known into the registry, all of it offline: births will tell."""
        async with self.engine.connect() as connection:
            for row in await connection.execute(select(tables.nodes)):
                self._load_node(row)
            for row in await connection.execute(select(tables.devices)):
                self._load_device(row)
            ordered = select(tables.points).order_by(*tables.points.primary_key.columns[:3], tables.points.c.position)
            points: dict[tuple[str, str, str], list[PointDescription]] = {}
            for row in await connection.execute(ordered):
                points.setdefault((row.school, row.node, row.device), []).append(_point(row.description))
        for (school, node, device), descriptions in points.items():
            known = self.registry.known[NodeKey(school, node)].devices[device]
            self.registry.describe(known, descriptions)

    async def save_when_changed(self) -> None:
        """Write what changed, a moment later; a database that is away is tried again."""
        while True:
            await asyncio.sleep(GATHER_S)
            if self.registry.unsaved:
                with self.pulse.working():
                    await self._try_saving()

    async def save(self) -> None:
        """Write what changed now."""
        unsaved, self.registry.unsaved = self.registry.unsaved, {}
        nodes = {thing if isinstance(thing, KnownNode) else thing.node: None for thing in unsaved}
        devices = [thing for thing in unsaved if isinstance(thing, KnownDevice)]
        try:
            async with self.engine.begin() as connection:
                await _save_nodes(connection, tuple(nodes))
                await _save_devices(connection, devices)
        except BaseException:
            self.registry.unsaved = {**unsaved, **self.registry.unsaved}
            raise

    async def _try_saving(self) -> None:
        try:
            await self.save()
        except DBAPIError as error:
            if not self.failing:
                log.error("registry: cannot be saved (%s); trying again", error.orig)  # noqa: TRY400 -- one line
            self.failing = True
            await asyncio.sleep(RETRY_S)
        else:
            if self.failing:
                log.warning("registry: is saved again")
            self.failing = False

    def _load_node(self, row: Row[Any]) -> None:
        node = self.registry.node_at(NodeKey(row.school, row.node), row.since_ms)
        node.since_ms, node.last_seen_ms = row.since_ms, row.last_seen_ms
        node.description = NodeDescription(row.lab, row.title_zh, row.title_en)
        node.outbox = None if row.epoch is None else Outbox(row.epoch)

    def _load_device(self, row: Row[Any]) -> None:
        node = self.registry.known[NodeKey(row.school, row.node)]
        device = self.registry.device_at(node, row.device, row.since_ms)
        device.description = DeviceDescription(**row.description)


def _point(fields: Mapping[str, Any]) -> PointDescription:
    return PointDescription(**{**fields, "options": tuple(fields["options"])})


async def _save_nodes(connection: AsyncConnection, nodes: Sequence[KnownNode]) -> None:
    schools = {node.key.school: {"school": node.key.school} for node in nodes}
    await SCHOOLS.replace(connection, list(schools.values()))
    labs = {(node.key.school, node.lab): _lab_row(node) for node in nodes}
    await LABS.replace(connection, list(labs.values()))
    await NODES.upsert(connection, [_node_row(node) for node in nodes])


async def _save_devices(connection: AsyncConnection, devices: Iterable[KnownDevice]) -> None:
    for device in devices:
        key = dict(zip(("school", "node", "device"), device.key, strict=True))
        row = {**key, "description": asdict(device.description), "since_ms": device.since_ms}
        await DEVICES.upsert(connection, [row])
        rows = [
            {**key, "point": name, "position": position, "description": asdict(point.description)}
            for position, (name, point) in enumerate(device.points.items())
        ]
        await POINTS.exchange(connection, key, rows)


def _lab_row(node: KnownNode) -> dict[str, Any]:
    description = node.description
    return {
        "school": node.key.school,
        "lab": node.lab,
        "title_zh": description.title_zh,
        "title_en": description.title_en,
    }


def _node_row(node: KnownNode) -> dict[str, Any]:
    return {
        "school": node.key.school,
        "node": node.key.node,
        "lab": node.description.lab,
        "title_zh": node.description.title_zh,
        "title_en": node.description.title_en,
        "epoch": None if node.outbox is None else node.outbox.epoch,
        "online": node.online,
        "since_ms": node.since_ms,
        "last_seen_ms": node.last_seen_ms,
    }
