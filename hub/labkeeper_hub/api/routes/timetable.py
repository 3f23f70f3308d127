"""The timetable of a school: its year, files to import, and the ledger of periods per class."""

from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from labkeeper_hub.accounts import Action
from labkeeper_hub.accounts import Scope as Place
from labkeeper_hub.api import timetable_shapes, validation
from labkeeper_hub.api.answers import Json, JsonAnswer
from labkeeper_hub.api.documented import PROBLEMS
from labkeeper_hub.api.models import shape
from labkeeper_hub.api.needs import ManagesTimetable, ReadsTimetable, Right
from labkeeper_hub.api.problems import Refusal
from labkeeper_hub.api.state import Api, ApiHere
from labkeeper_hub.timetable.border import EXAMPLE, YearBody, told
from labkeeper_hub.timetable.importer import CannotRead
from labkeeper_hub.timetable.importing import File
from labkeeper_hub.timetable.ledger import as_csv
from labkeeper_hub.timetable.reading import Known

router = APIRouter(tags=["timetable"])
MOST_CHARACTERS = 1_000_000
SCHOOL = "/timetables/{school}"
CSV = "lab,class,course,day,period\nlab-301,4(1),AI,Mon,1\n"
FAULT = {"row": 2, "column": "lab", "zh": "没有名为“303”的实验室", "en": "there is no lab “303”"}
CONFLICT = {"reason": "lab", "zh": "301 实验室已有安排：……", "en": "Lab 301 is taken: …", "rows": [2]}
SLOT: dict[str, Any] = {
    "lab": "lab-301",
    "day": 1,
    "date": None,
    "start": "08:00",
    "end": "08:40",
    "weeks": "1-16",
    "class_name": "4(1)",
    "course": "AI",
    "who": "p-3",
    "starts": False,
}
CHANGE = {"kind": "changed", "now": SLOT, "was": SLOT | {"end": "08:45"}}
CHANGES = {"added": 0, "changed": 1, "removed": 0, "kept": 11, "first": [CHANGE]}
BALANCE = {"class_name": "4(1)", "course": "AI", "wanted": 30, "taught": 11, "planned": 17, "missing": 2}
TAUGHT: dict[str, Any] = {"date": "2026-09-07", "start": "08:00", "end": "08:40", "course": "AI"} | {
    "periods": 1,
    "lab": "lab-301",
    "who": "p-3",
}
REFUSALS: dict[int | str, dict[str, Any]] = {status: PROBLEMS[status] for status in (403, 404, 413)}


class FileRequest(validation.Body):
    """A file's text. `check`: only look what it would come to."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"format": "csv", "text": CSV, "check": True}]})
    format: Literal["csv", "ics"]
    text: Annotated[str, Field(max_length=MOST_CHARACTERS)]
    check: bool = False


class YearAnswer(BaseModel):
    """A school's year, how many slots its timetable has, and whether the asker may change it."""

    model_config = shape({"year": EXAMPLE, "weekly": 12, "dated": 0, "may_manage": True})
    year: dict[str, Any]
    weekly: int
    dated: int
    may_manage: bool


class FaultShape(BaseModel):
    """What is wrong in a place of a file; the heading is row 1."""

    model_config = shape(FAULT)
    row: int
    column: str
    zh: str
    en: str


class ConflictShape(BaseModel):
    """What is in the way: the lab, the teacher or the class; and the rows of the file that it is about, if any are."""

    model_config = shape(CONFLICT)
    reason: Literal["lab", "teacher", "class", "opened"]
    zh: str
    en: str
    rows: list[int]


class SlotShape(BaseModel):
    """A slot: on a day of the week (1 is Monday) in some weeks ("": in all), or on a date."""

    model_config = shape(SLOT)
    lab: str
    day: int | None
    date: str | None
    start: str
    end: str
    weeks: str
    class_name: str
    course: str
    who: str
    starts: bool


class DifferenceShape(BaseModel):
    """A slot as it will be and as it was; what is added was nothing, what is removed will be nothing."""

    model_config = shape(CHANGE)
    kind: Literal["added", "changed", "removed"]
    now: SlotShape | None
    was: SlotShape | None


class ChangesShape(BaseModel):
    """How many slots a file adds, changes, takes away and leaves as they are; and the first 200 that do not stay."""

    model_config = shape(CHANGES)
    added: int
    changed: int
    removed: int
    kept: int
    first: list[DifferenceShape]


class FileAnswer(BaseModel):
    """What a file came to. It is taken in whole, in the place of all slots of its labs, or not at all."""

    model_config = shape(
        {"taken": False, "weekly": 12, "dated": 0, "labs": ["lab-301"], "changes": CHANGES}
        | {"faults": [FAULT], "conflicts": [CONFLICT]}
    )
    taken: bool
    weekly: int
    dated: int
    labs: list[str]
    changes: ChangesShape
    faults: list[FaultShape]
    conflicts: list[ConflictShape]


class BalanceShape(BaseModel):
    """A class's account of a course, in periods; `wanted` 0 asks for nothing."""

    model_config = shape(BALANCE)
    class_name: str
    course: str
    wanted: int
    taught: int
    planned: int
    missing: int


class LedgerAnswer(BaseModel):
    """The ledger of a school's year."""

    model_config = shape({"classes": [BALANCE]})
    classes: list[BalanceShape]


class TaughtShape(BaseModel):
    """A lesson that has ended, in the school's own time, and how many periods it counts as. `who` taught it."""

    model_config = shape(TAUGHT)
    date: str
    start: str
    end: str
    course: str
    periods: int
    lab: str
    who: str


