"""A lab's day or week as a page to print."""

from datetime import UTC, date, datetime
from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from labkeeper_hub.accounts import Scope
from labkeeper_hub.api.documented import PROBLEMS
from labkeeper_hub.api.needs import ExportsReadings
from labkeeper_hub.api.problems import Refusal
from labkeeper_hub.api.reported import Reported, drawn
from labkeeper_hub.api.state import ApiHere
from labkeeper_hub.recordings.plans import ordered_points
from labkeeper_hub.reports.room import Asked, day_window, document

router = APIRouter(tags=["reports"])
PAGE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/html": {"schema": {"type": "string"}, "example": "<!doctype html>…"}}},
    404: PROBLEMS[404],
    503: PROBLEMS[503],
}


class RoomReport(Reported):
    """That day, or the week that begins with it."""

    day: date
    span: Literal["day", "week"] = "day"

    @property
    def days(self) -> int:
        """How many days that is."""
        return 1 if self.span == "day" else 7


@router.get("/labs/{school}/{lab}/report", response_class=Response, responses=PAGE)
async def report(
    api: ApiHere, right: ExportsReadings, school: str, lab: str, asked: Annotated[RoomReport, Query()]
) -> Response:
    """Draw air, light, noise, use, energy and alarms of a lab. The page loads nothing from anywhere."""
    if (school, lab) not in [(one.school, one.lab) for one in right.sight(api.parts.registry).labs()]:
        raise Refusal(HTTPStatus.NOT_FOUND, "unknown_lab", "There is no such lab")
    right.demand(Scope(school, lab))
    midnight = datetime(asked.day.year, asked.day.month, asked.day.day, tzinfo=UTC)
    window = day_window(int(midnight.timestamp() * 1000), asked.days, asked.offset_min)
    name = asked.lab_name(api, school, lab)
    wanted = Asked(asked.language, asked.offset_min, *window, asked.days, name, right.now_ms)
    points = [point for one in api.parts.registry.devices(school) if one.lab == lab for point in ordered_points(one)]
    alarms = await api.parts.alarms.of_lab(school, lab, *window)
    api.audit.note(right.person.name, "room_report", f"{school}/{lab}", f"{asked.day} {asked.days} days")
    rules = {name: rule.told.title for name, rule in api.parts.alarms.catalogue.rules.items()}
    return await drawn(api, await document(api.parts.readings, points, alarms, wanted, rules))
