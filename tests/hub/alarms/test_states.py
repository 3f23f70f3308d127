from dataclasses import replace

import pytest

from labkeeper_hub.alarms.states import (
    Acknowledged,
    Alarm,
    AlarmRefused,
    Cleared,
    Core,
    Designed,
    Event,
    Priority,
    Raised,
    Reset,
    Returned,
    Service,
    Shelf,
    Shelved,
    Suppression,
    TakenOut,
    Unshelved,
    due,
    step,
)
from labkeeper_hub.alarms.words import value_of

RAISED, LATCHED = Raised(Priority.MEDIUM), Raised(Priority.HIGH, latch=True)
ACK, CLEARED, RESET = Acknowledged("li"), Cleared(), Reset("li")
HOUR_MS = 3_600_000
NORMAL = Alarm()


def after(*events: Event, alarm: Alarm = NORMAL) -> Alarm:
    for number, event in enumerate(events):
        alarm = step(alarm, event, number + 1)
    return alarm


@pytest.mark.parametrize(
    ("events", "core"),
    [
        ((RAISED,), Core.UNACK),
        ((RAISED, ACK), Core.ACK),
        ((RAISED, CLEARED), Core.RTN_UNACK),
        ((RAISED, CLEARED, ACK), Core.NORM),
        ((RAISED, CLEARED, RAISED), Core.UNACK),
        ((RAISED, ACK, CLEARED), Core.NORM),
        ((LATCHED, CLEARED), Core.LATCHED_UNACK),
        ((LATCHED, CLEARED, ACK), Core.LATCHED_ACK),
        ((LATCHED, ACK, CLEARED), Core.LATCHED_ACK),
        ((LATCHED, ACK, CLEARED, RESET), Core.NORM),
        ((LATCHED, ACK, CLEARED, LATCHED), Core.UNACK),
        ((CLEARED,), Core.NORM),
        ((ACK,), Core.NORM),
        ((RESET,), Core.NORM),
    ],
)
def test_the_core_goes_as_isa_18_2_says(events: tuple[Event, ...], core: Core) -> None:
    assert after(*events).core is core


def test_a_rise_of_priority_is_announced_again_and_a_fall_is_not() -> None:
    acknowledged = after(RAISED, ACK)
    assert after(Raised(Priority.HIGH), alarm=acknowledged).core is Core.UNACK
    eased = after(Raised(Priority.LOW, value=3.0), alarm=acknowledged)
    assert (eased.core, eased.priority, eased.value) == (Core.ACK, Priority.LOW, 3.0)


def test_a_worse_level_of_the_same_priority_is_announced_again_and_a_milder_one_is_not() -> None:
    worse = Raised(Priority.HIGH, latch=True, value=40.0, rank=2)
    acknowledged = after(Raised(Priority.HIGH, value=20.0, rank=1), ACK)
    risen = after(worse, alarm=acknowledged)
    assert (risen.core, risen.value, risen.rank, risen.latch) == (Core.UNACK, 40.0, 2, True)
    eased = after(ACK, Raised(Priority.HIGH, value=30.0, rank=1), alarm=risen)
    assert (eased.core, eased.value, eased.rank) == (Core.ACK, 30.0, 1)
    assert step(risen, worse, 9) is risen


def test_a_latch_outlives_the_level_that_set_it() -> None:
    assert after(LATCHED, Raised(Priority.LOW), ACK, CLEARED).core is Core.LATCHED_ACK


def test_an_alarm_that_is_over_still_says_how_much_raised_it() -> None:
    over = after(Raised(Priority.HIGH, latch=True, value=31.0), Cleared(0.0))
    assert (over.core, over.value) == (Core.LATCHED_UNACK, 31.0)
    assert value_of(over, Cleared(0.0)) == 0.0
    assert value_of(over, ACK) == 31.0


def test_a_second_raise_a_millisecond_later_changes_nothing() -> None:
    alarm = after(RAISED)
    assert step(alarm, RAISED, 2) is alarm


@pytest.mark.parametrize(("events", "code"), [((LATCHED,), "still_active"), ((LATCHED, CLEARED), "not_acknowledged")])
def test_a_latch_is_not_reset_too_early(events: tuple[Event, ...], code: str) -> None:
    with pytest.raises(AlarmRefused) as refused:
        step(after(*events), RESET, 9)
    assert refused.value.code == code


def test_a_shelf_silences_and_the_core_runs_on_underneath() -> None:
    shelved = after(RAISED, Shelved(Shelf("li", "paint", HOUR_MS)))
    assert shelved.suppression is Suppression.SHELVED
    assert not shelved.annunciated
    assert after(CLEARED, alarm=shelved).core is Core.RTN_UNACK
    assert after(Unshelved("li"), alarm=shelved).annunciated


def test_a_shelf_ends_by_itself() -> None:
    shelved = after(Shelved(Shelf("li", "paint", HOUR_MS)))
    assert due(shelved, HOUR_MS - 1) is None
    ends = due(shelved, HOUR_MS)
    assert ends is not None
    assert step(shelved, ends, HOUR_MS).suppression is Suppression.NOT_SUPPRESSED
    assert due(Alarm(), HOUR_MS) is None


@pytest.mark.parametrize(
    ("alarm", "shelf", "code"),
    [
        (Alarm(safety=True), Shelf("li", "paint", HOUR_MS), "safety_class"),
        (Alarm(), Shelf("li", " ", HOUR_MS), "no_reason"),
        (Alarm(), Shelf("li", "paint", 10), "bad_end"),
        (Alarm(), Shelf("li", "paint", 10 + 24 * HOUR_MS + 1), "bad_end"),
    ],
)
def test_what_cannot_be_shelved_says_why(alarm: Alarm, shelf: Shelf, code: str) -> None:
    with pytest.raises(AlarmRefused) as refused:
        step(alarm, Shelved(shelf), 10)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("safety", "service", "code"),
    [
        (False, Service("li", ""), "no_work_order"),
        (True, Service("li", "W-7"), "second_person"),
        (True, Service("li", "W-7", "li"), "second_person"),
    ],
)
def test_what_cannot_be_taken_out_of_service_says_why(safety: bool, service: Service, code: str) -> None:  # noqa: FBT001 - of the table
    with pytest.raises(AlarmRefused) as refused:
        step(Alarm(safety=safety), TakenOut(service), 10)
    assert refused.value.code == code


def test_out_of_service_goes_before_a_shelf_and_a_shelf_before_design() -> None:
    alarm = after(RAISED, Designed("node_lost"))
    assert alarm.suppression is Suppression.SUPPRESSED_BY_DESIGN
    alarm = after(Shelved(Shelf("li", "paint", HOUR_MS)), TakenOut(Service("li", "W-7", "wang")), alarm=alarm)
    assert alarm.suppression is Suppression.OUT_OF_SERVICE
    alarm = after(Returned("li"), alarm=alarm)
    assert alarm.suppression is Suppression.SHELVED
    assert after(Unshelved(), Designed(), alarm=alarm).annunciated


def test_since_moves_with_the_core_and_the_version_with_everything() -> None:
    raised = step(Alarm(), RAISED, 5)
    shelved = step(raised, Shelved(Shelf("li", "paint", HOUR_MS)), 7)
    assert (raised.since_ms, shelved.since_ms) == (5, 5)
    assert (raised.version, shelved.version) == (1, 2)
    assert replace(shelved, version=0) != shelved
