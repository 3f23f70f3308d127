"""Seats: the links of pupil groups, each to one bench and as long as the lease it was given from. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from labkeeper_hub.accounts import Action, Grant, Person, Role
from labkeeper_hub.accounts.actions import ROLES
from labkeeper_hub.accounts.person import Scope as Place
from labkeeper_hub.model import HeldLease
from labkeeper_wire.leases.book import Scope

SEAT_MAY = ROLES[Role.PUPILS] - {Action.STOP}
"""A link can be photographed: it does not stop a school. A teacher is in the room, and a red button on the wall."""


@dataclass(frozen=True, slots=True)
class Seat:
    """A pupil group at a bench: its pseudonym, its place, the fence of its lease, the digest of its link's token."""

    name: str
    scope: Scope
    parent: int
    digest: str

    def person(self, until_ms: int) -> Person:
        """Return what others know of the group: pupils at their bench, until then."""
        room = self.scope.room
        grant = Grant(Role.PUPILS, Place(room.school, room.lab, self.scope.bench), until_ms)
        return Person(self.name, (grant,), SEAT_MAY)


@dataclass(frozen=True, slots=True)
class Floor:
    """A seat as it stands: until when, and the lease with the points that it was given, if it was given any."""

    seat: Seat
    until_ms: int
    given: HeldLease | None = None


@dataclass(frozen=True, slots=True)
class Seats:
    """All seats. `numbers` is how many there ever were, for a pseudonym is never used again."""

    numbers: int = 0
    all: tuple[Seat, ...] = ()

    def called(self, name: str) -> Seat | None:
        """Return the seat of that pseudonym."""
        return next((one for one in self.all if one.name == name), None)

    def of_link(self, digest: str) -> Seat | None:
        """Return the seat that a link with this digest opens."""
        return next((one for one in self.all if one.digest == digest), None)


def seat(seats: Seats, scope: Scope, parent: int, digest: str) -> tuple[Seats, Seat]:
    """Give a bench a link under a lease; the group that sits there keeps its name, and its old link opens no more."""
    for one in seats.all:
        if (one.scope, one.parent) == (scope, parent):
            fresh = replace(one, digest=digest)
            return replace(seats, all=tuple(fresh if it is one else it for it in seats.all)), fresh
    fresh = Seat(f"g-{seats.numbers + 1}", scope, parent, digest)
    return Seats(seats.numbers + 1, (*seats.all, fresh)), fresh


def without(seats: Seats, name: str) -> Seats:
    """Take a seat away."""
    return replace(seats, all=tuple(one for one in seats.all if one.name != name))


def floors(seats: Seats, held: Iterable[HeldLease]) -> tuple[Floor, ...]:
    """Return the seats whose lease has not ended, as they stand."""
    leases = {one.fence: one for one in held}
    given = {one.holder: one for one in leases.values() if one.parent}
    alive = (one for one in seats.all if one.parent in leases)
    return tuple(Floor(one, leases[one.parent].until_ms, given.get(one.name)) for one in alive)


def left(seats: Seats, held: Iterable[HeldLease]) -> Seats:
    """Forget the seats whose lease has ended."""
    alive = {one.fence for one in held}
    return replace(seats, all=tuple(one for one in seats.all if one.parent in alive))
