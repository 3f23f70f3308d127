"""The floor: pupil groups' links to their own bench, and what the lab's holder lets each command there."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from labkeeper_hub.accounts import Scope as Place
from labkeeper_hub.api import shapes, validation
from labkeeper_hub.api.answers import Json, JsonAnswer
from labkeeper_hub.api.documented import PROBLEMS
from labkeeper_hub.api.models import EXAMPLE_GIVEN, GivenShape, shape
from labkeeper_hub.api.needs import Leases, Right
from labkeeper_hub.api.problems import wrong_field
from labkeeper_hub.api.qr_code import rows_of
from labkeeper_hub.api.routes.leases import refusal
from labkeeper_hub.api.state import Api, ApiHere
from labkeeper_hub.floor.points import NotToGive
from labkeeper_hub.floor.seats import Floor
from labkeeper_wire.leases.book import Given, LeaseRefused
from labkeeper_wire.leases.table import Allowed

router = APIRouter(tags=["floor"])
MOST_POINTS = 64  # of one bench; every node is told all of them, many times a second where something moves
FIELDS = {"unknown_bench": "bench"}  # the others are about the points
FLOOR: dict[str, Any] = {"name": "g-3", "school": "demo", "lab": "lab-301", "bench": "3", "until_ms": 1767228300000}
EXAMPLE = FLOOR | {"given_from": 17, "fence": 18, "points": [EXAMPLE_GIVEN]}


class SeatRequest(validation.Body):
    """Which bench, and the fence of one's own lease on the lab."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"fence": 17, "bench": "3"}]})
    fence: Annotated[int, Field(ge=1, le=2**63)]
    bench: validation.Id


class PointBody(validation.Body):
    """A point to give, perhaps within limits; what a limit leaves open is the point's own."""

    node: validation.Id
    device: validation.DeviceId
    point: validation.Id
    minimum: Annotated[float, Field(allow_inf_nan=False)] | None = None
    maximum: Annotated[float, Field(allow_inf_nan=False)] | None = None

    def given(self) -> Given:
        """Return the noun."""
        return Given(self.node, Allowed(self.device, self.point, self.minimum, self.maximum))


class PointsRequest(validation.Body):
    """All that a group may command from now on."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"points": [EXAMPLE_GIVEN]}]})
    points: Annotated[list[PointBody], Field(min_length=1, max_length=MOST_POINTS)]


class FloorShape(BaseModel):
    """A pupil group: its pseudonym, its bench, until when; with `fence` and `points` what it was given to command."""

    model_config = shape(EXAMPLE)
    name: str
    school: str
    lab: str
    bench: str
    until_ms: int
    given_from: int
    fence: int | None
    points: list[GivenShape]


class FloorAnswer(BaseModel):
    """A group as it stands now."""

    model_config = shape({"floor": EXAMPLE})
    floor: FloorShape


class FloorList(BaseModel):
    """Every group whose lab's lease has not ended."""

    model_config = shape({"floors": [EXAMPLE]})
    floors: list[FloorShape]


class SeatAnswer(BaseModel):
    """A group and its link, told this once; `code` is its QR code, a row of 1 (dark) and 0 a text."""

    model_config = shape({"floor": EXAMPLE, "link": "http://hub.school/s/the-token", "code": ["1011", "0110"]})
    floor: FloorShape
    link: str
    code: list[str]


REFUSALS: dict[int | str, dict[str, Any]] = {status: PROBLEMS[status] for status in (403, 404, 409, 413)}


@router.get("/floors", response_model=FloorList)
async def floors(api: ApiHere, right: Leases) -> JsonAnswer:
    """List the groups where one may have leases, and what each was given."""
    sight = right.sight(api.parts.registry)
    return JsonAnswer({"floors": [_shape(one) for one in api.parts.floor.floors() if sight.concerned(_place(one))]})


