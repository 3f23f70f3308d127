"""A hub restored from a backup: its nodes are told, and what cannot come again is shown as missing."""

from pathlib import Path

from labkeeper_hub.backup.archive import make
from labkeeper_hub.backup.restore import restore
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.delivery import JOURNAL
from labkeeper_wire.payload import Metric

from .conftest import Start
from .scripted_node import double, joined, now_ms, outbox_metrics, service, until

AIR = {"air": [double("co2", 400.0), *service()]}


def born_with(journal: str) -> list[Metric]:
    return [*outbox_metrics("epoch-1"), Metric(JOURNAL, journal, DataType.STRING, now_ms())]


def silent(_: str, __: int, ___: int) -> None:
    """Hear the progress."""


async def test_a_node_is_told_whose_journal_it_is_unless_it_knows(start: Start) -> None:
    async with start() as school:
        ours = school.hub.journal.identity
        async with joined(school.port, metrics=born_with("")) as node:
            await until(lambda: node.journals == [ours], "the journal's identity")
        async with joined(school.port, metrics=born_with(ours), devices=AIR, bd_seq=1) as node:
            node.send("air", [double("co2", 1.0)], batch=1)
            await node.acknowledged(1)
            assert node.journals == []
    async with start() as school:
        assert school.hub.journal.identity == ours


async def test_a_node_that_does_not_speak_of_journals_is_not_told(start: Start) -> None:
    async with start() as school, joined(school.port, devices={"air": [double("co2", 1.0)]}) as node:
        node.send("air", [double("co2", 1.0)], batch=1)
        await node.acknowledged(1)
        assert node.journals == []


async def test_what_no_node_holds_any_more_stays_missing_in_the_ledger(start: Start, tmp_path: Path) -> None:
    """Batch 1 is in the backup, 2 was stored later and trimmed at the node, 3 is offered again."""
    backup = tmp_path.with_name(tmp_path.name + "-backup.tar")
    async with start() as school:
        before = school.hub.journal.identity
        async with joined(school.port, metrics=born_with(before), devices=AIR) as node:
            node.send("air", [double("co2", 1.0)], batch=1)
            await node.acknowledged(1)
            make(tmp_path, backup, silent)
            node.send("air", [double("co2", 2.0), double("co2", 2.5)], batch=2)
            node.send("air", [double("co2", 3.0)], batch=3)
            node.report(taken=4, backlog=0)
            await node.acknowledged(3)
            await until(lambda: school.ledger().balanced, "a balanced account")
    restore(backup, tmp_path, silent, replace=True)
    async with start() as school:
        assert school.hub.journal.identity != before
        assert [row.value for row in await school.rows("air", "co2")] == [1.0]
        async with joined(school.port, metrics=born_with(before), devices=AIR, bd_seq=1) as node:
            await until(lambda: node.journals == [school.hub.journal.identity], "the new identity")
            node.send("air", [double("co2", 1.0, historical=True)], batch=1)
            node.send("air", [double("co2", 3.0, historical=True)], batch=3)
            await node.acknowledged(3)
            node.report(taken=4, backlog=0)
            await until(lambda: school.ledger().missing == 2, "what is missing")
            entry = school.ledger()
            assert not entry.balanced
            assert (entry.stored, entry.duplicates, entry.gaps) == (2, 1, 0)
            assert not any(ack.covers(2) for ack in node.acks)
            assert [row.value for row in await school.rows("air", "co2")] == [1.0, 3.0]
