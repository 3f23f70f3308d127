"""What the hub acknowledged stays for a while, and waits again when the hub has lost it."""

import random
import sqlite3
from contextlib import closing
from pathlib import Path

from labkeeper_edge.outbox.acknowledged import Acknowledged
from labkeeper_edge.outbox.batch_store import ROW_BYTES
from labkeeper_edge.outbox.batches import Draft, Gap
from labkeeper_edge.outbox.books import SLACK, Held, Quota
from labkeeper_edge.outbox.database import open_database
from labkeeper_edge.outbox.outbox import FILE, Outbox, Store, open_outbox
from labkeeper_sdk.testing import Broker
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.delivery import BACKLOG, JOURNAL, TAKEN, Ack, BatchSet
from labkeeper_wire.effects import DataReceived, NodeBorn
from labkeeper_wire.payload import Metric
from tests.edge.conftest import Keyboard, RunEdge
from tests.edge.tiny_host import open_host

PLENTY = Quota(10**9, 10**9)
TIME = 1_700_000_000_000


def draft(number: int) -> Draft:
    return Draft("d", (Metric("n", number, DataType.INT64, TIME + number),))


async def filled(outbox: Outbox, count: int) -> None:
    for number in range(count):
        await outbox.commit([draft(number)])


async def waiting_ids(outbox: Outbox) -> list[int]:
    return [batch.id for batch in await outbox.read(0, 2**62, 10_000)]


def rows(folder: Path) -> int:
    with closing(sqlite3.connect(folder / FILE)) as reading:
        return int(reading.execute("SELECT COUNT(*) FROM batches").fetchone()[0])


async def test_an_acknowledged_batch_waits_no_longer_and_is_still_there_after_a_restart(tmp_path: Path) -> None:
    async with open_outbox(tmp_path, PLENTY) as outbox:
        await filled(outbox, 5)
        await outbox.acknowledge([Ack(outbox.epoch, 2, ((4, 4),))])
        assert await waiting_ids(outbox) == [3, 5]
    async with open_outbox(tmp_path, PLENTY) as outbox:
        waiting = await outbox.waiting()
        assert (waiting.first, waiting.last, waiting.batches) == (3, 5, 2)
        assert await waiting_ids(outbox) == [3, 5]
        assert outbox.store.batches.books.kept.batches == 3
    assert rows(tmp_path) == 5


async def test_another_journal_has_everything_kept_wait_again_in_order(tmp_path: Path) -> None:
    async with open_outbox(tmp_path, PLENTY) as outbox:
        await filled(outbox, 5)
        assert (await outbox.meet("one")).again == ()
        await outbox.acknowledge([Ack(outbox.epoch, 2, ((4, 4),))])
        assert (await outbox.meet("one")).again == ()
        waiting = await outbox.meet("two")
        assert waiting.again == ((1, 2), (4, 4))
        assert waiting.batches == 5
        assert outbox.journal == "two"
    async with open_outbox(tmp_path, PLENTY) as outbox:
        assert outbox.journal == "two"
        assert [batch.metrics[0].value for batch in await outbox.read(0, 2**62, 99)] == [0, 1, 2, 3, 4]


async def test_a_hub_that_says_less_than_before_is_offered_everything_it_may_lack(tmp_path: Path) -> None:
    async with open_outbox(tmp_path, PLENTY) as outbox:
        await filled(outbox, 9)
        await outbox.acknowledge([Ack(outbox.epoch, 8)])
        waiting = await outbox.acknowledge([Ack(outbox.epoch, 3)])
        assert waiting.again == ((1, 8),)
        assert await waiting_ids(outbox) == [4, 5, 6, 7, 8, 9]
        waiting = await outbox.acknowledge([Ack(outbox.epoch, 9)])
        assert (waiting.again, waiting.batches) == ((), 0)


