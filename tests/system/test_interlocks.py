"""A chemistry lab leaks gas with the hub unplugged, and with everything unplugged, and is safe."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from benchmarks.interlocks import GuardedRoom, open_room
from labkeeper_cli.client import Json
from labkeeper_edge.interlocks.loading import load, supplied
from labkeeper_sdk.testing import find_mosquitto

from .waiting import until

pytestmark = [
    pytest.mark.skipif(find_mosquitto() is None, reason="Mosquitto is not installed: apt install mosquitto"),
    pytest.mark.timeout(180),
]


@pytest.fixture
async def chemistry(tmp_path: Path) -> AsyncIterator[GuardedRoom]:
    async with open_room(tmp_path, "chemistry") as chemistry:
        yield chemistry


async def test_a_leak_is_made_safe_whoever_is_dead_and_the_hub_alarms_afterwards_until_the_latch_is_reset(
    chemistry: GuardedRoom,
) -> None:
    for dead in ((), ("hub",), ("broker", "node"), ("hub", "broker", "node")):
        await chemistry.prepare()
        assert not chemistry.safe
        assert await chemistry.mishap(dead) < float("inf"), dead
        assert await chemistry.recover(dead), dead


async def test_two_persons_change_what_a_node_runs_and_the_node_proves_it(chemistry: GuardedRoom) -> None:
    stack = chemistry.stack
    text = supplied("chemistry").replace("gas >= 20", "gas >= 15")
    node = {"school": "demo-school", "node": "lab-1-pi"}
    bearer = {"Authorization": f"Bearer {stack.secret}"}

    async def standing() -> Json:
        return next(iter((await stack.client.get("interlocks"))["nodes"]), {"running": None, "differs": None})

    async with (
        httpx.AsyncClient(base_url=f"{stack.url}/api/v1", headers=bearer, trust_env=False) as owner,
        httpx.AsyncClient(base_url=f"{stack.url}/api/v1", headers={"Origin": stack.url}, trust_env=False) as second,
    ):
        await until(standing, lambda found: found["running"] == load(supplied("chemistry")).hash)
        grants = [{"role": "facility_manager"}]
        person = (await owner.post("/people", json={"login": "li", "title": "李", "grants": grants})).json()["name"]
        invitation = (await owner.post(f"/people/{person}/invitation")).json()["invitation"]
        entered = await second.post("/session", json={"invitation": invitation, "password": "correct horse battery 9"})
        assert entered.status_code == 204, entered.text
        proposed = await owner.post("/interlocks/propose", json={**node, "text": text})
        approval = {**node, "hash": proposed.json()["proposal"]["hash"]}
        assert (await owner.post("/interlocks/approve", json=approval)).status_code == 409
        assert (await second.post("/interlocks/approve", json=approval)).status_code == 200
        await until(standing, lambda found: found["differs"] is False and found["running"] == load(text).hash)
