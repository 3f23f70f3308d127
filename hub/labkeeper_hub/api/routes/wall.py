"""The projector wall: what a lab shows to everybody in it, and links that open it without signing in."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from labkeeper_hub.accounts import Action
from labkeeper_hub.accounts import Scope as Place
from labkeeper_hub.api import shapes, validation
from labkeeper_hub.api.answers import Json, JsonAnswer
from labkeeper_hub.api.documented import PROBLEMS
from labkeeper_hub.api.models import LabShape, PointShape, Title, example_of, shape
from labkeeper_hub.api.needs import Leases, Right, SeesWall
from labkeeper_hub.api.problems import Refusal
from labkeeper_hub.api.state import Api, ApiHere
from labkeeper_hub.model import AlarmNow, Lab
from labkeeper_hub.wall import board
from labkeeper_hub.wall.board import Figure
from labkeeper_wire.leases.book import Room

router = APIRouter(tags=["wall"])
MOST_ALARMS = 4  # what is read from the last row; the count says how many more
LINK = "/labs/{school}/{lab}/wall-link"
REFUSALS: dict[int | str, dict[str, Any]] = {status: PROBLEMS[status] for status in (403, 404, 503)}
EXAMPLE_FIGURE = {"device": {"zh": "空气质量", "en": "Air quality"}, "value": 812.0, "time_ms": 1767225600000} | {
    "point": example_of(PointShape),
    "old": False,
}
EXAMPLE_ALARM = {
    "title": {"zh": "二氧化碳偏高", "en": "CO2 high"},
    "device": {"zh": "空气质量", "en": "Air quality"},
} | {
    "rule": "co2",
    "priority": "low",
    "acknowledged": False,
    "raised_ms": 1767225600000,
}
EXAMPLE_LESSON = {"started_ms": 1767225600000, "until_ms": 1767228300000, "ending": False}


class WallQuery(validation.Query):
    """Which lab; without it the first that one may see the wall of."""

    school: validation.Id | None = None
    lab: validation.Id | None = None


class FigureShape(BaseModel):
    """A quantity of the room, large; `old`: what was last heard, not what is."""

    model_config = shape(EXAMPLE_FIGURE)
    device: Title
    point: PointShape
    value: float
    time_ms: int
    old: bool


class WallAlarm(BaseModel):
    """An alarm that stands in the lab; none that is about a person."""

    model_config = shape(EXAMPLE_ALARM)
    rule: str
    title: Title
    device: Title
    priority: str
    acknowledged: bool
    raised_ms: int


class WallLesson(BaseModel):
    """The lesson that is on, without a name."""

    model_config = shape(EXAMPLE_LESSON)
    started_ms: int
    until_ms: int
    ending: bool


class WallShape(BaseModel):
    """All that a wall shows, and the hub's clock; `alarms`: the most urgent of `alarms_total`. No person is in it."""

    model_config = shape(
        {
            "server_ms": 1767225600000,
            "lab": example_of(LabShape),
            "labs": [example_of(LabShape)],
            "lesson": EXAMPLE_LESSON,
            "stopped_ms": None,
            "alarms": [EXAMPLE_ALARM],
            "alarms_total": 1,
            "figures": [EXAMPLE_FIGURE],
        }
    )
    server_ms: int
    lab: LabShape
    labs: list[LabShape]
    lesson: WallLesson | None
    stopped_ms: int | None
    alarms: list[WallAlarm]
    alarms_total: int
    figures: list[FigureShape]


class LinkState(BaseModel):
    """Whether the lab's wall has a link, who made it (a pseudonym) and when."""

    model_config = shape({"open": True, "by": "p-1", "made_ms": 1767225600000})
    open: bool
    by: str | None
    made_ms: int | None


class LinkAnswer(BaseModel):
    """A link, told this once; what follows `#` is sent to no server."""

    model_config = shape({"link": "http://hub.school/wall#link=the-token"})
    link: str


@router.get("/wall", response_model=WallShape, responses={404: PROBLEMS[404]})
async def wall(api: ApiHere, right: SeesWall, query: Annotated[WallQuery, Query()]) -> JsonAnswer:
    """Tell what a lab's wall shows, and the labs whose wall the asker may see."""
    labs = [one for one in api.parts.registry.labs() if right.covers(Place(one.school, one.lab))]
    lab = next((one for one in labs if query.school in (None, one.school) and query.lab in (None, one.lab)), None)
    if lab is None:
        raise _unknown_lab()
    return JsonAnswer({"server_ms": right.now_ms, "labs": [shapes.lab(one) for one in labs], **_board(api, lab)})


