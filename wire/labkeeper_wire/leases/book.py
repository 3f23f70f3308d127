"""Who holds what, as the hub decides it: (book, wish) → book. Times are the hub's, in milliseconds since the epoch.

Every change but a renewal takes the next number, so a lease that was handed over can never be mistaken for a newer one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from labkeeper_wire.leases.table import LONGEST_LEFT_MS, Allowed, Lease, LeaseTable

AUTOMATION = "automation/"  # how the holder's name begins when it is no person: such a lease yields to every person


def is_automation(holder: str) -> bool:
    """Tell whether a holder is an automation."""
    return holder.startswith(AUTOMATION)


class LeaseRefused(Exception):
    """Nothing was changed, and `code` says why: leased, unknown_lease, not_the_holder, not_within, not_given, or what
    the hub adds. `holder` has it instead.
    """

    def __init__(self, code: str, message: str, holder: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.holder = holder


class Room(NamedTuple):
    """A lab of a school."""

    school: str
    lab: str


class Scope(NamedTuple):
    """What a lease is on: the whole lab, a bench of it, or one device, which is named with its node and its bench."""

    room: Room
    bench: str = ""
    node: str = ""
    device: str = ""

    def covers(self, other: "Scope") -> bool:
        """Tell whether the other is within this one."""
        if self.room != other.room:
            return False
        if self.device:
            return (self.node, self.device) == (other.node, other.device)
        return not self.bench or self.bench == other.bench

    def meets(self, other: "Scope") -> bool:
        """Tell whether the two have a device in common."""
        return self.covers(other) or other.covers(self)


class Given(NamedTuple):
    """A point that a group may command, on a node."""

    node: str
    allowed: Allowed


@dataclass(frozen=True, slots=True)
class Held:
    """A lease: who holds what until when. One with a `parent` was given by its holder, and dies with it."""

    fence: int
    holder: str
    scope: Scope
    until_ms: int
    parent: int = 0
    floor: tuple[Given, ...] | None = None

    def allows(self, node: str, device: str, point: str, value: object) -> bool:
        """Tell whether its floor, if it has one, has this point with this value."""
        if self.floor is None:
            return True
        wanted = (node, device, point)
        given = (one.allowed for one in self.floor if (one.node, one.allowed.device, one.allowed.point) == wanted)
        return any(one.admits(value) for one in given)


@dataclass(frozen=True, slots=True)
class Book:
    """All leases of a hub. `fence` is the last number used, `changed` the number of each room's newest table."""

    fence: int = 0
    held: tuple[Held, ...] = ()
    changed: Mapping[Room, int] = field(default_factory=dict)

    def at(self, fence: int) -> Held | None:
        """Return a lease by its fence."""
        return next((one for one in self.held if one.fence == fence), None)

    def on(self, scope: Scope) -> tuple[Held, ...]:
        """Return the leases that were taken, not given, and have a device in common with the scope."""
        return tuple(one for one in self.held if not one.parent and one.scope.meets(scope))

    def fence_for(self, holder: str, scope: Scope) -> int:
        """Return the number with which this person commands what the scope names; 0 if they hold nothing there."""
        mine = [one.fence for one in self.held if one.holder == holder and one.scope.covers(scope)]
        return min(mine, default=0)

    def lent(self, holder: str, scope: Scope) -> int:
        """Return the number of an automation's lease under which this person commands what the scope names, or 0."""
        if is_automation(holder):
            return 0
        return next((one.fence for one in self.held if is_automation(one.holder) and one.scope.covers(scope)), 0)


# --- wishes ----------------------------------------------------------------------------------------------------------
def take(book: Book, holder: str, scope: Scope, now_ms: int, for_ms: int) -> Book:
    """Give the scope to a person for so long; raises LeaseRefused if somebody else holds any of it.

    Who holds all of it already has it renewed; who holds some of it has the whole instead. What an automation holds of
    it ends for a person, not for another automation.
    """
    book = _made_way(expire(book, now_ms), holder, scope)
    for one in book.on(scope):
        if one.holder != holder:
            raise LeaseRefused("leased", f"{one.holder} has the lease", one.holder)
        if one.scope.covers(scope):
            return renew(book, one.fence, holder, now_ms, for_ms)
    return _grant(book, Held(0, holder, scope, _end(now_ms, for_ms)))


def take_over(book: Book, holder: str, scope: Scope, now_ms: int, for_ms: int) -> Book:
    """Give the scope to a person whoever has it; theirs ends whole, and with it what they had given."""
    book = expire(book, now_ms)
    if all(one.holder == holder for one in book.on(scope)):
        return take(book, holder, scope, now_ms, for_ms)
    return _grant(book, Held(0, holder, scope, _end(now_ms, for_ms)))


