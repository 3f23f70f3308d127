"""Alarms: what stands, what happened, and what people do with it."""

import asyncio
from collections.abc import Iterable
from dataclasses import asdict, replace
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from labkeeper_hub.alarms.backtest import back_test
from labkeeper_hub.alarms.catalogue import with_limits
from labkeeper_hub.alarms.rules import Rule
from labkeeper_hub.alarms.states import AlarmRefused, Shelf
from labkeeper_hub.api import shapes, validation
from labkeeper_hub.api.answers import Json, JsonAnswer
from labkeeper_hub.api.documented import PROBLEMS
from labkeeper_hub.api.models import SOURCE, AlarmEntryShape, AlarmShape, example_of, shape
from labkeeper_hub.api.needs import ReadsAlarms, Right, TendsAlarms
from labkeeper_hub.api.problems import Refusal, wrong_field
from labkeeper_hub.api.state import Api, ApiHere
from labkeeper_hub.model import AlarmKey, AlarmNow, PointKey, ReadingsQuery
from labkeeper_hub.ports import Parts, UnknownPoint
from labkeeper_sdk import Value

router = APIRouter(tags=["alarms"])
MOST_AT_ONCE = 1_000
MOST_LINES = 10_000
MOST_TRIED, PAGE_ROWS = 500_000, 50_000
FIELDS = {"no_reason": "why", "bad_end": "until_ms", "no_work_order": "order"}
Part = Annotated[str, Field(max_length=256)]
ONE = {"rule": "co2"} | SOURCE


class AlarmAddress(validation.Body):
    """One alarm: its rule and its source. A node's own has no device and no point, the broker's nothing at all."""

    rule: validation.Id
    school: Part = ""
    node: Part = ""
    device: Part = ""
    point: Part = ""

    @property
    def key(self) -> AlarmKey:
        return AlarmKey(self.rule, PointKey(self.school, self.node, self.device, self.point))


Addresses = Annotated[list[AlarmAddress], Field(min_length=1, max_length=MOST_AT_ONCE)]


class AlarmsRequest(validation.Body):
    """Which alarms: all of them, or none if one refuses."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"alarms": [ONE]}]})

    alarms: Addresses

    @property
    def keys(self) -> Iterable[AlarmKey]:
        return [one.key for one in self.alarms]


class ShelveRequest(AlarmsRequest):
    """Which alarms to put aside, why, and until when (at most 24 hours)."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"alarms": [ONE], "why": "painting the room", "until_ms": 1767232800000}]}
    )

    why: validation.Text
    until_ms: Annotated[int, Field(ge=0, le=validation.LAST_MS)]


class TakeOutRequest(validation.Body):
    """Which alarm to take out of service, and the work order it is for."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"alarm": ONE, "order": "W-7"}]})

    alarm: AlarmAddress
    order: Annotated[str, Field(max_length=256)]


class AlarmList(BaseModel):
    """Alarms anybody has to do with: standing, not acknowledged, shelved, out of service. The most urgent first."""

    model_config = shape({"alarms": [example_of(AlarmShape)]})
    alarms: list[AlarmShape]


class AlarmHistory(BaseModel):
    """Lines of the history, newest first."""

    model_config = shape({"entries": [example_of(AlarmEntryShape)]})
    entries: list[AlarmEntryShape]


class HistoryQuery(validation.Query):
    """Which lines: the newest, since a moment, of one rule."""

    limit: Annotated[int, Field(ge=1, le=MOST_LINES)] = 1000
    since: validation.Time = Field(0, alias="from")
    rule: validation.Id | None = None


class TryRequest(validation.Body):
    """Which rule to try on which point's readings, from <= time < to; `limits` by level instead of those that hold."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"alarm": ONE, "from": 1767225600000, "to": 1767312000000, "limits": {"warn": 1200.0}},
            ]
        }
    )

    alarm: AlarmAddress
    since: validation.Time = Field(alias="from")
    to: validation.Time
    limits: Annotated[dict[str, float], Field(max_length=16, default_factory=dict)]


class SpellShape(BaseModel):
    """One stretch at one level; `open_end`: it held until the recording ended."""

    model_config = shape({"level": "warn", "from_ms": 1767225600000, "to_ms": 1767227400000, "open_end": False})
    level: str
    from_ms: int
    to_ms: int
    open_end: bool


class TrialAnswer(BaseModel):
    """What the rule would have done on so many readings; gates count as open."""

    model_config = shape({"readings": 1440, "spells": [example_of(SpellShape)]})
    readings: int
    spells: list[SpellShape]


REFUSALS: dict[int | str, dict[str, Any]] = {status: PROBLEMS[status] for status in (403, 404, 409, 413)}


@router.get("/alarms", response_model=AlarmList)
async def alarms(api: ApiHere, right: ReadsAlarms) -> JsonAnswer:
    """List the alarms that anybody has to do with."""
    sight = right.sight(api.parts.registry)
    return _list(one for one in api.parts.alarms.shown() if sight.point(one.key.source))


@router.get("/alarms/history", response_model=AlarmHistory)
async def history(api: ApiHere, right: ReadsAlarms, query: Annotated[HistoryQuery, Query()]) -> JsonAnswer:
    """Tell what happened to alarms."""
    sight = right.sight(api.parts.registry)
    found = await api.parts.alarms.history(limit=query.limit, since_ms=query.since, rule=query.rule)
    return JsonAnswer({"entries": [shapes.alarm_entry(one) for one in found if sight.point(one.key.source)]})


@router.post("/alarms/acknowledge", response_model=AlarmList, responses=REFUSALS)
async def acknowledge(api: ApiHere, asked: AlarmsRequest, right: TendsAlarms) -> JsonAnswer:
    """Say that somebody has seen them; answered once that is on disk."""
    _demand(api, right, *asked.keys)
    try:
        return _list(await api.parts.alarms.acknowledge(asked.keys, right.person.name))
    except AlarmRefused as refused:
        raise _refusal(refused) from refused


