"""Leases from the desk to the nodes: told until they are there, renewed, ended, and never with a number used before."""

from pathlib import Path

import pytest

from labkeeper_hub.leases.file import FILE, read_book
from labkeeper_hub.model import HeldLease, PointKey
from labkeeper_hub.settings import HubSettings
from labkeeper_sdk import BadConfiguration, CommandRejected
from labkeeper_sdk.testing import Broker
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.descriptor import PointDescription
from labkeeper_wire.leases.book import LeaseRefused, Room, Scope
from labkeeper_wire.leases.table import FENCE, LeaseTable
from labkeeper_wire.payload import Metric

from .conftest import School, running
from .scripted_node import ScriptedNode, joined, lease_metrics, now_ms, until

ROOM = Room("school", "lab")
WHOLE = Scope(ROOM)
ON = PointKey("school", "lab", "plug", "on")


def plug(risk: str = "none") -> dict[str, list[Metric]]:
    switch = PointDescription("on", "switch", DataType.BOOLEAN, writable=True, risk=risk)
    return {"plug": [Metric("on", False, switch.datatype, now_ms(), properties=switch.to_properties())]}


def accept(node: ScriptedNode) -> LeaseTable:
    """Say that the newest table is on disk, and return it."""
    table = node.tables[-1]
    node.send(None, [Metric(FENCE, table.fence, DataType.UINT64, now_ms())])
    return table


async def told(node: ScriptedNode, count: int = 1) -> LeaseTable:
    await until(lambda: len(node.tables) >= count, f"{count} tables")
    return node.tables[count - 1]


async def test_a_lease_is_told_to_its_nodes_until_they_have_it_and_commands_carry_its_number(school: School) -> None:
    async with joined(school.port, devices=plug(), more=lease_metrics()) as node:
        await until(lambda: school.online("plug"), "the plug")
        held = await school.hub.leases.take("anna", WHOLE, 60_000)
        again = [await told(node, number) for number in (1, 2)]
        assert [(one.fence, one.leases[0].holder) for one in again] == [(held.fence, "anna")] * 2
        assert again[1].renewal > again[0].renewal
        accept(node)
        await school.hub.desk.submit(ON, True, holder="anna")
        await until(lambda: bool(node.commands), "the command")
        assert node.commands[0][1].fence == held.fence
        with pytest.raises(CommandRejected, match="anna has the lease"):
            await school.hub.desk.submit(ON, True, holder="ben")


async def test_a_lease_over_something_that_moves_is_renewed_many_times_a_second(school: School) -> None:
    async with joined(school.port, devices=plug("motion"), more=lease_metrics()) as node:
        await until(lambda: school.online("plug"), "the plug")
        await school.hub.leases.take("anna", WHOLE, 60_000)
        await told(node)
        accept(node)
        count = len(node.tables)
        await told(node, count + 4)
        assert len({one.fence for one in node.tables}) == 1


async def test_a_lease_that_ends_is_told_as_its_absence(school: School) -> None:
    async with joined(school.port, devices=plug(), more=lease_metrics()) as node:
        await until(lambda: school.online("plug"), "the plug")
        held = await school.hub.leases.take("anna", WHOLE, 300)
        await until(lambda: bool(node.tables) and not node.tables[-1].leases, "the table without it")
        assert node.tables[-1].fence > held.fence
        assert school.hub.leases.held() == ()
        await school.hub.desk.submit(ON, True, holder="ben")
        with pytest.raises(LeaseRefused):
            await school.hub.leases.renew(held.fence, "anna", 1000)


async def test_a_take_over_is_a_newer_table_at_once(school: School) -> None:
    async with joined(school.port, devices=plug(), more=lease_metrics()) as node:
        await until(lambda: school.online("plug"), "the plug")
        before = await school.hub.leases.take("anna", WHOLE, 60_000)
        after = await school.hub.leases.take_over("ben", WHOLE, 60_000, "the lesson began")
        await until(lambda: bool(node.tables) and node.tables[-1].leases[0].holder == "ben", "the new holder")
        assert node.tables[-1].fence == after.fence > before.fence
        await school.hub.leases.release(after.fence, "ben")
        await until(lambda: not node.tables[-1].leases, "the release")


async def test_a_hub_that_is_behind_its_nodes_numbers_on_from_what_they_have_seen(school: School) -> None:
    await school.hub.leases.take("anna", WHOLE, 60_000)
    async with joined(school.port, devices=plug(), more=lease_metrics(fence=900)) as node:
        await until(lambda: bool(node.tables) and node.tables[-1].fence > 900, "a number beyond")
        assert node.tables[-1].leases[0].holder == "anna"


