"""Automations: what there is, on or off, what each did and why, and what it would have done."""

from collections.abc import Awaitable
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from labkeeper_hub.accounts import Action
from labkeeper_hub.accounts import Scope as Place
from labkeeper_hub.api import validation
from labkeeper_hub.api.answers import Json, JsonAnswer
from labkeeper_hub.api.documented import PROBLEMS
from labkeeper_hub.api.models import shape
from labkeeper_hub.api.needs import Automates, ReadsPlaces, Right
from labkeeper_hub.api.problems import Refusal, wrong_field
from labkeeper_hub.api.state import Api, ApiHere
from labkeeper_hub.automations.as_form import form_of
from labkeeper_hub.automations.book import AutomationRefused, Kept
from labkeeper_hub.automations.border import LONGEST
from labkeeper_hub.automations.desk import loaded
from labkeeper_hub.automations.history import TooMuch
from labkeeper_hub.automations.loading import SUPPLIED, supplied
from labkeeper_hub.automations.rules import Automation
from labkeeper_hub.automations.trace import Trace
from labkeeper_hub.automations.trial import Span
from labkeeper_hub.automations.wording import in_words
from labkeeper_hub.telling.hours import Hours

router = APIRouter(tags=["automations"])
MOST_RUNS = 1000
LONGEST_MS = 31 * 86_400_000
TEXT = supplied(SUPPLIED[0])
SAID = {"zh": "没有人时关灯", "en": "Lights off in an empty room"}
ADDRESS = {"school": "demo", "node": "lab-301", "device": "lamp", "point": "state"}
PART: dict[str, Any] = {
    "text": "empty for 10 min",
    "words": {"zh": "房间里没有人 已持续 10 分钟", "en": "the room is empty for 10 min"},
    "truth": True,
    "seen": [{"input": "empty", "value": True}],
}
RESULT: dict[str, Any] = ADDRESS | {"value": False, "state": "done", "code": "", "message": ""}
RUN: dict[str, Any] = {
    "automation": "lights-off",
    "at_ms": 1767225600000,
    "outcome": "done",
    "why": None,
    "parts": [PART],
    "results": [RESULT],
}
ONE: dict[str, Any] = {
    "id": "lights-off",
    "title": SAID,
    "school": "demo",
    "lab": "lab-301",
    "on": False,
    "when": "empty for 10 min and lit",
    "words": {"zh": "房间里没有人 已持续 10 分钟 且 有灯开着", "en": "the room is empty for 10 min and a lamp is on"},
    "text": TEXT,
    "form": form_of(TEXT),
    "by": "owner",
    "at_ms": 1767225600000,
    "mine": True,
}
ANSWERS = {
    "unknown_automation": HTTPStatus.NOT_FOUND,
    "another_lab": HTTPStatus.CONFLICT,
    "too_many_automations": HTTPStatus.CONFLICT,
    "hub_disk": HTTPStatus.SERVICE_UNAVAILABLE,
}
REFUSALS: dict[int | str, dict[str, Any]] = {status: PROBLEMS[status] for status in (403, 404, 409, 413)}


class AutomationTextRequest(validation.Body):
    """One automation, as TOML."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": TEXT}]})
    text: Annotated[str, Field(min_length=1, max_length=LONGEST)]


class AutomationSwitchRequest(validation.Body):
    """Whether it is to act."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"on": True}]})
    on: bool


