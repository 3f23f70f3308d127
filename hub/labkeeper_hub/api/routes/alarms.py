"""Alarms: what stands, what happened, and what people do with it."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from labkeeper_hub.alarms.states import AlarmRefused, Shelf
from labkeeper_hub.api import shapes, validation
from labkeeper_hub.api.alarm_shapes import AlarmEntryShape, AlarmShape
from labkeeper_hub.api.answers import Json, JsonAnswer
from labkeeper_hub.api.documented import PROBLEMS
from labkeeper_hub.api.models import SOURCE, example_of, shape
from labkeeper_hub.api.needs import ReadsAlarms, Right, TendsAlarms
from labkeeper_hub.api.problems import Refusal, wrong_field
from labkeeper_hub.api.state import Api, ApiHere
from labkeeper_hub.model import AlarmKey, AlarmNow, PointKey

router = APIRouter(tags=["alarms"])
MOST_AT_ONCE = 1_000
MOST_LINES = 10_000
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
    def keys(self) -> Sequence[AlarmKey]:
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
    """Lines of the history, newest first. `next`: ask again with `before` this for those before; null: that is all. A
    page has fewer lines than asked for where some are not for the asker's eyes.
    """

    model_config = shape({"entries": [example_of(AlarmEntryShape)], "next": 4711})
    entries: list[AlarmEntryShape]
    next: int | None


class HistoryQuery(validation.Query):
    """Which lines: the newest, since a moment, of one rule; `before`: those older than the `next` of another page."""

    limit: Annotated[int, Field(ge=1, le=MOST_LINES)] = 1000
    since: validation.Time = Field(0, alias="from")
    before: Annotated[int, Field(ge=1, le=validation.LAST_MS)] | None = None
    rule: validation.Id | None = None


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
    found = await api.parts.alarms.history(
        limit=query.limit, since_ms=query.since, before=query.before, rule=query.rule
    )
    seen: list[Json] = [shapes.alarm_entry(one) for one in found if sight.point(one.key.source)]
    return JsonAnswer({"entries": seen, "next": found[-1].number if len(found) == query.limit else None})


@router.post("/alarms/acknowledge", response_model=AlarmList, responses=REFUSALS)
async def acknowledge(api: ApiHere, asked: AlarmsRequest, right: TendsAlarms) -> JsonAnswer:
    """Say that somebody has seen them; answered once that is on disk."""
    act = Act(api, right, "acknowledge_alarm", asked.keys)
    return await act.done(lambda: api.parts.alarms.acknowledge(act.keys, act.who))


@router.post("/alarms/reset", response_model=AlarmList, responses=REFUSALS)
async def reset(api: ApiHere, asked: AlarmsRequest, right: TendsAlarms) -> JsonAnswer:
    """End latches; refused while a condition still holds."""
    act = Act(api, right, "reset_alarm", asked.keys)
    return await act.done(lambda: api.parts.alarms.reset(act.keys, act.who))


@router.post("/alarms/shelve", response_model=AlarmList, responses=REFUSALS)
async def shelve(api: ApiHere, asked: ShelveRequest, right: TendsAlarms) -> JsonAnswer:
    """Put alarms aside for a limited time; refused for the safety class."""
    act = Act(api, right, "shelve_alarm", asked.keys, f"until {asked.until_ms}: {asked.why}")
    shelf = Shelf(act.who, asked.why, asked.until_ms)
    return await act.done(lambda: api.parts.alarms.shelve(act.keys, shelf))


@router.post("/alarms/unshelve", response_model=AlarmList, responses=REFUSALS)
async def unshelve(api: ApiHere, asked: AlarmsRequest, right: TendsAlarms) -> JsonAnswer:
    """Take alarms back from the shelf."""
    act = Act(api, right, "unshelve_alarm", asked.keys)
    return await act.done(lambda: api.parts.alarms.unshelve(act.keys, act.who))


@router.post("/alarms/take-out", response_model=AlarmList, responses=REFUSALS)
async def take_out(api: ApiHere, asked: TakeOutRequest, right: TendsAlarms) -> JsonAnswer:
    """Take an alarm out of service for a work order. Of the safety class the first person is refused with
    `second_person`, and another person who asks the same within ten minutes does it.
    """
    act = Act(api, right, "take_alarm_out", [asked.alarm.key], asked.order)

    async def taken() -> tuple[AlarmNow, ...]:
        return (await api.parts.alarms.take_out(asked.alarm.key, act.who, asked.order),)

    return await act.done(taken)


@router.post("/alarms/put-back", response_model=AlarmList, responses=REFUSALS)
async def put_back(api: ApiHere, asked: AlarmsRequest, right: TendsAlarms) -> JsonAnswer:
    """Put alarms back into service."""
    act = Act(api, right, "put_alarm_back", asked.keys)
    return await act.done(lambda: api.parts.alarms.put_back(act.keys, act.who))


@dataclass(frozen=True, slots=True)
class Act:
    """What one person does with alarms: where they may, for all of them or none, and on the record either way."""

    api: Api
    right: Right
    what: str
    keys: Sequence[AlarmKey]
    why: str = ""

    @property
    def who(self) -> str:
        return self.right.person.name

    async def done(self, deed: Callable[[], Awaitable[Iterable[AlarmNow]]]) -> JsonAnswer:
        """Do it and answer with the alarms as they are then; raises Refusal."""
        demand_alarms(self.api, self.right, *self.keys)
        try:
            found = await deed()
        except AlarmRefused as refused:
            self._note(refused.code)
            raise _refusal(refused) from refused
        self._note(self.why or "ok")
        return _list(found)

    def _note(self, result: str) -> None:
        for key in self.keys:
            self.api.audit.note(self.who, self.what, f"{key.rule} {'/'.join(key.source)}", result)


def demand_alarms(api: Api, right: Right, *keys: AlarmKey) -> None:
    """Raise Refusal unless every alarm's point is one where the asker may do it."""
    for key in keys:
        right.demand_point(api.parts.registry, key.source)


def _list(found: Iterable[AlarmNow]) -> JsonAnswer:
    return JsonAnswer({"alarms": [shapes.alarm(one) for one in found]})


def _refusal(refused: AlarmRefused) -> Refusal:
    if refused.code == "unknown_alarm":
        return Refusal(HTTPStatus.NOT_FOUND, refused.code, refused.message)
    if refused.code in FIELDS:
        return wrong_field(refused.code, f"body.{FIELDS[refused.code]}", refused.message)
    return Refusal(HTTPStatus.CONFLICT, refused.code, refused.message)
