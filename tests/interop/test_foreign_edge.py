"""A Sparkplug edge node nobody here wrote joins the hub, and everything it says is stored."""

import asyncio
import contextlib
import json
import time
from asyncio.subprocess import PIPE
from collections.abc import Sequence
from pathlib import Path

from labkeeper_cli.client import HubClient, Target, open_hub
from labkeeper_cli.processes import open_role
from labkeeper_sdk.testing import free_port, open_broker

COUNT = 40
BIRTH = {"power": 0.5, "count": -5, "on": True, "label": "计量", "uptime": -1}  # as foreign_edge.js has it
DEADLINE_S = 40
POINTS = ("power", "count", "on", "label")


async def stored(client: HubClient, device: str, point: str, last: tuple[int, object]) -> list[tuple[int, object]]:
    """The readings of a foreign point, once the last one is among them."""
    target = Target("foreign-school", "gateway", device, point)
    async with asyncio.timeout(DEADLINE_S):
        while last not in (rows := await client.readings(target, 0, time.time_ns() // 10**6 + 60_000)):
            await asyncio.sleep(0.1)
    return list(rows)


def only_births(point: str, sent: Sequence[tuple[int, object]], rows: Sequence[tuple[int, object]]) -> bool:
    """Whether all that is stored beside what was sent is what births said; nothing else, and nothing altered."""
    beside = [row for row in rows if row not in set(sent)]
    return bool(beside) and all(value == BIRTH[point] and time_ms > sent[-1][0] for time_ms, value in beside)


async def known(client: HubClient) -> dict[str, object]:
    """The foreign device, once the hub shows it online."""
    async with asyncio.timeout(DEADLINE_S):
        while not (found := [d for d in await client.devices() if d["device"] == "meter" and d["online"]]):
            await asyncio.sleep(0.1)
    return dict(found[0])


async def test_a_foreign_edge_node_joins_and_every_reading_is_stored(node_folder: Path, tmp_path: Path) -> None:
    async with open_broker() as broker:
        where = ["--data", str(tmp_path / "hub"), "--port", str(free_port()), "--broker", broker.url]
        async with open_role("hub", "labkeeper_hub", where, tmp_path / "hub.log") as hub:
            script = (str(node_folder / "foreign_edge.js"), broker.url, str(COUNT))
            edge = await asyncio.create_subprocess_exec("node", *script, stdout=PIPE)
            try:
                async with open_hub(str(hub.ready["url"]), str(hub.ready["owner_secret"])) as client:
                    device = await known(client)
                    assert {point["point"] for point in device["points"]} == set(POINTS)  # type: ignore[attr-defined] # JSON
                    assert edge.stdout is not None
                    said = [json.loads(await edge.stdout.readline()) for _ in range(COUNT)]
                    for point in POINTS:
                        sent = [(one["time_ms"], one[point]) for one in said]
                        rows = await stored(client, "meter", point, sent[-1])
                        assert only_births(point, sent, rows)
                        assert [row for row in rows if row in set(sent)] == sent
                    itself = await client.get("devices/foreign-school/gateway")
                    assert (itself["device"], [point["point"] for point in itself["points"]]) == ("", ["uptime"])
                    uptimes = [(one["time_ms"], at) for at, one in enumerate(said, 1)]
                    rows = await stored(client, "", "uptime", uptimes[-1])
                    assert only_births("uptime", uptimes, rows)
                    assert [row for row in rows if row in set(uptimes)] == uptimes
                    nodes = (await client.get("nodes"))["nodes"]
                    assert [node["foreign"] for node in nodes if node["node"] == "gateway"] == [True]
            finally:
                with contextlib.suppress(ProcessLookupError):  # it may have ended by itself
                    edge.terminate()
                await edge.communicate()
