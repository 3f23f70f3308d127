"""When an automation acts, what holds it up, and that nothing makes it act more often than it may."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkeeper_hub.automations.machine import HOUR_MS, NOTE_EVERY_MS, Act, Beaten, Ended
from labkeeper_hub.automations.trace import Outcome, Part, Trace, Why

from .given import NOON_MS, Life, automation

LOW, HIGH = {"co2": 600.0}, {"co2": 1500.0}


def risen(**replaced: str) -> Life:
    """Return an automation that has seen good air, and bad air for five of ten seconds."""
    life = Life(automation(**replaced))
    assert life.look(**LOW) is None
    assert life.look(1, **HIGH) is None
    assert life.look(5, **HIGH) is None
    return life


def why(found: object) -> Why | None:
    assert isinstance(found, Trace), found
    assert found.outcome is Outcome.HELD
    return found.why


def test_it_acts_once_when_its_trigger_has_become_true_and_says_by_what() -> None:
    life = risen()
    act = life.act(5, **HIGH)
    assert act == Act(NOON_MS + 11_000, (Part("co2 > 1000 [ppm] for 10 s", True, (("co2", 1500.0),)),))
    assert life.look(600, **HIGH) is None, "once for each time that it becomes true"
    assert life.look(600, **LOW) is None
    assert life.look(1, **HIGH) is None
    assert isinstance(life.look(10, **HIGH), Act)


def test_what_is_not_known_makes_nothing_due_and_does_nothing() -> None:
    life = Life(automation(when='"door"'))
    assert life.look(door=True) is None, "nobody saw it shut"
    assert life.look(1) is None
    assert life.look(1, door=True) is None, "not known is not shut"
    assert life.look(1, door=False) is None
    assert life.look(1) is None
    life.act(1, door=True)


def test_what_is_due_waits_while_its_trigger_is_not_known() -> None:
    life = risen()
    assert why(life.look(5, Why.LESSON, **HIGH)) is Why.LESSON
    assert life.look(1) is None, "not known: it does not act"
    assert life.look(1, **HIGH) is None, "its ten seconds count anew"
    assert isinstance(life.look(10, **HIGH), Act)


@pytest.mark.parametrize("obstacle", [Why.STOP, Why.LESSON, Why.LEASED])
def test_what_is_in_its_way_is_told_once_and_it_acts_when_that_is_gone(obstacle: Why) -> None:
    life = risen()
    assert why(life.look(5, obstacle, **HIGH)) is obstacle
    assert life.look(1, obstacle, **HIGH) is None
    assert why(life.look(NOTE_EVERY_MS / 1000, obstacle, **HIGH)) is obstacle
    assert isinstance(life.look(1, **HIGH), Act)


def test_what_is_no_longer_wanted_is_not_done_later() -> None:
    life = risen()
    assert why(life.look(5, Why.LESSON, **HIGH)) is Why.LESSON
    assert life.look(1, Why.LESSON, **LOW) is None
    assert life.look(1, **LOW) is None
    assert life.look(1, **HIGH) is None


def test_what_it_needs_is_asked_while_it_is_due_and_remembers_its_own_time() -> None:
    life = risen(needs='"(not door) for 20 s"')
    assert why(life.look(5, door=True, **HIGH)) is Why.NEEDS
    assert life.look(1, door=False, **HIGH) is None
    act = life.act(20, door=False, **HIGH)
    assert act.parts[1] == Part("(not door) for 20 s", True, (("door", False),))


def test_every_part_of_a_condition_says_how_it_was() -> None:
    life = Life(automation(when='"door and (stale(co2) or co2 > 1000 [ppm])"'))
    life.look(0, door=False)
    act = life.act(1, door=True)
    assert act.parts == (
        Part("door", True, (("door", True),)),
        Part("stale(co2)", True),
        Part("co2 > 1000 [ppm]", None),
    )


def test_outside_its_hours_and_on_other_days_it_waits() -> None:
    assert why(risen(between='"14:00-15:00"').look(5, **HIGH)) is Why.HOURS
    assert why(risen(days='["mon"]').look(5, **HIGH)) is Why.HOURS
    assert isinstance(risen(days='["thu"]', between='"12:00-14:00"').look(5, **HIGH), Act)


def test_a_time_of_day_is_due_for_ten_minutes() -> None:
    life = Life(automation(when="", at='"13:05"'), NOON_MS)
    assert life.look() is None
    assert why(life.look(300, Why.LESSON)) is Why.LESSON
    life.act(300)
    assert life.look(1) is None
    late = Life(automation(when="", at='"13:05"'), NOON_MS)
    assert late.look() is None
    assert why(late.look(300, Why.LESSON)) is Why.LESSON
    assert late.look(600) is None, "too late"
    assert late.state.due is False


def test_it_rests_after_a_run_and_runs_so_often_an_hour_at_most() -> None:
    life = Life(automation(when='"door"'))
    for _ in range(3):
        life.look(60, door=False)
        life.act(1, door=True)
    life.look(1, door=False)
    assert why(life.look(1, door=True)) is Why.COOL_DOWN
    assert why(life.look(120, door=True)) is Why.TOO_OFTEN
    assert isinstance(life.look(HOUR_MS / 1000, door=True), Act), "still wanted an hour later"


def test_a_rest_of_more_than_an_hour_is_kept_whole() -> None:
    life = Life(automation(when='"door"', cool_down='"2 h"'))
    life.look(door=False)
    life.act(1, door=True)
    life.look(1, door=False)
    assert why(life.look(HOUR_MS / 1000, door=True)) is Why.COOL_DOWN
    assert isinstance(life.look(HOUR_MS / 1000, door=True), Act)


def test_while_its_commands_are_under_way_it_does_nothing_else() -> None:
    life = Life(automation(when='"door"', cool_down='"1 s"'))
    life.look(door=False)
    assert isinstance(life.look(1, door=True), Act)
    life.look(10, door=False)
    assert life.look(1, door=True) is None
    life.take(Ended())
    assert isinstance(life.look(1, door=True), Act), "it became true again meanwhile"


def test_who_was_quicker_has_it_and_it_is_due_as_before() -> None:
    life = Life(automation(when='"door"'))
    life.look(door=False)
    assert isinstance(life.look(1, door=True), Act)
    assert why(life.take(Beaten(life.now_ms, Why.LEASED))) is Why.LEASED
    assert isinstance(life.look(1, door=True), Act), "a run that did not happen is not counted"


LOOKS = st.lists(
    st.tuples(
        st.sampled_from([0.25, 1, 20, 61, 300]),
        st.sampled_from([None, Why.STOP, Why.LESSON, Why.LEASED]),
        st.sampled_from([True, False, None]),
        st.booleans(),
    ),
    max_size=80,
)


@settings(max_examples=150, deadline=None)
@given(LOOKS)
def test_however_its_world_moves_it_never_acts_in_anyones_way_nor_beyond_its_cap(
    looks: list[tuple[float, Why | None, bool | None, bool]],
) -> None:
    life = Life(automation(when='"door"'))
    acted_ms: list[int] = []
    for after_s, obstacle, door, ends in looks:
        before = life.state
        found = life.look(after_s, obstacle, **({} if door is None else {"door": door}))
        if isinstance(found, Act):
            assert obstacle is None
            assert door is True
            assert not before.acting
            assert not acted_ms or life.now_ms - acted_ms[-1] >= 60_000
            acted_ms.append(life.now_ms)
            assert sum(life.now_ms - one < HOUR_MS for one in acted_ms) <= 3
        if ends:
            life.take(Ended())