async def test_a_node_that_knows_no_leases_is_told_nothing(school: School) -> None:
    async with joined(school.port, devices=plug()) as node:
        await until(lambda: school.online("plug"), "the plug")
        await school.hub.leases.take("anna", WHOLE, 60_000)
        await school.hub.desk.submit(ON, True, holder="anna")
        await until(lambda: bool(node.commands), "the command")
        assert node.tables == []


async def test_leases_survive_the_hub_under_a_newer_number(broker: Broker, tmp_path: Path) -> None:

    settings = HubSettings(data=tmp_path / "hub", broker=broker.url)
    (tmp_path / "hub").mkdir()
    async with running(settings, broker) as first:
        held = await first.hub.leases.take("anna", WHOLE, 600_000)
    async with running(settings, broker) as second:
        assert second.hub.leases.held() == (held,)
        assert second.hub.leases.book.changed[ROOM] > held.fence
    assert read_book(tmp_path / "hub").fence == held.fence + 1
    (tmp_path / "hub" / FILE).write_text("{")
    with pytest.raises(BadConfiguration, match="leases"):
        read_book(tmp_path / "hub")


async def test_what_cannot_be_written_down_is_not_in_force(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(school.hub.leases, "data", Path("/proc/nowhere"))
    with pytest.raises(LeaseRefused) as refused:
        await school.hub.leases.take("anna", WHOLE, 60_000)
    assert refused.value.code == "hub_disk"
    assert school.hub.leases.held() == ()


async def test_what_ends_without_a_wish_is_on_record_with_whom_it_was_taken_from(school: School) -> None:
    leases = school.hub.leases
    first = await leases.take("anna", WHOLE, 60_000)
    bench = HeldLease(0, "group", Scope(ROOM, "3"), first.until_ms, floor=())
    given = await leases.give(first.fence, "anna", bench)
    second = await leases.take_over("ben", WHOLE, 100, "she went home")
    assert school.heard.of("take_over_from") == [("ben", "school/lab", "anna")]
    assert school.heard.of("end_floor") == [("hub", "school/lab/3", f"{given.fence} of group: its lease is gone")]
    await until(lambda: bool(school.heard.of("end_lease")), "the end of the second")
    assert school.heard.of("end_lease") == [("hub", "school/lab", f"{second.fence} of ben: its time is over")]


async def test_what_was_taken_by_a_right_that_is_gone_ends_with_what_was_given_and_is_on_record(school: School) -> None:
    leases, may = school.hub.leases, {"anna", "ben"}
    lesson = await school.hub.lessons.start("anna", ROOM, 600_000)
    given = await leases.give(lesson.fence, "anna", HeldLease(0, "g-1", Scope(ROOM, "3"), lesson.until_ms, floor=()))
    other = await leases.take("ben", Scope(Room("school", "other")), 600_000)
    automatic = await leases.take("automation/air", Scope(Room("school", "third")), 600_000)
    leases.stands = lambda one: one.holder in may
    may.remove("anna")
    await until(lambda: not school.hub.lessons.on, "the end of the lesson")
    assert leases.held() == (other, automatic)
    assert school.heard.of("end_lease") == [("hub", "school/lab", f"{lesson.fence} of anna: its right is gone")]
    assert school.heard.of("end_floor") == [("hub", "school/lab/3", f"{given.fence} of g-1: its lease is gone")]
    assert school.heard.of("end_lesson") == [("hub", "school/lab", "of anna: its lease is gone")]


async def test_what_somebody_holds_is_taken_back_though_they_may_have_it_and_again_while_the_disk_refuses(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    leases, data = school.hub.leases, school.hub.leases.data
    await leases.take("anna:t-3", WHOLE, 600_000)
    other = await leases.take("ben", Scope(Room("school", "other")), 600_000)
    monkeypatch.setattr(leases, "data", Path("/proc/nowhere"))
    leases.take_back("anna")
    with pytest.raises(LeaseRefused):
        await leases._end_what_stands_no_more(now_ms())
    monkeypatch.setattr(leases, "data", data)
    leases._looked_ms = 0
    await until(lambda: leases.held() == (other,), "its end")
    assert len(school.heard.of("end_lease")) == 1


async def test_a_lease_that_is_given_back_is_its_holders_act_and_no_note_of_the_hub(school: School) -> None:
    held = await school.hub.leases.take("anna", WHOLE, 60_000)
    await school.hub.leases.release(held.fence, "anna")
    assert school.heard.notes == []


async def test_links_that_end_with_their_lease_are_on_record(school: School) -> None:
    async with joined(school.port, devices=plug(), more=lease_metrics()):
        await until(lambda: school.online("plug"), "the plug")
        held = await school.hub.leases.take("anna", WHOLE, 60_000)
        sat, _ = await school.hub.floor.seat(held.fence, "anna", "")
        await school.hub.leases.release(held.fence, "anna")
    told = ("hub", sat.seat.name, f"{held.fence} of anna: its lease is gone")
    assert school.heard.of("close_link") == [told]
