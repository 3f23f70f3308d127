"""How a route declares what it needs: a dependency that refuses, and gives the route the asker's right."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, TypeAlias

from fastapi import Depends
from starlette.requests import HTTPConnection

from labkeeper_hub.accounts import Action, Person, Scope
from labkeeper_hub.accounts.rights import Decision, Reason, lasts_ms, may, scopes
from labkeeper_hub.api.problems import Refusal
from labkeeper_hub.api.sight import Sight, scope_of
from labkeeper_hub.api.state import Api, signed_in
from labkeeper_hub.model import PointKey
from labkeeper_hub.ports import Registry

WORDS = {
    Reason.TOKEN_MAY_NOT: "This token was not made for that",
    Reason.SECOND_FACTOR_MISSING: "This school asks for a second factor first: set one up in your account",
    Reason.ROLE_MAY_NOT: "Your role may not do that",
    Reason.RIGHT_ENDED: "Your right to do that has ended",
    Reason.OTHER_PLACE: "You may not do that here",
}


def refuse(decision: Decision) -> Refusal:
    """Return the refusal of what somebody may not do."""
    return Refusal(HTTPStatus.FORBIDDEN, decision.reason.value, WORDS[decision.reason])


def unknown_point() -> Refusal:
    """Return the refusal of a point that is not there, or not for these eyes."""
    return Refusal(HTTPStatus.NOT_FOUND, "unknown_point", "There is no such point")


@dataclass(frozen=True, slots=True)
class Right:
    """One person's right to one action, as of one moment."""

    person: Person
    action: Action
    now_ms: int

    @property
    def granted(self) -> bool:
        """Whether they may do it anywhere."""
        return may(self.person, self.action, None, self.now_ms).allowed

    def demand(self, scope: Scope | None = None) -> None:
        """Raise Refusal unless they may do it there (None: anywhere)."""
        decision = may(self.person, self.action, scope, self.now_ms)
        if not decision.allowed:
            raise refuse(decision)

    def demand_point(self, registry: Registry, key: PointKey) -> None:
        """Raise Refusal unless they may do it at this point; what they do not even see is unknown to them."""
        seen = self.to(Action.READ_READINGS).sight(registry)
        if seen.everything and self.sight(registry).everything:
            return
        device = registry.device(key.of_device)
        if device is None or not seen.point(key):
            raise unknown_point()
        self.demand(scope_of(device).at(key.point))

    def sight(self, registry: Registry) -> Sight:
        """Return what they see where they may do it."""
        return Sight(scopes(self.person, self.action, self.now_ms), registry)

    def covers(self, scope: Scope) -> bool:
        """Tell whether they may do it in the whole of that place."""
        return may(self.person, self.action, scope, self.now_ms).allowed

    def at_most_ms(self, scope: Scope, for_ms: int) -> int:
        """Return how long from now they may do it there, and no longer than that."""
        until_ms = lasts_ms(self.person, self.action, scope, self.now_ms)
        return for_ms if until_ms is None else max(0, min(for_ms, until_ms - self.now_ms))

    def to(self, action: Action) -> "Right":
        """Return the same person's right to another action."""
        return Right(self.person, action, self.now_ms)


@dataclass(frozen=True, slots=True)
class Needs:
    """The dependency `Depends(Needs(action))`."""

    action: Action

    async def __call__(self, connection: HTTPConnection) -> Right:
        """Return the asker's right; raises Refusal, but for a WebSocket, which refuses in a way of its own."""
        credentials = await signed_in(connection)
        api: Api = connection.app.state.api
        right = Right(credentials.person, self.action, api.accounts.clocks.now_ms())
        if connection.scope["type"] == "http":
            _demand_noted(api, right, connection.url.path)
        return right


def _demand_noted(api: Api, right: Right, path: str) -> None:
    try:
        right.demand()
    except Refusal as refused:
        api.audit.note(right.person.name, right.action.value, path, refused.code)
        raise


IsSignedIn: TypeAlias = Annotated[Right, Depends(Needs(Action.BE_SIGNED_IN))]
ReadsPlaces: TypeAlias = Annotated[Right, Depends(Needs(Action.READ_PLACES))]
ReadsReadings: TypeAlias = Annotated[Right, Depends(Needs(Action.READ_READINGS))]
ExportsReadings: TypeAlias = Annotated[Right, Depends(Needs(Action.EXPORT_READINGS))]
Records: TypeAlias = Annotated[Right, Depends(Needs(Action.RECORD))]
ReadsCommands: TypeAlias = Annotated[Right, Depends(Needs(Action.READ_COMMANDS))]
Commands: TypeAlias = Annotated[Right, Depends(Needs(Action.COMMAND))]
Leases: TypeAlias = Annotated[Right, Depends(Needs(Action.LEASE))]
Stops: TypeAlias = Annotated[Right, Depends(Needs(Action.STOP))]
ReleasesStops: TypeAlias = Annotated[Right, Depends(Needs(Action.RELEASE_STOP))]
ReadsAlarms: TypeAlias = Annotated[Right, Depends(Needs(Action.READ_ALARMS))]
TendsAlarms: TypeAlias = Annotated[Right, Depends(Needs(Action.TEND_ALARMS))]
SetsLimits: TypeAlias = Annotated[Right, Depends(Needs(Action.SET_LIMITS))]
SeesWall: TypeAlias = Annotated[Right, Depends(Needs(Action.SEE_WALL))]
ManagesPeople: TypeAlias = Annotated[Right, Depends(Needs(Action.MANAGE_PEOPLE))]
ReadsHealth: TypeAlias = Annotated[Right, Depends(Needs(Action.READ_HEALTH))]
ChangesInterlocks: TypeAlias = Annotated[Right, Depends(Needs(Action.CHANGE_INTERLOCKS))]
ManagesTelling: TypeAlias = Annotated[Right, Depends(Needs(Action.MANAGE_TELLING))]
RecomputesDerived: TypeAlias = Annotated[Right, Depends(Needs(Action.RECOMPUTE_DERIVED))]
TeachesPe: TypeAlias = Annotated[Right, Depends(Needs(Action.TEACH_PE))]
Automates: TypeAlias = Annotated[Right, Depends(Needs(Action.AUTOMATE))]
ReadsTimetable: TypeAlias = Annotated[Right, Depends(Needs(Action.READ_TIMETABLE))]
Books: TypeAlias = Annotated[Right, Depends(Needs(Action.BOOK))]
ManagesTimetable: TypeAlias = Annotated[Right, Depends(Needs(Action.MANAGE_TIMETABLE))]
ConfiguresDrivers: TypeAlias = Annotated[Right, Depends(Needs(Action.CONFIGURE_DRIVERS))]
ReadsStaff: TypeAlias = Annotated[Right, Depends(Needs(Action.READ_STAFF))]