class AutomationTryRequest(AutomationTextRequest):
    """One automation as TOML, on what was recorded from <= time < to."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": TEXT, "from": 1767225600000, "to": 1767830400000}]}
    )
    since: validation.Time = Field(alias="from")
    to: validation.Time


class RunsQuery(validation.Query):
    """Of which automation, and how many at most."""

    automation: Annotated[str, Field(max_length=32)] | None = None
    limit: Annotated[int, Field(ge=1, le=MOST_RUNS)] = 100


class AutomationTitleShape(BaseModel):
    """A text in both languages."""

    model_config = shape(SAID)
    zh: str
    en: str


class AutomationShape(BaseModel):
    """An automation. `when` is what it waits for, `words` the same for readers, `mine`: the asker may change it;
    `form`: what the page's form shows of it, null where only the text can say it.
    """

    model_config = shape(ONE)
    id: str
    title: AutomationTitleShape
    school: str
    lab: str
    on: bool
    when: str
    words: AutomationTitleShape
    text: str
    form: dict[str, Any] | None
    by: str
    at_ms: int
    mine: bool


class AutomationList(BaseModel):
    """Every automation of the labs one sees."""

    model_config = shape({"automations": [ONE]})
    automations: list[AutomationShape]


class AutomationSuppliedList(BaseModel):
    """Texts to begin with; none of them is on anywhere."""

    model_config = shape({"supplied": [{"id": "lights-off", "title": SAID, "text": TEXT}]})
    supplied: list[dict[str, Any]]


class AutomationSeenShape(BaseModel):
    """An input and its value then."""

    model_config = shape(PART["seen"][0])
    input: str
    value: bool | int | float | str


class AutomationPartShape(BaseModel):
    """A part of a condition; `truth` null: not known."""

    model_config = shape(PART)
    text: str
    words: AutomationTitleShape
    truth: bool | None
    seen: list[AutomationSeenShape]


class AutomationResultShape(BaseModel):
    """What became of one command."""

    model_config = shape(RESULT)
    school: str
    node: str
    device: str
    point: str
    value: bool | int | float | str
    state: str
    code: str
    message: str


class AutomationRunShape(BaseModel):
    """A run, or what held one up (`outcome` held, `why`), by which parts it was decided, and what came of it."""

    model_config = shape(RUN)
    automation: str
    at_ms: int
    outcome: str
    why: str | None
    parts: list[AutomationPartShape]
    results: list[AutomationResultShape]


class AutomationRunList(BaseModel):
    """The newest first."""

    model_config = shape({"runs": [RUN]})
    runs: list[AutomationRunShape]


class AutomationTrialAnswer(BaseModel):
    """What it would have done on so many readings, in order of time. `known_ms`: from when on stops and who held the
    whole lab are on record and counted; null: never in this time.
    """

    model_config = shape({"readings": 1440, "known_ms": 1767225600000, "runs": [RUN | {"results": []}]})
    readings: int
    known_ms: int | None
    runs: list[AutomationRunShape]


@router.get("/automations", response_model=AutomationList)
async def automations(api: ApiHere, right: ReadsPlaces) -> JsonAnswer:
    """List automations."""
    return JsonAnswer({"automations": [_shape(right, kept) for kept in _seen(api, right)]})


@router.get("/automations/supplied", response_model=AutomationSuppliedList)
async def supplied_automations(right: Automates) -> JsonAnswer:  # noqa: ARG001 -- the right is the door
    """List what comes with Labkeeper, to be copied and given a lab."""
    found = ((name, supplied(name)) for name in SUPPLIED)
    return JsonAnswer({"supplied": [_supplied(name, text) for name, text in found]})


@router.get("/automations/runs", response_model=AutomationRunList)
async def runs(api: ApiHere, right: ReadsPlaces, query: Annotated[RunsQuery, Query()]) -> JsonAnswer:
    """List what was done and what was held up, each with why."""
    seen = {kept.automation.id for kept in _seen(api, right)}
    everything = right.sight(api.parts.registry).everything  # of what is gone only who sees all sees the runs
    found = await api.parts.automations.runs(query.limit, query.automation)
    return JsonAnswer({"runs": [_run(one) for one in found if everything or one.automation in seen]})


@router.post("/automations/try", response_model=AutomationTrialAnswer, responses=REFUSALS)
async def try_automation(api: ApiHere, right: Automates, asked: AutomationTryRequest) -> JsonAnswer:
    """Tell what an automation would have done on what was recorded; nothing is commanded."""
    automation = _allowed(right, asked.text)
    if not 0 < asked.to - asked.since <= LONGEST_MS:
        raise wrong_field("bad_span", "body.from", "the span is longer than nothing and at most 31 days")
    try:
        trial = await api.parts.automations.tried(automation, Span(asked.since, asked.to))
    except TooMuch as error:
        raise wrong_field("too_long", "body.from", str(error)) from error
    found: list[Json] = [_run(one) for one in trial.traces]
    return JsonAnswer({"readings": trial.readings, "known_ms": trial.known_ms, "runs": found})


@router.put("/automations", response_model=AutomationShape, responses=REFUSALS)
async def put_automation(api: ApiHere, right: Automates, asked: AutomationTextRequest) -> JsonAnswer:
    """Keep an automation, in the place of the one of its id; a new one is off."""
    automation = _allowed(right, asked.text)
    return await _told(
        api, right, "put_automation", automation.id, api.parts.automations.put(asked.text, right.person.name)
    )


@router.post("/automations/{name}/switch", response_model=AutomationShape, responses=REFUSALS)
async def switch_automation(api: ApiHere, name: str, right: Automates, asked: AutomationSwitchRequest) -> JsonAnswer:
    """Let an automation act, or no longer."""
    _mine(api, right, name)
    what = "switch_automation_on" if asked.on else "switch_automation_off"
    return await _told(api, right, what, name, api.parts.automations.switch(name, right.person.name, on=asked.on))


@router.delete("/automations/{name}", status_code=HTTPStatus.NO_CONTENT, responses=REFUSALS)
async def remove_automation(api: ApiHere, name: str, right: Automates) -> Response:
    """Remove an automation; its runs stay on record."""
    _mine(api, right, name)
    try:
        await api.parts.automations.remove(name)
    except AutomationRefused as refused:
        raise _refusal(api, right, "remove_automation", name, refused) from refused
    api.audit.note(right.person.name, "remove_automation", name, "ok")
    return Response(status_code=HTTPStatus.NO_CONTENT)


async def _told(api: Api, right: Right, what: str, name: str, work: Awaitable[Kept]) -> JsonAnswer:
    """Answer with what the work gives, and note who did it; raises Refusal."""
    try:
        kept = await work
    except AutomationRefused as refused:
        raise _refusal(api, right, what, name, refused) from refused
    api.audit.note(right.person.name, what, name, "ok")
    return JsonAnswer(_shape(right, kept))


def _refusal(api: Api, right: Right, what: str, name: str, refused: AutomationRefused) -> Refusal:
    api.audit.note(right.person.name, what, name, refused.code)
    return Refusal(ANSWERS[refused.code], refused.code, str(refused))


def _allowed(right: Right, text: str) -> Automation:
    """Return what a text declares, if the asker may automate its lab; raises Refusal that names the key."""
    try:
        automation = loaded(text)
    except AutomationRefused as wrong:
        raise wrong_field(wrong.code, f"body.text.{wrong.where}", str(wrong)) from wrong
    right.demand(Place(*automation.room))
    return automation


def _mine(api: Api, right: Right, name: str) -> None:
    """Demand the right to an automation; one that is not seen is unknown. Raises Refusal."""
    if name not in {kept.automation.id for kept in _seen(api, right)}:
        raise Refusal(HTTPStatus.NOT_FOUND, "unknown_automation", "There is no such automation")
    right.demand(Place(*api.parts.automations.get(name).automation.room))


def _seen(api: Api, right: Right) -> list[Kept]:
    sight = right.to(Action.READ_PLACES).sight(api.parts.registry)
    labs = {(one.school, one.lab) for one in sight.labs()}
    return [kept for kept in api.parts.automations.all() if sight.everything or kept.automation.room in labs]


def _shape(right: Right, kept: Kept) -> dict[str, Json]:
    one = kept.automation
    mine = right.to(Action.AUTOMATE).covers(Place(*one.room))
    said: dict[str, Json] = {"id": one.id, "title": {"zh": one.title.zh, "en": one.title.en}, **one.room._asdict()}
    return {
        **said,
        "on": kept.on,
        "when": _when(one),
        "words": _words(_when(one)),
        "text": kept.text,
        "form": form_of(kept.text),
        "by": kept.by,
        "at_ms": kept.at_ms,
        "mine": mine,
    }


def _words(condition: str) -> dict[str, Json]:
    told = in_words(condition)
    return {"zh": told.zh, "en": told.en}


def _when(one: Automation) -> str:
    trigger = one.occasion.trigger
    return f"{trigger.start:%H:%M}" if isinstance(trigger, Hours) else str(trigger)


def _supplied(name: str, text: str) -> Json:
    title = loaded(text).title
    return {"id": name, "title": {"zh": title.zh, "en": title.en}, "text": text}


def _run(trace: Trace) -> dict[str, Json]:
    parts: list[Json] = [
        {
            "text": one.text,
            "words": _words(one.text),
            "truth": one.truth,
            "seen": [{"input": name, "value": value} for name, value in one.seen],
        }
        for one in trace.parts
    ]
    return {
        "automation": trace.automation,
        "at_ms": trace.at_ms,
        "outcome": trace.outcome.value,
        "why": trace.why.value if trace.why else None,
        "parts": parts,
        "results": [one._asdict() for one in trace.results],
    }
