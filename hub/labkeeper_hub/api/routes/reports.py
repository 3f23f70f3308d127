"""A lab's day or week as a page to print, or as a PDF where the hub can make one."""

from datetime import UTC, date, datetime
from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from labkeeper_hub.accounts import Scope
from labkeeper_hub.api.answers import JsonAnswer
from labkeeper_hub.api.documented import PROBLEMS
from labkeeper_hub.api.models import shape
from labkeeper_hub.api.needs import ExportsReadings, IsSignedIn, Right
from labkeeper_hub.api.problems import Refusal
from labkeeper_hub.api.reported import PDF, Reported, at_the_press, drawn, printed
from labkeeper_hub.api.state import Api, ApiHere
from labkeeper_hub.recordings.plans import ordered_points
from labkeeper_hub.reports.document import Document
from labkeeper_hub.reports.room import Asked, day_window, document

router = APIRouter(tags=["reports"])
EXAMPLES = {"text/html": "<!doctype html>…", PDF: "%PDF-1.7…"}


def _answers(media: str, *more: int) -> dict[int | str, dict[str, Any]]:
    told: dict[str, Any] = {"content": {media: {"schema": {"type": "string"}, "example": EXAMPLES[media]}}}
    return {200: told, **{status: PROBLEMS[status] for status in (404, 503, *more)}}


class ReportForms(BaseModel):
    """What reports can be had as. `lack`: what keeps the hub from making PDFs."""

    model_config = shape({"forms": ["html"], "lack": "library"})
    forms: list[Literal["html", "pdf"]]
    lack: Literal["library", "font", "failed"] | None


class RoomReport(Reported):
    """That day, or the week that begins with it."""

    day: date
    span: Literal["day", "week"] = "day"

    @property
    def days(self) -> int:
        """How many days that is."""
        return 1 if self.span == "day" else 7


@router.get("/reports", response_model=ReportForms)
async def forms(api: ApiHere, right: IsSignedIn) -> JsonAnswer:
    """Tell what reports can be had as. Whether the hub can make PDFs is tried once, when this is asked first."""
    right.demand()
    lack = await api.press.lacks()
    return JsonAnswer({"forms": ["html"] if lack else ["html", "pdf"], "lack": lack and lack.value})


@router.get("/labs/{school}/{lab}/report", response_class=Response, responses=_answers("text/html"))
async def report(
    api: ApiHere, right: ExportsReadings, school: str, lab: str, asked: Annotated[RoomReport, Query()]
) -> Response:
    """Draw air, light, noise, use, energy and alarms of a lab. The page loads nothing from anywhere."""
    _demand(api, right, school, lab)
    api.audit.note(right.person.name, "room_report", f"{school}/{lab}", f"{asked.day} {asked.days} days")
    return await drawn(api, await _document(api, right, school, lab, asked))


@router.get("/labs/{school}/{lab}/report.pdf", response_class=Response, responses=_answers(PDF, 429, 501))
async def report_file(
    api: ApiHere,
    right: ExportsReadings,
    school: str,
    lab: str,
    asked: Annotated[RoomReport, Query()],
    request: Request,
) -> Response:
    """Make the same report a PDF of A4 pages, where the hub has what that takes; `GET /api/v1/reports` says so."""
    _demand(api, right, school, lab)
    api.audit.note(right.person.name, "room_report", f"{school}/{lab}", f"{asked.day} {asked.days} days pdf")
    async with at_the_press(api):
        content = await _document(api, right, school, lab, asked)
        return await printed(api, request, content, f"labkeeper-{lab}-{asked.day}-{asked.span}.pdf")


def _demand(api: Api, right: Right, school: str, lab: str) -> None:
    if (school, lab) not in [(one.school, one.lab) for one in right.sight(api.parts.registry).labs()]:
        raise Refusal(HTTPStatus.NOT_FOUND, "unknown_lab", "There is no such lab")
    right.demand(Scope(school, lab))


async def _document(api: Api, right: Right, school: str, lab: str, asked: RoomReport) -> Document:
    midnight = datetime(asked.day.year, asked.day.month, asked.day.day, tzinfo=UTC)
    window = day_window(int(midnight.timestamp() * 1000), asked.days, asked.offset_min)
    name = asked.lab_name(api, school, lab)
    wanted = Asked(asked.language, asked.offset_min, *window, asked.days, name, right.now_ms)
    points = [point for one in api.parts.registry.devices(school) if one.lab == lab for point in ordered_points(one)]
    alarms = await api.parts.alarms.of_lab(school, lab, *window)
    rules = {name: rule.told.title for name, rule in api.parts.alarms.catalogue.rules.items()}
    return await document(api.parts.readings, points, alarms, wanted, rules)
