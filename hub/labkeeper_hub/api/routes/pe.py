"""PE classes: who is in them, and the board while one is on. Whoever looks is on record."""

from collections.abc import Awaitable
from http import HTTPStatus
from typing import Annotated, Any, Literal, TypeVar

from fastapi import APIRouter
from pydantic import ConfigDict, Field, model_validator
from starlette.responses import Response

from labkeeper_hub.accounts import Action, Scope
from labkeeper_hub.api import validation
from labkeeper_hub.api.answers import JsonAnswer
from labkeeper_hub.api.documented import PROBLEMS
from labkeeper_hub.api.needs import Right, TeachesPe
from labkeeper_hub.api.pe_shapes import BAND, BoardAnswer, RosterList, RosterShape, board_json, roster_json
from labkeeper_hub.api.problems import Refusal
from labkeeper_hub.api.state import Api, ApiHere
from labkeeper_hub.pe.desk import PeRefused
from labkeeper_hub.pe.roster import By, ClassKey, Consent, Entry, Roster
from labkeeper_hub.pe.zones import FEWEST_YEARS, MOST_YEARS
from labkeeper_wire.leases.book import Room

router = APIRouter(tags=["PE classes"])
LAB = "/labs/{school}/{lab}"
CLASSES = f"{LAB}/pe-classes"
CLASS = f"{LAB}/pe-class"
MOST_BANDS = 120
LOWEST_CAP, HIGHEST_CAP = 80, 220
NOT_FOUND = frozenset({"unknown_class", "no_class", "unknown_band"})
REFUSALS: dict[int | str, dict[str, Any]] = {status: PROBLEMS[status] for status in (403, 404, 409, 413)}
Code = Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{1,12}$", description="a class, such as 4-2; never a name")]
T = TypeVar("T")


class BandBody(validation.Body):
    """A band: who consented, if anybody, and a cap on the rate. There is no field for a name or a reason."""

    model_config = ConfigDict(json_schema_extra={"examples": [BAND]})
    number: Annotated[int, Field(ge=1, le=999)]
    consent_by: Literal["guardian", "pupil"] | None = None
    cap: Annotated[int, Field(ge=LOWEST_CAP, le=HIGHEST_CAP)] | None = None


class RosterBody(validation.Body):
    """A class; `years` is the age of the youngest. Below 14 only a guardian's consent lets a band in."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"years": 10, "bands": [BAND]}]})
    years: Annotated[int, Field(ge=FEWEST_YEARS, le=MOST_YEARS)]
    bands: Annotated[list[BandBody], Field(max_length=MOST_BANDS)]

    @model_validator(mode="after")
    def _each_once(self) -> "RosterBody":
        if len({band.number for band in self.bands}) < len(self.bands):
            raise ValueError("a number is there twice")
        return self


class StartBody(validation.Body):
    """Which class it is."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"code": "4-2"}]})
    code: Code


