"""What retention takes out of the journal comes from InfluxDB: the API answers across the seam as it did before."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeAlias

import httpx
import pytest

from labkeeper_hub.accounts import open_accounts
from labkeeper_hub.api import build_app
from labkeeper_hub.influx.settings import InfluxSettings
from labkeeper_hub.model import Aggregate, PointKey
from labkeeper_hub.retention_settings import DAY_MS, RetentionSettings
from labkeeper_hub.settings import HubSettings
from labkeeper_sdk.testing import Broker, find_influxd, open_influx
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.payload import Metric, MetricValue
from tests.hub.heard import Heard
from tests.hub.migrated import lay_registry

from .conftest import School, running
from .scripted_node import DEADLINE_S, ScriptedNode, joined, now_ms, until

MINUTE_MS = 60_000
STEP_MS = 20_000
OLD, NEW = 180, 120
"""Readings before and after what will be the seam: an hour and forty minutes of them."""
KEPT_MS = NEW * STEP_MS - 10 * MINUTE_MS
KEPT_DAYS = KEPT_MS / DAY_MS
SHORT = RetentionSettings(raw_days=KEPT_DAYS, minute_days=KEPT_DAYS, quarter_days=KEPT_DAYS, hour_days=KEPT_DAYS)
STRADDLING_MS, FINE_MS = 7 * MINUTE_MS, MINUTE_MS
PAGE = 50
ADDED_UP = (Aggregate.MEAN, Aggregate.SUM)
POINTS = {"temperature": DataType.DOUBLE, "count": DataType.INT64, "on": DataType.BOOLEAN, "mode": DataType.STRING}
AIR = {"school": "school", "node": "lab", "device": "air"}
NUMBERS = ("temperature", "count")
Rows: TypeAlias = list[list[Any]]
Answers: TypeAlias = dict[tuple[str, int | None, str], Rows]


def metric(point: str, number: int, time_ms: int) -> Metric:
    values: dict[str, MetricValue] = {
        "temperature": 20 + number * 0.37,
        "count": 3 * number,
        "on": number % 3 == 0,
        "mode": f"mode {number % 4}",
    }
    return Metric(point, values[point], POINTS[point], time_ms)


async def told(node: ScriptedNode, batch: int, numbers: range, start_ms: int) -> None:
    """Deliver these readings of every point."""
    metrics = [metric(point, number, start_ms + number * STEP_MS) for point in POINTS for number in numbers]
    node.send("air", metrics, batch=batch)
    await node.acknowledged(batch)


@asynccontextmanager
async def asked_of(school: School, data: Path) -> AsyncIterator[httpx.AsyncClient]:
    """The hub's API over this hub, for its owner."""
    async with open_accounts(data) as accounts:
        if accounts.new_secret:
            (data / "secret").write_text(accounts.new_secret)
        headers = {"Authorization": f"Bearer {(data / 'secret').read_text()}"}
        transport = httpx.ASGITransport(build_app(school.hub.parts, accounts, Heard()))
        async with httpx.AsyncClient(transport=transport, base_url="http://hub", headers=headers) as client:
            yield client


async def rows(client: httpx.AsyncClient, point: str, window: tuple[int, int], **more: str | int) -> Rows:
    """Read everything, page after page; nothing may be missing."""
    found: Rows = []
    query: dict[str, str | int] = {
        "school": "school",
        "node": "lab",
        "device": "air",
        "point": point,
        "from": window[0],
        "to": window[1],
    }
    after: dict[str, str] = {}
    while True:
        answer = await client.get("/api/v1/readings", params={**query, "limit": PAGE, **more, **after})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert page["missing"] == []
        found += page["rows"]
        if page["next"] is None:
            return found
        after = {"after": page["next"]}


async def everything(client: httpx.AsyncClient, window: tuple[int, int]) -> Answers:
    """Ask for readings of every point, and for buckets of the numbers by every aggregate."""
    answers: Answers = {(point, None, ""): await rows(client, point, window) for point in POINTS}
    for point in NUMBERS:
        for every in (FINE_MS, STRADDLING_MS):
            for how in Aggregate:
                answers[point, every, how] = await rows(client, point, window, every=every, aggregate=how)
    return answers


def forwarded(school: School) -> int:
    """Return how many readings InfluxDB has taken, the hub's own among them; 0 while some wait."""
    told = school.hub.parts.health.status().influx
    assert told is not None
    return 0 if told.waiting else told.forwarded


def alike(left: Rows, right: Rows, how: str) -> bool:
    """Floats are added up in another order; everything else is equal."""
    return left == ([[time_ms, pytest.approx(value)] for time_ms, value in right] if how in ADDED_UP else right)


async def retired(school: School, window: tuple[int, int]) -> None:
    """Wait until the journal's beginning, of readings and of what buckets come from, lies within the window."""
    key = PointKey("school", "lab", "air", "temperature")
    async with asyncio.timeout(DEADLINE_S):
        for every in (None, FINE_MS, STRADDLING_MS):
            while not window[0] + MINUTE_MS < (await school.hub.journal.complete_from(key, every) or 0) < window[1]:
                await asyncio.sleep(0.05)


async def test_the_answer_across_the_seam_is_the_one_from_before_retention(broker: Broker, tmp_path: Path) -> None:
    if find_influxd() is None:
        pytest.skip("influxd is not installed: apt install influxdb")
    lay_registry(tmp_path)
    start_ms = now_ms() - (OLD + NEW) * STEP_MS
    window = (start_ms - 1, now_ms())
    async with open_influx() as influx:
        settings = HubSettings(data=tmp_path, broker=broker.url, port=0, influx=InfluxSettings(url=influx.url))
        devices = {"air": [metric(point, 0, now_ms()) for point in POINTS]}
        async with running(settings, broker) as school, joined(school.port, devices=devices) as node:
            await told(node, 1, range(OLD), start_ms)
            await school.hub.journal.upkeep.compact()
            await told(node, 2, range(OLD, OLD + NEW), start_ms)
            await until(lambda: forwarded(school) >= len(POINTS) * (OLD + NEW), "the forwarder")
            async with asked_of(school, tmp_path) as client:
                before = await everything(client, window)
        async with running(settings.model_copy(update={"retention": SHORT}), broker) as school:
            await retired(school, window)
            async with asked_of(school, tmp_path) as client:
                after = await everything(client, window)
    assert len(before["temperature", None, ""]) == OLD + NEW
    assert len(before["temperature", STRADDLING_MS, "mean"]) < OLD // 2
    for question, answer in before.items():
        assert alike(after[question], answer, question[2]), question
