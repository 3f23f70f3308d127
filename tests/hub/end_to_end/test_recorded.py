"""A recording lives in the hub and on its disk: killed in the middle, it goes on, and is sealed when all has come."""

import asyncio
import signal
from pathlib import Path
from typing import Any

import httpx

from labkeeper_hub.export.order import OrderedPoint
from labkeeper_hub.recordings.recording import Plan
from labkeeper_sdk.testing import Broker

from .conftest import School
from .scripted_node import DEADLINE_S, ScriptedNode, double, joined
from .test_killed import hub_process

POINT = "school/lab/air/co2"


def client(ready: dict[str, str], secret: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=ready["url"], headers={"Authorization": f"Bearer {secret}"}, timeout=DEADLINE_S)


async def said(node: ScriptedNode, batch: int, now_ms: int) -> None:
    """Let the node say ten readings, and wait until the hub has them on disk."""
    node.send("air", [double("co2", batch * 100.0 + at, now_ms + at) for at in range(10)], batch=batch)
    await node.acknowledged(batch)


async def hub_ms(hub: httpx.AsyncClient, identity: str) -> int:
    """Return a time within the recording, by the clock that decides: the hub's."""
    answer = await hub.post(f"/api/v1/recordings/{identity}/marks", json={})
    time_ms: int = answer.json()["marks"][-1]["time_ms"]
    return time_ms


async def until_sealed(hub: httpx.AsyncClient, identity: str) -> dict[str, Any]:
    async with asyncio.timeout(DEADLINE_S * 3):
        while True:
            found: dict[str, Any] = (await hub.get(f"/api/v1/recordings/{identity}")).json()
            if found["stage"] == "sealed":
                return found
            await asyncio.sleep(0.1)


async def test_a_recording_goes_on_after_the_hub_was_killed_and_has_everything(broker: Broker, tmp_path: Path) -> None:
    devices = {"air": [double("co2", 0.0)]}
    async with hub_process(tmp_path, broker) as (process, ready):
        secret = ready["owner_secret"]
        async with joined(broker.port, devices=devices) as node, client(ready, secret) as hub:
            (lab,) = (await hub.get("/api/v1/labs")).json()["labs"]
            asked = {"school": lab["school"], "lab": lab["lab"], "points": [POINT], "title": "through a crash"}
            identity = (await hub.post("/api/v1/recordings", json=asked)).json()["id"]
            await said(node, 1, await hub_ms(hub, identity))
            process.send_signal(signal.SIGKILL)
            await process.wait()
    async with (
        hub_process(tmp_path, broker) as (_, ready),
        joined(broker.port, devices=devices, bd_seq=1) as node,
        client(ready, secret) as hub,
    ):
        found = (await hub.get(f"/api/v1/recordings/{identity}")).json()
        assert (found["stage"], found["samples"], len(found["marks"])) == ("running", 10, 1)
        await said(node, 2, await hub_ms(hub, identity))
        await hub.post(f"/api/v1/recordings/{identity}/stop")
        sealed = await until_sealed(hub, identity)
        assert sealed["seal"]["by"] == "hub"
        content = (await hub.get(f"/api/v1/recordings/{identity}/readings")).text
        values = [float(line.split(",")[8]) for line in content.splitlines()[1:]]
        assert values[:10] == [100.0 + at for at in range(10)]
        assert sealed["samples"] == len(values) > 10
        assert (await hub.get(f"/api/v1/recordings/{identity}/verify")).json()["holds"]


async def test_what_somebody_does_with_a_recording_is_noted(school: School) -> None:
    recordings = school.hub.recordings
    recordings.audit = school.heard
    point = OrderedPoint(
        school="school", lab="lab", node="lab", device="air", point="co2", unit="[ppm]", kind="measure", type="float"
    )
    made = await recordings.start(Plan("school", "lab", "", (point,)), "anna")
    await recordings.mark(made.id, "lamp on", "ben")
    await recordings.follow(made.id, [point.model_copy(update={"point": "temperature"})])
    await recordings.stop(made.id, "anna")
    await recordings.remove(made.id, "anna")
    acts = [(who, what, result) for who, what, subject, result in school.heard.notes if subject == made.id]
    assert [one for one in acts if one[1] != "seal_recording"] == [
        ("anna", "start_recording", "school/lab 1 points"),
        ("ben", "mark_recording", "ok"),
        ("hub", "follow_recording", "1 more"),
        ("anna", "stop_recording", "ok"),
        ("anna", "remove_recording", "ok"),
    ]
