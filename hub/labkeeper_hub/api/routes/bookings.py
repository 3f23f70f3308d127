"""Weeks of a lab, bookings in them, and openings to other schools. Times are the school's own."""

from collections.abc import Awaitable
from datetime import date, time, timedelta
from http import HTTPStatus
from typing import Annotated, Any, Literal, TypeVar
from uuid import uuid4

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from labkeeper_hub.accounts import Action
from labkeeper_hub.accounts import Scope as Place
from labkeeper_hub.accounts.rights import scopes
from labkeeper_hub.api import timetable_shapes, validation
from labkeeper_hub.api.answers import Json, JsonAnswer
from labkeeper_hub.api.documented import PROBLEMS
from labkeeper_hub.api.models import shape
from labkeeper_hub.api.needs import Books, Leases, ManagesTimetable, ReadsTimetable, Right
from labkeeper_hub.api.problems import Refusal, wrong_field
from labkeeper_hub.api.routes.timetable import CONFLICT, ConflictShape
from labkeeper_hub.api.state import Api, ApiHere
from labkeeper_hub.timetable.bookings import (
    EARLY_MS,
    Opening,
    TimetableRefused,
    check_times,
    fitting,
    host_of,
)
from labkeeper_hub.timetable.desk import DAY_MS, booking
from labkeeper_hub.timetable.slots import Occurrence, Teaching
from labkeeper_hub.timetable.year import Year
from labkeeper_wire.leases.book import Room

router = APIRouter(tags=["bookings"])
LAB = "/labs/{school}/{lab}"
DAYS = 7
MOST_WEEKS = 40
MIDNIGHT = time()
STATUSES = {"not_open": HTTPStatus.FORBIDDEN, "not_booked_by_you": HTTPStatus.FORBIDDEN}
ENTRY: dict[str, Any] = {
    "name": "0f8fad5b-d9cb-469f-a165-70867728950e",
    "source": "booking",
    "date": "2026-11-26",
    "start": "08:00",
    "end": "08:40",
    "start_ms": 1795651200000,
    "end_ms": 1795653600000,
    "class_name": "4(1)",
    "course": "AI",
    "who": "p-3",
    "title": "",
    "guest": "",
    "starts": False,
    "mine": True,
}
OPEN: dict[str, Any] = {
    "id": "5d2c0a5e-0f1b-4c57-8f5e-1f2b3c4d5e6f",
    "school": "demo",
    "lab": "lab-301",
    "date": "2026-11-27",
    "start": "13:00",
    "end": "15:00",
    "schools": ["school-2"],
}
FILED = {"class_name": "4(1)", "course": "AI"}
DAY = {"date": "2026-11-26", "like": "2026-11-26", "today": True}
WEEK = {
    "zone": "Asia/Shanghai",
    "number": 13,
    "days": [DAY],
    "periods": [{"start": "08:00", "end": "08:40"}],
    "entries": [ENTRY],
    "openings": [OPEN],
    "may_book": True,
    "may_manage": False,
}
TIMES: dict[str, Any] = {"date": "2026-11-26", "start": "08:00", "end": "08:40"}
REFUSALS: dict[int | str, dict[str, Any]] = {status: PROBLEMS[status] for status in (403, 404, 409, 413)}
Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Clock = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Name = Annotated[str, Field(max_length=64)]
T = TypeVar("T")


class Times(validation.Body):
    """A day and two times of it, as the school's clocks show them."""

    date: Day
    start: Clock
    end: Clock

    def span(self, year: Year) -> tuple[int, int]:
        """Return them in milliseconds; raises Refusal for a day that no calendar has."""
        day = day_of(self.date)
        return year.at_ms(day, time.fromisoformat(self.start)), year.at_ms(day, time.fromisoformat(self.end))


