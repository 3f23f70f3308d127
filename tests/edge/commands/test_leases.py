"""Leases through a whole edge: who is obeyed, what outlives the process, and what a lease's end switches off."""

import sqlite3
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest

from labkeeper_edge.outbox.database import open_database
from labkeeper_edge.uplink.births import REFUSED, SAFE_WRITES
from labkeeper_sdk.testing import Broker
from labkeeper_wire.commands import CommandState
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.leases.table import FENCE, LEASES, Allowed, Lease
from labkeeper_wire.payload import Metric
from tests.edge.conftest import DRIVER, Keyboard, RunEdge, StartEdge
from tests.edge.tiny_host import TinyHost, open_host

DONE, REJECTED = CommandState.DONE, CommandState.REJECTED
LONG_MS = 600_000


async def asked(host: TinyHost, fence: int, point: str = "relay", value: float | None = None) -> str:
    """Command under a fence and return the code of the refusal, "" if it was done."""
    command = str(uuid4())
    host.command(command, "d1", point, True if value is None else value, fence=fence)
    ends = (DONE, REJECTED)
    return (await host.until(lambda: next((r for r in host.results(command) if r.state in ends), None))).code


async def taken(host: TinyHost, fence: int, *leases: Lease) -> None:
    host.lease(fence, *leases)
    await host.until(lambda: host.node_metric(FENCE) == fence)


async def test_after_a_hand_over_only_the_new_holder_is_obeyed(
    broker: Broker, run_edge: RunEdge, keyboard: Keyboard
) -> None:
    async with open_host(broker.url) as host, run_edge():
        await host.born("d1")
        await taken(host, 3, Lease(3, "anna", left_ms=LONG_MS))
        assert await asked(host, 3) == ""
        assert await asked(host, 0) == "leased"
        await taken(host, 4, Lease(4, "ben", left_ms=LONG_MS))
        assert await asked(host, 3) == "old_fence"
        assert await asked(host, 5) == "no_lease"
        assert await asked(host, 4) == ""
        await taken(host, 6)
        assert await asked(host, 4) == "old_fence"
        assert await asked(host, 0) == ""
        assert len(keyboard.asked) == 3


async def test_an_old_fence_and_an_old_table_are_refused_after_a_kill_and_the_lease_itself_is_gone(
    broker: Broker, start_edge: StartEdge, keyboard: Keyboard
) -> None:
    newest = 2**63 + 7
    async with open_host(broker.url) as host:
        async with start_edge() as process:
            await host.born("d1")
            await taken(host, newest, Lease(newest, "ben", left_ms=LONG_MS))
            assert await asked(host, newest) == ""
            process.kill()
            await process.wait()
        since = len(host.heard)
        async with start_edge():
            await host.born("d1", since)
            host.lease(5, Lease(5, "anna", left_ms=LONG_MS))
            assert await asked(host, 5) == "old_fence"
            assert await asked(host, newest) == "old_fence"
            await host.until(lambda: host.node_metric(REFUSED + "old_leases") == 1)
            host.lease(newest, Lease(newest, "ben", left_ms=LONG_MS))
            assert await asked(host, newest) == ""
    assert len(keyboard.asked) == 2


async def test_a_new_holder_is_obeyed_only_when_the_hand_over_is_on_disk(
    broker: Broker, run_edge: RunEdge, keyboard: Keyboard, tmp_path: Path
) -> None:
    async with open_host(broker.url) as host, run_edge():
        host.node_run = await host.run_of("d1")
        with closing(sqlite3.connect(tmp_path / "edge" / "node.sqlite3", isolation_level=None)) as database:
            database.execute("BEGIN IMMEDIATE")  # nobody else writes now
            host.lease(3, Lease(3, "anna", left_ms=LONG_MS))
            first = str(uuid4())
            host.command(first, "d1", "relay", True, fence=3)
            assert await asked(host, 0) == "leased", "it binds others at once"
            assert keyboard.asked == []
            database.execute("ROLLBACK")
        await host.result(first, DONE)


async def test_a_command_that_waits_for_its_device_is_refused_when_its_lease_is_handed_over(
    broker: Broker, run_edge: RunEdge, keyboard: Keyboard
) -> None:
    keyboard.obedient = False
    async with open_host(broker.url) as host, run_edge():
        await host.born("d1")
        await taken(host, 3, Lease(3, "anna", left_ms=LONG_MS))
        first, second = str(uuid4()), str(uuid4())
        host.command(first, "d1", "relay", True, fence=3, ttl_ms=60_000)
        await keyboard.until_asked(1)
        host.command(second, "d1", "relay", False, fence=3, ttl_ms=60_000)
        await host.result(second, CommandState.ACCEPTED)
        await taken(host, 4, Lease(4, "ben", left_ms=LONG_MS))
        await keyboard.says(relay=True)
        await host.result(first, DONE)
        assert (await host.result(second, REJECTED)).code == "old_fence"
        assert len(keyboard.asked) == 1