async def test_a_hub_that_lost_only_what_came_out_of_turn_is_offered_it_too(tmp_path: Path) -> None:
    async with open_outbox(tmp_path, PLENTY) as outbox:
        await filled(outbox, 9)
        await outbox.acknowledge([Ack(outbox.epoch, 2, ((5, 6),))])
        assert (await outbox.acknowledge([Ack(outbox.epoch, 3)])).again == ((1, 2), (5, 6))
        assert await waiting_ids(outbox) == [4, 5, 6, 7, 8, 9]


async def test_an_acknowledgement_with_as_many_ranges_as_fit_need_not_name_all(tmp_path: Path) -> None:
    async with open_outbox(tmp_path, PLENTY) as outbox:
        await filled(outbox, 99)
        ranges = tuple((number, number) for number in range(2, 68, 2))
        await outbox.acknowledge([Ack(outbox.epoch, 0, ranges[:1])])
        assert (await outbox.acknowledge([Ack(outbox.epoch, 0, ranges[1:])])).again == ()


async def test_an_acknowledgement_of_what_does_not_exist_yet_acknowledges_nothing_later(tmp_path: Path) -> None:
    async with open_outbox(tmp_path, PLENTY) as outbox:
        await filled(outbox, 2)
        await outbox.acknowledge([Ack(outbox.epoch, 1000)])
        await outbox.commit([draft(7)])
        assert await waiting_ids(outbox) == [3]


async def test_what_is_kept_has_a_limit_in_bytes_and_the_oldest_go_first(tmp_path: Path) -> None:
    keep = 40 * (ROW_BYTES + 30)
    async with open_outbox(tmp_path, Quota(10**9, 10**9, keep_bytes=keep)) as outbox:
        await filled(outbox, 300)
        await outbox.acknowledge([Ack(outbox.epoch, 290)])
        kept = outbox.store.batches.books.kept
        assert 0 < kept.size <= keep + keep // SLACK
        (again,) = (await outbox.acknowledge([Ack(outbox.epoch, 0)])).again
        assert again == (291 - kept.batches, 290)
    assert rows(tmp_path) == kept.batches + 10


async def test_what_is_kept_has_a_limit_in_age_of_running_time(tmp_path: Path) -> None:
    async with open_outbox(tmp_path, Quota(10**9, 10**9, keep_age_ms=1000)) as outbox:
        await filled(outbox, 3)
        await outbox.acknowledge([Ack(outbox.epoch, 3)])
        assert rows(tmp_path) == 3
        outbox.store._opened_s -= 2.0
        await outbox.commit([draft(9)])
        assert rows(tmp_path) == 1
        assert outbox.store.batches.books.kept == Held()


async def test_keeping_nothing_deletes_what_is_acknowledged_at_once(tmp_path: Path) -> None:
    async with open_outbox(tmp_path, Quota(10**9, 10**9, keep_bytes=0)) as outbox:
        await filled(outbox, 3)
        await outbox.acknowledge([Ack(outbox.epoch, 2)])
        assert (await outbox.meet("one"), await outbox.meet("two"))[1].again == ()
    assert rows(tmp_path) == 1


async def test_what_is_kept_makes_way_for_what_waits(tmp_path: Path) -> None:
    async with open_outbox(tmp_path, Quota(5000, 10**9)) as outbox:
        await filled(outbox, 40)
        await outbox.acknowledge([Ack(outbox.epoch, 40)])
        for number in range(200):
            await outbox.commit([draft(number)])
            books = outbox.store.batches.books
            assert books.held.size + books.kept.size <= 5000 + 5000 // SLACK
        assert outbox.store.batches.books.kept == Held()
        assert (await outbox.waiting()).ledger.gaps > 0


async def test_a_quota_never_calls_a_gap_what_the_hub_once_had(tmp_path: Path) -> None:
    async with open_outbox(tmp_path, Quota(3000, 10**9)) as outbox:
        await filled(outbox, 10)
        await outbox.meet("one")
        await outbox.acknowledge([Ack(outbox.epoch, 10)])
        await outbox.meet("two")
        waiting = await outbox.waiting()
        while not waiting.ledger.gaps:
            assert waiting.ledger.taken < 1000
            _, waiting = await outbox.commit([draft(0)])
        (gap,) = [b for b in await outbox.read(0, 2**62, 999) if not b.device]
        given_up = Gap.from_json(str(gap.metrics[0].value))
        assert given_up.batches == ((11, 11),)
        assert given_up.readings == waiting.ledger.gaps == 1


