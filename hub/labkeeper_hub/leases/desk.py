"""The desk where leases are taken: each change is written down, told to the nodes, and told again until it is there."""

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from labkeeper_hub.audit import Notes, Unheard
from labkeeper_hub.bus import EventBus
from labkeeper_hub.commands.desk import Wire
from labkeeper_hub.ingest.host import NotConnected
from labkeeper_hub.leases.file import read_book, write_book
from labkeeper_hub.model import Ask, HeldLease, Leases, NodeKey, PointKey
from labkeeper_hub.registry.known import NODE_ITSELF, KnownNode, KnownPoint
from labkeeper_hub.registry.registry import HubRegistry
from labkeeper_sdk import Value
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.leases import book as rules
from labkeeper_wire.leases.book import Book, LeaseRefused, Room, Scope
from labkeeper_wire.leases.table import FENCE, LEASES
from labkeeper_wire.leases.tenure import SILENCE_S
from labkeeper_wire.mqtt import LinkLost
from labkeeper_wire.payload import Metric

log = logging.getLogger(__name__)
TICK_S = 0.05
RETRY_S = 1.0
AGAIN_MS = 500  # a table that its node has not confirmed is told again
LOOK_MS = 1000  # so often is it asked whether who holds something still may
QUIET_MS = 5000  # a table with leases on nothing that moves


def scope_of(point: KnownPoint) -> Scope:
    """Return the scope that a point's device is."""
    device = point.device
    room = Room(device.key.school, device.node.lab)
    return Scope(room, device.description.bench, device.key.node, device.key.device)


