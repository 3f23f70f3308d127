"""A real InfluxDB for all tests, a database of its own for each; a journal and a registry beside it."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from labkeeper_hub.bus import EventBus
from labkeeper_hub.influx import influxql, version1
from labkeeper_hub.influx.forwarder import Forwarder, Rhythm
from labkeeper_hub.influx.opening import open_forwarder
from labkeeper_hub.influx.settings import InfluxSettings
from labkeeper_hub.model import PointKey
from labkeeper_hub.registry.registry import HubRegistry
from labkeeper_hub.timeseries.columns import kind_of
from labkeeper_hub.timeseries.journal import Journal
from labkeeper_hub.timeseries.pace import Pace
from labkeeper_sdk import Value
from labkeeper_sdk.testing import Influx, find_influxd, open_influx
from tests.hub.timeseries.conftest import running

# what tries nothing must not count as passed, so that it is not even collected where nobody points at a real InfluxDB
collect_ignore = [] if "LABKEEPER_INFLUX_URL" in os.environ else ["test_real_one.py"]
DEADLINE_S = 30.0
KEY = PointKey("demo", "lab 1", "0x0001", "temperature")
START_MS = 1_767_225_600_000
NS = 1_000_000
QUICK = Rhythm(batch=50, look_s=0.01, history_per_s=1e9)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Influx]:
    if find_influxd() is None:
        pytest.skip("influxd is not installed: apt install influxdb")
    async with open_influx(folder=tmp_path_factory.mktemp("influx")) as influx:
        yield influx


@dataclass
class Database:
    """One database of the server, to look into."""

    settings: InfluxSettings

    async def ask(self, statement: str) -> list[dict[str, Any]]:
        params = {"db": self.settings.database, "epoch": "ns", "q": statement}
        async with httpx.AsyncClient(base_url=self.settings.url, trust_env=False, timeout=DEADLINE_S) as client:
            answer = await client.post("/query", data=params)
        return influxql.rows_of(answer.content)

    async def write(self, body: str) -> None:
        params = {"db": self.settings.database, "precision": "ns"}
        async with httpx.AsyncClient(base_url=self.settings.url, trust_env=False, timeout=DEADLINE_S) as client:
            answer = await client.post("/write", params=params, content=body.encode())
        assert answer.status_code == 204, answer.text

    async def make(self) -> None:
        """Make the database, as a forwarder would."""
        async with version1.connect(self.settings) as sink:
            assert (await sink.create()).status == 200

    async def everything(self) -> list[dict[str, Any]]:
        return await self.ask('SELECT * FROM "readings"')

    async def count(self) -> int:
        return len(await self.everything())


@pytest.fixture
def database(server: Influx, request: pytest.FixtureRequest) -> Database:
    name = f"{request.node.name[:60]} {time.monotonic_ns()}"
    return Database(InfluxSettings(url=server.url, database=name))


@dataclass
class Stored:
    """A journal to put readings into."""

    journal: Journal
    made: list[tuple[PointKey, int, int, Value | None]] = field(default_factory=list)

    async def put(self, *readings: tuple[PointKey, int, Value | None], mark: int = 0) -> None:
        """Store readings and return when they are committed."""
        for key, time_ms, value in readings:
            self.journal.group.add(self.journal.series_of(key), time_ms, mark | kind_of(value), value)
            self.made.append((key, time_ms, mark, value))
        self.journal.filled()
        await until(lambda: not self.journal.queued)


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not true():
            await asyncio.sleep(0.005)


@asynccontextmanager
async def forwarding(settings: InfluxSettings, journal: Journal, rhythm: Rhythm = QUICK) -> AsyncIterator[Forwarder]:
    """A forwarder that runs for the length of the block."""
    registry = HubRegistry(EventBus(), journal.series_of, {})
    async with open_forwarder(settings, journal, registry, rhythm) as forwarder:
        assert forwarder is not None
        forwarder.luck = lambda: 0.0
        task = asyncio.create_task(forwarder.run(), name="influx")
        try:
            yield forwarder
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def through(forwarder: Forwarder) -> None:
    """Wait until nothing waits."""
    await until(lambda: not forwarder.forwarding.waiting and not forwarder.forwarding.history)


@pytest.fixture
async def stored(tmp_path: Path) -> AsyncIterator[Stored]:
    async with running(tmp_path / "journal.sqlite", Pace(commit_s=0.001)) as journal:
        yield Stored(journal)
