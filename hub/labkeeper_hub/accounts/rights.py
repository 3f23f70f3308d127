"""May somebody do something somewhere? Pure, and no for whatever nobody has granted."""

from dataclasses import dataclass
from enum import StrEnum

from labkeeper_hub.accounts.actions import NO_TOKEN, ROLES, WHOLE_HUB, Action
from labkeeper_hub.accounts.person import EVERYWHERE, Grant, Person, Scope

AFTERWARDS_MS = 60_000  # a lesson's lease outlives it by 40 s: its closing scene, its undo, a hub that starts again


class Reason(StrEnum):
    """Why somebody may, or may not."""

    GRANTED = "granted"
    TOKEN_MAY_NOT = "token_may_not"  # noqa: S105 - a reason
    SECOND_FACTOR_MISSING = "second_factor_missing"
    ROLE_MAY_NOT = "role_may_not"
    RIGHT_ENDED = "right_ended"
    OTHER_PLACE = "other_place"


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether somebody may, and why."""

    reason: Reason

    @property
    def allowed(self) -> bool:
        return self.reason is Reason.GRANTED


def may(person: Person, action: Action, scope: Scope | None, now_ms: int) -> Decision:
    """Return whether a person may do this there; `scope` None asks whether they may do it anywhere.

    What is not about a place (`WHOLE_HUB`) needs a right to the whole hub, whatever is asked.
    """
    if person.limit is not None and action not in person.limit - NO_TOKEN:
        return Decision(Reason.TOKEN_MAY_NOT)
    if action is Action.BE_SIGNED_IN:
        return Decision(Reason.GRANTED)
    if person.lacks_factor:
        return Decision(Reason.SECOND_FACTOR_MISSING)
    grants = [grant for grant in person.grants if action in ROLES[grant.role]]
    if not grants:
        return Decision(Reason.ROLE_MAY_NOT)
    return Decision(_within(grants, EVERYWHERE if action in WHOLE_HUB else scope, now_ms))


def scopes(person: Person, action: Action, now_ms: int) -> frozenset[Scope]:
    """Return the places in which a person may do this now."""
    if not may(person, action, None, now_ms).allowed:
        return frozenset()
    return frozenset(grant.scope for grant in person.grants if action in ROLES[grant.role] and grant.lives(now_ms))


def lasts_ms(person: Person, action: Action, scope: Scope, now_ms: int) -> int | None:
    """Return until when a person may do there what they may do now; None: until it is taken back."""
    there = [
        one for one in person.grants if action in ROLES[one.role] and one.scope.covers(scope) and one.lives(now_ms)
    ]
    ends = [one.until_ms for one in there]
    return None if None in ends else max((end for end in ends if end is not None), default=now_ms)


def stands(person: Person, action: Action, scope: Scope, until_ms: int, now_ms: int) -> bool:
    """Return whether what somebody took there until then is still theirs: they may do it now, or their right had its
    end from the beginning, and what was taken ends with it by itself.
    """
    decision = may(person, action, scope, now_ms)
    if decision.reason is not Reason.RIGHT_ENDED:
        return decision.allowed
    ends = [one.until_ms or 0 for one in person.grants if action in ROLES[one.role] and one.scope.covers(scope)]
    return until_ms <= max(ends) + AFTERWARDS_MS


def _within(grants: list[Grant], scope: Scope | None, now_ms: int) -> Reason:
    there = [grant for grant in grants if scope is None or grant.scope.covers(scope)]
    if not there:
        return Reason.OTHER_PLACE
    return Reason.GRANTED if any(grant.lives(now_ms) for grant in there) else Reason.RIGHT_ENDED