@dataclass(slots=True, eq=False)
class LeaseDesk:
    """The book, and what each node was told when. `renewal` counts the tellings of this run."""

    registry: HubRegistry
    bus: EventBus
    data: Path
    write: Wire
    now_ms: Callable[[], int]
    book: Book = field(default_factory=Book)
    renewal: int = 0
    asks: Callable[[], tuple[Ask, ...]] = tuple  # who asks for what is held
    audit: Notes = field(default_factory=Unheard)
    ended: Callable[[HeldLease], None] = lambda _: None  # told of each lease that is gone, whyever
    stands: Callable[[HeldLease], bool] = lambda _: True  # whether its holder may still have it
    _taken_back: dict[int, str] = field(default_factory=dict)  # fence: why
    _looked_ms: int = 0
    _told_ms: dict[NodeKey, tuple[int, int]] = field(default_factory=dict)  # table's number, when
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def resume(self) -> None:
        """Take up the book of the last run; raises BadConfiguration for a damaged one."""
        self.book = await asyncio.to_thread(read_book, self.data)
        await self._change(rules.resumed)

    # --- what people ask --------------------------------------------------------------------------------------------
    def held(self) -> tuple[HeldLease, ...]:
        """Return the leases that have not ended."""
        return rules.expire(self.book, self.now_ms()).held

    async def take(self, holder: str, scope: Scope, for_ms: int) -> HeldLease:
        """Give the scope to a person, or renew what they have; raises LeaseRefused."""
        book = await self._change(lambda book: rules.take(book, holder, scope, self.now_ms(), for_ms))
        return _mine(book, holder, scope)

    async def take_over(self, holder: str, scope: Scope, for_ms: int, reason: str) -> HeldLease:
        """Give the scope to a person whoever has it; who had it and why it was taken goes into the log."""
        before = {one.holder for one in self.book.on(scope) if one.holder != holder}
        book = await self._change(lambda book: rules.take_over(book, holder, scope, self.now_ms(), for_ms))
        if before:
            self.audit.note(holder, "take_over_from", _named(scope), " ".join(sorted(before)))
            log.warning("%s takes %s over from %s: %r", holder, "/".join(scope.room), ", ".join(sorted(before)), reason)
        return _mine(book, holder, scope)

    async def renew(self, fence: int, holder: str, for_ms: int) -> HeldLease:
        """Let a lease end so long from now; raises LeaseRefused."""
        book = await self._change(lambda book: rules.renew(book, fence, holder, self.now_ms(), for_ms))
        return next(one for one in book.held if one.fence == fence)

    async def release(self, fence: int, holder: str) -> None:
        """End a lease, and what was given from it; raises LeaseRefused."""
        await self._change(lambda book: rules.release(book, fence, holder, self.now_ms()))

    async def give(self, fence: int, holder: str, to: HeldLease) -> HeldLease:
        """Give the floor, in the place of what was given there before; raises LeaseRefused."""
        book = await self._change(lambda book: rules.give(book, fence, holder, to, self.now_ms()))
        return _given(book, fence, to)

    def take_back(self, holder: str) -> None:
        """Have everything that a person, or a program of theirs, holds end in a moment."""
        theirs = {one.fence for one in self.book.held if one.holder.partition(":")[0] == holder}
        self._take_back(theirs, "its right is gone")

    def let_go(self, holder: str, but: Collection[int]) -> None:
        """Have what a person holds end in a moment, and of the leases in `but` only what was given from them; what
        programs of theirs hold stays.
        """
        held = self.book.held
        theirs = {one.fence for one in held if one.holder == holder and one.fence not in but}
        self._take_back(theirs | {one.fence for one in held if one.parent in but}, "signed out everywhere")

    def _take_back(self, fences: Iterable[int], why: str) -> None:
        self._taken_back |= dict.fromkeys(fences, why)
        self._looked_ms = 0

    def fence_for(self, holder: str, point: KnownPoint, value: Value) -> int:
        """Return the number a person's command carries; raises LeaseRefused if somebody else has the point, or if it
        was given to them and not with this value: a node that knows no leases would not refuse it.
        """
        book, scope = rules.expire(self.book, self.now_ms()), scope_of(point)
        mine = book.at(book.fence_for(holder, scope))
        if mine is not None and not mine.allows(scope.node, scope.device, point.description.name, value):
            raise LeaseRefused("not_given", f"{point.description.name} was not given with this value")
        if mine is not None:
            return mine.fence
        lent = book.lent(holder, scope)
        if lent:
            return lent
        for one in book.on(scope):
            if one.scope.covers(scope):
                raise LeaseRefused("leased", f"{one.holder} has the lease", one.holder)
        return 0

    def change(self) -> Leases:
        """Return the leases of persons, for the live stream: an automation's keeps nobody from anything."""
        return Leases(tuple(one for one in self.held() if not rules.is_automation(one.holder)), self.asks())

    # --- what happens -----------------------------------------------------------------------------------------------
    async def run(self) -> None:
        """Let leases end, and keep the nodes told, for ever."""
        while True:
            await self._look()
            await asyncio.sleep(TICK_S)

    async def _look(self) -> None:
        now_ms = self.now_ms()
        try:
            if rules.expire(self.book, now_ms) is not self.book:
                await self._change(lambda book: rules.expire(book, now_ms))
            await self._end_what_stands_no_more(now_ms)
            seen = self._ahead_of_us()
            if seen is not None:
                log.warning(
                    "a node has seen lease table %d, ours is %d: numbering on from there", seen, self.book.fence
                )
                await self._change(lambda book: rules.ahead(book, max(seen, book.fence)))
        except LeaseRefused:  # the disk; leases end at the nodes by themselves
            await asyncio.sleep(RETRY_S)
        for node in self.registry.known.values():
            if self._due(node, now_ms):
                self._tell(node, now_ms)

    async def _end_what_stands_no_more(self, now_ms: int) -> None:
        """End the leases of those whose right was taken back, and what they gave; automations' are their own matter."""
        if abs(now_ms - self._looked_ms) < LOOK_MS:
            return
        self._looked_ms = now_ms
        taken = dict(self._taken_back)
        gone = [one for one in self.held() if one.fence in taken or not self._may_stay(one)]
        if gone:
            await self._change(lambda book: rules.taken_back(book, (one.fence for one in gone)))
        for one in gone:
            why = taken.get(one.fence, "its right is gone")
            self.audit.note("hub", _end_of(one), _named(one.scope), f"{one.fence} of {one.holder}: {why}")
        for fence in taken:  # and none that was taken back meanwhile
            self._taken_back.pop(fence)

    def _may_stay(self, one: HeldLease) -> bool:
        return bool(one.parent) or rules.is_automation(one.holder) or self.stands(one)

    async def _change(self, wish: Callable[[Book], Book]) -> Book:
        """Carry out a wish: on disk, then in force, then told."""
        async with self._turn:
            book = wish(self.book)
            if book is self.book:
                return book
            try:
                await asyncio.to_thread(write_book, self.data, book)
            except OSError as error:
                log.error("leases cannot be written down: %s", error.strerror)  # noqa: TRY400 -- one line
                raise LeaseRefused("hub_disk", "the hub cannot write it down") from error
            before, self.book = self.book, book
            self.bus.note(self)
            self._note_ends(before, book)
        for node in self.registry.known.values():
            self._tell(node, self.now_ms())
        return book

    def _note_ends(self, before: Book, after: Book) -> None:
        """Record what nobody ended by a wish: a lease whose time is over, and what was given from one that is gone."""
        gone = (one for one in before.held if after.at(one.fence) is None)
        for one in gone:
            self.ended(one)
            what = _end_of(one)
            if one.until_ms <= self.now_ms():
                self.audit.note("hub", what, _named(one.scope), f"{one.fence} of {one.holder}: its time is over")
            elif one.parent and after.at(one.parent) is None:
                self.audit.note("hub", what, _named(one.scope), f"{one.fence} of {one.holder}: its lease is gone")

    def _ahead_of_us(self) -> int | None:
        """Return a number that a node has seen and its room's table does not reach."""
        for node in self.registry.known.values():
            seen, number = self._confirmed(node), self._number(node)
            if seen is not None and number and seen > number:
                return seen
        return None

    def _due(self, node: KnownNode, now_ms: int) -> bool:
        number, confirmed = self._number(node), self._confirmed(node)
        if confirmed is None or not number:
            return False
        told, when_ms = self._told_ms.get(node.key, (0, 0))
        if told != number:
            return True
        if confirmed != number:
            return now_ms - when_ms >= AGAIN_MS
        leased = any(one.scope.room == _room(node) for one in self.book.held)
        return leased and now_ms - when_ms >= _period_ms(node)

    def _tell(self, node: KnownNode, now_ms: int) -> None:
        if self._confirmed(node) is None or not self._number(node):
            return
        self.renewal += 1
        table = rules.table(self.book, _room(node), node.key.node, self.renewal, now_ms)
        try:
            self.write(node.key, None, (Metric(LEASES, table.to_text(), DataType.STRING),))
        except (NotConnected, LinkLost):
            return
        self._told_ms[node.key] = (table.fence, now_ms)

    def _number(self, node: KnownNode) -> int:
        return self.book.changed.get(_room(node), 0)

    def _confirmed(self, node: KnownNode) -> int | None:
        """Return the newest table on the node's disk; None for a node that is away or knows no leases."""
        point = self.registry.point(PointKey(*node.key, NODE_ITSELF, FENCE))
        if point is None or not node.online or not isinstance(point.value, int):
            return None
        return point.value


def _end_of(one: HeldLease) -> str:
    return "end_floor" if one.parent else "end_lease"


def _named(scope: Scope) -> str:
    return "/".join((*scope.room, *(part for part in scope[1:] if part)))


def _room(node: KnownNode) -> Room:
    return Room(node.key.school, node.lab)


def _period_ms(node: KnownNode) -> int:
    """Return how often a lease on this node's devices is renewed: a third of what its riskiest point bears."""
    risks = {point.description.risk for device in node.devices.values() for point in device.points.values()}
    silences = (SILENCE_S[risk] * 1000 / 3 for risk in risks if risk in SILENCE_S)
    return min(QUIET_MS, round(min(silences, default=QUIET_MS)))


def _given(book: Book, fence: int, to: HeldLease) -> HeldLease:
    return next(one for one in book.held if one.parent == fence and one.holder == to.holder)


def _mine(book: Book, holder: str, scope: Scope) -> HeldLease:
    return next(one for one in book.held if one.holder == holder and one.scope.covers(scope))