def renew(book: Book, fence: int, holder: str, now_ms: int, for_ms: int) -> Book:
    """Let a lease end so long from now, and with it what was given until its end; raises LeaseRefused."""
    book = expire(book, now_ms)
    before = _of(book, fence, holder).until_ms
    along = {one.fence for one in book.held if one.parent == fence and one.until_ms == before} | {fence}
    end = _end(now_ms, for_ms)
    return replace(book, held=tuple(replace(one, until_ms=end) if one.fence in along else one for one in book.held))


def release(book: Book, fence: int, holder: str, now_ms: int) -> Book:
    """End a lease; who gave it may end it too. Raises LeaseRefused."""
    book = expire(book, now_ms)
    one = book.at(fence)
    parent = None if one is None else book.at(one.parent)
    if parent is None or parent.holder != holder:
        _of(book, fence, holder)
    return _without(book, {fence})


def give(book: Book, fence: int, holder: str, to: Held, now_ms: int) -> Book:
    """Give the floor: points of one's lease to somebody else, no longer than the lease; raises LeaseRefused.

    `to` says who, where, until when and which points; its fence and parent are set here.
    """
    book = expire(book, now_ms)
    mine = _of(book, fence, holder)
    if mine.parent or not mine.scope.covers(to.scope):
        raise LeaseRefused("not_within", "only what one holds can be given")
    book = _without(book, {one.fence for one in book.held if one.parent == fence and one.scope == to.scope})
    return _added(book, replace(to, parent=fence, until_ms=min(to.until_ms, mine.until_ms)))


def expire(book: Book, now_ms: int) -> Book:
    """Take out what has ended; the same book if nothing has."""
    return _without(book, {one.fence for one in book.held if one.until_ms <= now_ms})


def taken_back(book: Book, fences: Iterable[int]) -> Book:
    """End these leases, whoever holds them, and with them what was given from them."""
    return _without(book, set(fences))


def resumed(book: Book) -> Book:
    """A new run of the hub counts its renewals anew, so it numbers its tables anew; the leases stay what they were."""
    return ahead(book, book.fence) if book.changed else book


def ahead(book: Book, fence: int) -> Book:
    """A node has seen this number, from a hub of which we are a restored backup: number all tables beyond it."""
    if fence < book.fence:
        return book
    return _numbered(replace(book, fence=fence), book.changed)


def table(book: Book, room: Room, node: str, renewal: int, now_ms: int) -> LeaseTable:
    """Return what a node of a room is to be told."""
    here = (one for one in book.held if one.scope.room == room and one.scope.node in ("", node))
    return LeaseTable(book.changed.get(room, 0), renewal, tuple(_told(one, node, now_ms) for one in here))


# --- inside ----------------------------------------------------------------------------------------------------------
def _told(one: Held, node: str, now_ms: int) -> Lease:
    floor = None if one.floor is None else tuple(given.allowed for given in one.floor if given.node == node)
    left_ms = max(0, min(one.until_ms - now_ms, LONGEST_LEFT_MS))
    bench = "" if one.scope.device else one.scope.bench
    return Lease(one.fence, one.holder, bench, one.scope.device, left_ms, one.parent, floor)


def _end(now_ms: int, for_ms: int) -> int:
    return now_ms + max(0, min(for_ms, LONGEST_LEFT_MS))


def _of(book: Book, fence: int, holder: str) -> Held:
    one = book.at(fence)
    if one is None:
        raise LeaseRefused("unknown_lease", f"there is no lease {fence}, or no longer")
    if one.holder != holder:
        raise LeaseRefused("not_the_holder", f"{one.holder} has the lease", one.holder)
    return one


def _made_way(book: Book, holder: str, scope: Scope) -> Book:
    if is_automation(holder):
        return book
    return _without(book, {one.fence for one in book.on(scope) if is_automation(one.holder)})


def _grant(book: Book, wanted: Held) -> Book:
    return _added(_without(book, {one.fence for one in book.on(wanted.scope)}), wanted)


def _added(book: Book, wanted: Held) -> Book:
    book = _numbered(book, (wanted.scope.room,))
    return replace(book, held=(*book.held, replace(wanted, fence=book.fence)))


def _without(book: Book, fences: set[int]) -> Book:
    gone = {one for one in book.held if one.fence in fences or one.parent in fences}
    if not gone:
        return book
    kept = tuple(one for one in book.held if one not in gone)
    return _numbered(replace(book, held=kept), {one.scope.room for one in gone})


def _numbered(book: Book, rooms: Iterable[Room]) -> Book:
    fence = book.fence + 1
    return replace(book, fence=fence, changed={**book.changed, **dict.fromkeys(rooms, fence)})
