"""The desk where the floor is given: seats are on disk before anybody sits, what is given is a lease like another."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from labkeeper_hub.accounts import Person
from labkeeper_hub.accounts.tokens import digest, make_token
from labkeeper_hub.audit import Notes, Unheard
from labkeeper_hub.floor import seats as rules
from labkeeper_hub.floor.file import read_seats, write_seats
from labkeeper_hub.floor.points import NotToGive, checked
from labkeeper_hub.floor.seats import Floor, Seat, Seats
from labkeeper_hub.model import Device, HeldLease
from labkeeper_hub.ports import LeaseHolding, Registry
from labkeeper_wire.leases.book import Given, LeaseRefused, Scope

log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class FloorDesk:
    """Who sits where. A seat lives as long as the lease it was given from, whatever is on disk."""

    leases: LeaseHolding
    registry: Registry
    data: Path
    audit: Notes = field(default_factory=Unheard)
    seats: Seats = field(default_factory=Seats)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def resume(self) -> None:
        """Take up the seats of the last run."""
        self.seats = await asyncio.to_thread(read_seats, self.data)

    # --- what the holder of the lab asks ----------------------------------------------------------------------------
    def floors(self) -> tuple[Floor, ...]:
        """Return the seats that there are, and what was given to them."""
        return rules.floors(self.seats, self.leases.held())

    async def seat(self, fence: int, holder: str, bench: str) -> tuple[Floor, str]:
        """Give a bench a (new) link under one's lease; return its token. Raises LeaseRefused or NotToGive."""
        lease = self._held_by(fence, holder)
        scope = Scope(lease.scope.room, bench)
        if not lease.scope.covers(scope):
            raise LeaseRefused("not_within", "only what one holds can be given")
        if not any(self._at(scope)):
            raise NotToGive("unknown_bench", "There is no such bench in this lab")
        token = make_token()
        async with self._turn:
            kept = rules.left(self.seats, self.leases.held())
            seats, sat = rules.seat(kept, scope, fence, digest(token))
            await self._keep(seats)
        return self._standing(sat), token

    async def give(self, name: str, holder: str, points: Sequence[Given]) -> Floor:
        """Let a group command these points and no others; raises LeaseRefused or NotToGive."""
        one = self._of(name, holder)
        devices = self._at(one.scope)
        floor = tuple(checked(point, one.scope, devices) for point in points)
        until_ms = self._held_by(one.parent, holder).until_ms
        await self.leases.give(one.parent, holder, HeldLease(0, name, one.scope, until_ms, floor=floor))
        return self._standing(one)

    async def take_back(self, name: str, holder: str) -> Floor:
        """Take back what was given; the group goes on looking. Raises LeaseRefused."""
        floor = self._standing(self._of(name, holder))
        if floor.given is not None:
            await self.leases.release(floor.given.fence, holder)
        return self._standing(floor.seat)

    async def close(self, name: str, holder: str) -> None:
        """End a link, and with it the open pages; raises LeaseRefused."""
        await self.take_back(name, holder)
        async with self._turn:
            await self._keep(rules.without(self.seats, name))

    # --- what happens -----------------------------------------------------------------------------------------------
    def lease_ended(self, lease: HeldLease) -> None:
        """Record the links that opened as long as this lease was, and open no more."""
        for one in self.seats.all:
            if one.parent == lease.fence:
                self.audit.note("hub", "close_link", one.name, f"{lease.fence} of {lease.holder}: its lease is gone")

    # --- what the door asks -----------------------------------------------------------------------------------------
    def of_token(self, token: str) -> str | None:
        """Return the pseudonym of the group whose link this is, if it still opens."""
        found = self.seats.of_link(digest(token))
        return found.name if found is not None and self.person(found.name) is not None else None

    def person(self, name: str) -> Person | None:
        """Return a group with what it may do now; None when its lease has ended."""
        found = next((one for one in self.floors() if one.seat.name == name), None)
        return None if found is None else found.seat.person(found.until_ms)

    # --- inside -----------------------------------------------------------------------------------------------------
    def _of(self, name: str, holder: str) -> Seat:
        found = self.seats.called(name)
        if found is None:
            raise LeaseRefused("unknown_floor", "there is no such group, or no longer")
        self._held_by(found.parent, holder)
        return found

    def _held_by(self, fence: int, holder: str) -> HeldLease:
        lease = next((one for one in self.leases.held() if one.fence == fence and not one.parent), None)
        if lease is None:
            raise LeaseRefused("unknown_lease", f"there is no lease {fence}, or no longer")
        if lease.holder != holder:
            raise LeaseRefused("not_the_holder", f"{lease.holder} has the lease", lease.holder)
        return lease

    def _standing(self, sat: Seat) -> Floor:
        found = next((one for one in self.floors() if one.seat.name == sat.name), None)
        if found is None:
            raise LeaseRefused("unknown_lease", "the lease has ended meanwhile")
        return found

    def _at(self, scope: Scope) -> list[Device]:
        devices = self.registry.devices(scope.room.school)
        return [one for one in devices if (one.lab, one.description.bench) == (scope.room.lab, scope.bench)]

    async def _keep(self, seats: Seats) -> None:
        """Put the seats on disk, then in force; raises LeaseRefused."""
        try:
            await asyncio.to_thread(write_seats, self.data, seats)
        except OSError as error:
            log.error("seats cannot be written down: %s", error.strerror)  # noqa: TRY400 -- one line
            raise LeaseRefused("hub_disk", "the hub cannot write it down") from error
        self.seats = seats
