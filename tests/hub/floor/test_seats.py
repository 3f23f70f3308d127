"""Seats: the rules of pupil groups' links, without a disk or a clock."""

from labkeeper_hub.accounts import Action
from labkeeper_hub.accounts import Scope as Place
from labkeeper_hub.accounts.rights import may
from labkeeper_hub.floor import seats as rules
from labkeeper_hub.floor.seats import Seats
from labkeeper_hub.model import HeldLease
from labkeeper_wire.leases.book import Room, Scope

ROOM = Room("demo", "lab-301")
ONE, TWO = Scope(ROOM, "1"), Scope(ROOM, "2")
LEASE = HeldLease(7, "p-1", Scope(ROOM), 60_000)


def test_a_bench_keeps_its_group_when_its_link_is_made_anew_and_the_old_link_opens_no_more() -> None:
    seats, first = rules.seat(Seats(), ONE, 7, "a")
    seats, other = rules.seat(seats, TWO, 7, "b")
    seats, again = rules.seat(seats, ONE, 7, "c")
    assert (first.name, other.name, again.name) == ("g-1", "g-2", "g-1")
    assert seats.of_link("a") is None
    assert seats.of_link("c") == seats.called("g-1") == again
    assert seats.called("g-2") == other


def test_another_lease_seats_another_group_and_no_name_is_used_twice() -> None:
    seats, first = rules.seat(Seats(), ONE, 7, "a")
    seats = rules.without(seats, first.name)
    seats, second = rules.seat(seats, ONE, 8, "b")
    assert second.name == "g-2"
    assert rules.left(seats, [LEASE]) == Seats(2)
    assert rules.left(seats, [HeldLease(8, "p-1", Scope(ROOM), 1)]) == seats


def test_a_seat_stands_as_long_as_its_lease_with_what_it_was_given() -> None:
    seats, sat = rules.seat(Seats(), ONE, 7, "a")
    given = HeldLease(9, "g-1", ONE, 50_000, parent=7, floor=())
    assert rules.floors(seats, [LEASE]) == (rules.Floor(sat, 60_000),)
    assert rules.floors(seats, [LEASE, given]) == (rules.Floor(sat, 60_000, given),)
    assert rules.floors(seats, [given]) == ()


def test_a_group_sees_and_commands_its_bench_until_the_lease_ends_and_stops_nothing() -> None:
    _, sat = rules.seat(Seats(), ONE, 7, "a")
    group, bench = sat.person(60_000), Place("demo", "lab-301", "1", "pi", "robot")
    for action in (Action.READ_READINGS, Action.COMMAND):
        assert may(group, action, bench, 59_999).allowed
        assert not may(group, action, bench, 60_000).allowed
        assert not may(group, action, Place("demo", "lab-301", "2", "pi", "lamp"), 0).allowed
    for action in (Action.STOP, Action.LEASE, Action.EXPORT_READINGS):
        assert not may(group, action, None, 0).allowed
