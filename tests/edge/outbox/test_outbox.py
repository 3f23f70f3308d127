"""The outbox: what is committed stays, what is acknowledged goes, what a quota removes is said; kill -9 any time."""

import asyncio
import random
import sqlite3
import struct
import sys
from asyncio.subprocess import PIPE
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest

from labkeeper_edge.command_rules import RESTARTED, RESTARTED_MESSAGE
from labkeeper_edge.outbox import outbox as outbox_module
from labkeeper_edge.outbox.batch_store import HEARD_KEPT
from labkeeper_edge.outbox.batches import (
    GAP,
    METRIC_BYTES,
    MOST_BYTES,
    Batch,
    Draft,
    Gap,
    Offered,
    in_parts,
    metric_of,
    pack,
    unpack,
)
from labkeeper_edge.outbox.books import Quota
from labkeeper_edge.outbox.command_store import COMMANDS_KEPT, CommandRecord
from labkeeper_edge.outbox.database import UnusableDatabase, open_database
from labkeeper_edge.outbox.node_store import Ledger
from labkeeper_edge.outbox.outbox import FILE, Outbox, OutboxUnwritable, open_outbox
from labkeeper_edge.sampler import Stamped
from labkeeper_sdk import BadConfiguration, Value
from labkeeper_wire.commands import CommandResult, CommandState
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.delivery import BATCH, Ack
from labkeeper_wire.payload import Metric, quality_of
from tests.edge.outbox_writer import PER_COMMIT

ROOT = Path(__file__).parents[3]
PLENTY = Quota(10**9, 10**9)
TIME = 1_700_000_000_000


def draft(*values: Value, device: str = "d") -> Draft:
    kinds: dict[type, DataType] = {float: DataType.DOUBLE, int: DataType.INT64, bool: DataType.BOOLEAN}
    return Draft(
        device,
        tuple(
            metric_of(Stamped("p", value, TIME + at, 192), kinds.get(type(value), DataType.STRING))
            for at, value in enumerate(values)
        ),
    )


async def ids(outbox: Outbox) -> list[int]:
    return [batch.id for batch in await outbox.read(0, 2**62, 10_000)]


async def test_a_batch_comes_back_bit_for_bit_after_a_restart(tmp_path: Path) -> None:
    values: tuple[Value, ...] = (0.1 + 0.2, -0.0, 5e-324, 2**63 - 1, -(2**63), True, "气\0x", "")
    async with open_outbox(tmp_path, PLENTY) as outbox:
        epoch = outbox.epoch
        written, waiting = await outbox.commit([draft(*values), draft(1.0, device="e")])
        assert [batch.id for batch in written] == [1, 2]
        assert waiting.ledger == Ledger(taken=9)
    async with open_outbox(tmp_path, PLENTY) as outbox:
        assert outbox.epoch == epoch
        read = await outbox.read(1, 9, 9)
        assert [batch.device for batch in read] == ["d", "e"]
        assert [repr(metric.value) for metric in read[0].metrics] == [repr(value) for value in values]
        assert read[0].metrics == unpack(pack(written[0].metrics))


async def test_only_an_acknowledgement_of_this_outbox_deletes(tmp_path: Path) -> None:
    async with open_outbox(tmp_path, PLENTY) as outbox:
        for number in range(8):
            await outbox.commit([draft(float(number))])
        await outbox.acknowledge([Ack(str(uuid4()), 8)])
        assert await ids(outbox) == [1, 2, 3, 4, 5, 6, 7, 8]
        waiting = await outbox.acknowledge([Ack(outbox.epoch, 2, ((4, 5), (7, 2**64 - 1)))])
        assert await ids(outbox) == [3, 6]
        assert (waiting.first, waiting.last, waiting.batches) == (3, 6, 2)
        assert outbox.store.batches.held.batches == 2


RATE = 1234567.875  # no heart's: its eight bytes are on no disk by chance


