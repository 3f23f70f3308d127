"""Who is asking, and what they were granted where."""

from dataclasses import dataclass, replace
from typing import Final

from labkeeper_hub.accounts.actions import Action, Role


@dataclass(frozen=True, slots=True)
class Scope:
    """A place: every name that is given narrows it, None leaves it wide. `bench` "" is: on no bench."""

    school: str | None = None
    lab: str | None = None
    bench: str | None = None
    node: str | None = None
    device: str | None = None
    point: str | None = None

    def covers(self, other: "Scope") -> bool:
        """Return whether the other place lies wholly within this one."""
        return all(mine in (None, theirs) for mine, theirs in _pairs(self, other))

    def touches(self, other: "Scope") -> bool:
        """Return whether the two places may have something in common."""
        return all(mine is None or theirs in (None, mine) for mine, theirs in _pairs(self, other))

    def meet(self, other: "Scope") -> "Scope | None":
        """Return the place that both have in common; None if there is none."""
        if not self.touches(other):
            return None
        return Scope(*(theirs if mine is None else mine for mine, theirs in _pairs(self, other)))

    def at(self, point: str) -> "Scope":
        """Return the place of one point of this device."""
        return replace(self, point=point)


def _pairs(one: Scope, other: Scope) -> tuple[tuple[str | None, str | None], ...]:
    return (
        (one.school, other.school),
        (one.lab, other.lab),
        (one.bench, other.bench),
        (one.node, other.node),
        (one.device, other.device),
        (one.point, other.point),
    )


EVERYWHERE: Final = Scope()


@dataclass(frozen=True, slots=True)
class Grant:
    """A role in a place, until a time (milliseconds since the epoch; None: until it is taken back)."""

    role: Role
    scope: Scope = EVERYWHERE
    until_ms: int | None = None

    def lives(self, now_ms: int) -> bool:
        """Return whether it has not ended."""
        return self.until_ms is None or now_ms < self.until_ms


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who has signed in.

    `name` is a pseudonym: what commands and the record show as their holder, `p-1:t-3` for a program with a token.
    `limit` is what such a program may do at most; None: all that they may.
    """

    name: str
    grants: tuple[Grant, ...] = ()
    limit: frozenset[Action] | None = None
    lacks_factor: bool = False  # a second factor is required of them, and they have none yet


OWNER = Person("owner", (Grant(Role.OWNER),))
