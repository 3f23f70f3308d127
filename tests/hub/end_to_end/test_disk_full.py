"""The hub's disk is full: journal, registry and intent log wait, the hub lives and says so, and all go on with room."""

import resource
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from labkeeper_hub.commands.intents import IntentLog, open_intents
from labkeeper_hub.model import PointKey, State
from labkeeper_hub.settings import HubSettings
from labkeeper_sdk.testing import Broker
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.descriptor import PointDescription
from labkeeper_wire.payload import Metric
from tests.hub.small_disk import Limited, SmallDisk, open_small_disk

from .conftest import School, running
from .scripted_node import ScriptedNode, double, joined, now_ms, until
from .test_killed import hub_process

SWITCH = PointDescription("on", "switch", DataType.BOOLEAN, writable=True)
ON = PointKey("school", "lab", "plug", "on")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with open_small_disk(tmp_path / "disk") as opened:
        yield opened


async def test_a_hub_on_a_full_disk_acknowledges_nothing_says_so_and_goes_on_with_room(
    disk: SmallDisk, broker: Broker
) -> None:
    settings = HubSettings(data=disk.folder / "hub", broker=broker.url, port=0)
    settings.data.mkdir()
    plug = [Metric("on", False, SWITCH.datatype, now_ms(), properties=SWITCH.to_properties())]
    async with running(settings, broker) as school:
        hub = school.hub
        async with joined(school.port, devices={"air": [double("co2", 0.0)], "plug": plug}) as node:
            node.send("air", [double("co2", 1.0)], batch=1)
            await node.acknowledged(1)
            await hub.registry_records.save()
            disk.fill()
            last = await send_until_refused(school, node)
            node.born("lamp", [double("power", 0.0)])
            await until(lambda: hub.registry_records.failing, "the registry's complaint")
            if not isinstance(disk, Limited):  # a limit on a file's size refuses large files only
                refused = await hub.desk.submit(ON, value=True)
                assert (refused.state, refused.code) == (State.REJECTED, "hub_disk")
            assert not any(ack.covers(last) for ack in node.acks)
            disk.make_room()
            await node.acknowledged(last)
            await until(lambda: not hub.registry_records.failing, "the registry")
            assert not hub.parts.health.status().journal.failing
    async with running(settings, broker) as school:
        assert len(await school.rows("air", "co2")) == 1 + 200 * (last - 1)
        assert {known.key.device for known in school.hub.parts.registry.devices()} >= {"air", "plug", "lamp"}


async def send_until_refused(school: School, node: ScriptedNode) -> int:
    """Send batches of 200, each when the one before is stored; return the number of the one that was not."""
    journal = school.hub.journal
    for batch in range(2, 1000):
        node.send("air", [double("co2", batch + n / 1000) for n in range(200)], batch=batch)
        stored = 1 + 200 * (batch - 1)
        await until(partial(lambda most: school.ledger().stored >= most or bool(journal.trouble.problem), stored))
        if journal.trouble.problem:
            return batch
    raise AssertionError("the disk was never full")


async def test_a_hub_whose_disk_takes_nothing_more_ends_when_it_is_told(tmp_path: Path, broker: Broker) -> None:
    async with (
        hub_process(tmp_path, broker) as (process, _),
        joined(broker.port, devices={"air": [double("co2", 0.0)]}) as node,
    ):
        node.send("air", [double("co2", 1.0)], batch=1)
        await node.acknowledged(1)
        _, most = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, most))
        node.lost("air")
        process.terminate()
        await until(lambda: process.returncode is not None, "the end")
    assert process.returncode == 0


def test_a_command_is_in_the_log_whole_or_not_at_all(disk: SmallDisk) -> None:
    file = disk.folder / "commands.log"
    with open_intents(file) as intents:
        intents.write({"id": "first"})
        disk.fill()
        count = until_refused(intents)
        disk.make_room()
        intents.write({"id": "last"})
    with open_intents(file) as intents:
        assert [row["id"] for row in intents.left] == ["first", *range(count), "last"]


def until_refused(intents: IntentLog) -> int:
    """Write until the disk takes no more; return how many rows it took."""
    for count in range(10_000):
        try:
            intents.write({"id": count, "note": "x" * 100})
        except OSError:
            return count
    raise AssertionError("the disk was never full")