def band(rate: float = RATE) -> Draft:
    rates = [metric_of(Stamped("band-07/heart_rate", rate, TIME + at, 192), DataType.DOUBLE) for at in range(3)]
    battery = metric_of(Stamped("battery", 61.0, TIME + 5, 192), DataType.DOUBLE)
    return Draft("bands", (*rates, battery), frozenset({"band-07/heart_rate", "band-08/heart_rate"}))


def on_disk(folder: Path, value: float) -> bool:
    return any(struct.pack("<d", value) in file.read_bytes() for file in folder.glob(f"{FILE}*"))


async def test_what_speaks_of_a_body_is_on_no_disk_once_the_hub_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_module, "LOG_S", 0.0)
    async with open_outbox(tmp_path, PLENTY) as outbox:
        await outbox.commit([band(), draft(2.5)])
        assert on_disk(tmp_path, RATE)
        await outbox.acknowledge([Ack(outbox.epoch, 1)])
        await outbox.commit([draft(3.5)])
        assert not on_disk(tmp_path, RATE)
        assert on_disk(tmp_path, 2.5)


async def test_a_hub_that_lost_its_memory_is_told_how_many_there_were_and_nothing_else(tmp_path: Path) -> None:
    async with open_outbox(tmp_path, PLENTY) as outbox:
        await outbox.meet("one")
        await outbox.commit([band()])
        await outbox.acknowledge([Ack(outbox.epoch, 1)])
        await outbox.meet("another")
        (batch,) = await outbox.read(1, 1, 1)
    said = [(metric.name, metric.value, metric.time_ms) for metric in batch.metrics]
    assert said == [("band-07/heart_rate", None, TIME)] * 3 + [("battery", 61.0, TIME + 5)]


async def test_what_a_quota_gives_up_of_a_body_is_overwritten_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_module, "LOG_S", 0.0)
    async with open_outbox(tmp_path, Quota(400, 10**9)) as outbox:
        await outbox.commit([band()])
        for number in range(20):
            await outbox.commit([draft(float(number))])
        assert 1 not in await ids(outbox)
        outbox.store.batches.scrubbed = True
        await outbox.commit([draft(1.0)])
        assert not on_disk(tmp_path, RATE)


def test_a_file_of_the_version_before_forgets_what_points_said_last_and_goes_on(tmp_path: Path) -> None:
    connection = open_database(tmp_path / FILE)
    connection.executescript(
        "DROP INDEX personal_batches; ALTER TABLE batches DROP COLUMN personal; PRAGMA user_version = 3;"
        "INSERT INTO last_values VALUES ('bands', x'00');"
        "INSERT INTO batches (device, readings, from_ms, to_ms, ran_ms, payload) VALUES ('d', 1, 0, 0, 0, x'');"
    )
    connection.close()
    with closing(open_database(tmp_path / FILE)) as again:
        assert again.execute("SELECT personal FROM batches").fetchall() == [("",)]
        assert again.execute("SELECT * FROM last_values").fetchall() == []
        assert again.execute("PRAGMA user_version").fetchone() == (4,)


async def test_an_id_is_never_used_again_even_when_nothing_waits(tmp_path: Path) -> None:
    for wanted in (1, 2, 3):
        async with open_outbox(tmp_path, PLENTY) as outbox:
            (batch,), _ = await outbox.commit([draft(1.0)])
            assert batch.id == wanted
            await outbox.acknowledge([Ack(outbox.epoch, batch.id)])


async def test_a_quota_of_bytes_gives_up_the_oldest_and_leaves_a_gap_that_says_so(tmp_path: Path) -> None:
    async with open_outbox(tmp_path, Quota(1000, 10**9)) as outbox:
        for number in range(20):
            _, waiting = await outbox.commit([draft(float(number), float(number))])
        batches = await outbox.read(0, 99, 99)
        gaps = [Gap.from_json(str(b.metrics[0].value)) for b in batches if b.metrics[0].name == GAP]
        kept = [batch.id for batch in batches if batch.device]
        assert sum(gap.readings for gap in gaps) == waiting.ledger.gaps
        assert waiting.ledger.taken == 40
        assert waiting.ledger.gaps + 2 * len(kept) == 40
        given_up = {number for gap in gaps for first, last in gap.batches for number in range(first, last + 1)}
        assert given_up | set(kept) | {b.id for b in batches if not b.device} == set(range(1, max(kept) + 1))
        assert outbox.store.batches.held.size <= 1000


