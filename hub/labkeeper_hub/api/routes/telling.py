"""Telling people: channels, the plan of who is told, and what became of every message."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from labkeeper_hub.api import validation
from labkeeper_hub.api.answers import Json, JsonAnswer
from labkeeper_hub.api.documented import PROBLEMS
from labkeeper_hub.api.models import shape
from labkeeper_hub.api.needs import ManagesTelling
from labkeeper_hub.api.problems import Refusal, wrong_field
from labkeeper_hub.api.state import Api, ApiHere
from labkeeper_hub.telling.border import Name, PlanBody
from labkeeper_hub.telling.letters import ChannelSetup, Letter, Line, TellingRefused
from labkeeper_hub.telling.words import Language

router = APIRouter(tags=["telling"])
MOST_MESSAGES = 1000
FIELDS = {"unknown_kind": "body.kind", "too_many_channels": "body.name"}
HOURS = {"days": [1, 2, 3, 4, 5], "start": "07:00", "end": "18:00", "holidays": False}
STEPS = [
    {"channel": "duty", "after_min": 0.0, "hours": HOURS},
    {"channel": "head", "after_min": 10.0, "hours": None},
]
RULE = {
    "name": "everything",
    "schools": [],
    "labs": [],
    "classes": [],
    "roles": [],
    "priority": "low",
    "steps": STEPS,
    "repeat_min": 30.0,
}
PLAN: dict[str, Any] = {
    "rules": [RULE],
    "per_hour": 12,
    "digest_min": 15.0,
    "url": "https://hub.school/",
}
CHANNEL = {
    "name": "duty",
    "kind": "webhook",
    "language": "zh",
    "made_ms": 1767225600000,
    "made_by": "owner",
    "failures": 0,
    "error": None,
    "sent_ms": None,
}
NEW: dict[str, Any] = {
    "name": "duty",
    "kind": "webhook",
    "language": "zh",
    "configuration": {"url": "https://hook.school/labs", "secret": "a secret of both sides, in base64"},
}
KIND: dict[str, Any] = {"kind": "webhook", "zh": "签名 Webhook", "en": "Signed webhook", "form": {"type": "object"}}
MESSAGE = {
    "id": "0f8fad5b-d9cb-469f-a165-70867728950e",
    "channel": "duty",
    "kind": "alarm",
    "title": "【报警】301 实验室：二氧化碳偏高",
    "safety": False,
    "made_ms": 1767225600000,
    "fate": "sent",
    "attempts": 1,
    "ended_ms": 1767225600400,
    "error": None,
}
REFUSALS: dict[int | str, dict[str, Any]] = {status: PROBLEMS[status] for status in (404, 409, 413)}


class NewChannel(validation.Body):
    """A channel to set up. The configuration is its kind's; it is encrypted, and never shown again."""

    model_config = ConfigDict(json_schema_extra={"examples": [NEW]})

    name: Name
    kind: validation.Id
    language: Language = "zh"
    configuration: Annotated[dict[str, Any], Field(max_length=50)]


class ChannelShape(BaseModel):
    """A channel; `failures` in a row, what the last ended with, and when it sent last since the hub's start."""

    model_config = shape(CHANNEL)
    name: str
    kind: str
    language: str
    made_ms: int
    made_by: str
    failures: int
    error: str | None
    sent_ms: int | None


class KindShape(BaseModel):
    """A kind of channel, and the JSON Schema of its configuration."""

    model_config = shape(KIND)
    kind: str
    zh: str
    en: str
    form: dict[str, Any]


class ChannelList(BaseModel):
    """The channels there are, and the kinds there could be."""

    model_config = shape({"channels": [CHANNEL], "kinds": [KIND]})
    channels: list[ChannelShape]
    kinds: list[KindShape]


