"""Secret links to what a lab or a teacher has, as a calendar program subscribes to them."""

import asyncio
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict

from labkeeper_hub.accounts import Action
from labkeeper_hub.accounts import Scope as Place
from labkeeper_hub.accounts.rights import may
from labkeeper_hub.api import validation
from labkeeper_hub.api.answers import Json, JsonAnswer
from labkeeper_hub.api.documented import PROBLEMS
from labkeeper_hub.api.models import shape
from labkeeper_hub.api.needs import ReadsTimetable
from labkeeper_hub.api.problems import Refusal, wrong_field
from labkeeper_hub.api.qr_code import rows_of
from labkeeper_hub.api.state import Api, ApiHere
from labkeeper_hub.timetable.bookings import CalendarLink, TimetableRefused
from labkeeper_hub.timetable.desk import DAY_MS

router = APIRouter(tags=["bookings"])
feed_router = APIRouter(tags=["bookings"])
BEHIND_MS, AHEAD_MS = 30 * DAY_MS, 200 * DAY_MS
ICALENDAR = "text/calendar; charset=utf-8"
LINK: dict[str, Any] = {
    "id": "0f8fad5b-d9cb-469f-a165-70867728950e",
    "school": "demo",
    "lab": "lab-301",
    "made_ms": 1767225600000,
}
REFUSALS: dict[int | str, dict[str, Any]] = {status: PROBLEMS[status] for status in (403, 404, 409)}


class LinkRequest(validation.Body):
    """A lab; or nothing, for what one has oneself."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"school": "demo", "lab": "lab-301"}]})
    school: validation.Id | None = None
    lab: validation.Id | None = None


class LinkShape(BaseModel):
    """A link to what a lab has, or, without one, its maker."""

    model_config = shape(LINK)
    id: str
    school: str | None
    lab: str | None
    made_ms: int


class LinkList(BaseModel):
    """One's own links."""

    model_config = shape({"links": [LINK]})
    links: list[LinkShape]


class CalendarLinkAnswer(BaseModel):
    """A link and its address, told this once; `code` has the rows of its QR code, "1" is dark."""

    model_config = shape({"link": LINK, "address": "http://hub.school/calendar/the-token.ics", "code": ["101"]})
    link: LinkShape
    address: str
    code: list[str]


@router.get("/calendar-links", response_model=LinkList)
async def links(api: ApiHere, right: ReadsTimetable) -> JsonAnswer:
    """List one's own links."""
    return JsonAnswer({"links": [_shape(one) for one in api.parts.timetable.links(right.person.name)]})


@router.post("/calendar-links", status_code=HTTPStatus.CREATED, response_model=CalendarLinkAnswer, responses=REFUSALS)
async def link(request: Request, api: ApiHere, asked: LinkRequest, right: ReadsTimetable) -> JsonAnswer:
    """Make a link that whoever knows it can read, until it is taken back or its maker may no longer read it."""
    if (asked.school is None) != (asked.lab is None):
        raise wrong_field("invalid", "body.lab", "A lab is named with its school")
    place = Place(asked.school, asked.lab) if asked.lab else None
    right.demand(place)
    teacher = "" if place else right.person.name
    try:
        made, token = await api.parts.timetable.link(asked.school or "", asked.lab or "", teacher, right.person.name)
    except TimetableRefused as refused:
        raise Refusal(HTTPStatus.CONFLICT, refused.code, refused.why.told.en) from refused
    api.audit.note(right.person.name, "make_calendar_link", made.id, f"{made.school}/{made.lab}" if place else teacher)
    address = f"{request.base_url}calendar/{token}.ics"
    return JsonAnswer({"link": _shape(made), "address": address, "code": rows_of(address)}, HTTPStatus.CREATED)


@router.delete("/calendar-links/{identity}", status_code=HTTPStatus.NO_CONTENT, response_class=Response)
async def unlink(api: ApiHere, identity: str, right: ReadsTimetable) -> Response:
    """Take one's link back: it opens nothing any more."""
    if identity not in {one.id for one in api.parts.timetable.links(right.person.name)}:
        raise Refusal(HTTPStatus.NOT_FOUND, "unknown_link", "There is no such link of yours")
    await api.parts.timetable.unlink(identity)
    api.audit.note(right.person.name, "remove_calendar_link", identity, "ok")
    return Response(status_code=HTTPStatus.NO_CONTENT)


@feed_router.get("/calendar/{token}.ics", include_in_schema=False)
async def calendar(api: ApiHere, token: str) -> Response:
    """Return what a link opens; its address is its secret, and it changes nothing."""
    found = api.parts.timetable.link_of(token)
    now_ms = api.accounts.clocks.now_ms()
    if found is None or not _may(api, found, now_ms):
        raise Refusal(HTTPStatus.NOT_FOUND, "unknown_link", "There is no such calendar")
    body = await asyncio.to_thread(_calendar, api, found, now_ms)
    return Response(body, media_type=ICALENDAR, headers={"Cache-Control": "private, no-store"})


def _calendar(api: Api, link: CalendarLink, now_ms: int) -> bytes:
    from labkeeper_hub.timetable.feed import feed  # noqa: PLC0415 -- icalendar: in this thread, and only where one asks

    from_ms, to_ms = now_ms - BEHIND_MS, now_ms + AHEAD_MS
    if link.teacher:
        return feed(link.teacher, api.parts.timetable.of_teacher(link.teacher, from_ms, to_ms), now_ms)
    return feed(link.lab, api.parts.timetable.of_lab(link.school, link.lab, from_ms, to_ms), now_ms)


def _may(api: Api, link: CalendarLink, now_ms: int) -> bool:
    """Tell whether the link's maker still may read what it shows."""
    person = api.accounts.people.get(link.made_by)
    place = Place(link.school, link.lab) if link.lab else None
    return person is not None and may(person, Action.READ_TIMETABLE, place, now_ms).allowed


def _shape(one: CalendarLink) -> dict[str, Json]:
    return {"id": one.id, "school": one.school or None, "lab": one.lab or None, "made_ms": one.made_ms}
