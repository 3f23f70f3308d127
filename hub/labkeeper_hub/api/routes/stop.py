"""Stop-all: everything to its safe value, now, and until a person releases it in two steps. Not an emergency stop."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from labkeeper_hub.accounts import Action, Scope
from labkeeper_hub.accounts.colleagues import releasers
from labkeeper_hub.accounts.rights import scopes
from labkeeper_hub.api import shapes, validation
from labkeeper_hub.api.answers import Json, JsonAnswer
from labkeeper_hub.api.documented import PROBLEMS
from labkeeper_hub.api.models import StopShape, example_of, shape
from labkeeper_hub.api.needs import ReadsPlaces, ReleasesStops, Right
from labkeeper_hub.api.needs import Stops as MayStop
from labkeeper_hub.api.problems import Refusal
from labkeeper_hub.api.state import Api, ApiHere
from labkeeper_hub.model import Stop, Stops
from labkeeper_hub.ports import StopRefused

router = APIRouter(tags=["stop"])
LATCH: dict[str, Any] = {"latch": "0b9c8f0e-6d0a-4c57-8f5e-1f2b3c4d5e6f"}
ANSWERS = {"unknown_latch": HTTPStatus.NOT_FOUND, "release_not_asked": HTTPStatus.CONFLICT}


class StopList(BaseModel):
    """What is stopped; an empty list: nothing is."""

    model_config = shape({"stops": [example_of(StopShape)]})
    stops: list[StopShape]


class ReleaseShape(BaseModel):
    """Whether the asker may release the stop under a latch (`yours`), and whom of their colleagues they may ask to."""

    model_config = shape({**LATCH, "yours": False, "ask": ["李老师"]})
    latch: str
    yours: bool
    ask: list[str]


class StopsNow(StopList):
    """What is stopped, and for each of it who may release it."""

    model_config = shape({"stops": [example_of(StopShape)], "releases": [example_of(ReleaseShape)]})
    releases: list[ReleaseShape]


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


@router.get("/stop", response_model=StopsNow)
async def state(api: ApiHere, right: ReadsPlaces) -> JsonAnswer:
    """Tell what is stopped, by whom, which devices have not confirmed, and who may release it."""
    seen = right.sight(api.parts.registry).stops(api.parts.stop.stops())
    return JsonAnswer({**shapes.stops(seen), "releases": [_releases(api, right, one) for one in seen.stops]})


@router.post("/stop", response_model=StopList, status_code=HTTPStatus.ACCEPTED, responses={403: PROBLEMS[403]})
async def stop(api: ApiHere, right: MayStop) -> JsonAnswer:
    """Stop everything now, in every school where one may stop anything; no body, no question. `sent` false: there is no
    broker, use the red button on the wall.
    """
    return JsonAnswer(shapes.stops(await stop_all(api, right)), HTTPStatus.ACCEPTED)


@router.post(
    "/stop/release", response_model=ReleaseAnswer, responses={status: PROBLEMS[status] for status in (403, 404, 409)}
)
async def release(api: ApiHere, asked: ReleaseRequest, right: ReleasesStops) -> JsonAnswer:
    """Release a stop, in two steps, with a right to the whole school it is for; nothing starts by that."""
    desk, who = api.parts.stop, right.person.name
    _demand(api, right, asked.latch)
    try:
        if asked.release is None:
            return JsonAnswer({"release": desk.ask_release(asked.latch), **_seen(api, right, desk.stops())})
        released = await desk.release(asked.latch, asked.release, who)
    except StopRefused as refused:
        api.audit.note(who, "release_stop", asked.latch, refused.code)
        raise Refusal(ANSWERS[refused.code], refused.code, str(refused)) from refused
    api.audit.note(who, "release_stop", asked.latch, "ok")
    return JsonAnswer({"release": None, **_seen(api, right, released)})


async def stop_all(api: Api, right: Right) -> Stops:
    """Stop every school in which somebody may stop anything; return what is stopped of what they see."""
    schools = {scope.school for scope in scopes(right.person, Action.STOP, right.now_ms)}
    everywhere = None in schools
    named = None if everywhere else {school for school in schools if school is not None}
    stopped = await api.parts.stop.stop(right.person.name, named)
    api.audit.note(right.person.name, "stop", "everything" if everywhere else " ".join(sorted(named or ())), "ok")
    return right.sight(api.parts.registry).stops(stopped)


def _releases(api: Api, right: Right, stop: Stop) -> Json:
    accounts = api.accounts.staff.all() if api.accounts.staff else ()
    ask = releasers(right.person, accounts, stop.school, right.now_ms)
    yours = right.to(Action.RELEASE_STOP).covers(Scope(stop.school))
    return {"latch": stop.latch, "yours": yours, "ask": [*ask]}


def _demand(api: Api, right: Right, latch: str) -> None:
    """Raise Refusal unless the asker may release stops of the whole school; of what is not stopped the desk tells."""
    for stop in api.parts.stop.stops().stops:
        if stop.latch == latch:
            right.demand(Scope(stop.school))


def _seen(api: Api, right: Right, stops: Stops) -> dict[str, Json]:
    return shapes.stops(right.sight(api.parts.registry).stops(stops))