class BookingRequest(Times):
    """A time, and what for. Who keeps the timetable may book for somebody else, by pseudonym. `check`: only look what
    is in the way.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [TIMES | {"class_name": "4(1)", "course": "AI"}]})
    class_name: Name = ""
    course: Name = ""
    title: Annotated[str, Field(max_length=120)] = ""
    teacher: Name = ""
    check: bool = False


class OpeningRequest(Times):
    """A time in which teachers of other schools may book, so many weeks in a row; `schools` empty: of every one.
    `check`: only look what is in the way.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [TIMES | {"schools": ["school-2"], "weeks": 4}]})
    schools: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=256)]], Field(max_length=100, default_factory=list)
    ]
    weeks: Annotated[int, Field(ge=1, le=MOST_WEEKS)] = 1
    check: bool = False


class FiledRequest(validation.Body):
    """Which class a lesson is with, and in which course."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"class_name": "4(1)", "course": "AI"}]})
    class_name: Name
    course: Name


class EntryShape(BaseModel):
    """A lab is somebody's: by the timetable or a booking. `guest`: the school of whoever comes from another one."""

    model_config = shape(ENTRY)
    name: str
    source: Literal["timetable", "booking"]
    date: str
    start: str
    end: str
    start_ms: int
    end_ms: int
    class_name: str
    course: str
    who: str
    title: str
    guest: str
    starts: bool
    mine: bool


class OpeningShape(BaseModel):
    """A time in which teachers of other schools may book a lab."""

    model_config = shape(OPEN)
    id: str
    school: str
    lab: str
    date: str
    start: str
    end: str
    schools: list[str]


class SchoolDayShape(BaseModel):
    """A day; `like`: the day whose timetable holds on it, null: there is no school."""

    model_config = shape(DAY)
    date: str
    like: str | None
    today: bool


class WeekAnswer(BaseModel):
    """A lab's week; `number` is the term's, null between terms."""

    model_config = shape(WEEK)
    zone: str
    number: int | None
    days: list[SchoolDayShape]
    periods: list[dict[str, str]]
    entries: list[EntryShape]
    openings: list[OpeningShape]
    may_book: bool
    may_manage: bool


class BookingAnswer(BaseModel):
    """A booking, or null and what is in its way: then nothing was booked."""

    model_config = shape({"booking": None, "conflicts": [CONFLICT]})
    booking: EntryShape | None
    conflicts: list[ConflictShape]


class OpeningList(BaseModel):
    """Openings, the next first."""

    model_config = shape({"openings": [OPEN]})
    openings: list[OpeningShape]


class OpenedAnswer(BaseModel):
    """Openings that were made; or none, and what is in the way of one of them: then no time was opened."""

    model_config = shape({"openings": [OPEN], "conflicts": []})
    openings: list[OpeningShape]
    conflicts: list[ConflictShape]


class NowAnswer(BaseModel):
    """What is on in a lab by the timetable, or about to be; what its lesson is filed under, if there is one; and what
    the asker taught lately, the last first.
    """

    model_config = shape({"now": ENTRY, "lesson": FILED, "lately": [FILED]})
    now: EntryShape | None
    lesson: dict[str, str] | None
    lately: list[dict[str, str]]


class FiledAnswer(BaseModel):
    """What a lesson is filed under."""

    model_config = shape({"class_name": "4(1)", "course": "AI"})
    class_name: str
    course: str


