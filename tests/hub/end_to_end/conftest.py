"""A hub without its HTTP server, beside a real broker."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from labkeeper_hub.commands.intents import open_intents
from labkeeper_hub.composing import Hub, open_hub
from labkeeper_hub.model import Latest, LedgerEntry, PointKey, ReadingsQuery, Row
from labkeeper_hub.settings import HubSettings
from labkeeper_sdk.testing import Broker, find_mosquitto, open_broker
from tests.hub.heard import Heard
from tests.hub.migrated import lay_registry

from .scripted_node import until

END = 1 << 60


@dataclass
class School:
    """The running hub and where its broker is."""

    hub: Hub
    broker: Broker
    heard: Heard

    @property
    def port(self) -> int:
        return self.broker.port

    async def rows(self, device: str, point: str, node: str = "lab") -> tuple[Row, ...]:
        """Return everything stored of a point."""
        return (await self.hub.journal.page(ReadingsQuery(PointKey("school", node, device, point), 0, END))).rows

    async def stored(self, count: int, device: str, point: str, node: str = "lab") -> tuple[Row, ...]:
        """Wait until so many readings are stored and return them."""
        await until(lambda: sum(entry.stored for entry in self.hub.deliveries.ledger()) >= count, f"{count} stored")
        return await self.rows(device, point, node)

    def latest(self, device: str, point: str, node: str = "lab") -> Latest | None:
        found = self.hub.parts.latest.latest("school", node, device)
        return next((latest for latest in found if latest.key.point == point), None)

    def ledger(self, node: str = "lab") -> LedgerEntry:
        return next(entry for entry in self.hub.deliveries.ledger() if entry.node.node == node)

    def refused(self, reason: str) -> int:
        return self.hub.parts.health.status().refusals.get(reason, 0)

    def online(self, device: str, node: str = "lab") -> bool:
        found = [known for known in self.hub.parts.registry.devices("school", node) if known.key.device == device]
        return bool(found) and found[0].online


Start = Callable[[], AbstractAsyncContextManager[School]]


@asynccontextmanager
async def running(settings: HubSettings, broker: Broker) -> AsyncIterator[School]:
    """Run a hub without its HTTP server; yields it connected."""
    heard = Heard()
    with open_intents(settings.data / "commands.log") as intents:
        async with open_hub(settings, intents, heard) as hub, asyncio.TaskGroup() as group:
            tasks = [group.create_task(work, name=name) for name, work in hub.workers()]
            await until(lambda: hub.host.connected, "the hub's connection")
            yield School(hub, broker, heard)
            for task in reversed(tasks[1:]):
                task.cancel()
            hub.journal.end()


@pytest.fixture
async def broker() -> AsyncIterator[Broker]:
    if find_mosquitto() is None:
        pytest.skip("Mosquitto is not installed")
    async with open_broker() as running:
        yield running


@pytest.fixture
def start(broker: Broker, tmp_path: Path) -> Start:
    """Start the hub on the same data, as often as asked, one after the other."""
    lay_registry(tmp_path)
    settings = HubSettings(data=tmp_path, broker=broker.url, port=0)
    return lambda: running(settings, broker)


@pytest.fixture
async def school(start: Start) -> AsyncIterator[School]:
    async with start() as running:
        yield running