def test_the_account_stays_true_whatever_is_committed_acknowledged_forgotten_and_trimmed(tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    print("seed", seed)  # noqa: T201 -- to repeat it
    chance, hub, last, quota = random.Random(seed), BatchSet(), 0, Quota(10**9, 10**9, keep_bytes=3000)
    with closing(open_database(tmp_path / FILE)) as connection:
        connection.execute("PRAGMA synchronous = OFF")  # nobody cuts the power here
        store = Store(connection, quota)
        store.meet("first")
        for step in range(250):
            waiting = [batch.id for batch in store.read(1, last, last)]
            if chance.random() < 0.02:
                hub = BatchSet(high_water=chance.randrange(last + 1))
                if chance.random() < 0.5:  # else it is the same journal, set back by hand
                    store.meet(str(step))
                else:
                    store.acknowledge([Ack("e", hub.high_water)])
            elif chance.random() < 0.5 and waiting:
                hub.add(chance.choice(waiting))
                store.acknowledge([Ack("e", hub.high_water, hub.ranges)])
            else:
                batches, _ = store.commit([draft(step)] * chance.randrange(1, 4), ())
                last = batches[-1].id
            books = store.batches.books
            assert books.held == store.batches.counted(books.acknowledged)
            stored = connection.execute("SELECT COUNT(*) FROM batches").fetchone()[0]
            assert books.kept.batches + books.held.batches == stored
            assert all(number in hub for low, high in books.acknowledged.ranges for number in range(low, high + 1))
        assert Store(connection, quota).batches.books == books


async def test_a_hub_with_a_new_journal_gets_again_what_it_had_acknowledged_in_the_same_session(
    broker: Broker, run_edge: RunEdge, keyboard: Keyboard
) -> None:
    async with open_host(broker.url) as host, run_edge():
        await host.born("d1")
        host.write_node(Metric(JOURNAL, "one", DataType.STRING))
        for number in range(5):
            await keyboard.says(count=number)
            await host.until(lambda: len(host.values("count")) > number)  # noqa: B023 -- awaited before the next
        host.stored.clear()
        host.deliveries.clear()
        host.batches = BatchSet()
        host.write_node(Metric(JOURNAL, "two", DataType.STRING))
        await host.until(lambda: host.values("count") == [0, 1, 2, 3, 4])
        assert all(historical for _, historical in host.deliveries)
        await keyboard.says(count=5)
        await host.until(lambda: 5 in host.values("count"))
        births = len([it for it in host.heard if isinstance(it, NodeBorn)])
    assert births == 1
    async with open_host(broker.url) as host, run_edge():
        await host.born("d1")
        assert host.node_metric(JOURNAL) == "two"
        assert not [it for it in host.heard if isinstance(it, DataReceived) and it.batch is not None]


async def test_a_hub_that_forgets_while_its_node_is_quiet_gets_everything_without_a_new_reading(
    broker: Broker, run_edge: RunEdge, keyboard: Keyboard
) -> None:
    async with open_host(broker.url) as host:
        async with run_edge():
            await host.born("d1")
            host.write_node(Metric(JOURNAL, "one", DataType.STRING))
            await keyboard.says(count=1)
            await host.until(lambda: host.values("count") == [1])
            await host.until(lambda: host.node_metric(TAKEN) == 1 and host.node_metric(BACKLOG) == 0)
        host.stored.clear()
        host.batches = BatchSet()
        async with run_edge():
            await host.until(lambda: len([it for it in host.heard if isinstance(it, NodeBorn)]) == 2)
            host.write_node(Metric(JOURNAL, "two", DataType.STRING))
            await host.until(lambda: host.values("count") == [1])


def test_a_set_of_nothing_is_said_as_nothing() -> None:
    assert Acknowledged.parse("") == Acknowledged()
