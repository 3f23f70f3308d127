"""The desk asks a node and waits for its answer; it asks again, and refuses what nobody could answer."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from labkeeper_hub.bus import EventBus
from labkeeper_hub.drivers.desk import TELL_EVERY_MS, DriverDesk
from labkeeper_hub.drivers.file import FILE, read_book
from labkeeper_hub.drivers.standing import DriversRefused, Wish
from labkeeper_hub.ingest.host import NotConnected
from labkeeper_hub.ingest.refusals import Refusals
from labkeeper_hub.model import NodeKey, Outbox
from labkeeper_hub.registry.registry import HubRegistry
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.descriptor import NodeDescription
from labkeeper_wire.driver_sets import (
    LONGEST_ORDER,
    OFFER,
    STANDING,
    Answer,
    Doing,
    Instance,
    Offer,
    Offered,
    Order,
    Standing,
    pack,
    read_order,
)
from labkeeper_wire.payload import Metric
from labkeeper_wire.sealing import new_key, public

NODE = NodeKey("s", "n")
OFFERED = Offer(key=public(new_key()), drivers=(Offered(name="meter", schema_={"type": "object"}),))


class Node:
    """A node that answers what it is told to, on the other end of a desk."""

    def __init__(self, data: Path) -> None:
        registry = HubRegistry(EventBus(), lambda _: 0, {})
        registry.node_born(NODE, NodeDescription("lab"), Outbox("e"), 1)
        self.known = registry.known[NODE]
        self.now_ms, self.answers, self.there = 1000, True, True
        self.heard: list[Order] = []
        self.standing = Standing(former=True)
        self.desk = DriverDesk(registry, data, self.write, Refusals(), lambda: self.now_ms, answer_s=0.05)
        self.desk.born(NODE, (Metric(OFFER, pack(OFFERED), DataType.BYTES), self.says()))

    def says(self) -> Metric:
        return Metric(STANDING, pack(self.standing), DataType.BYTES)

    def write(self, node: NodeKey, device: str | None, metrics: Sequence[Metric]) -> None:
        assert (node, device) == (NODE, None)
        if not self.there:
            raise NotConnected
        self.heard.append(read_order(metrics[0].value))
        if self.answers:
            asyncio.get_running_loop().call_soon(self.answer)

    def answer(self) -> None:
        told = self.heard[-1]
        answer = Answer(order=told.id, do=told.do, taken=True, number=told.number)
        before = self.standing
        number, now = (before.number, before.instances) if told.do == "try" else (told.number, told.instances)
        self.standing = Standing(number=number, instances=now, former=True, answer=answer)
        self.desk.heard(NODE, self.says())


@pytest.fixture
async def node(tmp_path: Path) -> Node:
    return Node(tmp_path)


def wish(do: Doing = "apply", seen: int = 0, node: NodeKey = NODE, value: str = "h") -> Wish:
    return Wish(node, do, {"m": Instance(driver="meter", configuration={"host": value})}, seen, "p-1")


async def test_what_is_applied_is_written_down_before_the_node_is_told_and_answered_after(
    node: Node, tmp_path: Path
) -> None:
    tried = await node.desk.order(wish("try"))
    assert tried.answer is not None
    assert not (tmp_path / FILE).exists()
    outcome = await node.desk.order(wish())
    assert outcome.answer is not None
    assert (outcome.answer.taken, outcome.changes) == (True, ("+/m (meter)",))
    assert [one.order.id for one in read_book(tmp_path)[NODE]] == [node.heard[-1].id]
    (found,) = node.desk.all()
    assert (found.lab, [one.taken for one in found.versions]) == ("lab", [True])
    back = await node.desk.order(wish("back", seen=1))
    assert (back.changes, node.heard[-1].number) == (("back",), 2)


async def test_a_node_that_does_not_answer_is_told_again_the_very_same_and_not_for_ever(node: Node) -> None:
    node.answers = False
    assert (await node.desk.order(wish())).answer is None
    node.desk.look()
    assert len(node.heard) == 1
    node.now_ms += TELL_EVERY_MS
    node.there = False
    node.desk.look()
    node.there = True
    node.desk.look()
    assert [one.id for one in node.heard] == [node.heard[0].id] * 2
    node.answer()
    node.now_ms += TELL_EVERY_MS
    node.desk.look()
    assert len(node.heard) == 2
    working = asyncio.create_task(node.desk.run())
    async with asyncio.timeout(10):
        while not (found := read_book(node.desk.data)[NODE])[-1].taken:
            await asyncio.sleep(0.05)
    working.cancel()
    assert found == node.desk.book[NODE]


async def test_what_nobody_could_answer_is_refused_by_name(node: Node, tmp_path: Path) -> None:
    async def code(asked: Wish) -> str:
        with pytest.raises(DriversRefused) as refused:
            await node.desk.order(asked)
        return refused.value.code

    assert await code(wish(node=NodeKey("s", "none"))) == "unknown_node"
    assert await code(wish(seen=4)) == "changed_meanwhile"
    assert await code(wish(value="x" * LONGEST_ORDER)) == "too_large"
    node.standing = Standing()
    node.desk.heard(NODE, node.says())
    assert await code(wish("back")) == "no_former"
    tmp_path.joinpath(FILE).mkdir()
    assert await code(wish()) == "hub_disk"
    assert node.desk.book == {}
    node.known.online = False
    assert await code(wish("try")) == "node_away"
    node.desk.born(NODE, ())
    assert await code(wish("try")) == "not_open"
    assert node.heard == []


async def test_what_the_hub_finds_wrong_is_told_without_asking_and_nonsense_of_a_node_is_counted(node: Node) -> None:
    strange = Wish(NODE, "apply", {"m": Instance(driver="strange")}, 0, "p-1")
    answer = (await node.desk.order(strange)).answer
    assert answer is not None
    assert ([one.pointer for one in answer.mistakes], node.heard) == (["/m/driver"], [])
    node.desk.heard(NODE, Metric(STANDING, b"nonsense", DataType.BYTES))
    node.desk.heard(NODE, Metric("Properties/Other", b"nonsense", DataType.BYTES))
    assert node.desk.refusals.counts["bad_driver_saying"] == 1
