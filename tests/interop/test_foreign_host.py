"""A Sparkplug host nobody here wrote reads our node: births, data, and what the devices are."""

import asyncio
import json
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from labkeeper_cli.stack import Wishes, open_stack
from labkeeper_cli.trial import all_online

DEADLINE_S = 40
PLUG = "0x00158d00000a0002"


@asynccontextmanager
async def foreign_host(folder: Path, broker_url: str) -> AsyncIterator[Process]:
    """The host, listening."""
    command = ("node", str(folder / "foreign_host.js"), broker_url)
    host = await asyncio.create_subprocess_exec(*command, stdout=PIPE, limit=16 * 1024 * 1024)
    assert host.stdout is not None
    assert json.loads(await host.stdout.readline()) == {"ready": True}
    try:
        yield host
    finally:
        host.terminate()
        await host.communicate()


async def until_data(host: Process, device: str) -> list[dict[str, Any]]:
    """Everything it heard up to the first data of the device."""
    heard: list[dict[str, Any]] = []
    async with asyncio.timeout(DEADLINE_S):
        while host.stdout is not None:
            heard.append(json.loads(await host.stdout.readline()))
            if (heard[-1]["kind"], heard[-1]["device"]) == ("DDATA", device):
                return heard
    return heard


@pytest.mark.sparkplug("payloads-nbirth-bdseq", "payloads-dbirth-order", "topics-ddata-topic")
async def test_a_foreign_host_reads_our_nodes_births_and_data(node_folder: Path, tmp_path: Path) -> None:
    async with open_stack(Wishes(tmp_path, sim=["--only", "plug"])) as stack:
        await all_online(stack.client, [PLUG], DEADLINE_S)
        async with foreign_host(node_folder, stack.broker.url) as host:
            await stack.edge.stop()
            await stack.edge.start()
            heard = await until_data(host, PLUG)
    births = [one for one in heard if one["kind"] in ("NBIRTH", "DBIRTH")]
    node = {metric["name"]: metric["value"] for metric in next(b for b in births if b["kind"] == "NBIRTH")["metrics"]}
    assert {"bdSeq", "Node Control/Rebirth", "Delivery/Epoch"} <= set(node)
    plug = next(birth for birth in births if birth["device"] == PLUG)
    assert {"state", "power", "Properties/Hardware Make"} <= {metric["name"] for metric in plug["metrics"]}
    names = {metric["name"] for metric in heard[-1]["metrics"]}
    assert names & {"power", "voltage", "current", "energy"}
