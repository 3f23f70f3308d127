"""Sets of ids as ranges: checked against plain sets."""

from hypothesis import given
from hypothesis import strategies as st

from labkeeper_edge.outbox.acknowledged import Acknowledged, said_by
from labkeeper_wire.delivery import Ack, Range

MOST = 40
RANGES = st.lists(st.tuples(st.integers(1, MOST), st.integers(1, MOST)), max_size=8)


def ids(ranges: list[Range] | tuple[Range, ...]) -> set[int]:
    return {number for first, last in ranges for number in range(first, last + 1)}


@given(RANGES, RANGES)
def test_more_is_the_union_with_as_few_ranges_as_it_allows(some: list[Range], more: list[Range]) -> None:
    found = Acknowledged().with_more(some).with_more(more)
    assert ids(found.ranges) == ids(some) | ids(more)
    assert all(first <= last for first, last in found.ranges)
    assert all(one[1] + 1 < two[0] for one, two in zip(found.ranges, found.ranges[1:], strict=False))
    assert Acknowledged.parse(str(found)) == found


@given(RANGES, RANGES)
def test_without_is_the_difference(some: list[Range], others: list[Range]) -> None:
    assert ids(Acknowledged().with_more(some).without(others).ranges) == ids(some) - ids(others)


@given(RANGES, st.integers(0, MOST), st.integers(0, MOST))
def test_what_is_open_is_the_rest_in_order(some: list[Range], first: int, last: int) -> None:
    found = list(Acknowledged().with_more(some).open_in(first, last))
    assert ids(found) == set(range(first, last + 1)) - ids(some)
    assert found == sorted(found)


@given(RANGES)
def test_the_high_water_mark_is_the_end_of_what_begins_with_one(some: list[Range]) -> None:
    known = ids(some)
    assert Acknowledged().with_more(some).high_water == next(n for n in range(MOST + 1) if n + 1 not in known)


def test_an_acknowledgement_says_nothing_of_ids_that_were_never_given_out() -> None:
    assert said_by(Ack("e", 5, ((7, 9), (20, 30))), 8) == ((1, 5), (7, 8))
    assert said_by(Ack("e", 0), 8) == ()
    assert said_by(Ack("e", 9), 0) == ()
