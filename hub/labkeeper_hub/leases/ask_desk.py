"""The desk where one asks for a lab that another has. Kept in memory: a question is a minute old at most, and whoever
asked may ask again.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from labkeeper_hub.audit import Notes, Unheard
from labkeeper_hub.leases import asks as rules
from labkeeper_hub.leases.asks import Asks
from labkeeper_hub.model import Ask, AskState, HeldLease
from labkeeper_wire.leases.book import Room

LOOK_S = 0.25


@dataclass(slots=True, eq=False)
class AskDesk:
    """Who asks whom. `changed` has the leases told again, with whoever asks for them."""

    held: Callable[[], tuple[HeldLease, ...]]
    changed: Callable[[], None]
    now_ms: Callable[[], int]
    audit: Notes = field(default_factory=Unheard)
    asks: Asks = ()

    def all(self) -> Asks:
        """Return everybody who asks or has just asked."""
        return self.asks

    def ask(self, by: str, room: Room, for_ms: int) -> HeldLease:
        """Ask whoever has the lab for it; return their lease. Raises AskRefused."""
        self.look()
        lease = rules.lease_of(self.held(), room)
        self._are(rules.ask(self.asks, lease, by, self.now_ms(), for_ms))
        return lease

    def asked(self, holder: str, room: Room, by: str) -> Ask:
        """Return the open question that somebody has put to this holder; raises AskRefused."""
        self.look()
        lease = rules.lease_of(self.held(), room)
        if lease.holder != holder:
            raise rules.AskRefused("not_the_holder", f"{lease.holder} has the lab")
        return rules.find(self.asks, lease, by)

    def keep(self, asked: Ask) -> None:
        """The holder keeps the lab."""
        self._are(rules.keep(self.asks, asked, self.now_ms()))

    def look(self) -> None:
        """Let time pass."""
        before = {(one.fence, one.by) for one in self.asks if one.state is AskState.OPEN}
        held = self.held()
        after = rules.look(self.asks, held, self.now_ms())
        rooms = {one.fence: "/".join(one.scope.room) for one in held}
        for one in after:
            if one.state is AskState.UNANSWERED and (one.fence, one.by) in before:
                self.audit.note(one.by, "ask_for_lab", rooms[one.fence], "unanswered")
        if after != self.asks:
            self._are(after)

    async def run(self) -> None:
        """Let time pass, for ever."""
        while True:
            if self.asks:
                self.look()
            await asyncio.sleep(LOOK_S)

    def _are(self, asks: Asks) -> None:
        self.asks = asks
        self.changed()
