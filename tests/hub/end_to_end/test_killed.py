"""The hub as a process: killed in the middle of its work it loses nothing it has acknowledged."""

import asyncio
import json
import random
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from labkeeper_hub.model import PointKey, ReadingsQuery
from labkeeper_hub.timeseries.journal import open_journal
from labkeeper_sdk.testing import Broker

from .scripted_node import DEADLINE_S, ScriptedNode, double, joined, until

KILLS = 5
BATCHES = 40
PER_BATCH = 20


@asynccontextmanager
async def hub_process(folder: Path, broker: Broker) -> AsyncIterator[tuple[Process, dict[str, str]]]:
    """Run `python -m labkeeper_hub` until the test is done with it."""
    command = ["-m", "labkeeper_hub", "--data", str(folder), "--port", "0", "--broker", broker.url]
    process = await asyncio.create_subprocess_exec(sys.executable, *command, stdout=PIPE, stderr=DEVNULL)
    try:
        assert process.stdout is not None
        ready = json.loads(await asyncio.wait_for(process.stdout.readline(), 30))
        yield process, ready
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def values_of(batch: int) -> list[float]:
    return [batch + i / 1000 for i in range(PER_BATCH)]


def send(node: ScriptedNode, batch: int, *, historical: bool) -> None:
    start_ms = 1_700_000_000_000 + batch * 1000
    readings = [double("co2", value, start_ms + i, historical=historical) for i, value in enumerate(values_of(batch))]
    node.send("air", readings, batch=batch)


async def test_a_killed_hub_has_every_reading_it_acknowledged_and_none_twice(broker: Broker, tmp_path: Path) -> None:
    seed = random.randrange(1 << 32)
    print("seed", seed)  # noqa: T201 -- to repeat it
    chance, sent, acknowledged = random.Random(seed), 0, set[int]()
    for run in range(KILLS):
        async with (
            hub_process(tmp_path, broker) as (process, _),
            joined(broker.port, devices={"air": [double("co2", 0.0)]}, bd_seq=run) as node,
        ):
            waiting = [batch for batch in range(1, sent + 1) if batch not in acknowledged]
            for batch in waiting:
                send(node, batch, historical=True)
            first, sent = sent + 1, sent + BATCHES
            kill_after = chance.randrange(first, sent)
            for batch in range(first, sent + 1):
                send(node, batch, historical=False)
                if batch % 4 == 0:
                    await asyncio.sleep(0.003)
                if batch >= kill_after and any(ack.covers(first) for ack in node.acks):
                    break
            process.send_signal(signal.SIGKILL)
            await process.wait()
            acknowledged = {b for b in range(1, sent + 1) if any(ack.covers(b) for ack in node.acks)} | acknowledged
    stored = await _stored(tmp_path)
    assert len(stored) == len(set(stored))
    assert acknowledged
    assert {value for batch in acknowledged for value in values_of(batch)} <= set(stored)
    assert len(stored) % PER_BATCH == 0  # a batch is stored whole or not at all


async def test_a_hub_that_is_told_to_end_ends_cleanly_and_shows_its_secret_once(broker: Broker, tmp_path: Path) -> None:
    async with hub_process(tmp_path, broker) as (process, ready):
        assert "owner_secret" in ready
        async with joined(broker.port, devices={"air": [double("co2", 0.0)]}) as node:
            send(node, 1, historical=False)
            await node.acknowledged(1)
            process.terminate()
            assert await asyncio.wait_for(process.wait(), DEADLINE_S) == 0
            await until(lambda: not node.session.live, "the host's goodbye")
    assert sorted(await _stored(tmp_path)) == values_of(1)
    async with hub_process(tmp_path, broker) as (_, ready):
        assert "owner_secret" not in ready


async def test_a_second_hub_on_the_same_folder_does_not_start(broker: Broker, tmp_path: Path) -> None:
    async with hub_process(tmp_path, broker):
        command = ["-m", "labkeeper_hub", "--data", str(tmp_path), "--port", "0", "--broker", broker.url]
        second = await asyncio.create_subprocess_exec(sys.executable, *command, stdout=PIPE, stderr=PIPE)
        _, said = await asyncio.wait_for(second.communicate(), 30)
    assert second.returncode == 2
    assert str(tmp_path) in said.decode()
    assert "another hub" in said.decode()


async def _stored(folder: Path) -> list[float]:
    async with open_journal(folder / "journal.sqlite") as journal:
        page = await journal.page(ReadingsQuery(PointKey("school", "lab", "air", "co2"), 0, 1 << 60))
    return [float(row.value) for row in page.rows if row.value is not None]
