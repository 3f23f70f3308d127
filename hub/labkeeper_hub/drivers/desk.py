"""The desk of drivers: hears what nodes run and can run, has sets sealed, sends them, and waits for answers."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from labkeeper_hub.audit.record import Notes, Unheard
from labkeeper_hub.commands.desk import Wire
from labkeeper_hub.drivers import book as books
from labkeeper_hub.drivers.book import Book, Version
from labkeeper_hub.drivers.broken import BrokenDrivers
from labkeeper_hub.drivers.file import read_book, write_book
from labkeeper_hub.drivers.sets import changes, sealed
from labkeeper_hub.drivers.standing import DriversRefused, NodeDrivers, Outcome, Wish
from labkeeper_hub.ingest.host import NotConnected
from labkeeper_hub.ingest.refusals import Refusals
from labkeeper_hub.model import NodeKey
from labkeeper_hub.registry.registry import HubRegistry
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.driver_sets import (
    OFFER,
    ORDER,
    STANDING,
    Answer,
    BadSaying,
    Offer,
    Order,
    Standing,
    packed_order,
    read_offer,
    read_standing,
)
from labkeeper_wire.mqtt import LinkLost
from labkeeper_wire.payload import Metric

LOOK_S = 1.0
TELL_EVERY_MS = 10_000  # a node that did not answer is told again
ANSWER_S = 5.0


@dataclass(slots=True)
class DriverDesk:
    """`write` sends metrics to a node."""

    registry: HubRegistry
    data: Path
    write: Wire
    refusals: Refusals
    now_ms: Callable[[], int]
    answer_s: float = ANSWER_S
    audit: Notes = field(default_factory=Unheard)
    book: Book = field(default_factory=dict)
    _offers: dict[NodeKey, Offer] = field(default_factory=dict)
    _standings: dict[NodeKey, Standing] = field(default_factory=dict)
    _packed: dict[tuple[NodeKey, str], object] = field(default_factory=dict)
    _waiting: dict[str, asyncio.Future[Answer]] = field(default_factory=dict)
    _told_ms: dict[NodeKey, int] = field(default_factory=dict)
    _unsaved: bool = False
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _broken: BrokenDrivers = field(init=False)

    def __post_init__(self) -> None:
        """Look for broken drivers in the same registry."""
        self._broken = BrokenDrivers(self.registry, self.audit)

    async def resume(self) -> None:
        """Take up the book of the last run."""
        self.book = await asyncio.to_thread(read_book, self.data)

    # --- what nodes say -----------------------------------------------------------------------------------------------
    def born(self, node: NodeKey, metrics: Iterable[Metric]) -> None:
        """A node's birth: what it does not say any more is no longer so."""
        said = {metric.name: metric for metric in metrics}
        for name, known in ((OFFER, self._offers), (STANDING, self._standings)):
            if name in said:
                self.heard(node, said[name])
            else:
                known.pop(node, None)
                self._packed.pop((node, name), None)

    def heard(self, node: NodeKey, metric: Metric) -> None:
        """A node says something of its drivers; what is as before is not read again, what makes no sense is counted."""
        name = metric.name or ""
        if name not in (OFFER, STANDING) or self._packed.get((node, name)) == metric.value:
            return
        self._packed[node, name] = metric.value
        try:
            if name == OFFER:
                self._offers[node] = read_offer(metric.value)
            else:
                self._stands(node, read_standing(metric.value))
        except BadSaying as bad:
            self.refusals.count("bad_driver_saying", f"{'/'.join(node)} {bad.reason}")

    def _stands(self, node: NodeKey, standing: Standing) -> None:
        self._standings[node] = standing
        answer = standing.answer
        if answer is None:
            return
        before, self.book = self.book, books.answered(self.book, node, answer)
        self._unsaved = self._unsaved or before is not self.book
        waiting = self._waiting.get(answer.order)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)

    # --- what people ask ----------------------------------------------------------------------------------------------
    def all(self) -> tuple[NodeDrivers, ...]:
        """Return how every node of ours stands."""
        return tuple(self.node(key) for key, known in sorted(self.registry.known.items()) if known.outbox is not None)

    def node(self, key: NodeKey) -> NodeDrivers:
        """Return how one node stands; raises DriversRefused."""
        known = self.registry.known.get(key)
        if known is None:
            raise DriversRefused("unknown_node", "there is no such node")
        versions = self.book.get(key, ())
        return NodeDrivers(key, known.lab, known.online, self._offers.get(key), self._standings.get(key), versions)

    async def order(self, wish: Wish) -> Outcome:
        """Ask a node, and return what it answered in time; raises DriversRefused, and then it was not asked."""
        async with self._turn:
            return await self._order(wish)

    async def _order(self, wish: Wish) -> Outcome:
        offer, standing = self._ready(wish)
        kept = sealed(wish.node, offer, wish.instances)
        changed = changes(standing.instances, kept.instances) if wish.do != "back" else ("back",)
        number = books.next_number(self.book, wish.node, standing.number)
        order = Order(id=str(uuid4()), do=wish.do, number=number, by=wish.by, instances=kept.instances)
        if kept.mistakes:
            wrong = Answer(order=order.id, do=wish.do, taken=False, number=standing.number, mistakes=kept.mistakes[:50])
            return Outcome(wrong, changed)
        packed = _packed(order)
        if wish.do != "try":
            await self._note(wish.node, Version(order, self.now_ms(), changed))
        return Outcome(await self._asked(wish.node, order.id, packed), changed)

    def _ready(self, wish: Wish) -> tuple[Offer, Standing]:
        found = self.node(wish.node)
        if found.offer is None or found.standing is None:
            raise DriversRefused("not_open", "this node's own file does not let the hub add drivers")
        if not found.online:
            raise DriversRefused("node_away", "this node is away, and nothing waits for it")
        if wish.do != "try" and wish.seen != found.standing.number:
            raise DriversRefused("changed_meanwhile", "somebody has changed this node's drivers meanwhile")
        if wish.do == "back" and not found.standing.former:
            raise DriversRefused("no_former", "there is no former set to go back to")
        return found.offer, found.standing

    async def _asked(self, node: NodeKey, order: str, packed: bytes) -> Answer | None:
        waiting = self._waiting[order] = asyncio.get_running_loop().create_future()
        try:
            self._tell(node, packed)
            async with asyncio.timeout(self.answer_s):
                answer: Answer = await waiting
        except TimeoutError:
            return None
        finally:
            del self._waiting[order]
        return answer

    # --- tasks --------------------------------------------------------------------------------------------------------
    async def run(self) -> None:
        """Tell nodes again that have not answered, and write down who has, for ever."""
        while True:
            await asyncio.sleep(LOOK_S)
            self.look()
            self._broken.look()
            if self._unsaved:
                self._unsaved = False
                with suppress(OSError):  # what is not written down is asked again, and answered the same
                    await asyncio.to_thread(write_book, self.data, self.book)

    def look(self) -> None:
        """Tell again whoever is there and has not answered the newest order."""
        now_ms = self.now_ms()
        for node, versions in self.book.items():
            known, newest = self.registry.known.get(node), versions[-1]
            due = now_ms - self._told_ms.get(node, newest.at_ms) >= TELL_EVERY_MS
            if known is not None and known.online and newest.waits(now_ms) and due:
                self._tell(node, packed_order(newest.order))

    # --- inside -------------------------------------------------------------------------------------------------------
    def _tell(self, node: NodeKey, packed: bytes) -> None:
        self._told_ms[node] = self.now_ms()
        try:
            self.write(node, None, (Metric(ORDER, packed, DataType.BYTES),))
        except (NotConnected, LinkLost):
            del self._told_ms[node]

    async def _note(self, node: NodeKey, version: Version) -> None:
        """Have it on disk before the node is told; raises DriversRefused, and then it was never wanted."""
        before, self.book = self.book, books.noted(self.book, node, version)
        try:
            await asyncio.to_thread(write_book, self.data, self.book)
        except OSError as error:
            self.book = before
            raise DriversRefused("hub_disk", "the hub cannot write to its disk") from error


def _packed(order: Order) -> bytes:
    try:
        return packed_order(order)
    except BadSaying as bad:
        raise DriversRefused("too_large", str(bad)) from bad