async def test_a_gap_that_was_offered_grows_no_more(tmp_path: Path) -> None:
    async with open_outbox(tmp_path, Quota(500, 10**9)) as outbox:
        for number in range(9):
            await outbox.commit([draft(float(number))])
        before = [batch for batch in await outbox.read(0, 99, 99) if not batch.device]
        for number in range(9):
            await outbox.commit([draft(float(number))])
        after = [batch for batch in await outbox.read(0, 99, 99) if not batch.device]
        assert len(before) == 1
        assert after[0] == before[0]
        assert len(after) == 2


async def test_a_gap_says_the_readings_of_each_batch_that_may_have_been_sent(tmp_path: Path) -> None:
    async with open_outbox(tmp_path, PLENTY) as outbox:
        for readings in (1, 1, 2):
            await outbox.commit([draft(*[1.0] * readings)])
    async with open_outbox(tmp_path, Quota(1, 10**9)) as outbox:  # who knows what an earlier process sent
        await outbox.commit([draft(1.0)])
        outbox.offering(9)
        outbox.offering(5)
        batches = await outbox.read(0, 99, 99)
        (gap,) = [Gap.from_json(str(batch.metrics[0].value)) for batch in batches]
        assert (gap.readings, gap.batches, gap.offered) == (5, ((1, 4),), (Offered(1, 2, 1), Offered(3, 3, 2)))
        assert outbox.store.batches.offered_through == 9


def test_a_gap_record_of_an_earlier_version_is_read() -> None:
    text = '{"id":4,"from_ms":1,"to_ms":9,"readings":20,"batches":"2-3;5-5"}'
    assert Gap.from_json(text) == Gap(1, 9, 20, ((2, 3), (5, 5)))


async def test_a_gap_record_with_much_to_tell_is_followed_by_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labkeeper_edge.outbox.batch_store.MOST_OFFERED", 4)
    async with open_outbox(tmp_path, Quota(1, 10**9)) as outbox:
        outbox.offering(99)
        for number in range(10):
            await outbox.commit([draft(*[1.0] * (1 + number % 2))])
        gaps = [Gap.from_json(str(batch.metrics[0].value)) for batch in await outbox.read(0, 99, 99)]
        assert all(len(gap.offered) <= 4 for gap in gaps)
        assert sum(each * (last - first + 1) for gap in gaps for first, last, each in gap.offered) == 15


async def test_a_quota_of_age_counts_the_nodes_running_time(tmp_path: Path) -> None:
    async with open_outbox(tmp_path, Quota(10**9, 1000)) as outbox:
        await outbox.commit([draft(1.0)])
        outbox.store._opened_s -= 2.0
        _, waiting = await outbox.commit([draft(2.0)])
        assert waiting.ledger.gaps == 1
        assert [batch.device for batch in await outbox.read(0, 99, 99)] == ["d", ""]


async def test_a_batch_larger_than_the_quota_is_a_gap_and_not_sent(tmp_path: Path) -> None:
    async with open_outbox(tmp_path, Quota(100, 10**9)) as outbox:
        batches, waiting = await outbox.commit([draft("x" * 500)])
        assert batches == []
        assert waiting.ledger == Ledger(taken=1, gaps=1)


