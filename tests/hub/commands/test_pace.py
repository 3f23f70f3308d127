"""How fast one may command."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkeeper_hub.commands import pace
from labkeeper_hub.commands.pace import GROUP, PERSON, Pace, Rate, TooFast, presses

RATE = Rate(4, 2)


def refused(bucket: Pace, holder: str, now_ms: int, cost: int = 1, rate: Rate = RATE) -> TooFast | None:
    try:
        bucket.take(holder, rate, cost, now_ms)
    except TooFast as too_fast:
        return too_fast
    return None


def test_a_burst_is_taken_then_one_waits_and_then_it_goes_on() -> None:
    bucket = Pace()
    assert [refused(bucket, "p-1", 0) for _ in range(4)] == [None] * 4
    fifth = refused(bucket, "p-1", 0)
    assert fifth is not None
    assert (fifth.code, fifth.wait_s, fifth.first) == ("too_fast", 0.5, True)
    sixth = refused(bucket, "p-1", 100)
    assert sixth is not None
    assert not sixth.first, "told once, until something is taken again"
    assert refused(bucket, "p-1", 500) is None
    again = refused(bucket, "p-1", 500)
    assert again is not None
    assert again.first


def test_holders_do_not_wait_for_each_other() -> None:
    bucket = Pace()
    for _ in range(4):
        bucket.take("g-1", RATE, 1, 0)
    assert refused(bucket, "g-1", 0)
    assert refused(bucket, "p-1", 0) is None


def test_what_costs_more_than_a_full_bucket_waits_for_a_full_one() -> None:
    bucket = Pace()
    assert refused(bucket, "p-1", 0, cost=100) is None
    late = refused(bucket, "p-1", 1000, cost=100)
    assert late is not None
    assert late.wait_s == 1.0
    assert refused(bucket, "p-1", 2000, cost=100) is None


def test_a_clock_that_is_set_back_takes_nothing_away_and_gives_nothing() -> None:
    bucket = Pace()
    bucket.take("p-1", RATE, 4, 10_000)
    assert refused(bucket, "p-1", 0)
    assert refused(bucket, "p-1", 500) is None


def test_whoever_was_unheard_of_for_longest_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "MOST_HOLDERS", 2)
    bucket = Pace()
    for holder in ("a", "b", "a", "c"):
        bucket.take(holder, RATE, 2, 0)
    assert refused(bucket, "a", 0)
    assert refused(bucket, "b", 0, cost=4) is None


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(1, 6)), max_size=60))
def test_no_more_is_ever_taken_than_a_bucket_and_what_flowed_into_it(asked: list[tuple[int, int]]) -> None:
    bucket, now_ms, taken = Pace(), 0, 0
    for later_ms, cost in asked:
        now_ms += later_ms
        if refused(bucket, "p-1", now_ms, cost=min(cost, 4)) is None:
            taken += min(cost, 4)
        assert taken <= RATE.burst + now_ms / 1000 * RATE.per_s + 1e-6


def test_a_group_is_slower_than_a_person_and_quick_enough_for_two_sliders() -> None:
    assert GROUP < PERSON
    assert GROUP.per_s >= 2 * 5


@pytest.mark.parametrize(("wishes", "cost"), [(0, 0), (1, 1), (20, 1), (21, 2), (200, 10)])
def test_an_action_is_one_press_for_every_twenty_wishes(wishes: int, cost: int) -> None:
    assert presses(wishes) == cost
