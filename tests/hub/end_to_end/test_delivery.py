"""Readings from a node to the journal: stored once, exactly, and acknowledged after that."""

import asyncio
import json
import sqlite3

from labkeeper_wire.datatypes import DataType
from labkeeper_wire.payload import Metric

from .conftest import School, Start
from .scripted_node import GAP, double, joined, now_ms, until

AIR = {
    "air": [
        double("co2", 400.0),
        Metric("count", 0, DataType.UINT64, now_ms()),
        Metric("on", False, DataType.BOOLEAN, now_ms()),
    ]
}


async def test_every_reading_of_a_batch_is_stored_bit_for_bit_and_then_acknowledged(school: School) -> None:
    start_ms, values = now_ms(), [0.1, -0.0, 5e-324, 1.7976931348623157e308, 1 / 3]
    async with joined(school.port, devices=AIR) as node:
        node.send("air", [double("co2", value, start_ms + i) for i, value in enumerate(values)], batch=1)
        node.send("air", [Metric("count", (1 << 64) - 1, DataType.UINT64, start_ms)], batch=2)
        node.send("air", [Metric("on", True, DataType.BOOLEAN, start_ms)], batch=3)
        await node.acknowledged(3)
        co2, count, on = [await school.rows("air", point) for point in ("co2", "count", "on")]
    assert [(row.time_ms, row.value) for row in co2] == [(start_ms + i, value) for i, value in enumerate(values)]
    assert str(co2[1].value) == "-0.0"
    assert [row.value for row in count] == [(1 << 64) - 1]
    assert [row.value for row in on] == [True]
    assert school.ledger().stored == 7


async def test_a_batch_sent_again_is_stored_once_and_acknowledged_again(school: School) -> None:
    async with joined(school.port, devices=AIR) as node:
        node.send("air", [double("co2", 500.0, 1_700_000_000_000)], batch=1)
        await node.acknowledged(1)
        before = len(node.acks)
        node.send("air", [double("co2", 500.0, 1_700_000_000_000, historical=True)], batch=1)
        await until(lambda: len(node.acks) > before, "a second acknowledgement")
        assert len(await school.rows("air", "co2")) == 1
        assert school.ledger().duplicates == 1


async def test_a_batch_stored_before_a_restart_of_the_hub_is_not_stored_again(start: Start) -> None:
    async with start() as school, joined(school.port, devices=AIR) as node:
        node.send("air", [double("co2", 500.0)], batch=1)
        await node.acknowledged(1)
    async with start() as school, joined(school.port, devices=AIR, bd_seq=1) as node:
        node.send("air", [double("co2", 500.0, historical=True)], batch=1)
        node.send("air", [double("co2", 600.0)], batch=2)
        await node.acknowledged(2)
        assert [row.value for row in await school.rows("air", "co2")] == [500.0, 600.0]


async def test_a_new_outbox_of_the_same_node_is_another_account(school: School) -> None:
    async with joined(school.port, devices=AIR) as node:
        node.send("air", [double("co2", 500.0)], batch=1)
        await node.acknowledged(1)
    async with joined(school.port, devices=AIR, epoch="epoch-2", bd_seq=1) as node:
        node.send("air", [double("co2", 600.0)], batch=1)
        await node.acknowledged(1)
        assert node.acks[-1].epoch == "epoch-2"
    assert [row.value for row in await school.rows("air", "co2")] == [500.0, 600.0]


async def test_old_readings_are_stored_and_never_move_the_live_value(school: School) -> None:
    async with joined(school.port, devices=AIR) as node:
        node.send("air", [double("co2", 700.0)], batch=1)
        node.send("air", [double("co2", 444.0, 1_700_000_000_000, historical=True)], batch=2)
        await node.acknowledged(2)
        latest = school.latest("air", "co2")
        assert [row.value for row in await school.rows("air", "co2")] == [444.0, 700.0]
    assert latest is not None
    assert latest.value == 700.0


async def test_the_values_of_our_nodes_births_are_live_but_no_readings(school: School) -> None:
    async with joined(school.port, devices=AIR):
        await until(lambda: school.latest("air", "co2") is not None, "the birth's value")
    assert await school.rows("air", "co2") == ()