class LessonsTaught(BaseModel):
    """A class's lessons of this year, the last first."""

    model_config = shape({"lessons": [TAUGHT]})
    lessons: list[TaughtShape]


@router.get(SCHOOL, response_model=YearAnswer, responses={404: PROBLEMS[404]})
async def year(api: ApiHere, school: str, right: ReadsTimetable) -> JsonAnswer:
    """Return a school's year."""
    _demand(api, right, school)
    return _year(api, right, school)


@router.put(SCHOOL, response_model=YearAnswer, responses=REFUSALS)
async def set_year(api: ApiHere, school: str, asked: YearBody, right: ManagesTimetable) -> JsonAnswer:
    """Put a year in the place of the one before; the slots stay."""
    _demand(api, right, school)
    await api.parts.timetable.set_year(school, asked.noun())
    api.audit.note(right.person.name, "set_school_year", school, "ok")
    return _year(api, right, school)


@router.post(f"{SCHOOL}/import", response_model=FileAnswer, responses=REFUSALS)
async def take_in(api: ApiHere, school: str, asked: FileRequest, right: ManagesTimetable) -> JsonAnswer:
    """Take a file in, or check it. What is wrong is told place by place, and then nothing was changed."""
    _demand(api, right, school)
    file = File(asked.format, asked.text, _known(api, school))
    try:
        came = await api.parts.timetable.take_in(school, file, check=asked.check)
    except CannotRead as error:
        raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "cannot_read", "The file could not be read") from error
    taken = came.fits and not asked.check
    if not asked.check:
        said = ", ".join(came.labs) if taken else "refused"
        api.audit.note(right.person.name, "import_timetable", school, said)
    called, zone = timetable_shapes.names(api, right), api.parts.timetable.timetable(school).year
    return JsonAnswer(timetable_shapes.came(came, zone, called) | {"taken": taken})


@router.get(f"{SCHOOL}/ledger", response_model=LedgerAnswer, responses={404: PROBLEMS[404]})
async def ledger(api: ApiHere, school: str, right: ReadsTimetable) -> JsonAnswer:
    """Return what each class was taught this year, what is still planned, and what is missing."""
    _demand(api, right, school)
    found = await api.parts.timetable.balances(school)
    return JsonAnswer({"classes": [{**one._asdict(), "missing": one.missing} for one in found]})


@router.get(f"{SCHOOL}/ledger/lessons", response_model=LessonsTaught, responses={404: PROBLEMS[404]})
async def lessons(
    api: ApiHere, school: str, right: ReadsTimetable, class_name: Annotated[str, Query(max_length=64)]
) -> JsonAnswer:
    """Return what a class was taught this year, lesson by lesson, the last first. Of a lab that the asker does not see,
    neither the lab nor the teacher is told. Each look at names is recorded.
    """
    _demand(api, right, school)
    found = await api.parts.timetable.lessons_of(school, class_name)
    called, zone = timetable_shapes.names(api, right), api.parts.timetable.timetable(school).year
    sight = right.sight(api.parts.registry)
    seen = {one.lab for one, _ in found if sight.place(Place(school, one.lab))}
    people = {one.teacher for one, _ in found if one.lab in seen}
    timetable_shapes.note_names(api, right, f"{school}/{class_name}", people)
    return JsonAnswer({"lessons": [timetable_shapes.taught(one, n, zone, called, seen) for one, n in found]})


@router.get(f"{SCHOOL}/ledger.csv", response_class=Response, responses={404: PROBLEMS[404]})
async def ledger_table(
    api: ApiHere, school: str, right: ReadsTimetable, language: Literal["zh", "en"] = "zh"
) -> Response:
    """Return the ledger as CSV for spreadsheets: UTF-8 with a byte order mark, headings in the language asked for."""
    _demand(api, right, school)
    api.audit.note(right.person.name, "export", f"{school}/ledger", "ledger.csv")
    body = as_csv(await api.parts.timetable.balances(school), language)
    headers = {"Content-Disposition": "attachment; filename=ledger.csv"}
    return Response(body, media_type="text/csv; charset=utf-8", headers=headers)


def _known(api: Api, school: str) -> Known:
    labs = [one for one in api.parts.registry.labs() if one.school == school]
    called = {title: one.lab for one in labs for title in (one.title.zh, one.title.en) if title}
    people = {one.login: one.name for one in api.accounts.staff.all()} if api.accounts.staff else {}
    pseudonyms = {name.casefold(): name for name in api.accounts.people}
    year = api.parts.timetable.timetable(school).year
    return Known(year, called | {one.lab: one.lab for one in labs}, people | pseudonyms)


def _demand(api: Api, right: Right, school: str) -> None:
    """Raise Refusal unless there is such a school and the asker may do it in all of it, or to look: in part of it."""
    if not right.sight(api.parts.registry).place(Place(school)) or school not in _schools(api):
        raise Refusal(HTTPStatus.NOT_FOUND, "unknown_school", "There is no such school")
    if right.action is not Action.READ_TIMETABLE:
        right.demand(Place(school))


def _schools(api: Api) -> set[str]:
    return {one.school for one in api.parts.registry.labs()}


def _year(api: Api, right: Right, school: str) -> JsonAnswer:
    timetable = api.parts.timetable.timetable(school)
    counts: dict[str, Json] = {"weekly": len(timetable.weekly), "dated": len(timetable.dated)}
    may = right.to(Action.MANAGE_TIMETABLE).covers(Place(school))
    return JsonAnswer({"year": told(timetable.year), "may_manage": may} | counts)
