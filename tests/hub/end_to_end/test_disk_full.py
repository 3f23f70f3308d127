"""The hub's disk is full: journal, registry and intent log wait, the hub lives and says so, and all go on with room."""

import resource
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest

from labkeeper_edge.outbox.batches import Batch, Draft
from labkeeper_edge.outbox.books import Quota
from labkeeper_edge.outbox.node_store import Ledger
from labkeeper_edge.outbox.outbox import Outbox, open_outbox
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

EACH = 100  # readings in a batch of the outbox
QUOTA = 40_000  # bytes: some batches
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


class Keeper:
    """A node's real outbox behind a scripted session: it takes readings, and sends only what a test says."""

    def __init__(self, outbox: Outbox, node: ScriptedNode) -> None:
        self.outbox, self.node = outbox, node
        self.taken: list[float] = []

    async def take(self, count: int = EACH) -> list[Batch]:
        """Commit a batch of new readings; those whose commit has returned are what is called A."""
        values = [float(len(self.taken) + number) for number in range(count)]
        written, _ = await self.outbox.commit([Draft("air", tuple(double("co2", value) for value in values))])
        self.taken += values
        return written

    def send(self, batches: Sequence[Batch]) -> None:
        """Have them on their way; the outbox knows that the hub may have them."""
        for batch in batches:
            self.outbox.offering(batch.id)
            self.node.send(batch.device or None, batch.to_send(live=bool(batch.device)))

    async def settle(self) -> Ledger:
        """Send what waits until all of it is acknowledged; return the outbox' account."""
        while batches := await self.outbox.read(0, 2**62, 1000):
            self.send(batches)
            await self.node.acknowledged(batches[-1].id)
            await self.outbox.acknowledge(self.node.acks)
        waiting = await self.outbox.waiting()
        self.node.report(taken=waiting.ledger.taken, backlog=waiting.batches)
        return waiting.ledger


async def test_what_a_quota_removes_while_the_disk_is_full_is_a_gap_and_the_account_balances(
    disk: SmallDisk, broker: Broker, tmp_path: Path
) -> None:
    """A, what the outbox took; D, what is in the journal; X, what was given up: A = D + X, and D and X are apart.

    What was on its way when the disk filled is given up by the outbox and stored by the hub once there is room: it is
    no part of X, for the hub takes off what it has.
    """
    if isinstance(disk, Limited):
        pytest.skip(
            "the limit on the hub's files would be the outbox' own: a disk must be mounted, which only root may"
        )
    settings = HubSettings(data=disk.folder / "hub", broker=broker.url, port=0)
    settings.data.mkdir()
    async with (
        running(settings, broker) as school,
        open_outbox(tmp_path / "node", Quota(QUOTA, 10**12, 0)) as outbox,
        joined(school.port, epoch=outbox.epoch, devices={"air": [double("co2", 0.0)]}) as node,
    ):
        keeper, journal = Keeper(outbox, node), school.hub.journal
        keeper.send(await keeper.take())
        await keeper.settle()
        disk.fill()
        while not journal.trouble.problem:
            stored = school.ledger().stored
            keeper.send(await keeper.take())
            await until(lambda most=stored: school.ledger().stored > most or bool(journal.trouble.problem))  # type: ignore[misc] # a lambda's default has no type
        acknowledged, flying = node.acks[-1], (await outbox.waiting()).last
        assert not acknowledged.covers(flying)
        while (await outbox.waiting()).ledger.gaps < 10 * EACH:
            await keeper.take()  # the way is full, so that nothing more goes out
        assert node.acks[-1] == acknowledged
        assert school.ledger().gaps == 0

        disk.make_room()
        await node.acknowledged(flying)
        account = await keeper.settle()
        keeper.send(await keeper.take())
        account = await keeper.settle()
        await until(lambda: school.ledger().taken == account.taken, "the node's report")
        assert not journal.trouble.problem
        entry = school.ledger()
        rows = [row.value for row in await school.rows("air", "co2")]
    given_up = sorted(set(keeper.taken) - set(rows))
    assert account.taken == len(keeper.taken) == entry.stored + entry.gaps
    assert (entry.stored, entry.gaps) == (len(rows), len(given_up))
    assert (entry.missing, entry.balanced, len(set(rows))) == (0, True, len(rows))
    assert given_up == [float(value) for value in range(int(given_up[0]), int(given_up[-1]) + 1)]
    assert 0 < len(given_up) <= account.gaps
    assert rows[-EACH:] == keeper.taken[-EACH:]
    async with running(settings, broker) as school:
        assert [row.value for row in await school.rows("air", "co2")] == rows


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