async def test_a_gap_is_put_on_record_and_closes_the_account(school: School) -> None:
    gap = {"id": 4, "from_ms": 1, "to_ms": 9, "readings": 20, "batches": "2-3"}
    async with joined(school.port, devices=AIR) as node:
        node.send("air", [double("co2", 500.0)], batch=1)
        node.send(None, [Metric(GAP, json.dumps(gap), DataType.STRING, now_ms())], batch=4)
        node.send(None, [Metric(GAP, json.dumps(gap), DataType.STRING, now_ms())], batch=4)
        await node.acknowledged(4)
        node.report(taken=21, backlog=0)
        await until(lambda: school.ledger().taken == 21, "the node's report")
    entry = school.ledger()
    assert (entry.stored, entry.gaps, entry.pending, entry.balanced) == (1, 20, 0, True)
    assert (node.acks[-1].high_water, node.acks[-1].ranges) == (4, ())


async def test_a_foreign_node_is_stored_without_acknowledgements(school: School) -> None:
    boiler = {"boiler": [double("steam", 1.0, 1_700_000_000_000)]}
    async with joined(school.port, "plc", metrics=[double("load", 0.5)], devices=boiler, host=None) as node:
        node.send("boiler", [double("steam", 2.0, 1_700_000_001_000)])
        node.send(None, [double("load", 0.75)])
        steam = await school.stored(4, "boiler", "steam", "plc")
        load = await school.rows("", "load", "plc")
    assert [row.value for row in steam] == [1.0, 2.0]
    assert [row.value for row in load] == [0.5, 0.75]
    assert node.acks == []
    assert school.ledger("plc").taken is None


async def test_a_foreign_birth_that_says_nothing_new_is_not_stored_again(start: Start) -> None:
    boiler = {"boiler": [double("steam", 1.0, 1_700_000_000_000)]}
    for run in range(2):
        async with start() as school:
            async with joined(school.port, "plc", metrics=[], devices=boiler, host=None, bd_seq=run) as node:
                node.send("boiler", [double("steam", 1.0, 1_700_000_000_000 + run)])
                await school.stored(2 + run, "boiler", "steam", "plc")
            rows = await school.rows("boiler", "steam", "plc")
    assert [row.time_ms - 1_700_000_000_000 for row in rows] == [0, 0, 1]


async def test_our_nodes_clock_is_kept_as_it_was_and_a_foreign_one_before_2000_gives_way(school: School) -> None:
    before_ms = now_ms()
    async with joined(school.port, devices=AIR) as node:
        node.send("air", [double("co2", 1.0, 5000)], batch=1)
        await node.acknowledged(1)
    async with joined(school.port, "plc", metrics=[], devices={"pump": [double("rpm", None)]}, host=None) as plc:
        plc.send("pump", [double("rpm", 2.0, 5000)])
        rpm = await school.stored(2, "pump", "rpm", "plc")
    assert [row.time_ms for row in await school.rows("air", "co2")] == [5000]
    assert before_ms <= rpm[0].time_ms <= now_ms()
    assert school.refused("time_doubtful") == 2


async def test_a_slow_disk_holds_back_acknowledgements_and_reading_and_loses_nothing(school: School) -> None:
    """A lock on the journal's file stands for the disk: nothing can be committed while it is held."""
    holder = sqlite3.connect(school.hub.parts.settings.journal_file, isolation_level=None)
    school.hub.journal.writer.connection.execute("PRAGMA busy_timeout = 50")
    async with joined(school.port, devices=AIR) as node:
        holder.execute("BEGIN IMMEDIATE")
        node.send("air", [double("co2", 1.0)], batch=1)
        await until(lambda: bool(school.hub.journal.status().failing), "the journal's complaint")
        assert node.acks == []
        holder.execute("ROLLBACK")
        await node.acknowledged(1)
    holder.close()
    assert not school.hub.journal.status().failing
    assert len(await school.rows("air", "co2")) == 1


async def test_many_nodes_at_once_each_get_their_own_acknowledgements(school: School) -> None:
    async def deliver(number: int) -> None:
        async with joined(school.port, f"lab{number}", epoch=f"e{number}", devices=AIR) as node:
            for batch in range(1, 21):
                node.send("air", [double("co2", float(batch))], batch=batch)
            await node.acknowledged(20)
            assert {ack.epoch for ack in node.acks} == {f"e{number}"}

    await asyncio.gather(*(deliver(number) for number in range(5)))
    for number in range(5):
        rows = await school.rows("air", "co2", f"lab{number}")
        assert sorted(float(row.value or 0) for row in rows) == [float(batch) for batch in range(1, 21)]
