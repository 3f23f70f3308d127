from dataclasses import replace

from labkeeper_hub.accounts import EVERYWHERE, Action, Grant, Person, Role, Scope
from labkeeper_hub.accounts.api_token import ApiToken
from labkeeper_hub.accounts.rights import Reason, may

READS = ApiToken("t-1", "p-1", "script", frozenset({Action.READ_READINGS}), (("demo", "lab-1"),), "digest", 0, 100)
LAB_1, LAB_2 = Scope("demo", "lab-1"), Scope("demo", "lab-2")


def test_a_token_may_no_more_than_its_actions_in_its_labs_and_is_known_as_whose_it_is() -> None:
    program = READS.acting(Person("p-1", (Grant(Role.MANAGER, EVERYWHERE),)))
    assert program.name == "p-1:t-1"
    assert may(program, Action.READ_READINGS, LAB_1, 0).allowed
    assert may(program, Action.BE_SIGNED_IN, None, 0).allowed
    assert may(program, Action.COMMAND, LAB_1, 0).reason is Reason.TOKEN_MAY_NOT
    assert may(program, Action.READ_READINGS, LAB_2, 0).reason is Reason.OTHER_PLACE


def test_a_token_may_no_more_than_its_holder_may_now() -> None:
    bench = Scope("demo", "lab-1", "bench-2")
    program = READS.acting(Person("p-1", (Grant(Role.TEACHER, LAB_2), Grant(Role.READER, bench))))
    assert [grant.scope for grant in program.grants] == [bench]
    everywhere = replace(READS, labs=()).acting(Person("p-1", (Grant(Role.TEACHER, LAB_2),)))
    assert [grant.scope for grant in everywhere.grants] == [LAB_2]
    assert may(READS.acting(Person("p-1")), Action.READ_READINGS, LAB_1, 0).reason is Reason.ROLE_MAY_NOT


def test_a_token_without_actions_may_not_even_be_signed_in() -> None:
    nothing = replace(READS, actions=frozenset()).acting(Person("p-1", (Grant(Role.OWNER),)))
    assert {may(nothing, action, None, 0).reason for action in Action} == {Reason.TOKEN_MAY_NOT}


def test_a_token_ends_at_its_time() -> None:
    assert READS.lives(99)
    assert not READS.lives(100)
