"""Leases: who may command what, until when."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.responses import Response

from labkeeper_hub.accounts import Scope as Place
from labkeeper_hub.api import shapes, validation
from labkeeper_hub.api.answers import JsonAnswer
from labkeeper_hub.api.documented import PROBLEMS
from labkeeper_hub.api.models import LeaseShape, example_of, shape
from labkeeper_hub.api.needs import Leases, ReadsPlaces, Right
from labkeeper_hub.api.problems import Refusal
from labkeeper_hub.api.sight import place_of
from labkeeper_hub.api.state import Api, ApiHere
from labkeeper_hub.model import DeviceKey, HeldLease
from labkeeper_wire.leases.book import LeaseRefused, Room, Scope

router = APIRouter(tags=["leases"])
LONGEST_S = 12 * 3600
ANSWERS = {
    "leased": HTTPStatus.CONFLICT,
    "not_the_holder": HTTPStatus.CONFLICT,
    "unknown_lease": HTTPStatus.NOT_FOUND,
    "unknown_floor": HTTPStatus.NOT_FOUND,
    "not_within": HTTPStatus.CONFLICT,
    "hub_disk": HTTPStatus.SERVICE_UNAVAILABLE,
}
ROOM: dict[str, Any] = {"school": "demo", "lab": "lab-301"}
Seconds = Annotated[int, Field(ge=1, le=LONGEST_S)]


class LeaseRequest(validation.Body):
    """What to take, and for how long: the lab, one `bench` of it, or one device (`node` and `device`)."""

    model_config = ConfigDict(json_schema_extra={"examples": [ROOM | {"for_s": 2700}]})

    school: validation.Id
    lab: validation.Id
    bench: validation.Id | None = None
    node: validation.Id | None = None
    device: validation.Id | None = None
    for_s: Seconds

    @model_validator(mode="after")
    def _one_scope(self) -> "LeaseRequest":
        if (self.node is None) != (self.device is None):
            raise ValueError("node and device come together")
        if self.device is not None and self.bench is not None:
            raise ValueError("a bench or a device, not both")
        return self


class TakeOver(LeaseRequest):
    """What to take from whoever has it; the reason goes into the hub's log."""

    model_config = ConfigDict(json_schema_extra={"examples": [ROOM | {"for_s": 2700, "reason": "the lesson began"}]})
    reason: Annotated[str, Field(min_length=1, max_length=500)]


class Renewal(validation.Body):
    """How long from now the lease is to last."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"for_s": 2700}]})
    for_s: Seconds


class LeaseAnswer(BaseModel):
    """The lease as it stands now."""

    model_config = shape({"lease": example_of(LeaseShape)})
    lease: LeaseShape


class LeaseList(BaseModel):
    """Every lease there is."""

    model_config = shape({"leases": [example_of(LeaseShape)]})
    leases: list[LeaseShape]


REFUSALS: dict[int | str, dict[str, Any]] = {status: PROBLEMS[status] for status in (403, 404, 409, 413)}


@router.get("/leases", response_model=LeaseList)
async def leases(api: ApiHere, right: ReadsPlaces) -> JsonAnswer:
    """List who holds what until when."""
    seen, asks = right.sight(api.parts.registry).leases(api.parts.leases.held()), api.parts.asks.all()
    return JsonAnswer({"leases": [shapes.lease(one, asks) for one in seen]})


@router.post("/leases", response_model=LeaseAnswer, responses=REFUSALS)
async def take(api: ApiHere, asked: LeaseRequest, right: Leases) -> JsonAnswer:
    """Take a lease, or renew one's own; 409 names who has it."""
    scope = _scope(api, asked)
    right.demand(_place(scope))
    try:
        held = await api.parts.leases.take(right.person.name, scope, _for_ms(right, scope, asked))
    except LeaseRefused as refused:
        raise _refused(api, right, "take_lease", _named(scope), refused) from refused
    return _told(api, right, "take_lease", held)


