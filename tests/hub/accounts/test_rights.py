import pytest

from labkeeper_hub.accounts import EVERYWHERE, OWNER, Action, Grant, Person, Role, Scope
from labkeeper_hub.accounts.actions import ROLES, WHOLE_HUB
from labkeeper_hub.accounts.rights import AFTERWARDS_MS, Reason, may, scopes, stands

NOW_MS = 1_800_000_000_000
LAB = Scope("demo", "lab-301")
BENCH = Scope("demo", "lab-301", "3")
ROBOT = Scope("demo", "lab-301", "3", "lab-301", "robot")
TEACHER = Person("t-1", (Grant(Role.TEACHER, LAB),))


def _reason(person: Person, action: Action, scope: Scope | None) -> Reason:
    return may(person, action, scope, NOW_MS).reason


@pytest.mark.parametrize("action", list(Action))
def test_the_owner_may_do_everything_everywhere(action: Action) -> None:
    for scope in (None, EVERYWHERE, LAB, ROBOT.at("motor")):
        assert may(OWNER, action, scope, NOW_MS).allowed


@pytest.mark.parametrize("action", [action for action in Action if action is not Action.BE_SIGNED_IN])
def test_whoever_was_granted_nothing_may_do_nothing_but_be_signed_in(action: Action) -> None:
    nobody = Person("p-1")
    assert _reason(nobody, action, None) is Reason.ROLE_MAY_NOT
    assert scopes(nobody, action, NOW_MS) == frozenset()
    assert _reason(nobody, Action.BE_SIGNED_IN, None) is Reason.GRANTED


def test_a_right_covers_what_lies_within_its_place_and_nothing_beside_it() -> None:
    for within in (LAB, BENCH, ROBOT, ROBOT.at("motor")):
        assert _reason(TEACHER, Action.COMMAND, within) is Reason.GRANTED
    for beside in (EVERYWHERE, Scope("demo"), Scope("demo", "lab-302"), Scope("other", "lab-301")):
        assert _reason(TEACHER, Action.COMMAND, beside) is Reason.OTHER_PLACE


def test_a_capability_is_one_point_and_not_the_device_around_it() -> None:
    pupils = Person("g-1", (Grant(Role.PUPILS, ROBOT.at("motor"), NOW_MS + 1),))
    assert _reason(pupils, Action.COMMAND, ROBOT.at("motor")) is Reason.GRANTED
    assert _reason(pupils, Action.COMMAND, ROBOT.at("heater")) is Reason.OTHER_PLACE
    assert _reason(pupils, Action.COMMAND, ROBOT) is Reason.OTHER_PLACE


def test_a_right_ends_at_its_time_and_says_so() -> None:
    pupils = Person("g-1", (Grant(Role.PUPILS, BENCH, NOW_MS),))
    assert _reason(pupils, Action.COMMAND, ROBOT) is Reason.RIGHT_ENDED
    assert scopes(pupils, Action.COMMAND, NOW_MS) == frozenset()
    assert scopes(pupils, Action.COMMAND, NOW_MS - 1) == {BENCH}


def test_what_was_taken_by_a_right_stands_with_it_and_until_the_end_that_it_had_from_the_beginning() -> None:
    taken_until = NOW_MS + AFTERWARDS_MS
    passing = Person("t-1", (Grant(Role.TEACHER, LAB, NOW_MS), Grant(Role.READER, LAB), Grant(Role.TEACHER, BENCH, 1)))
    assert stands(TEACHER, Action.LEASE, LAB, taken_until + 1, NOW_MS)
    assert stands(passing, Action.LEASE, LAB, taken_until + 1, NOW_MS - 1)
    assert stands(passing, Action.LEASE, LAB, taken_until, NOW_MS), "a lesson's lease outlives it for its closing scene"
    assert not stands(passing, Action.LEASE, LAB, taken_until + 1, NOW_MS), "its end was brought forward"
    assert not stands(Person("t-1"), Action.LEASE, LAB, NOW_MS + 1, NOW_MS)
    assert not stands(TEACHER, Action.LEASE, Scope("demo", "lab-302"), NOW_MS + 1, NOW_MS)


def test_a_living_right_beside_an_ended_one_is_enough() -> None:
    person = Person("t-1", (Grant(Role.TEACHER, LAB, NOW_MS), Grant(Role.READER, LAB)))
    assert _reason(person, Action.READ_READINGS, ROBOT) is Reason.GRANTED
    assert _reason(person, Action.COMMAND, ROBOT) is Reason.RIGHT_ENDED
    assert scopes(person, Action.READ_READINGS, NOW_MS) == {LAB}


def test_what_is_not_about_a_place_needs_a_right_to_the_whole_hub() -> None:
    here, everywhere = (Person("m-1", (Grant(Role.MANAGER, scope),)) for scope in (Scope("demo"), EVERYWHERE))
    assert Action.READ_HEALTH in WHOLE_HUB & ROLES[Role.MANAGER]
    assert _reason(here, Action.READ_HEALTH, Scope("demo")) is Reason.OTHER_PLACE
    assert _reason(here, Action.READ_HEALTH, None) is Reason.OTHER_PLACE
    assert _reason(everywhere, Action.READ_HEALTH, None) is Reason.GRANTED


def test_a_limit_takes_away_and_never_gives() -> None:
    program = Person("t-1", TEACHER.grants, frozenset({Action.READ_READINGS, Action.READ_HEALTH}))
    assert _reason(program, Action.READ_READINGS, LAB) is Reason.GRANTED
    assert _reason(program, Action.COMMAND, LAB) is Reason.TOKEN_MAY_NOT
    assert _reason(program, Action.READ_HEALTH, EVERYWHERE) is Reason.ROLE_MAY_NOT
    assert scopes(program, Action.COMMAND, NOW_MS) == frozenset()


def test_places_touch_unless_a_name_both_give_differs() -> None:
    assert BENCH.touches(LAB)
    assert LAB.touches(BENCH)
    assert not BENCH.touches(Scope("demo", "lab-302"))
    assert not BENCH.touches(Scope("demo", "lab-301", ""))
