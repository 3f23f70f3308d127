"""One machine is never taken for two, and two are soon seen."""

from labkeeper_hub.ingest.twins import CLEAR_MS, REMEMBERED, Twins
from labkeeper_hub.model import NodeKey

NODE = NodeKey("school", "lab")


def sessions(twins: Twins, *births: tuple[str, int], at_ms: int = 0) -> list[bool]:
    """One session after the other, each with its death."""
    signs = []
    for epoch, bd_seq in births:
        signs.append(twins.born(NODE, epoch, bd_seq, at_ms))
        twins.died(NODE)
    return signs


def test_one_machine_that_comes_and_goes_is_one() -> None:
    twins = Twins()
    assert sessions(twins, *(("a", at % 256) for at in range(600))) == [False] * 600
    assert sessions(twins, ("a", 200), ("a", 60)) == [False, False]  # attempts nobody heard use numbers up
    assert not twins.suspected(NODE)


def test_a_birth_within_the_session_repeats_its_number() -> None:
    twins = Twins()
    assert [twins.born(NODE, "a", 7, at) for at in range(5)] == [False] * 5


def test_a_new_card_is_no_twin_and_neither_is_one_restored_backup() -> None:
    twins = Twins()
    assert sessions(twins, ("a", 5), ("b", 0), ("b", 1), ("c", 0)) == [False] * 4
    assert sessions(twins, ("c", 0)) == [True]
    assert not twins.suspected(NODE)


def test_two_copies_of_one_card_show_by_their_numbers() -> None:
    twins = Twins()
    assert sessions(twins, ("a", 5), ("a", 5), ("a", 6), ("a", 6)) == [False, True, False, True]
    assert twins.suspected(NODE)


def test_two_machines_with_one_name_show_by_their_outboxes() -> None:
    twins = Twins()
    assert sessions(twins, ("a", 5), ("b", 90), ("a", 6), ("b", 91)) == [False, False, True, True]
    assert twins.suspected(NODE)


def test_the_suspicion_ends_when_there_was_no_sign_for_long() -> None:
    twins = Twins()
    sessions(twins, ("a", 5), ("a", 5), ("a", 5))
    assert twins.cleared(CLEAR_MS - 1) == []
    assert twins.cleared(CLEAR_MS) == [NODE]
    assert not twins.suspected(NODE)
    assert sessions(twins, ("a", 5), at_ms=2 * CLEAR_MS) == [True]
    assert not twins.suspected(NODE)


def test_a_death_of_nobody_is_nothing_and_many_cards_cost_little() -> None:
    twins = Twins()
    twins.died(NODE)
    sessions(twins, *((str(at), 0) for at in range(REMEMBERED + 3)))
    assert sessions(twins, ("0", 1), (str(REMEMBERED), 1)) == [False, True]
