"""Who holds what: the hub's rules, by example and against every order of wishes."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkeeper_wire.leases import book as rules
from labkeeper_wire.leases.book import AUTOMATION, Book, Given, Held, LeaseRefused, Room, Scope
from labkeeper_wire.leases.table import LONGEST_LEFT_MS, Allowed, LeaseTable

LAB = Room("s", "physics")
WHOLE, BENCH = Scope(LAB), Scope(LAB, "1")
ROBOT, LAMP = Scope(LAB, "1", "pi", "robot"), Scope(LAB, "2", "pi", "lamp")
ELSEWHERE = Scope(Room("s", "chemistry"))
GROUP = Held(0, "group-1", BENCH, 999_999, floor=(Given("pi", Allowed("robot", "motor", None, 40)),))


def refused(wish: Callable[[], Book]) -> tuple[str, str]:
    with pytest.raises(LeaseRefused) as caught:
        wish()
    return caught.value.code, caught.value.holder


def anna(scope: Scope = WHOLE) -> Book:
    return rules.take(Book(), "anna", scope, 0, 60_000)


def test_a_scope_is_held_by_one_person() -> None:
    book = anna(BENCH)
    for scope in (WHOLE, BENCH, ROBOT):
        assert refused(lambda scope=scope: rules.take(book, "ben", scope, 1, 60_000)) == ("leased", "anna")  # type: ignore[misc] # mypy infers no lambda with a default
    for scope in (LAMP, ELSEWHERE):
        assert len(rules.take(book, "ben", scope, 1, 60_000).held) == 2


def test_taking_what_one_has_renews_it_and_taking_more_replaces_it() -> None:
    book = anna(BENCH)
    renewed = rules.take(book, "anna", ROBOT, 1000, 60_000)
    assert (renewed.fence, renewed.held[0].until_ms) == (book.fence, 61_000)
    assert [one.scope for one in rules.take(book, "anna", WHOLE, 1000, 1000).held] == [WHOLE]


def test_an_automation_yields_to_every_person_and_to_nobody_else() -> None:
    held = rules.take(Book(), f"{AUTOMATION}air", ROBOT, 0, 60_000)
    assert (held.lent("anna", ROBOT), held.lent("anna", LAMP), held.lent(f"{AUTOMATION}heat", ROBOT)) == (1, 0, 0)
    assert refused(lambda: rules.take(held, f"{AUTOMATION}heat", WHOLE, 1, 1000)) == ("leased", f"{AUTOMATION}air")
    assert [one.holder for one in rules.take(held, "anna", BENCH, 1, 1000).held] == ["anna"]
    assert len(rules.take(held, "anna", LAMP, 1, 1000).held) == 2, "it need not give way for another device"
    assert refused(lambda: rules.take(anna(), f"{AUTOMATION}air", ROBOT, 1, 1000)) == ("leased", "anna")


def test_what_is_taken_back_ends_whoever_holds_it_and_with_it_what_was_given() -> None:
    book = rules.take(rules.give(anna(BENCH), 1, "anna", GROUP, 0), "ben", LAMP, 0, 60_000)
    after = rules.taken_back(book, {1})
    assert [one.holder for one in after.held] == ["ben"]
    assert after.fence > book.fence
    assert rules.taken_back(after, {1}) is after


def test_a_take_over_ends_the_other_lease_and_what_it_gave_and_has_a_newer_number() -> None:
    book = rules.give(anna(), 1, "anna", GROUP, 0)
    taken = rules.take_over(book, "ben", BENCH, 1, 60_000)
    assert [(one.holder, one.fence > book.fence) for one in taken.held] == [("ben", True)]
    assert rules.take_over(taken, "ben", BENCH, 2, 1000).fence == taken.fence, "one's own is only renewed"


def test_only_the_holder_renews_and_releases() -> None:
    book = anna()
    assert refused(lambda: rules.renew(book, 1, "ben", 1, 1000)) == ("not_the_holder", "anna")
    assert refused(lambda: rules.release(book, 1, "ben", 1)) == ("not_the_holder", "anna")
    assert refused(lambda: rules.renew(book, 7, "anna", 1, 1000)) == ("unknown_lease", "")
    assert refused(lambda: rules.renew(book, 1, "anna", 60_000, 1000)) == ("unknown_lease", "")
    assert rules.renew(book, 1, "anna", 1, 10 * LONGEST_LEFT_MS).held[0].until_ms == 1 + LONGEST_LEFT_MS
    assert rules.release(book, 1, "anna", 1).held == ()


def test_the_floor_is_given_within_ones_own_lease_and_taken_back_in_one_step() -> None:
    book = rules.give(anna(), 1, "anna", GROUP, 0)
    assert (book.held[1].parent, book.held[1].until_ms) == (1, 60_000)
    assert [one.holder for one in rules.give(book, 1, "anna", GROUP, 1).held] == ["anna", "group-1"], "not twice"
    assert rules.release(book, book.held[1].fence, "anna", 1).held == (book.held[0],)
    assert rules.release(book, book.held[1].fence, "group-1", 1).held == (book.held[0],)
    assert refused(lambda: rules.release(book, 1, "group-1", 1)) == ("not_the_holder", "anna")
    assert refused(lambda: rules.give(anna(ROBOT), 1, "anna", GROUP, 0)) == ("not_within", "")
    assert refused(lambda: rules.give(book, 2, "group-1", GROUP, 0)) == ("not_within", "")


def test_what_was_given_until_the_end_is_renewed_with_the_lease_and_what_was_given_for_less_is_not() -> None:
    book = rules.renew(rules.give(anna(), 1, "anna", GROUP, 0), 1, "anna", 1000, 90_000)
    assert [one.until_ms for one in book.held] == [91_000, 91_000]
    short = rules.give(anna(), 1, "anna", Held(0, "group-1", BENCH, 5000, floor=()), 0)
    assert [one.until_ms for one in rules.renew(short, 1, "anna", 1000, 90_000).held] == [91_000, 5000]


@pytest.mark.parametrize(
    ("node", "device", "point", "value", "allowed"),
    [
        ("pi", "robot", "motor", 40, True),
        ("pi", "robot", "motor", 40.1, False),
        ("pi", "robot", "motor", "fast", False),
        ("pi", "robot", "motor", float("nan"), False),
        ("pi", "robot", "arm", 1, False),
        ("pi", "lamp", "motor", 1, False),
        ("other", "robot", "motor", 1, False),
    ],
)
def test_a_floor_has_its_points_within_their_limits(
    node: str, device: str, point: str, value: object, *, allowed: bool
) -> None:
    assert GROUP.allows(node, device, point, value) is allowed
    assert Held(1, "anna", WHOLE, 1).allows(node, device, point, value), "a lease of one's own has no floor"


def test_a_person_commands_with_the_oldest_lease_that_covers_it() -> None:
    book = rules.give(anna(), 1, "anna", GROUP, 0)
    assert book.fence_for("anna", ROBOT) == 1
    assert book.fence_for("group-1", ROBOT) == 2
    assert book.fence_for("group-1", LAMP) == 0


def test_a_node_is_told_what_concerns_it() -> None:
    book = rules.give(rules.take(anna(BENCH), "ben", LAMP, 0, 60_000), 1, "anna", GROUP, 0)
    here = rules.table(book, LAB, "pi", 4, 10_000)
    assert (here.fence, here.renewal, [one.left_ms for one in here.leases]) == (3, 4, [50_000] * 3)
    assert [(one.bench, one.device) for one in here.leases] == [("1", ""), ("", "lamp"), ("1", "")]
    assert here.leases[2].floor == (Allowed("robot", "motor", None, 40),)
    other = rules.table(book, LAB, "other", 0, 70_000)
    assert [(one.holder, one.left_ms, one.floor) for one in other.leases] == [("anna", 0, None), ("group-1", 0, ())]
    assert LeaseTable.from_text(here.to_text()) == here
    assert rules.table(book, ELSEWHERE.room, "x", 0, 0) == LeaseTable(0, 0)


def test_a_restored_hub_goes_on_beyond_what_a_node_has_seen_and_a_new_run_numbers_anew() -> None:
    book = anna()
    assert rules.ahead(book, 0) is book
    assert rules.table(rules.ahead(book, 90), LAB, "pi", 0, 0).fence == 91
    assert rules.table(rules.resumed(book), LAB, "pi", 0, 0).fence == 2
    assert rules.resumed(Book()) == Book()


def test_a_scope_on_a_device_is_not_its_bench() -> None:
    assert not ROBOT.covers(BENCH)
    assert BENCH.covers(ROBOT)
    assert not ROBOT.meets(LAMP)
    assert not WHOLE.meets(ELSEWHERE)


PEOPLE = st.sampled_from(["anna", "ben", "cleo"])
SCOPES = st.sampled_from([WHOLE, BENCH, Scope(LAB, "2"), ROBOT, LAMP, ELSEWHERE])
WISHES = st.tuples(
    st.sampled_from(["take", "take_over", "renew", "release", "give", "expire"]),
    PEOPLE,
    SCOPES,
    st.integers(0, 12),
    st.integers(0, 20_000),
)


@given(st.lists(WISHES, max_size=40))
def test_whatever_is_wished_nothing_has_two_holders_and_numbers_only_grow(
    wishes: list[tuple[str, str, Scope, int, int]],
) -> None:
    book, now_ms = Book(), 0
    for name, who, scope, fence, more_ms in wishes:
        now_ms += more_ms
        before = book
        try:
            book = wished(book, name, who, scope, fence, now_ms)
        except LeaseRefused:
            continue
        assert book.fence >= before.fence
        assert book.held == before.held or name in ("take", "take_over", "renew") or book.fence > before.fence
        new = {one.fence for one in book.held} - {one.fence for one in before.held}
        assert all(one > before.fence for one in new)
        taken = [one for one in book.held if not one.parent]
        assert not [(a, b) for a in taken for b in taken if a is not b and a.scope.meets(b.scope)]
        for one in book.held:
            parent = book.at(one.parent)
            assert not one.parent or (parent is not None and parent.until_ms >= one.until_ms)


def wished(book: Book, name: str, who: str, scope: Scope, fence: int, now_ms: int) -> Book:
    """Carry out one wish."""
    match name:
        case "take":
            return rules.take(book, who, scope, now_ms, 30_000)
        case "take_over":
            return rules.take_over(book, who, scope, now_ms, 30_000)
        case "renew":
            return rules.renew(book, fence, who, now_ms, 30_000)
        case "release":
            return rules.release(book, fence, who, now_ms)
        case "give":
            return rules.give(book, fence, who, Held(0, "group", scope, now_ms + 9000, floor=()), now_ms)
        case _:
            return rules.expire(book, now_ms)
