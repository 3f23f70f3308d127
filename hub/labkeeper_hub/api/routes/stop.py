"""Stop-all: everything to its safe value, now, and until a person releases it in two steps. Not an emergency stop."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from labkeeper_hub.api import shapes, validation
from labkeeper_hub.api.answers import JsonAnswer
from labkeeper_hub.api.documented import PROBLEMS
from labkeeper_hub.api.models import StopShape, example_of, shape
from labkeeper_hub.api.needs import ReadsPlaces, ReleasesStops, Stops
from labkeeper_hub.api.problems import Refusal
from labkeeper_hub.api.state import ApiHere
from labkeeper_hub.ports import StopRefused

router = APIRouter(tags=["stop"])
LATCH: dict[str, Any] = {"latch": "0b9c8f0e-6d0a-4c57-8f5e-1f2b3c4d5e6f"}
ANSWERS = {"unknown_latch": HTTPStatus.NOT_FOUND, "release_not_asked": HTTPStatus.CONFLICT}


class StopList(BaseModel):
    """What is stopped; an empty list: nothing is."""

    model_config = shape({"stops": [example_of(StopShape)]})
    stops: list[StopShape]


class ReleaseRequest(validation.Body):
    """Which stop. Without `release` it is the first step, with what that answered the second."""

    model_config = ConfigDict(json_schema_extra={"examples": [LATCH, LATCH | {"release": "Yq1rT0kq8yXv0pQz3nYB7g"}]})
    latch: Annotated[str, Field(min_length=1, max_length=256)]
    release: Annotated[str, Field(min_length=1, max_length=64)] | None = None


class ReleaseAnswer(BaseModel):
    """After the first step: confirm with this `release` within half a minute. After the second: what is stopped yet."""

    model_config = shape({"release": "Yq1rT0kq8yXv0pQz3nYB7g", "stops": [example_of(StopShape)]})
    release: str | None
    stops: list[StopShape]


@router.get("/stop", response_model=StopList)
async def state(api: ApiHere, right: ReadsPlaces) -> JsonAnswer:
    """Tell what is stopped, by whom, and which devices have not confirmed."""
    return JsonAnswer(shapes.stops(right.sight(api.parts.registry).stops(api.parts.stop.stops())))


@router.post("/stop", response_model=StopList, status_code=HTTPStatus.ACCEPTED, responses={403: PROBLEMS[403]})
async def stop(api: ApiHere, right: Stops) -> JsonAnswer:
    """Stop everything now; no body, no question. `sent` false: there is no broker, use the red button on the wall."""
    return JsonAnswer(shapes.stops(api.parts.stop.stop(right.person.name)), HTTPStatus.ACCEPTED)


@router.post(
    "/stop/release", response_model=ReleaseAnswer, responses={status: PROBLEMS[status] for status in (403, 404, 409)}
)
async def release(api: ApiHere, asked: ReleaseRequest, right: ReleasesStops) -> JsonAnswer:
    """Release a stop, in two steps; nothing starts by that."""
    desk = api.parts.stop
    try:
        if asked.release is None:
            return JsonAnswer({"release": desk.ask_release(asked.latch), **shapes.stops(desk.stops())})
        released = desk.release(asked.latch, asked.release, right.person.name)
    except StopRefused as refused:
        raise Refusal(ANSWERS[refused.code], refused.code, str(refused)) from refused
    return JsonAnswer({"release": None, **shapes.stops(released)})