@pytest.mark.usefixtures("keyboard")
async def test_a_group_commands_what_it_was_given_until_that_is_taken_back(broker: Broker, run_edge: RunEdge) -> None:
    anna = Lease(3, "anna", left_ms=LONG_MS)
    async with open_host(broker.url) as host, run_edge():
        await host.born("d1")
        floor = (Allowed("d1", "level", None, 40),)
        await taken(host, 4, anna, Lease(4, "group-1", left_ms=LONG_MS, parent=3, floor=floor))
        assert await asked(host, 4, "level", 40.0) == ""
        assert await asked(host, 4, "level", 41.0) == "not_given"
        assert await asked(host, 4) == "not_given"
        await taken(host, 5, anna)
        assert await asked(host, 4, "level", 1.0) == "old_fence"
        assert await asked(host, 3, "level", 99.0) == ""


async def test_what_a_group_drove_goes_to_safe_when_it_is_taken_back_and_what_the_teacher_set_since_stays(
    broker: Broker, run_edge: RunEdge, keyboard: Keyboard
) -> None:
    anna, given = Lease(3, "anna", left_ms=LONG_MS), (Allowed("d1", "heater"), Allowed("d1", "relay"))
    async with open_host(broker.url) as host, run_edge(DRIVER + "safe = 600\n"):
        await host.born("d1")
        await host.until(lambda: host.node_metric(SAFE_WRITES) == 1)
        await taken(host, 4, anna, Lease(4, "g-1", left_ms=LONG_MS, parent=3, floor=given))
        assert await asked(host, 4, "heater") == ""
        await taken(host, 5, anna)
        await host.until(lambda: host.node_metric(SAFE_WRITES) == 2)
        assert [wanted for _, wanted in keyboard.asked[1:]] == [{"heater": True}, {"heater": False}]
        await taken(host, 6, anna, Lease(6, "g-1", left_ms=LONG_MS, parent=3, floor=given))
        assert await asked(host, 6, "heater") == ""
        assert await asked(host, 3, "heater") == ""
        await taken(host, 7, anna)
        assert await asked(host, 3) == ""
        assert keyboard.asked[-1] == ("d1", {"relay": True}), "nothing was driven between"


async def test_a_lab_may_be_commanded_under_a_lease_only(broker: Broker, run_edge: RunEdge, keyboard: Keyboard) -> None:
    async with open_host(broker.url) as host, run_edge(more="unleased_commands = false"):
        await host.born("d1")
        assert await asked(host, 0) == "no_lease"
        assert keyboard.asked == []


async def test_the_end_of_a_lease_drives_to_safe_and_a_hand_over_does_not(
    broker: Broker, run_edge: RunEdge, keyboard: Keyboard
) -> None:
    async with open_host(broker.url) as host, run_edge(DRIVER + "safe = 600\n"):
        await host.born("d1")
        await host.until(lambda: host.node_metric(SAFE_WRITES) == 1)
        await taken(host, 3, Lease(3, "anna", left_ms=LONG_MS))
        assert await asked(host, 3, point="heater") == ""
        await taken(host, 4, Lease(4, "ben", left_ms=LONG_MS))
        assert await asked(host, 4) == ""
        assert [wanted for _, wanted in keyboard.asked] == [{"heater": False}, {"heater": True}, {"relay": True}]
        host.lease(4, Lease(4, "ben", left_ms=1), renewal=1)  # nobody renews it any more
        await host.until(lambda: host.node_metric(SAFE_WRITES) == 2)
        assert keyboard.asked[-1] == ("d1", {"heater": False})


async def test_what_is_no_table_is_counted(broker: Broker, run_edge: RunEdge) -> None:
    async with open_host(broker.url) as host, run_edge():
        await host.born("d1")
        host.write_node(Metric(LEASES, "nonsense", DataType.STRING))
        await host.until(lambda: host.node_metric(REFUSED + "bad_leases") == 1)


def test_a_file_with_a_fence_for_each_device_is_taken_over(tmp_path: Path) -> None:
    file = tmp_path / "node.sqlite3"
    with closing(open_database(file)) as connection:
        connection.execute("CREATE TABLE fences (device TEXT PRIMARY KEY, fence TEXT NOT NULL) WITHOUT ROWID")
        connection.executescript("DROP INDEX personal_batches; ALTER TABLE batches DROP COLUMN personal")
        connection.execute("PRAGMA user_version = 2")
    with closing(open_database(file)) as connection:
        assert not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'fences'").fetchall()
