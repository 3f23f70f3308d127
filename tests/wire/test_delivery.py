"""What the hub says it has stored is what it has stored: an edge deletes on these words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkeeper_wire.delivery import LAST_ID, MOST_RANGES, Ack, BadAck, BatchSet, format_ack, parse_ack

EPOCH = "1c8e3bd6-9a63-4a3f-a0c5-bb6f5a0b6a11"
IDS = st.lists(st.integers(1, 60), max_size=60)
SPARSE = st.lists(st.integers(1, LAST_ID), max_size=80)


@given(ids=IDS)
def test_a_set_of_batches_holds_what_was_added_and_nothing_else(ids: list[int]) -> None:
    batches = BatchSet()
    seen: set[int] = set()
    for batch in ids:
        assert batches.add(batch) is (batch not in seen)
        seen.add(batch)
        assert {found for found in range(-1, 63) if found in batches} == seen
    assert batches.high_water == next(at for at in range(100) if at + 1 not in seen)
    beyond = [batch for first, last in batches.ranges for batch in range(first, last + 1)]
    assert beyond == sorted(batch for batch in seen if batch > batches.high_water)
    for (_, last), (first, _) in zip(batches.ranges, batches.ranges[1:], strict=False):
        assert last + 1 < first


@given(ids=IDS)
def test_an_acknowledgement_covers_exactly_what_is_stored(ids: list[int]) -> None:
    batches = BatchSet(ids)
    ack = parse_ack(format_ack(EPOCH, batches))
    assert ack == Ack(EPOCH, batches.high_water, batches.ranges)
    assert {batch for batch in range(-1, 63) if ack.covers(batch)} == set(ids)


@given(ids=SPARSE, first=SPARSE)
def test_an_acknowledgement_never_covers_what_is_not_stored(ids: list[int], first: list[int]) -> None:
    ack = parse_ack(format_ack(EPOCH, BatchSet(ids), first=first))
    assert len(ack.ranges) <= MOST_RANGES
    stored = set(ids)
    covered = [batch for low, high in ack.ranges for batch in (low - 1, low, high, high + 1) if ack.covers(batch)]
    assert stored.issuperset(covered)


def test_with_more_ranges_than_fit_the_newly_stored_come_first_then_the_lowest() -> None:
    batches = BatchSet(range(2, 202, 2))
    lowest = tuple((batch, batch) for batch in range(2, 66, 2))
    assert parse_ack(format_ack(EPOCH, batches)).ranges == lowest
    named = parse_ack(format_ack(EPOCH, batches, first=[200, 100, 1, 100])).ranges
    assert named == (*lowest[:30], (100, 100), (200, 200))


RANGES = st.lists(st.tuples(st.integers(1, 60), st.integers(0, 12)).map(lambda one: (one[0], sum(one))), max_size=12)


@given(ranges=RANGES, ids=IDS, asked=st.tuples(st.integers(1, 80), st.integers(1, 80)))
def test_a_range_is_as_good_as_its_ids_one_by_one(
    ranges: list[tuple[int, int]], ids: list[int], asked: tuple[int, int]
) -> None:
    whole, single, seen = BatchSet(ids, ranges=ranges), BatchSet(ids), set(ids)
    for first, last in ranges:
        seen.update(range(first, last + 1))
        whole.add_range(first, last)
        for batch in range(first, last + 1):
            single.add(batch)
    assert (whole.high_water, whole.ranges) == (single.high_water, single.ranges)
    assert whole.count(*asked) == len(seen.intersection(range(asked[0], asked[1] + 1)))


def test_a_range_of_all_there_can_be_costs_no_more_than_another() -> None:
    batches = BatchSet([5], ranges=[(10, LAST_ID)])
    assert (batches.high_water, batches.ranges) == (0, ((5, 5), (10, LAST_ID)))
    batches.add_range(1, 9)
    assert (batches.high_water, batches.ranges) == (LAST_ID, ())
    assert batches.count(1, LAST_ID) == LAST_ID


@pytest.mark.parametrize(("first", "last"), [(0, 3), (4, 3), (1, LAST_ID + 1)])
def test_a_range_that_is_none_is_refused(first: int, last: int) -> None:
    with pytest.raises(ValueError, match="not within"):
        BatchSet().add_range(first, last)


def test_a_set_can_start_from_a_stored_mark() -> None:
    batches = BatchSet([7], high_water=5)
    assert 3 in batches
    assert batches.add(6)
    assert (batches.high_water, batches.ranges) == (7, ())


@pytest.mark.parametrize("batch", [0, -1, LAST_ID + 1])
def test_an_id_that_is_no_id_is_refused(batch: int) -> None:
    with pytest.raises(ValueError, match="not within"):
        BatchSet().add(batch)


@pytest.mark.parametrize("epoch", ["", "a;b", "a b", "文", "x" * 65])
def test_an_epoch_that_would_not_come_back_is_refused(epoch: str) -> None:
    with pytest.raises(ValueError, match="epoch"):
        format_ack(epoch, BatchSet())


@pytest.mark.parametrize(
    "text",
    [
        "",
        EPOCH,
        f"{EPOCH};",
        ";5",
        f"{EPOCH};-1",
        f"{EPOCH};٣",
        f"{EPOCH};5;",
        f"{EPOCH};5;7",
        f"{EPOCH};5;9-8",
        f"{EPOCH};5;6-7",
        f"{EPOCH};5;3-4",
        f"{EPOCH};5;7-8;9-9",
        f"{EPOCH};5;9-9;7-7",
        f"{EPOCH};{LAST_ID + 1}",
        f"{EPOCH};5;7-{LAST_ID + 1}",
        f"{EPOCH};5\n",
        f"{EPOCH};5" + "".join(f";{at}-{at}" for at in range(7, 73, 2)),
    ],
)
def test_anything_else_is_no_acknowledgement(text: str) -> None:
    with pytest.raises(BadAck):
        parse_ack(text)


@given(text=st.text(st.sampled_from("ab;-0123456789"), max_size=40))
def test_reading_an_acknowledgement_never_raises_anything_else(text: str) -> None:
    try:
        ack = parse_ack(text)
    except BadAck:
        return
    assert ack.covers(ack.high_water) is (ack.high_water > 0)
