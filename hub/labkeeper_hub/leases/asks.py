"""Asking whoever has a lab for it: (asks, event) → asks. Times are the hub's, in milliseconds since the epoch.

    asked → open → kept | unanswered → forgotten

Who is given the lab has a lease of their own from then on, and with the lease they asked for the question is gone.
Nobody has to answer: whoever asked may take over as before.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeAlias

from labkeeper_hub.model import Ask, AskState, HeldLease
from labkeeper_wire.leases.book import Room, Scope, is_automation

ANSWER_MS = 60_000  # so long is there to answer
TOLD_MS = 60_000  # and so long afterwards is shown what became of it, and nobody is asked again by the same person
MOST_ASKS = 8  # of one lease

Asks: TypeAlias = tuple[Ask, ...]


class AskRefused(Exception):
    """Nothing was changed: `code` is nobody_has_it, yours_already, asked_already, too_many_asks,
    not_asked or not_the_holder.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def lease_of(held: Iterable[HeldLease], room: Room) -> HeldLease:
    """Return the lease on a whole lab that somebody has; raises AskRefused."""
    whole = Scope(room)
    for one in held:
        if one.scope == whole and not one.parent and not is_automation(one.holder):
            return one
    raise AskRefused("nobody_has_it", "nobody has this lab: it can be taken")


def ask(asks: Asks, lease: HeldLease, by: str, now_ms: int, for_ms: int) -> Asks:
    """Ask the holder of a lease; raises AskRefused."""
    if lease.holder == by:
        raise AskRefused("yours_already", "you have this lab")
    same = [one for one in asks if one.fence == lease.fence]
    if any(one.by == by for one in same):
        raise AskRefused("asked_already", f"{lease.holder} has been asked a moment ago")
    if len(same) >= MOST_ASKS:
        raise AskRefused("too_many_asks", f"{lease.holder} has been asked by many")
    return (*asks, Ask(by, lease.fence, for_ms, now_ms + ANSWER_MS))


def find(asks: Asks, lease: HeldLease, by: str) -> Ask:
    """Return the open question of somebody; raises AskRefused."""
    for one in asks:
        if (one.fence, one.by, one.state) == (lease.fence, by, AskState.OPEN):
            return one
    raise AskRefused("not_asked", f"{by} does not ask for this lab, or no longer")


def keep(asks: Asks, asked: Ask, now_ms: int) -> Asks:
    """The holder keeps the lab."""
    return tuple(_ended(one, AskState.KEPT, now_ms) if one == asked else one for one in asks)


def look(asks: Asks, held: Iterable[HeldLease], now_ms: int) -> Asks:
    """Time has passed: what nobody answered is unanswered, what was told long enough or has no lease is forgotten."""
    fences = {one.fence for one in held}
    left = (one for one in asks if one.fence in fences and (one.state is AskState.OPEN or now_ms < one.until_ms))
    return tuple(_ended(one, AskState.UNANSWERED, now_ms) if _late(one, now_ms) else one for one in left)


def _late(one: Ask, now_ms: int) -> bool:
    return one.state is AskState.OPEN and now_ms >= one.until_ms


def _ended(one: Ask, state: AskState, now_ms: int) -> Ask:
    return replace(one, state=state, until_ms=now_ms + TOLD_MS)
