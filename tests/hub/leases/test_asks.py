"""Asking whoever has a lab for it: the rules."""

from dataclasses import replace

import pytest

from labkeeper_hub.leases.asks import ANSWER_MS, MOST_ASKS, TOLD_MS, AskRefused, Asks, ask, find, keep, lease_of, look
from labkeeper_hub.model import Ask, AskState, HeldLease
from labkeeper_wire.leases.book import Room, Scope

ROOM = Room("s", "lab")
ANNA = HeldLease(3, "anna", Scope(ROOM), 600_000)
BEN = Ask("ben", 3, 60_000, ANSWER_MS)
FOR_MS = 60_000


def refused(asks: Asks, by: str) -> str:
    with pytest.raises(AskRefused) as told:
        ask(asks, ANNA, by, 0, FOR_MS)
    return told.value.code


def test_the_holder_of_the_whole_lab_is_asked_and_nobody_else() -> None:
    bench = HeldLease(4, "carl", Scope(ROOM, "1"), 600_000)
    given = HeldLease(5, "g-1", Scope(ROOM), 600_000, parent=3)
    machine = HeldLease(6, "automation/air", Scope(ROOM), 600_000)
    other = HeldLease(7, "dora", Scope(Room("s", "other")), 600_000)
    assert lease_of((bench, given, machine, other, ANNA), ROOM) == ANNA
    with pytest.raises(AskRefused, match="nobody"):
        lease_of((bench, given, machine, other), ROOM)


def test_one_asks_once_and_not_oneself_and_not_everybody_at_once() -> None:
    asks = ask((), ANNA, "ben", 0, FOR_MS)
    assert asks == (BEN,)
    assert refused(asks, "ben") == "asked_already"
    assert refused(asks, "anna") == "yours_already"
    many = tuple(Ask(f"p-{number}", 3, FOR_MS, ANSWER_MS) for number in range(MOST_ASKS))
    assert refused(many, "ben") == "too_many_asks"
    assert len(ask(many, replace(ANNA, fence=9), "ben", 0, FOR_MS)) == MOST_ASKS + 1


def test_whoever_was_refused_is_told_so_and_asks_again_only_afterwards() -> None:
    asks = keep((Ask("carl", 3, 1, ANSWER_MS), BEN), BEN, 1_000)
    assert [one.state for one in asks] == [AskState.OPEN, AskState.KEPT]
    assert refused(asks, "ben") == "asked_already"
    assert find(asks, ANNA, "carl").by == "carl"
    with pytest.raises(AskRefused, match="no longer"):
        find(asks, ANNA, "ben")
    kept = keep((BEN,), BEN, 1_000)
    assert look(kept, (ANNA,), 999 + TOLD_MS) == kept
    assert look(kept, (ANNA,), 1_000 + TOLD_MS) == ()


def test_what_nobody_answers_is_unanswered_and_what_has_no_lease_any_more_is_forgotten() -> None:
    assert look((BEN,), (ANNA,), ANSWER_MS - 1) == (BEN,)
    (late,) = look((BEN,), (ANNA,), ANSWER_MS)
    assert (late.state, late.until_ms) == (AskState.UNANSWERED, ANSWER_MS + TOLD_MS)
    assert look((late,), (ANNA,), late.until_ms) == ()
    assert look((BEN,), (), 1) == ()