@router.get(f"{LAB}/week", response_model=WeekAnswer, responses={404: PROBLEMS[404]})
async def week(
    api: ApiHere, school: str, lab: str, right: ReadsTimetable, day: Annotated[Day | None, Query()] = None
) -> JsonAnswer:
    """Return the week of a day (today, if none is said) of a lab, Monday first; each look at names is recorded."""
    place = _lab(api, right, school, lab)
    year = api.parts.timetable.timetable(school).year
    today = year.local(right.now_ms).date()
    asked = day_of(day) if day else today
    monday = asked - timedelta(days=asked.weekday())
    from_ms = year.at_ms(monday, MIDNIGHT)
    to_ms = year.at_ms(monday + timedelta(days=DAYS), MIDNIGHT)
    called = timetable_shapes.names(api, right)
    found = api.parts.timetable.of_lab(school, lab, from_ms, to_ms)
    openings = [one for one in api.parts.timetable.openings(from_ms, to_ms) if (one.school, one.lab) == (school, lab)]
    term = year.term_of(asked)
    timetable_shapes.note_names(api, right, f"{school}/{lab}", {one.what.teacher for one in found})
    return JsonAnswer(
        {
            "zone": year.zone,
            "number": term.week_of(asked) if term else None,
            "days": [_day(year, monday + timedelta(days=at), today) for at in range(DAYS)],
            "periods": [{"start": f"{one.start:%H:%M}", "end": f"{one.end:%H:%M}"} for one in year.periods],
            "entries": [timetable_shapes.entry(one, year, called, right.person.name) for one in found],
            "openings": [timetable_shapes.opening(one, year) for one in openings],
            "may_book": right.to(Action.BOOK).covers(place),
            "may_manage": right.to(Action.MANAGE_TIMETABLE).covers(place),
        }
    )


@router.get(f"{LAB}/now", response_model=NowAnswer, responses={404: PROBLEMS[404]})
async def now(api: ApiHere, school: str, lab: str, right: ReadsTimetable) -> JsonAnswer:
    """Return what a lesson that begins now would be filed under, and what the lesson that is on is, by pseudonyms."""
    _lab(api, right, school, lab)
    near = api.parts.timetable.of_lab(school, lab, right.now_ms, right.now_ms + EARLY_MS + 1)
    fit = fitting(near, right.person.name, right.now_ms)
    year, called = api.parts.timetable.timetable(school).year, timetable_shapes.names(api, right)._replace(person=str)
    on = [one for one in api.parts.register.on.values() if (one.school, one.lab) == (school, lab)]
    filed: Json = {"class_name": on[-1].class_name, "course": on[-1].course} if on else None
    shown = timetable_shapes.entry(fit, year, called, right.person.name) if fit else None
    lately: Json = [{"class_name": a, "course": b} for a, b in await api.parts.register.lately(right.person.name)]
    return JsonAnswer({"now": shown, "lesson": filed, "lately": lately})


@router.put(f"{LAB}/lesson/class", response_model=FiledAnswer, responses=REFUSALS)
async def file_lesson(api: ApiHere, school: str, lab: str, asked: FiledRequest, right: Leases) -> JsonAnswer:
    """Say which class and course the lesson that is on is; its teacher says it."""
    right.demand(Place(school, lab))
    lesson = next((one for one, _ in api.parts.lessons.lessons().lessons if one.room == Room(school, lab)), None)
    if lesson is None:
        raise Refusal(HTTPStatus.NOT_FOUND, "no_lesson", "There is no lesson here")
    if lesson.teacher != right.person.name:
        raise Refusal(HTTPStatus.CONFLICT, "not_the_teacher", "Somebody else has the lesson")
    said = await api.parts.register.say(lesson, asked.class_name, asked.course)
    api.audit.note(right.person.name, "file_lesson", f"{school}/{lab}", f"{said.class_name}, {said.course}")
    return JsonAnswer({"class_name": said.class_name, "course": said.course})


# --- bookings --------------------------------------------------------------------------------------------------------
@router.post(f"{LAB}/bookings", response_model=BookingAnswer, responses=REFUSALS)
async def book(api: ApiHere, school: str, lab: str, asked: BookingRequest, right: Books) -> JsonAnswer:
    """Book a lab of one's own school, or one that is open to it; without a `booking`, `conflicts` says why."""
    year = api.parts.timetable.timetable(school).year
    wanted = _wanted(api, right, (school, lab), asked)
    called = timetable_shapes.names(api, right)
    found = api.parts.timetable.in_the_way(wanted)
    if not (asked.check or found):
        await _refusable(api, right, "book", f"{school}/{lab}", api.parts.timetable.book(wanted))
        api.audit.note(right.person.name, "book", f"{school}/{lab}", f"{asked.date} {asked.start}-{asked.end}")
    made = timetable_shapes.entry(wanted, year, called, right.person.name)
    told = timetable_shapes.conflicts(found, year, called)
    return JsonAnswer({"booking": None if asked.check or found else made, "conflicts": told})