@router.post("/leases/take-over", response_model=LeaseAnswer, responses=REFUSALS)
async def take_over(api: ApiHere, asked: TakeOver, right: Leases) -> JsonAnswer:
    """Take a lease whoever has it: theirs ends, and the nodes refuse their commands from then on."""
    scope = _scope(api, asked)
    right.demand(_place(scope))
    try:
        held = await api.parts.leases.take_over(right.person.name, scope, _for_ms(right, scope, asked), asked.reason)
    except LeaseRefused as refused:
        raise _refused(api, right, "take_over", _named(scope), refused) from refused
    return _told(api, right, "take_over", held)


@router.post("/leases/{fence}/renew", response_model=LeaseAnswer, responses=REFUSALS)
async def renew(api: ApiHere, fence: int, asked: Renewal, right: Leases) -> JsonAnswer:
    """Let one's own lease end so long from now, while one still may have it."""
    _demand(api, right, fence)
    mine = next((one.scope for one in api.parts.leases.held() if one.fence == fence), None)
    for_ms = asked.for_s * 1000 if mine is None else _for_ms(right, mine, asked)
    try:
        held = await api.parts.leases.renew(fence, right.person.name, for_ms)
    except LeaseRefused as refused:
        raise _refused(api, right, "renew_lease", str(fence), refused) from refused
    return _told(api, right, "renew_lease", held)


@router.delete("/leases/{fence}", status_code=HTTPStatus.NO_CONTENT, responses=REFUSALS)
async def release(api: ApiHere, fence: int, right: Leases) -> Response:
    """End one's own lease: its actuators go to their safe values."""
    _demand(api, right, fence)
    try:
        await api.parts.leases.release(fence, right.person.name)
    except LeaseRefused as refused:
        raise _refused(api, right, "release_lease", str(fence), refused) from refused
    api.audit.note(right.person.name, "release_lease", str(fence), "ok")
    return Response(status_code=HTTPStatus.NO_CONTENT)


def refusal(refused: LeaseRefused) -> Refusal:
    """Return how a refused wish is told."""
    return Refusal(ANSWERS[refused.code], refused.code, str(refused))


def _demand(api: Api, right: Right, fence: int) -> None:
    """Raise Refusal unless the asker may have leases where this one is; of one that is not there the desk tells."""
    for one in api.parts.leases.held():
        if one.fence == fence:
            right.demand(place_of(one))


def _for_ms(right: Right, scope: Scope, asked: LeaseRequest | Renewal) -> int:
    """Return how long a lease is to be: no longer than the right to it."""
    return right.at_most_ms(_place(scope), asked.for_s * 1000)


def _told(api: Api, right: Right, what: str, held: HeldLease) -> JsonAnswer:
    until = f"{held.fence} until {held.until_ms}"
    api.audit.note(right.person.name, what, _named(held.scope), until)
    return JsonAnswer({"lease": shapes.lease(held, api.parts.asks.all())})


def _refused(api: Api, right: Right, what: str, where: str, refused: LeaseRefused) -> Refusal:
    api.audit.note(right.person.name, what, where, refused.code)
    return refusal(refused)


def _named(scope: Scope) -> str:
    return "/".join(part for part in (*scope.room, *scope[1:]) if part)


def _scope(api: Api, asked: LeaseRequest) -> Scope:
    """Return the scope asked for, if there is such a lab or device; a device's bench is the registry's."""
    room = Room(asked.school, asked.lab)
    if room not in [(one.school, one.lab) for one in api.parts.registry.labs()]:
        raise Refusal(HTTPStatus.NOT_FOUND, "unknown_lab", "There is no such lab")
    if asked.node is None or asked.device is None:
        return Scope(room, asked.bench or "")
    device = api.parts.registry.device(DeviceKey(asked.school, asked.node, asked.device))
    if device is None or device.lab != asked.lab:
        raise Refusal(HTTPStatus.NOT_FOUND, "unknown_device", "There is no such device in this lab")
    return Scope(room, device.description.bench, asked.node, asked.device)


def _place(scope: Scope) -> Place:
    room = scope.room
    return Place(room.school, room.lab, scope.bench or None, scope.node or None, scope.device or None)