class SeenBody(validation.Body):
    """Which child the teacher looks after."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"number": 7}]})
    number: Annotated[int, Field(ge=1, le=999)]


@router.get(CLASSES, response_model=RosterList, responses=REFUSALS)
async def classes(api: ApiHere, school: str, lab: str, right: TeachesPe) -> JsonAnswer:
    """List the classes of a lab, with their bands."""
    room = teaching(api, right, school, lab)
    api.audit.note(right.person.name, "look_at_pe_classes", "/".join(room), "ok")
    found = await _heeded(api.parts.pe.rosters(room))
    return JsonAnswer({"classes": [roster_json(one) for one in found]})


@router.put(f"{CLASSES}/{{code}}", response_model=RosterShape, responses=REFUSALS)
async def write_class(
    api: ApiHere, school: str, lab: str, code: Code, asked: RosterBody, right: TeachesPe
) -> JsonAnswer:
    """Say who is in a class. Whoever is left out, or has no consent any more, is deleted at once, everywhere."""
    room = teaching(api, right, school, lab)
    key = ClassKey(*room, code)
    before = next((one for one in await _heeded(api.parts.pe.rosters(room)) if one.key == key), None)
    roster = Roster(key, asked.years, tuple(_entry(api, right, one, before) for one in asked.bands))
    await _heeded(api.parts.pe.write_roster(roster, right.person.name))
    told = f"{len(roster.entries)} bands, {len(roster.admitted())} with consent"
    api.audit.note(right.person.name, "change_pe_class", "/".join(key), told)
    return JsonAnswer(roster_json(roster))


@router.delete(
    f"{CLASSES}/{{code}}", status_code=HTTPStatus.NO_CONTENT, response_class=Response, responses=REFUSALS
)  # fmt: skip
async def remove_class(api: ApiHere, school: str, lab: str, code: Code, right: TeachesPe) -> Response:
    """Forget a class, and delete everything kept of it."""
    key = ClassKey(*teaching(api, right, school, lab), code)
    await _heeded(api.parts.pe.remove_roster(key, right.person.name))
    api.audit.note(right.person.name, "remove_pe_class", "/".join(key), "ok")
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.get(CLASS, response_model=BoardAnswer, responses=REFUSALS)
async def board(api: ApiHere, school: str, lab: str, right: TeachesPe) -> JsonAnswer:
    """Show the board of the class that is on in a lab."""
    room = teaching(api, right, school, lab)
    api.audit.note(right.person.name, "look_at_pe_class", "/".join(room), "ok")
    return JsonAnswer({"board": board_json(api.parts.pe.board(room))})


@router.post(CLASS, response_model=BoardAnswer, responses=REFUSALS)
async def start(api: ApiHere, school: str, lab: str, asked: StartBody, right: TeachesPe) -> JsonAnswer:
    """Begin a class. It ends by hand, with the lesson that is on in the lab, or after three hours."""
    key = ClassKey(*teaching(api, right, school, lab), asked.code)
    begun = await _heeded(api.parts.pe.start(key))
    api.audit.note(right.person.name, "start_pe_class", "/".join(key), begun.id)
    return JsonAnswer({"board": board_json(begun)})


@router.post(f"{CLASS}/end", status_code=HTTPStatus.NO_CONTENT, response_class=Response, responses=REFUSALS)
async def end(api: ApiHere, school: str, lab: str, right: TeachesPe) -> Response:
    """End the class that is on."""
    room = teaching(api, right, school, lab)
    await _heeded(api.parts.pe.end(room))
    api.audit.note(right.person.name, "end_pe_class", "/".join(room), "ok")
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.post(f"{CLASS}/seen", response_model=BoardAnswer, responses=REFUSALS)
async def seen(api: ApiHere, school: str, lab: str, asked: SeenBody, right: TeachesPe) -> JsonAnswer:
    """Say that one looks after a child; the advice stays until its rate has fallen."""
    room = teaching(api, right, school, lab)
    try:
        shown = api.parts.pe.seen(room, asked.number)
    except PeRefused as refused:
        raise _refusal(refused) from refused
    api.audit.note(right.person.name, "look_after_child", f"{'/'.join(room)}/{asked.number}", "ok")
    return JsonAnswer({"board": board_json(shown)})


def teaching(api: Api, right: Right, school: str, lab: str) -> Room:
    """Return the lab, if there is one where the asker may teach PE; raises Refusal."""
    seen_places = right.to(Action.READ_PLACES).sight(api.parts.registry)
    there = any((one.school, one.lab) == (school, lab) for one in api.parts.registry.labs())
    if not there or not seen_places.place(Scope(school, lab)):
        raise Refusal(HTTPStatus.NOT_FOUND, "unknown_lab", "There is no such lab")
    right.demand(Scope(school, lab))
    return Room(school, lab)


async def _heeded(work: Awaitable[T]) -> T:
    try:
        return await work
    except PeRefused as refused:
        raise _refusal(refused) from refused


def _refusal(refused: PeRefused) -> Refusal:
    if refused.code == "hub_disk":
        return Refusal(HTTPStatus.SERVICE_UNAVAILABLE, refused.code, str(refused))
    return Refusal(
        HTTPStatus.NOT_FOUND if refused.code in NOT_FOUND else HTTPStatus.CONFLICT, refused.code, str(refused)
    )  # fmt: skip


def _entry(api: Api, right: Right, asked: BandBody, before: Roster | None) -> Entry:
    """Return the noun; a consent that stands keeps its date."""
    if asked.consent_by is None:
        return Entry(asked.number, None, asked.cap)
    stands = next((one.consent for one in before.entries if one.number == asked.number), None) if before else None
    if stands is None or stands.by != asked.consent_by:
        stands = Consent(By(asked.consent_by), api.accounts.clocks.now_ms(), right.person.name)
    return Entry(asked.number, stands, asked.cap)
