"""Gas leaks, lids and fences are opened, whatever of hub, broker and node is dead: the room is safe in time."""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from benchmarks.interlocks import COMBINATIONS, DANGERS, MARGIN_MS, GuardedRoom, open_room
from labkeeper_cli.client import Json
from labkeeper_edge.interlocks.loading import load, supplied
from labkeeper_sdk.sim.devices.outlets import FALLBACK_S
from labkeeper_sdk.testing import find_mosquitto

from .waiting import until

pytestmark = [
    pytest.mark.skipif(find_mosquitto() is None, reason="Mosquitto is not installed: apt install mosquitto"),
    pytest.mark.timeout(180),
]


TICK_S = 0.01
ALLOWED_S = FALLBACK_S + MARGIN_MS / 1000


@pytest.fixture
async def chemistry(tmp_path: Path) -> AsyncIterator[GuardedRoom]:
    async with open_room(tmp_path, "chemistry") as chemistry:
        yield chemistry


def waited_s(pids: Iterable[int]) -> float:
    """How long these processes have waited for a processor, by the kernel's count where it keeps one."""
    files = (Path(f"/proc/{pid}/schedstat") for pid in pids)
    return sum(int(file.read_text().split()[1]) for file in files if file.exists()) / 1e9


class Standstill:
    """How long those had no turn although they wanted one on whom it depends when it is safe: this process, in which
    the outlets live and count, and the others that still live.
    """

    def __init__(self, others: Collection[int]) -> None:
        self.seconds = -waited_s(others)
        self.others = others

    def end(self) -> None:
        self.seconds += waited_s(self.others)

    async def watch(self) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            began = clock()
            await asyncio.sleep(TICK_S)
            self.seconds += clock() - began - TICK_S


@asynccontextmanager
async def standing_still(others: Collection[int]) -> AsyncIterator[Standstill]:
    still = Standstill(others)
    watching = asyncio.create_task(still.watch(), name="standstill")
    try:
        yield still
    finally:
        still.end()
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", list(DANGERS))
async def test_a_mishap_is_made_safe_whoever_is_dead_and_the_hub_alarms_afterwards_until_the_latch_is_reset(
    name: str, tmp_path: Path
) -> None:
    async with open_room(tmp_path, name) as room:
        for dead in COMBINATIONS:
            await room.prepare()
            assert not room.safe, dead
            await room.kill(dead)
            async with standing_still(room.alive) as still:
                took_s = await room.mishap()
            # at the latest when the outlets' own lease ends, for which nobody is needed: not the hub, not the node
            assert took_s <= ALLOWED_S + still.seconds, (dead, took_s, still.seconds)
            assert room.safe, dead
            assert await room.recover(dead), dead


async def test_two_persons_change_what_a_node_runs_and_the_node_proves_it_and_what_one_changes_alone_is_seen(
    chemistry: GuardedRoom, tmp_path: Path
) -> None:
    stack, settings, book = chemistry.stack, tmp_path / "node.toml", tmp_path / "hub" / "interlocks.json"
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
        await until(standing, lambda found: found["unapproved"] == "found" and book.exists())
        await stack.edge.stop()
        settings.write_text(settings.read_text().replace('"chemistry"', '"maker"'))  # who keeps the file needs nobody
        await stack.edge.start()
        await until(standing, lambda found: found["unapproved"] == "changed")
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
        assert (await standing())["unapproved"] == "no"