@router.delete("/bookings/{name}", status_code=HTTPStatus.NO_CONTENT, response_class=Response, responses=REFUSALS)
async def cancel(api: ApiHere, name: str, right: Books) -> Response:
    """Take a booking back: one's own, or anybody's where one keeps the timetable."""
    try:
        one = api.parts.timetable.booking(name)
    except TimetableRefused as refused:
        raise _refusal(refused) from refused
    keeps = right.to(Action.MANAGE_TIMETABLE).covers(Place(one.school, one.lab))
    if one.what.teacher != right.person.name and not keeps:
        raise Refusal(HTTPStatus.NOT_FOUND, "unknown_booking", "There is no such booking of yours")
    await _refusable(api, right, "cancel_booking", name, api.parts.timetable.cancel(name))
    api.audit.note(right.person.name, "cancel_booking", f"{one.school}/{one.lab}", name)
    return Response(status_code=HTTPStatus.NO_CONTENT)


# --- openings --------------------------------------------------------------------------------------------------------
@router.get("/openings", response_model=OpeningList)
async def openings(api: ApiHere, right: Books) -> JsonAnswer:
    """List what other schools have opened to one's own, from now on."""
    mine = _schools(api, right)
    coming = api.parts.timetable.openings(right.now_ms, right.now_ms + 400 * DAY_MS)
    found = [one for one in coming if any(one.lets_in(to, one.start_ms, one.end_ms) for to in mine - {one.school})]
    return JsonAnswer(
        {"openings": [timetable_shapes.opening(one, api.parts.timetable.timetable(one.school).year) for one in found]}
    )


@router.post(f"{LAB}/openings", response_model=OpenedAnswer, responses=REFUSALS)
async def open_lab(api: ApiHere, school: str, lab: str, asked: OpeningRequest, right: ManagesTimetable) -> JsonAnswer:
    """Open a lab to teachers of other schools in a slot; who books in it may teach there then, and only then. Without
    `openings`, `conflicts` says why.
    """
    right.demand(_lab(api, right, school, lab))
    year, start = api.parts.timetable.timetable(school).year, day_of(asked.date)
    made = [_opening(year, (school, lab), asked, start + timedelta(weeks=at)) for at in range(asked.weeks)]
    found = api.parts.timetable.in_the_openings_way(made)
    told = timetable_shapes.conflicts(found, year, timetable_shapes.names(api, right))
    if asked.check or found:
        return JsonAnswer({"openings": [], "conflicts": told})
    await _refusable(api, right, "open_lab", f"{school}/{lab}", _opened(api, made, right.now_ms))
    to = ", ".join(asked.schools) or "every school"
    api.audit.note(right.person.name, "open_lab", f"{school}/{lab}", f"{asked.date} {asked.start}-{asked.end}: {to}")
    return JsonAnswer({"openings": [timetable_shapes.opening(one, year) for one in made], "conflicts": []})


@router.delete("/openings/{identity}", status_code=HTTPStatus.NO_CONTENT, response_class=Response, responses=REFUSALS)
async def close(api: ApiHere, identity: str, right: ManagesTimetable) -> Response:
    """Take an opening back: guests' bookings in it end, and their rights with them."""
    try:
        gone = api.parts.timetable.opening(identity)
    except TimetableRefused as refused:
        raise _refusal(refused) from refused
    right.demand(Place(gone.school, gone.lab))
    ended = await _refusable(api, right, "close_lab", identity, api.parts.timetable.close(identity))
    api.audit.note(right.person.name, "close_lab", f"{gone.school}/{gone.lab}", f"{len(ended)} bookings ended")
    return Response(status_code=HTTPStatus.NO_CONTENT)