async def test_a_disk_that_takes_nothing_stores_nothing_and_the_next_commit_goes_on(tmp_path: Path) -> None:
    async with open_outbox(tmp_path, PLENTY) as outbox:
        await outbox.commit([draft(1.0)])
        other = sqlite3.connect(tmp_path / FILE, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        await outbox._run(lambda: outbox.store.connection.execute("PRAGMA busy_timeout = 1"))
        with pytest.raises(OutboxUnwritable):
            await outbox.commit([draft(2.0)])
        other.close()
        (batch,), waiting = await outbox.commit([draft(3.0)])
        assert (batch.id, waiting.ledger.taken, waiting.batches) == (2, 2, 2)


async def test_identities_of_messages_are_remembered_and_the_oldest_forgotten(tmp_path: Path) -> None:
    async with open_outbox(tmp_path, PLENTY) as outbox:
        await outbox.commit([draft(1.0)], [b"first", b"second"])
        await outbox.commit([draft(1.0)], [str(number).encode() for number in range(HEARD_KEPT - 1)])
    async with open_outbox(tmp_path, PLENTY) as outbox:
        assert len(outbox.recalled.heard) == HEARD_KEPT
        assert outbox.recalled.heard[0] == b"second"


async def test_commands_the_fence_and_bd_seq_survive(tmp_path: Path) -> None:
    done, open_ = CommandResult(str(uuid4()), CommandState.DONE), CommandResult(str(uuid4()), CommandState.ACCEPTED)
    async with open_outbox(tmp_path, PLENTY) as outbox:
        await outbox.put_commands([CommandRecord(done, "d", TIME), CommandRecord(open_, "d", TIME)], 2**64 - 1)
        assert [await outbox.take_bd_seq() for _ in range(257)][-2:] == [255, 0]
    async with open_outbox(tmp_path, PLENTY) as outbox:
        unknown = CommandResult(open_.id, CommandState.UNKNOWN, RESTARTED, RESTARTED_MESSAGE)
        assert outbox.recalled.fence == 2**64 - 1
        assert outbox.recalled.orphans == [("d", unknown)]
        assert outbox.recalled.results == {done.id: done, open_.id: unknown}
        assert await outbox.take_bd_seq() == 1


async def test_the_oldest_commands_are_forgotten(tmp_path: Path) -> None:
    results = [CommandResult(str(number), CommandState.DONE) for number in range(COMMANDS_KEPT + 5)]
    async with open_outbox(tmp_path, PLENTY) as outbox:
        await outbox.put_commands([CommandRecord(result, "d", TIME) for result in results])
        await outbox.put_commands([CommandRecord(results[-1]._replace(code="late"), "d", TIME)])
    async with open_outbox(tmp_path, PLENTY) as outbox:
        assert len(outbox.recalled.results) == COMMANDS_KEPT
        assert outbox.recalled.results[str(COMMANDS_KEPT + 4)].code == "late"


async def test_safe_writes_are_on_record(tmp_path: Path) -> None:
    async with open_outbox(tmp_path, PLENTY) as outbox:
        await outbox.record_safe_write(TIME, "d", "heater", "start", "done")
    with closing(sqlite3.connect(tmp_path / FILE)) as reading:
        rows = reading.execute("SELECT at_ms, device, point, cause, outcome FROM safe_writes")
        assert rows.fetchall() == [(TIME, "d", "heater", "start", "done")]


async def test_two_processes_cannot_share_an_outbox(tmp_path: Path) -> None:
    async with open_outbox(tmp_path, PLENTY):
        with pytest.raises(BadConfiguration, match="another node process"):
            async with open_outbox(tmp_path, PLENTY):
                pass


async def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(BadConfiguration, match="data"):
        async with open_outbox(tmp_path / "data", PLENTY):
            pass


def test_a_file_that_is_no_outbox_is_named(tmp_path: Path) -> None:
    (tmp_path / "junk").write_bytes(b"not a database at all" * 100)
    with pytest.raises(UnusableDatabase, match="junk"):
        open_database(tmp_path / "junk")
    newer = sqlite3.connect(tmp_path / "newer")
    newer.execute("PRAGMA user_version = 99")
    newer.close()
    with pytest.raises(UnusableDatabase, match="schema 99"):
        open_database(tmp_path / "newer")


def test_a_large_draft_is_cut_into_messages_in_order() -> None:
    whole = draft(*("x" * 60_000 for _ in range(7)))
    parts = in_parts(whole)
    assert [len(part.metrics) for part in parts] == [3, 3, 1]
    assert tuple(metric for part in parts for metric in part.metrics) == whole.metrics
    assert in_parts(draft(1.0)) == [draft(1.0)]
    assert len(in_parts(draft(*map(float, range(MOST_BYTES // METRIC_BYTES + 1))))) == 2


def test_a_batch_is_historical_unless_live_and_a_gap_never_is() -> None:
    batch = Batch(7, "d", draft(1.0).metrics)
    assert [metric.historical for metric in batch.to_send(live=True)] == [False, False]
    assert [metric.historical for metric in batch.to_send(live=False)] == [True, False]
    assert batch.to_send(live=True)[-1] == Metric(BATCH, 7, DataType.UINT64, transient=True)
    gap = Batch(8, "", (Metric(GAP, "{}", DataType.STRING),))
    assert not any(metric.historical for metric in gap.to_send(live=False))


def test_quality_other_than_good_rides_with_the_reading() -> None:
    stale = metric_of(Stamped("p", 1.0, TIME, 500), DataType.DOUBLE)
    assert quality_of(unpack(pack([stale]))[0]) == 500


@pytest.mark.timeout(300)
async def test_killed_at_any_moment_nothing_is_corrupt_and_nothing_committed_is_lost(tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    print("seed", seed)  # noqa: T201 -- to repeat a failure
    chance = random.Random(seed)
    committed: dict[int, int] = {}
    acknowledged: set[int] = set()
    for round_ in range(12):
        command = ("-m", "tests.edge.outbox_writer", str(tmp_path), str(round_ * 1_000_000))
        process = await asyncio.create_subprocess_exec(sys.executable, *command, cwd=ROOT, stdout=PIPE)
        assert process.stdout is not None
        assert await process.stdout.readline() == b"open\n"
        await asyncio.sleep(chance.uniform(0.0, 0.12))
        process.kill()
        for line in (await process.stdout.read()).decode().split("\n")[:-1]:
            what, batch, *values = line.split()
            if what == "committed":
                committed[int(batch)] = int(values[0])
            else:
                acknowledged.add(int(batch))
        await process.wait()
    check = sqlite3.connect(tmp_path / FILE)
    assert check.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    check.close()
    async with open_outbox(tmp_path, PLENTY) as outbox:
        batches = {batch.id: batch for batch in await outbox.read(0, 2**62, 10**6)}
        assert set(committed) - acknowledged <= set(batches)
        assert len(set(batches) - set(committed)) <= 12  # committed, and killed before it could be said
        for number in set(batches) & set(committed):
            first = committed[number]
            assert [metric.value for metric in batches[number].metrics] == [first + i for i in range(PER_COMMIT)]
        stored = await outbox.waiting()
        assert stored.ledger.taken % PER_COMMIT == 0
        assert stored.ledger.taken >= PER_COMMIT * len(committed)


async def test_what_was_handed_over_is_written_even_if_its_caller_is_cancelled(tmp_path: Path) -> None:
    async with open_outbox(tmp_path, PLENTY) as outbox:
        commits = [asyncio.create_task(outbox.commit([draft(float(number))])) for number in range(20)]
        await asyncio.sleep(0)
        for commit in commits:
            commit.cancel()
        await asyncio.gather(*commits, return_exceptions=True)
    async with open_outbox(tmp_path, PLENTY) as outbox:
        assert len(await ids(outbox)) == 20


async def test_a_transaction_that_fails_midway_leaves_nothing_of_itself(tmp_path: Path) -> None:
    async with open_outbox(tmp_path, PLENTY) as outbox:
        await outbox.commit([draft(1.0)])
        before = outbox.store.batches.held
        impossible = Draft("d", (Metric("p", "text", DataType.DOUBLE, TIME),))
        with pytest.raises(ValueError, match="not a number"):
            await outbox.commit([draft(2.0), impossible], [b"m"])
        assert outbox.store.batches.held == before
        waiting = await outbox.waiting()
        assert (waiting.batches, waiting.ledger.taken) == (1, 1)