@router.get(LINK, response_model=LinkState, responses=REFUSALS)
async def link_state(api: ApiHere, school: str, lab: str, right: Leases) -> JsonAnswer:
    """Tell whether a lab's wall can be opened by a link."""
    found = api.parts.wall.link(_led(api, right, school, lab))
    return JsonAnswer(
        {"open": found is not None, "by": found.by if found else None, "made_ms": found.made_ms if found else None}
    )


@router.post(LINK, status_code=HTTPStatus.CREATED, response_model=LinkAnswer, responses=REFUSALS)
async def open_link(request: Request, api: ApiHere, school: str, lab: str, right: Leases) -> JsonAnswer:
    """Make a link that shows this lab's wall without signing in, until it is taken back; any before opens no more."""
    room = _led(api, right, school, lab)
    try:
        token = await api.parts.wall.open(room, right.person.name)
    except OSError as error:
        raise _not_written(api, right, "open_wall", room) from error
    api.audit.note(right.person.name, "open_wall", "/".join(room), "ok")
    return JsonAnswer({"link": f"{request.base_url}wall#link={token}"}, HTTPStatus.CREATED)


@router.delete(LINK, status_code=HTTPStatus.NO_CONTENT, response_class=Response, responses=REFUSALS)
async def close_link(api: ApiHere, school: str, lab: str, right: Leases) -> Response:
    """Take a lab's link back: walls that were opened by it see nothing from their next question on, a second later."""
    room = _led(api, right, school, lab)
    try:
        found = await api.parts.wall.close(room)
    except OSError as error:
        raise _not_written(api, right, "close_wall", room) from error
    api.audit.note(right.person.name, "close_wall", "/".join(room), "ok" if found else "unknown_link")
    return Response(status_code=HTTPStatus.NO_CONTENT)


def _led(api: Api, right: Right, school: str, lab: str) -> Room:
    """Return the lab, if the asker sees it and may lead lessons in all of it; raises Refusal."""
    seen = right.to(Action.READ_PLACES).sight(api.parts.registry).labs()
    if (school, lab) not in [(one.school, one.lab) for one in seen]:
        raise _unknown_lab()
    right.demand(Place(school, lab))
    return Room(school, lab)


def _unknown_lab() -> Refusal:
    return Refusal(HTTPStatus.NOT_FOUND, "unknown_lab", "There is no such lab")


def _not_written(api: Api, right: Right, what: str, room: Room) -> Refusal:
    api.audit.note(right.person.name, what, "/".join(room), "hub_disk")
    return Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "hub_disk", "The hub cannot write it down")


def _board(api: Api, lab: Lab) -> dict[str, Json]:
    parts = api.parts
    devices = [one for node in lab.nodes for one in parts.registry.devices(lab.school, node) if one.lab == lab.lab]
    latest = {one.key: one for node in lab.nodes for one in parts.latest.latest(lab.school, node)}
    alarms = board.alarms(parts.alarms.shown(), lab.school, lab.lab)
    stop = next((one for one in parts.stop.stops().stops if one.school == lab.school), None)
    return {
        "lab": shapes.lab(lab),
        "lesson": _lesson(api, lab),
        "stopped_ms": stop.at_ms if stop else None,
        "alarms": [_alarm(api, one) for one in alarms[:MOST_ALARMS]],
        "alarms_total": len(alarms),
        "figures": [_figure(one) for one in board.figures(devices, latest)],
    }


def _lesson(api: Api, lab: Lab) -> Json:
    room = Room(lab.school, lab.lab)
    found = next((one for one, _ in api.parts.lessons.lessons().lessons if one.room == room), None)
    if found is None:
        return None
    return {"started_ms": found.started_ms, "until_ms": found.ends_ms, "ending": bool(found.ending_ms)}


def _alarm(api: Api, one: AlarmNow) -> Json:
    rule = api.parts.alarms.catalogue.rules.get(one.key.rule)
    title = {"zh": rule.told.title.zh, "en": rule.told.title.en} if rule else {"zh": "", "en": one.key.rule}
    device = api.parts.registry.device(one.key.source.of_device)
    told = device.description if device else None
    return {
        "rule": one.key.rule,
        "title": title,
        "device": {"zh": told.title_zh if told else "", "en": told.title_en if told else ""},
        "priority": one.state.priority.name.lower(),
        "acknowledged": not one.state.unacknowledged,
        "raised_ms": one.state.raised_ms,
    }


def _figure(one: Figure) -> Json:
    told = one.device.description
    return {
        "device": {"zh": told.title_zh, "en": told.title_en},
        "point": shapes.point(one.point),
        "value": one.latest.value,
        "time_ms": one.latest.time_ms,
        "old": one.old,
    }