# --- inside ----------------------------------------------------------------------------------------------------------
def day_of(said: str) -> date:
    """Return a day; raises Refusal for one that no calendar has, or that is out of all reason."""
    try:
        day = date.fromisoformat(said)
    except ValueError as error:
        raise wrong_field("invalid", "date", f"{said} is no day") from error
    if not 2000 <= day.year <= 2200:  # noqa: PLR2004 -- what a school plans; far from where calendars end
        raise wrong_field("invalid", "date", f"{said} is out of reach")
    return day


def _wanted(api: Api, right: Right, place: tuple[str, str], asked: BookingRequest) -> Occurrence:
    """Return the booking that is asked for, as a guest's where it is one; raises Refusal."""
    _exists(api, place)
    year, where = api.parts.timetable.timetable(place[0]).year, Place(*place)
    span = asked.span(year)
    keeps = right.to(Action.MANAGE_TIMETABLE).covers(where)
    teacher = asked.teacher if keeps and asked.teacher else right.person.name
    if teacher not in api.accounts.people:
        raise wrong_field("unknown_person", "body.teacher", "There is no such person")
    try:
        check_times(*span, right.now_ms)
        coming = api.parts.timetable.openings(*span)
        guest = "" if right.covers(where) else host_of(coming, _schools(api, right), place, span)
    except TimetableRefused as refused:
        api.audit.note(right.person.name, "book", "/".join(place), refused.code)
        raise _refusal(refused) from refused
    return booking(place, span, Teaching(asked.class_name, asked.course, teacher), asked.title, guest)


def _opening(year: Year, place: tuple[str, str], asked: OpeningRequest, day: date) -> Opening:
    start_ms, end_ms = (year.at_ms(day, time.fromisoformat(at)) for at in (asked.start, asked.end))
    return Opening(str(uuid4()), *place, start_ms, end_ms, tuple(asked.schools))


async def _opened(api: Api, made: list[Opening], now_ms: int) -> None:
    for one in made[:1]:
        check_times(one.start_ms, one.end_ms, now_ms)
    await api.parts.timetable.open(made)


async def _refusable(api: Api, right: Right, what: str, where: str, work: Awaitable[T]) -> T:
    """Return what the work gives; raises Refusal, which is recorded."""
    try:
        return await work
    except TimetableRefused as refused:
        api.audit.note(right.person.name, what, where, refused.code)
        raise _refusal(refused) from refused


def _refusal(refused: TimetableRefused) -> Refusal:
    unknown = refused.code.startswith("unknown_")
    status = HTTPStatus.NOT_FOUND if unknown else STATUSES.get(refused.code, HTTPStatus.CONFLICT)
    return Refusal(status, refused.code, f"{refused.why.told.zh} {refused.why.told.en}")


def _lab(api: Api, right: Right, school: str, lab: str) -> Place:
    """Return the lab, if there is one where the asker may do it; raises Refusal."""
    _exists(api, (school, lab))
    place = Place(school, lab)
    if not right.sight(api.parts.registry).place(place):
        raise Refusal(HTTPStatus.NOT_FOUND, "unknown_lab", "There is no such lab")
    return place


def _exists(api: Api, place: tuple[str, str]) -> None:
    if place not in [(one.school, one.lab) for one in api.parts.registry.labs()]:
        raise Refusal(HTTPStatus.NOT_FOUND, "unknown_lab", "There is no such lab")


def _day(year: Year, day: date, today: date) -> dict[str, Json]:
    like = year.taught_like(day)
    return {"date": str(day), "like": None if like is None else str(like), "today": day == today}


def _schools(api: Api, right: Right) -> set[str]:
    """Return the schools that somebody belongs to: where they may book."""
    places = scopes(right.person, Action.BOOK, right.now_ms)
    everywhere = {one.school for one in api.parts.registry.labs()}
    return {name for one in places for name in ([one.school] if one.school else everywhere)}
