"""The API in front of the real hub: a process of its own, a real broker, a node that speaks the wire."""

import asyncio
import csv
import io
import math
import struct
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

from labkeeper_hub.api.models import CommandShape, DeviceShape, LatestShape
from labkeeper_sdk.testing import Broker, find_mosquitto, open_broker
from labkeeper_wire.commands import CommandResult, CommandState
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.descriptor import PointDescription
from labkeeper_wire.payload import Metric

from ..end_to_end.scripted_node import ScriptedNode, double, joined, now_ms, until  # noqa: TID252 - tests are not packages, so nothing absolute leads there
from ..end_to_end.test_killed import hub_process  # noqa: TID252 - same
from .conftest import Live

ADDRESS = {"school": "school", "node": "lab", "device": "plug"}
SWITCH = PointDescription("on", "switch", DataType.BOOLEAN, writable=True)
POWER = PointDescription("power", "measure", DataType.DOUBLE, "W")
VALUES = [0.1 + 0.2, -0.0, 5e-324, 1.7976931348623157e308, 1 / 3]


@pytest.fixture
async def broker() -> AsyncIterator[Broker]:
    if find_mosquitto() is None:
        pytest.skip("Mosquitto is not installed")
    async with open_broker() as running:
        yield running


def _plug() -> dict[str, Sequence[Metric]]:
    values = ((SWITCH, False), (POWER, 1.5))
    return {"plug": [Metric(p.name, v, p.datatype, now_ms(), properties=p.to_properties()) for p, v in values]}


@asynccontextmanager
async def _live(url: str, secret: str) -> AsyncIterator[Live]:
    uri = url.replace("http", "ws") + "/api/v1/live"
    async with connect(uri, additional_headers={"Authorization": f"Bearer {secret}"}) as socket:
        yield Live(socket)


