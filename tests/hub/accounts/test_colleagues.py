"""Who of a school's staff is known by name to whom."""

import pytest

from labkeeper_hub.accounts import EVERYWHERE, OWNER, Action, Grant, Person, Role, Scope
from labkeeper_hub.accounts.account import Account
from labkeeper_hub.accounts.colleagues import colleagues, releasers, staff_of

NOW_MS = 1_000
LAB, SCHOOL, OTHER = Scope("demo", "lab-301"), Scope("demo"), Scope("elsewhere")


def account(number: int, title: str, *grants: Grant) -> Account:
    return Account(f"p-{number}", title.lower(), title, grants, 0)


ACCOUNTS = (
    account(1, "Li", Grant(Role.TEACHER, LAB)),
    account(2, "Wang", Grant(Role.MANAGER, SCHOOL)),
    account(3, "Pupils", Grant(Role.PUPILS, LAB)),
    account(4, "Parent", Grant(Role.READER, SCHOOL)),
    account(5, "Zhao", Grant(Role.TEACHER, OTHER)),
    account(6, "Gone", Grant(Role.MANAGER, SCHOOL, NOW_MS)),
    account(7, "District", Grant(Role.MANAGER, EVERYWHERE)),
)


def titles(person: Person) -> set[str]:
    return {one.title for one in colleagues(person, ACCOUNTS, NOW_MS)}


def test_staff_know_the_staff_of_their_school_and_nobody_else() -> None:
    assert titles(Person("p-1", (Grant(Role.TEACHER, LAB),))) == {"Li", "Wang", "District"}
    assert titles(Person("p-5", (Grant(Role.TEACHER, OTHER),))) == {"Zhao", "District"}
    assert titles(OWNER) == {"Li", "Wang", "Zhao", "District"}


@pytest.mark.parametrize(
    "person",
    [
        Person("p-3", (Grant(Role.PUPILS, LAB),)),
        Person("p-4", (Grant(Role.READER, SCHOOL),)),
        Person("p-6", (Grant(Role.MANAGER, SCHOOL, NOW_MS),)),
        Person("p-1:t-1", (Grant(Role.TEACHER, LAB),), frozenset({Action.READ_PLACES})),
        Person("p-2", (Grant(Role.MANAGER, SCHOOL),), lacks_factor=True),
        Person("nobody"),
    ],
)
def test_pupils_guests_programs_and_whose_right_has_ended_know_nobody(person: Person) -> None:
    assert titles(person) == set()


def test_who_may_release_the_stop_of_a_school_is_named_to_its_staff() -> None:
    assert releasers(Person("p-1", (Grant(Role.TEACHER, LAB),)), ACCOUNTS, "demo", NOW_MS) == ("Wang", "District")
    assert releasers(Person("p-3", (Grant(Role.PUPILS, LAB),)), ACCOUNTS, "demo", NOW_MS) == ()


def test_of_a_place_whoever_may_do_something_in_it_is_told_with_that_alone() -> None:
    def told(*places: Scope) -> list[tuple[str, list[Scope]]]:
        found = staff_of(places, (*ACCOUNTS, both), NOW_MS)
        return [(one.title, [grant.scope for grant in one.grants]) for one in found]

    both = account(8, "Both", Grant(Role.TEACHER, OTHER), Grant(Role.TECHNICIAN, Scope("demo", "lab-301", "3")))
    assert told(OTHER) == [("Zhao", [OTHER]), ("District", [EVERYWHERE]), ("Both", [OTHER])]
    of_lab = [("Li", [LAB]), ("Wang", [SCHOOL]), ("District", [EVERYWHERE]), ("Both", [Scope("demo", "lab-301", "3")])]
    assert told(LAB) == of_lab
    assert told() == []
