"""Limits otherwise than the catalogue's, for a school or a lab: who may sets them, says why, and takes them back."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import ConfigDict, Field

from labkeeper_hub.accounts import Scope
from labkeeper_hub.alarms.catalogue import Deadband, DelayMs, OverrideEntry
from labkeeper_hub.alarms.limits import LimitRefused
from labkeeper_hub.api import validation
from labkeeper_hub.api.answers import JsonAnswer
from labkeeper_hub.api.documented import PROBLEMS
from labkeeper_hub.api.needs import Right, SetsLimits
from labkeeper_hub.api.problems import Refusal, wrong_field
from labkeeper_hub.api.routes.alarm_rules import OverrideShape, override
from labkeeper_hub.api.state import Api, ApiHere

router = APIRouter(tags=["alarms"])
ANSWERS = {
    "unknown_rule": HTTPStatus.NOT_FOUND,
    "unknown_limit": HTTPStatus.NOT_FOUND,
    "too_many_limits": HTTPStatus.CONFLICT,
    "hub_disk": HTTPStatus.SERVICE_UNAVAILABLE,
}
REFUSALS: dict[int | str, dict[str, Any]] = {status: PROBLEMS[status] for status in (403, 404, 409, 413, 422)}
Number = Annotated[float, Field(allow_inf_nan=False)]


class LimitRequest(validation.Body):
    """Other limits, delays and deadbands, by level, or nothing at all (`off`), in a lab (null: in the whole school),
    and why. What is left out is as in the catalogue.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "school": "demo",
                    "lab": "lab-301",
                    "limits": {"warn": 1200.0},
                    "on_delay_ms": {"warn": 600000},
                    "why": "small room, the sensor hangs beside the door",
                }
            ]
        }
    )

    school: validation.Id
    lab: validation.Id | None = None
    off: bool = False
    limits: Annotated[dict[str, Number], Field(max_length=16, default_factory=dict)]
    on_delay_ms: Annotated[dict[str, DelayMs], Field(max_length=16, default_factory=dict)]
    off_delay_ms: Annotated[dict[str, DelayMs], Field(max_length=16, default_factory=dict)]
    deadband: Annotated[dict[str, Deadband], Field(max_length=16, default_factory=dict)]
    why: Annotated[str, Field(max_length=500, pattern=r"\S")]


class LimitQuery(validation.Query):
    """Where: in a lab, or without one in the whole school."""

    school: validation.Id
    lab: validation.Id | None = None


@router.put("/alarms/rules/{rule}/limits", response_model=OverrideShape, responses=REFUSALS)
async def set_limit(api: ApiHere, rule: validation.Id, asked: LimitRequest, right: SetsLimits) -> JsonAnswer:
    """Set limits, delays and deadbands for a school or a lab, in the place of what was set there; they hold within a
    second. Refused for the safety class where they would alarm later than the catalogue's, end earlier, or not at all.
    """
    right.demand(Scope(asked.school, asked.lab))
    entry = OverrideEntry(rule=rule, who=right.person.name, **asked.model_dump())
    where = _where(rule, asked.school, asked.lab)
    try:
        fresh = await api.parts.limits.put(entry)
    except LimitRefused as refused:
        raise _refusal(api, right, "set_alarm_limit", where, refused) from refused
    api.audit.note(right.person.name, "set_alarm_limit", where, f"{_said(fresh)}: {fresh.why}")
    return JsonAnswer(override(fresh))


@router.delete(
    "/alarms/rules/{rule}/limits",
    status_code=HTTPStatus.NO_CONTENT,
    response_class=Response,
    responses=REFUSALS,
)
async def remove_limit(
    api: ApiHere, rule: validation.Id, query: Annotated[LimitQuery, Query()], right: SetsLimits
) -> Response:
    """Take back what was set for a school or a lab; what the file `alarms.toml` says is changed there."""
    right.demand(Scope(query.school, query.lab))
    where = _where(rule, query.school, query.lab)
    try:
        await api.parts.limits.remove((rule, query.school, query.lab))
    except LimitRefused as refused:
        raise _refusal(api, right, "remove_alarm_limit", where, refused) from refused
    api.audit.note(right.person.name, "remove_alarm_limit", where, "ok")
    return Response(status_code=HTTPStatus.NO_CONTENT)


def _said(entry: OverrideEntry) -> str:
    """Return what was set in a few words: a bare number is a limit."""
    if entry.off:
        return "off"
    names = {"limits": "", "on_delay_ms": "on_delay_ms ", "off_delay_ms": "off_delay_ms ", "deadband": "deadband "}
    every = [(names[what], levels) for what, levels in entry.changes.items()]
    return ", ".join(f"{level} {name}{value:g}" for name, levels in every for level, value in levels.items())


def _where(rule: str, school: str, lab: str | None) -> str:
    return f"{rule} {school}/{lab}" if lab else f"{rule} {school}"


def _refusal(api: Api, right: Right, what: str, where: str, refused: LimitRefused) -> Refusal:
    api.audit.note(right.person.name, what, where, refused.code)
    if refused.code in ANSWERS:
        return Refusal(ANSWERS[refused.code], refused.code, str(refused))
    field = ".".join(("body", *(refused.where or ())))
    return wrong_field(refused.code, field, str(refused))