async def _until_told(live: Live, **wanted: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    while True:
        for change in (await live.hear_type("changes"))["changes"]:
            if wanted.items() <= change.items():
                told: dict[str, Any] = change
                return told


async def test_a_reading_and_a_command_go_all_the_way(broker: Broker, tmp_path: Path) -> None:
    async with hub_process(tmp_path, broker) as (_, ready):
        url, secret = ready["url"], ready["owner_secret"]
        headers = {"Authorization": f"Bearer {secret}"}
        async with httpx.AsyncClient(base_url=url, headers=headers) as owner, _live(url, secret) as live:
            await live.greet()
            async with joined(broker.port, devices=_plug()) as node:
                device = await _until_told(live, kind="device", device="plug", online=True)
                DeviceShape.model_validate({key: device[key] for key in device if key != "kind"})
                start_ms = now_ms()
                node.send("plug", [double("power", value, start_ms + i) for i, value in enumerate(VALUES)], batch=1)
                await node.acknowledged(1)
                await _readings_are_equal(owner, start_ms)
                command = (await owner.post("/api/v1/commands", json={**ADDRESS, "point": "on", "value": True})).json()
                command_id = command["command"]["id"]
                await until(lambda: bool(node.commands), "the command")
                node.answer("plug", CommandResult(command_id, CommandState.ACCEPTED))
                node.answer("plug", CommandResult(command_id, CommandState.DONE))
                done = await _until_told(live, kind="command", id=command_id, state="done")
                CommandShape.model_validate({key: done[key] for key in done if key != "kind"})
                assert (await owner.get(f"/api/v1/commands/{command_id}")).json()["command"]["state"] == "done"


async def _readings_are_equal(owner: httpx.AsyncClient, start_ms: int) -> None:
    asked: dict[str, Any] = {**ADDRESS, "point": "power", "from": start_ms, "to": start_ms + 1000}
    told = (await owner.get("/api/v1/readings", params=asked)).json()
    assert [row[0] for row in told["rows"]] == [start_ms + i for i in range(len(VALUES))]
    assert _bits(row[1] for row in told["rows"]) == _bits(VALUES)
    assert told["unit"] == "W"
    text = (await owner.get("/api/v1/readings", params={**asked, "format": "csv"})).content.decode("utf-8-sig")
    assert _bits(float(row[1]) for row in list(csv.reader(io.StringIO(text)))[1:]) == _bits(VALUES)
    mean = await owner.get("/api/v1/readings", params={**asked, "every": 86_400_000, "aggregate": "max"})
    assert [row[1] for row in mean.json()["rows"]] == [max(VALUES)]
    for row in (await owner.get("/api/v1/latest")).json()["latest"]:
        LatestShape.model_validate(row)
    (account,) = (await owner.get("/api/v1/ledger")).json()["nodes"]
    assert (account["stored"], account["gaps"]) == (len(VALUES), 0)


def _bits(values: Any) -> list[bytes]:  # noqa: ANN401 - any floats
    return [struct.pack("<d", value) for value in values]


async def test_a_restart_signs_nobody_out_and_a_link_works_once(broker: Broker, tmp_path: Path) -> None:
    async with httpx.AsyncClient() as page:
        async with hub_process(tmp_path, broker) as (process, ready):
            proof = {"link": ready["sign_in"].partition("#sign-in=")[2]}
            page.headers["Origin"] = ready["url"]
            assert (await page.post(ready["url"] + "/api/v1/session", json=proof)).status_code == 204
            assert (await page.post(ready["url"] + "/api/v1/session", json=proof)).status_code == 401
            process.terminate()
            async with asyncio.timeout(20):
                assert await process.wait() == 0
        async with hub_process(tmp_path, broker) as (_, again):
            assert "owner_secret" not in again
            assert (await page.get(again["url"] + "/api/v1/session")).json()["signed_in"] is True


async def test_what_is_not_a_number_never_reaches_a_page(broker: Broker, tmp_path: Path) -> None:
    async with hub_process(tmp_path, broker) as (_, ready), _live(ready["url"], ready["owner_secret"]) as live:
        await live.greet()
        async with joined(broker.port, devices=_plug()) as node:
            await _until_told(live, kind="device", device="plug", online=True)
            node.send("plug", [double("power", math.nan, now_ms()), double("power", 7.0, now_ms())], batch=1)
            assert (await _until_told(live, kind="reading", point="power", value=7.0))["stale"] is False


RULE_OF_THE_MEAN = """
[rule.stuffy]
title = { zh = "闷", en = "Stuffy" }
consequence = { zh = "困倦。", en = "Tiredness." }
response = { zh = "开窗。", en = "Open a window." }
role = "teacher"
class = "environment"
source = "our own"
unit = "[ppm]"
points = ["co2_mean_10min"]
levels = [{ name = "warn", limit = 1200, priority = "low" }]
"""


async def _goes_on(node: ScriptedNode) -> None:
    for batch in count(2):
        node.send("air", [double("co2", 2000.0, now_ms())], batch=batch)
        await asyncio.sleep(1)


async def test_a_rule_on_what_the_hub_derives_alarms_is_tried_and_ends_with_its_file(
    broker: Broker, tmp_path: Path
) -> None:
    (tmp_path / "alarms.toml").write_text(RULE_OF_THE_MEAN)
    point, begin_ms = PointDescription("co2", "measure", DataType.DOUBLE, "[ppm]"), now_ms() - 20 * 60_000
    air = {"air": [Metric("co2", 400.0, DataType.DOUBLE, begin_ms, properties=point.to_properties())]}
    address = {"rule": "stuffy", "school": "school", "node": "#hub-derived-lab", "device": "air"}
    address["point"] = "co2_mean_10min"
    async with hub_process(tmp_path, broker) as (process, ready):
        headers = {"Authorization": f"Bearer {ready['owner_secret']}"}
        client = httpx.AsyncClient(base_url=ready["url"], headers=headers)
        async with client, _live(ready["url"], ready["owner_secret"]) as live:
            await live.greet()  # before the node: what comes later is told as changes
            async with joined(broker.port, devices=air) as node:
                await _until_told(live, kind="device", node="#hub-derived-lab", device="air", online=True)
                minutes = [double("co2", 400.0 if at < 8 else 2000.0, begin_ms + at * 60_000) for at in range(21)]
                node.send("air", minutes, batch=1)
                speaking = asyncio.create_task(_goes_on(node))
                told = await _until_told(live, kind="alarm", **address)
                speaking.cancel()
                assert (told["core"], told["lab"], told["level"]) == ("unack", "lab", "warn")
                assert 1200 <= told["value"] <= 2000
                asked = {"alarm": address, "from": begin_ms, "to": now_ms()}
                trial = (await client.post("/api/v1/alarms/try", json=asked)).json()
                (spell,) = trial["spells"]
                assert spell["level"] == "warn"
                assert begin_ms < spell["from_ms"] <= told["raised_ms"]  # before the watch, it only tells
                never = (await client.post("/api/v1/alarms/try", json={**asked, "limits": {"warn": 2001}})).json()
                assert (never["spells"], never["readings"] > 5) == ([], True)
        process.terminate()
        await process.wait()
    (tmp_path / "alarms.toml").unlink()
    async with hub_process(tmp_path, broker) as (_, ready), httpx.AsyncClient(base_url=ready["url"]) as client:
        alarms = (await client.get("/api/v1/alarms", headers=headers)).json()["alarms"]  # the node is lost, too
        assert [one["core"] for one in alarms if one["rule"] == "stuffy"] == ["rtn_unack"]