class PlanShape(PlanBody):
    """Who is told of what."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [PLAN]})


class MessageShape(BaseModel):
    """A message, and what has become of it: `fate` is waiting, sent or given_up."""

    model_config = shape(MESSAGE)
    id: str
    channel: str
    kind: str
    title: str
    safety: bool
    made_ms: int
    fate: str
    attempts: int
    ended_ms: int | None
    error: str | None


class MessageList(BaseModel):
    """Messages, newest first."""

    model_config = shape({"messages": [MESSAGE]})
    messages: list[MessageShape]


class MessagesQuery(validation.Query):
    """How many."""

    limit: Annotated[int, Field(ge=1, le=MOST_MESSAGES)] = 100


@router.get("/telling/channels", response_model=ChannelList)
async def channels(api: ApiHere, right: ManagesTelling) -> JsonAnswer:  # noqa: ARG001 -- the right is the door
    """List channels without what they are configured with, and the kinds there are."""
    kinds: list[Json] = [
        {"kind": name, "zh": one.title.zh, "en": one.title.en, "form": one.configuration.model_json_schema()}
        for name, one in api.parts.telling.kinds.items()
    ]
    return JsonAnswer({"channels": [_channel(*one) for one in api.parts.telling.channels()], "kinds": kinds})


@router.post("/telling/channels", status_code=HTTPStatus.CREATED, response_model=ChannelShape, responses=REFUSALS)
async def add(api: ApiHere, right: ManagesTelling, asked: NewChannel) -> JsonAnswer:
    """Set up a channel."""
    with _told(api, right, "add_channel", asked.name):
        setup = await api.parts.telling.add_channel(
            asked.name, asked.kind, asked.language, asked.configuration, right.person.name
        )
    api.audit.note(right.person.name, "add_channel", asked.name, asked.kind)
    return JsonAnswer(_channel(setup, Line()), HTTPStatus.CREATED)


@router.delete(
    "/telling/channels/{name}", status_code=HTTPStatus.NO_CONTENT, response_class=Response, responses=REFUSALS
)
async def remove(api: ApiHere, right: ManagesTelling, name: str) -> Response:
    """Forget a channel and its secrets; refused while the plan tells through it."""
    with _told(api, right, "remove_channel", name):
        await api.parts.telling.remove_channel(name)
    api.audit.note(right.person.name, "remove_channel", name, "ok")
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.post("/telling/channels/{name}/test", response_model=MessageShape, responses=REFUSALS)
async def test(api: ApiHere, right: ManagesTelling, name: str) -> JsonAnswer:
    """Send a test message now, once; the answer says what became of it (`fate`, `error`)."""
    with _told(api, right, "test_channel", name):
        letter = await api.parts.telling.test(name)
    api.audit.note(right.person.name, "test_channel", name, letter.fate.value)
    return JsonAnswer(_message(letter))


@router.get("/telling/plan", response_model=PlanShape)
async def plan(api: ApiHere, right: ManagesTelling) -> JsonAnswer:  # noqa: ARG001 -- the right is the door
    """Tell who is told of what."""
    return JsonAnswer(api.parts.telling.plan.model_dump(mode="json"))


@router.put("/telling/plan", response_model=PlanShape, responses={413: PROBLEMS[413]})
async def change_plan(api: ApiHere, right: ManagesTelling, asked: PlanShape) -> JsonAnswer:
    """Put a plan in the place of the one before."""
    with _told(api, right, "change_telling", "plan"):
        changed = await api.parts.telling.change_plan(PlanBody.model_validate(asked.model_dump()))
    rules = "; ".join(f"{one.name}: {', '.join(step.channel for step in one.steps)}" for one in changed.rules)
    api.audit.note(right.person.name, "change_telling", "plan", rules)
    return JsonAnswer(changed.model_dump(mode="json"))


@router.get("/telling/messages", response_model=MessageList)
async def messages(
    api: ApiHere,
    right: ManagesTelling,  # noqa: ARG001 -- the right is the door
    query: Annotated[MessagesQuery, Query()],
) -> JsonAnswer:
    """Tell what was sent to whom, and what was not."""
    return JsonAnswer({"messages": [_message(one) for one in await api.parts.telling.messages(query.limit)]})


@contextmanager
def _told(api: Api, right: ManagesTelling, what: str, subject: str) -> Iterator[None]:
    """Tell a refusal the way requests are told, and record it; what was typed as a secret is not repeated."""
    try:
        yield
    except TellingRefused as refused:
        api.audit.note(right.person.name, what, subject, refused.code)
        raise _refusal(refused, subject) from refused
    except ValidationError as wrong:
        raise validation.refusal(wrong.errors(include_input=False), "body.configuration") from None


def _refusal(refused: TellingRefused, subject: str) -> Refusal:
    if refused.code == "unknown_channel":
        if subject == "plan":
            return wrong_field(refused.code, "body.rules", refused.message)
        return Refusal(HTTPStatus.NOT_FOUND, refused.code, refused.message)
    if refused.code in FIELDS:
        return wrong_field(refused.code, FIELDS[refused.code], refused.message)
    return Refusal(HTTPStatus.CONFLICT, refused.code, refused.message)


def _channel(setup: ChannelSetup, line: Line) -> dict[str, Json]:
    return {
        "name": setup.name,
        "kind": setup.kind,
        "language": setup.language,
        "made_ms": setup.made_ms,
        "made_by": setup.made_by,
        "failures": line.failures,
        "error": line.error or None,
        "sent_ms": line.sent_ms,
    }


def _message(letter: Letter) -> dict[str, Json]:
    message = letter.message
    return {
        "id": message.id,
        "channel": letter.channel,
        "kind": message.kind,
        "title": message.title,
        "safety": message.safety,
        "made_ms": message.made_ms,
        "fate": letter.fate.value,
        "attempts": letter.attempts,
        "ended_ms": letter.ended_ms,
        "error": letter.error or None,
    }
