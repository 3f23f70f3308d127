"""By which name staff know each other: what a pseudonym on the page stands for. Pure, and never of pupils or guests."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from labkeeper_hub.accounts.account import Account
from labkeeper_hub.accounts.actions import Action, Role
from labkeeper_hub.accounts.person import Grant, Person, Scope
from labkeeper_hub.accounts.rights import may

STAFF = frozenset({Role.OWNER, Role.MANAGER, Role.TEACHER, Role.TECHNICIAN})


def colleagues(person: Person, accounts: Iterable[Account], now_ms: int) -> tuple[Account, ...]:
    """Return the staff of the schools in which this person is staff; nobody for a program, a pupil or a guest."""
    if person.limit is not None or person.lacks_factor:
        return ()
    mine = _schools(person.grants, now_ms)
    return tuple(one for one in accounts if _meet(mine, _schools(one.grants, now_ms)))


def staff_of(places: Collection[Scope], accounts: Iterable[Account], now_ms: int) -> Iterator[Account]:
    """Yield the staff of places, each with those of their rights alone that reach into these places."""
    for one in accounts:
        there = tuple(grant for grant in one.grants if _reaches(grant, places, now_ms))
        if there:
            yield replace(one, grants=there)


def releasers(person: Person, accounts: Iterable[Account], school: str, now_ms: int) -> tuple[str, ...]:
    """Return whom of their colleagues a person may ask to release the stop of a school, by title."""
    whole = Scope(school)
    known = colleagues(person, accounts, now_ms)
    return tuple(one.title for one in known if may(one.person, Action.RELEASE_STOP, whole, now_ms).allowed)


def _schools(grants: Iterable[Grant], now_ms: int) -> frozenset[str | None]:
    """Return where somebody is staff; None: everywhere."""
    return frozenset(one.scope.school for one in grants if one.role in STAFF and one.lives(now_ms))


def _reaches(grant: Grant, places: Collection[Scope], now_ms: int) -> bool:
    staff = grant.role in STAFF and grant.lives(now_ms)
    return staff and any(grant.scope.touches(place) for place in places)


def _meet(mine: frozenset[str | None], theirs: frozenset[str | None]) -> bool:
    return bool(mine and theirs) and (None in mine | theirs or bool(mine & theirs))