@router.post("/floors", status_code=HTTPStatus.CREATED, response_model=SeatAnswer, responses=REFUSALS)
async def seat(request: Request, api: ApiHere, right: Leases, asked: SeatRequest) -> JsonAnswer:
    """Make a link to one bench of a lab one has. It shows that bench, commands nothing, and dies with the lease; the
    bench's link before, if any, opens no more, but what it opened stays.
    """
    with _told(api, right, "open_link", f"{asked.fence}/{asked.bench}"):
        _demand_bench(api, right, asked.fence, asked.bench)
        floor, token = await api.parts.floor.seat(asked.fence, right.person.name, asked.bench)
    api.audit.note(right.person.name, "open_link", floor.seat.name, _where(floor))
    link = f"{request.base_url}s/{token}"
    return JsonAnswer({"floor": _shape(floor), "link": link, "code": rows_of(link)}, HTTPStatus.CREATED)


@router.put("/floors/{name}/points", response_model=FloorAnswer, responses=REFUSALS)
async def give(api: ApiHere, right: Leases, name: str, asked: PointsRequest) -> JsonAnswer:
    """Give a group the floor: these points, in the place of all it had, until the lease ends or it is taken back."""
    with _told(api, right, "give_floor", name):
        _demand(api, right, name)
        floor = await api.parts.floor.give(name, right.person.name, [one.given() for one in asked.points])
    api.audit.note(right.person.name, "give_floor", name, _named(floor))
    return JsonAnswer({"floor": _shape(floor)})


@router.delete("/floors/{name}/points", response_model=FloorAnswer, responses=REFUSALS)
async def take_back(api: ApiHere, right: Leases, name: str) -> JsonAnswer:
    """Take the floor back: the nodes refuse the group from the next table on; it goes on looking."""
    with _told(api, right, "take_back_floor", name):
        floor = await api.parts.floor.take_back(name, right.person.name)
    api.audit.note(right.person.name, "take_back_floor", name, "ok")
    return JsonAnswer({"floor": _shape(floor)})


@router.delete("/floors/{name}", status_code=HTTPStatus.NO_CONTENT, response_class=Response, responses=REFUSALS)
async def close(api: ApiHere, right: Leases, name: str) -> Response:
    """End a group's link: what was given is taken back, and its pages are closed within a second."""
    with _told(api, right, "close_link", name):
        await api.parts.floor.close(name, right.person.name)
    api.audit.note(right.person.name, "close_link", name, "ok")
    return Response(status_code=HTTPStatus.NO_CONTENT)


@contextmanager
def _told(api: Api, right: Right, what: str, where: str) -> Iterator[None]:
    """Tell a refusal the way requests are told, and record it."""
    try:
        yield
    except LeaseRefused as refused:
        api.audit.note(right.person.name, what, where, refused.code)
        raise refusal(refused) from refused
    except NotToGive as wrong:
        api.audit.note(right.person.name, what, where, wrong.code)
        raise wrong_field(wrong.code, f"body.{FIELDS.get(wrong.code, 'points')}", wrong.message) from wrong


def _demand(api: Api, right: Right, name: str) -> None:
    """Raise Refusal unless the asker still may have leases at that bench; of who is not there the desk tells."""
    for one in api.parts.floor.floors():
        if one.seat.name == name:
            right.demand(_place(one))


def _demand_bench(api: Api, right: Right, fence: int, bench: str) -> None:
    """Raise Refusal unless the asker still may have leases at a bench of that lease's lab."""
    for one in api.parts.leases.held():
        if one.fence == fence:
            right.demand(Place(one.scope.room.school, one.scope.room.lab, bench))


def _place(floor: Floor) -> Place:
    room = floor.seat.scope.room
    return Place(room.school, room.lab, floor.seat.scope.bench)


def _where(floor: Floor) -> str:
    return "/".join((*floor.seat.scope.room, floor.seat.scope.bench))


def _named(floor: Floor) -> str:
    """Return what was given, for the record."""
    points = floor.given.floor if floor.given and floor.given.floor else ()
    told = (f"{one.allowed.device}/{one.allowed.point} {one.allowed.minimum}..{one.allowed.maximum}" for one in points)
    return f"{_where(floor)}: {'; '.join(told)}"


def _shape(floor: Floor) -> dict[str, Json]:
    room, given = floor.seat.scope.room, floor.given
    return {
        "name": floor.seat.name,
        "school": room.school,
        "lab": room.lab,
        "bench": floor.seat.scope.bench,
        "until_ms": floor.until_ms,
        "given_from": floor.seat.parent,
        "fence": given.fence if given else None,
        "points": shapes.given(given) if given else [],
    }