@router.post("/alarms/reset", response_model=AlarmList, responses=REFUSALS)
async def reset(api: ApiHere, asked: AlarmsRequest, right: TendsAlarms) -> JsonAnswer:
    """End latches; refused while a condition still holds."""
    _demand(api, right, *asked.keys)
    try:
        return _list(await api.parts.alarms.reset(asked.keys, right.person.name))
    except AlarmRefused as refused:
        raise _refusal(refused) from refused


@router.post("/alarms/shelve", response_model=AlarmList, responses=REFUSALS)
async def shelve(api: ApiHere, asked: ShelveRequest, right: TendsAlarms) -> JsonAnswer:
    """Put alarms aside for a limited time; refused for the safety class."""
    _demand(api, right, *asked.keys)
    shelf = Shelf(right.person.name, asked.why, asked.until_ms)
    try:
        return _list(await api.parts.alarms.shelve(asked.keys, shelf))
    except AlarmRefused as refused:
        raise _refusal(refused) from refused


@router.post("/alarms/unshelve", response_model=AlarmList, responses=REFUSALS)
async def unshelve(api: ApiHere, asked: AlarmsRequest, right: TendsAlarms) -> JsonAnswer:
    """Take alarms back from the shelf."""
    _demand(api, right, *asked.keys)
    try:
        return _list(await api.parts.alarms.unshelve(asked.keys, right.person.name))
    except AlarmRefused as refused:
        raise _refusal(refused) from refused


@router.post("/alarms/take-out", response_model=AlarmList, responses=REFUSALS)
async def take_out(api: ApiHere, asked: TakeOutRequest, right: TendsAlarms) -> JsonAnswer:
    """Take an alarm out of service for a work order. Of the safety class the first person is refused with
    `second_person`, and another person who asks the same within ten minutes does it.
    """
    _demand(api, right, asked.alarm.key)
    try:
        return _list([await api.parts.alarms.take_out(asked.alarm.key, right.person.name, asked.order)])
    except AlarmRefused as refused:
        raise _refusal(refused) from refused


@router.post("/alarms/put-back", response_model=AlarmList, responses=REFUSALS)
async def put_back(api: ApiHere, asked: AlarmsRequest, right: TendsAlarms) -> JsonAnswer:
    """Put alarms back into service."""
    _demand(api, right, *asked.keys)
    try:
        return _list(await api.parts.alarms.put_back(asked.keys, right.person.name))
    except AlarmRefused as refused:
        raise _refusal(refused) from refused


@router.post("/alarms/try", response_model=TrialAnswer, responses=REFUSALS)
async def try_rule(api: ApiHere, right: ReadsAlarms, asked: TryRequest) -> JsonAnswer:
    """Tell how often, when and how long a rule would have alarmed on what was recorded; it alarms nobody."""
    _demand(api, right, asked.alarm.key)
    rule = _tried(api.parts, asked)
    readings = await _recorded(api.parts, asked)
    trial = await asyncio.to_thread(back_test, rule, readings, asked.to)
    spells: list[Json] = [asdict(spell) for spell in trial.spells]
    return JsonAnswer({"readings": len(readings), "spells": spells})


def _demand(api: Api, right: Right, *keys: AlarmKey) -> None:
    """Raise Refusal unless every alarm's point is one where the asker may do it."""
    for key in keys:
        right.demand_point(api.parts.registry, key.source)


def _tried(parts: Parts, asked: TryRequest) -> Rule:
    """Return the rule as it holds where the point is, with the limits asked for."""
    key = asked.alarm.key
    device = parts.registry.device(key.source.of_device)
    catalogue, lab = parts.alarms.catalogue, device.lab if device else ""
    rule = catalogue.rule_for(key.rule, key.source.school, lab) if key.rule in catalogue.rules else None
    if rule is None:
        raise Refusal(HTTPStatus.NOT_FOUND, "unknown_rule", "There is no such rule, or it is off there")
    unknown = sorted(set(asked.limits) - {level.name for level in rule.levels})
    if unknown:
        raise wrong_field("unknown_level", f"body.limits.{unknown[0]}", "the rule has no such level")
    return with_limits(rule, asked.limits)


async def _recorded(parts: Parts, asked: TryRequest) -> list[tuple[int, float | None]]:
    found: list[tuple[int, float | None]] = []
    query = ReadingsQuery(asked.alarm.key.source, asked.since, asked.to, limit=PAGE_ROWS)
    try:
        while len(found) <= MOST_TRIED:
            page = await parts.readings.page(query)
            found += [(row.time_ms, _number(row.value)) for row in page.rows]
            if page.after is None:
                return found
            query = replace(query, after=page.after)
    except UnknownPoint as error:
        raise Refusal(HTTPStatus.NOT_FOUND, "unknown_point", "There is no such point") from error
    raise wrong_field("too_long", "body.from", f"at most {MOST_TRIED} readings are tried at once: ask for less time")


def _number(value: Value | None) -> float | None:
    return float(value) if isinstance(value, bool | int | float) else None


def _list(found: Iterable[AlarmNow]) -> JsonAnswer:
    return JsonAnswer({"alarms": [shapes.alarm(one) for one in found]})


def _refusal(refused: AlarmRefused) -> Refusal:
    if refused.code == "unknown_alarm":
        return Refusal(HTTPStatus.NOT_FOUND, refused.code, refused.message)
    if refused.code in FIELDS:
        return wrong_field(refused.code, f"body.{FIELDS[refused.code]}", refused.message)
    return Refusal(HTTPStatus.CONFLICT, refused.code, refused.message)
