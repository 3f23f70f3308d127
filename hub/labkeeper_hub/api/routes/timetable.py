"""The timetable of a school: its year, files to import, and the ledger of periods per class."""

import asyncio
from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from labkeeper_hub.accounts import Action
from labkeeper_hub.accounts import Scope as Place
from labkeeper_hub.api import timetable_shapes, validation
from labkeeper_hub.api.answers import JsonAnswer
from labkeeper_hub.api.documented import PROBLEMS
from labkeeper_hub.api.models import shape
from labkeeper_hub.api.needs import ManagesTimetable, ReadsTimetable, Right
from labkeeper_hub.api.problems import Refusal
from labkeeper_hub.api.state import Api, ApiHere
from labkeeper_hub.timetable.border import EXAMPLE, YearBody, told
from labkeeper_hub.timetable.csv_file import read_csv
from labkeeper_hub.timetable.ics_file import read_ics
from labkeeper_hub.timetable.reading import Known, Read

router = APIRouter(tags=["timetable"])
MOST_CHARACTERS = 1_000_000
SCHOOL = "/timetables/{school}"
CSV = "lab,class,course,day,period\nlab-301,4(1),AI,Mon,1\n"
FAULT = {"row": 2, "column": "lab", "zh": "没有名为“303”的实验室", "en": "there is no lab “303”"}
CONFLICT = {"reason": "lab", "zh": "301 实验室已有安排：……", "en": "Lab 301 is taken: …"}
BALANCE = {"class_name": "4(1)", "course": "AI", "wanted": 30, "taught": 11, "planned": 17, "missing": 2}
REFUSALS: dict[int | str, dict[str, Any]] = {status: PROBLEMS[status] for status in (403, 404, 413)}


class FileRequest(validation.Body):
    """A file's text. `check`: only look what it would come to."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"format": "csv", "text": CSV, "check": True}]})
    format: Literal["csv", "ics"]
    text: Annotated[str, Field(max_length=MOST_CHARACTERS)]
    check: bool = False


class YearAnswer(BaseModel):
    """A school's year, and how many slots its timetable has."""

    model_config = shape({"year": EXAMPLE, "weekly": 12, "dated": 0})
    year: dict[str, Any]
    weekly: int
    dated: int


class FaultShape(BaseModel):
    """What is wrong in a place of a file; the heading is row 1."""

    model_config = shape(FAULT)
    row: int
    column: str
    zh: str
    en: str


class ConflictShape(BaseModel):
    """What is in the way: the lab, the teacher or the class."""

    model_config = shape(CONFLICT)
    reason: Literal["lab", "teacher", "class"]
    zh: str
    en: str


class FileAnswer(BaseModel):
    """What a file came to. It is taken in whole, in the place of all slots of its labs, or not at all."""

    model_config = shape(
        {"taken": False, "weekly": 0, "dated": 0, "labs": [], "faults": [FAULT], "conflicts": [CONFLICT]}
    )
    taken: bool
    weekly: int
    dated: int
    labs: list[str]
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


@router.get(SCHOOL, response_model=YearAnswer, responses={404: PROBLEMS[404]})
async def year(api: ApiHere, school: str, right: ReadsTimetable) -> JsonAnswer:
    """Return a school's year."""
    _demand(api, right, school)
    return _year(api, school)


@router.put(SCHOOL, response_model=YearAnswer, responses=REFUSALS)
async def set_year(api: ApiHere, school: str, asked: YearBody, right: ManagesTimetable) -> JsonAnswer:
    """Put a year in the place of the one before; the slots stay."""
    _demand(api, right, school)
    await api.parts.timetable.set_year(school, asked.noun())
    api.audit.note(right.person.name, "set_school_year", school, "ok")
    return _year(api, school)


@router.post(f"{SCHOOL}/import", response_model=FileAnswer, responses=REFUSALS)
async def take_in(api: ApiHere, school: str, asked: FileRequest, right: ManagesTimetable) -> JsonAnswer:
    """Take a file in, or check it. What is wrong is told place by place, and then nothing was changed."""
    _demand(api, right, school)
    read = await _read(api, school, asked)
    found = [] if read.faults else await api.parts.timetable.take_in(school, read, check=asked.check)
    taken = not (asked.check or read.faults or found)
    if not asked.check:
        said = ", ".join(sorted(read.labs)) if taken else "refused"
        api.audit.note(right.person.name, "import_timetable", school, said)
    called, zone = timetable_shapes.names(api, right), api.parts.timetable.timetable(school).year
    return JsonAnswer(
        {
            "taken": taken,
            "weekly": len(read.weekly),
            "dated": len(read.dated),
            "labs": sorted(read.labs),
            "faults": [
                {"row": one.row, "column": one.column, "zh": one.told.zh, "en": one.told.en} for one in read.faults
            ],
            "conflicts": timetable_shapes.conflicts(found, zone, called),
        }
    )


@router.get(f"{SCHOOL}/ledger", response_model=LedgerAnswer, responses={404: PROBLEMS[404]})
async def ledger(api: ApiHere, school: str, right: ReadsTimetable) -> JsonAnswer:
    """Return what each class was taught this year, what is still planned, and what is missing."""
    _demand(api, right, school)
    found = await api.parts.timetable.balances(school)
    return JsonAnswer({"classes": [{**one._asdict(), "missing": one.missing} for one in found]})


async def _read(api: Api, school: str, asked: FileRequest) -> Read:
    # expanding a calendar is work for a thread: nobody else waits for it
    reader = read_csv if asked.format == "csv" else read_ics
    known = _known(api, school)
    return await asyncio.to_thread(reader, asked.text, known)


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


def _year(api: Api, school: str) -> JsonAnswer:
    timetable = api.parts.timetable.timetable(school)
    return JsonAnswer({"year": told(timetable.year), "weekly": len(timetable.weekly), "dated": len(timetable.dated)})
