"""Tokens for programs: made by a person, with some of that person's rights, shown once."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from labkeeper_hub.accounts import Action
from labkeeper_hub.accounts.api_token import ApiToken
from labkeeper_hub.accounts.api_tokens import TooManyTokens
from labkeeper_hub.api import validation
from labkeeper_hub.api.answers import Json, JsonAnswer
from labkeeper_hub.api.documented import PROBLEMS
from labkeeper_hub.api.models import shape
from labkeeper_hub.api.needs import IsSignedIn, Right
from labkeeper_hub.api.noted import refusals_noted
from labkeeper_hub.api.problems import Refusal, wrong_field
from labkeeper_hub.api.routes.account import Here, staff_of
from labkeeper_hub.api.state import Api, ApiHere

router = APIRouter(tags=["account"])
LONGEST_DAYS = 366
DAY_MS = 86_400_000
LAB: dict[str, Any] = {"school": "demo", "lab": "lab-301"}
TOKEN: dict[str, Any] = {
    "id": "t-1",
    "title": "weather station",
    "actions": ["read_readings"],
    "labs": [LAB],
    "created_ms": 1767225600000,
    "expires_ms": 1775001600000,
    "used_ms": None,
}


class LabName(validation.Body):
    """A lab of a school."""

    model_config = ConfigDict(json_schema_extra={"examples": [LAB]})
    school: validation.Id
    lab: validation.Id


class NewToken(validation.Body):
    """What a program may do at most. Without labs it goes wherever its holder may; without actions it may nothing."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"title": "weather station", "actions": ["read_readings"], "labs": [LAB], "days": 90}]
        }
    )
    title: Annotated[str, Field(min_length=1, max_length=100)]
    actions: Annotated[list[Annotated[Action, Field(strict=False)]], Field(max_length=len(Action))]
    labs: Annotated[list[LabName], Field(max_length=100, default_factory=list)]
    days: Annotated[int, Field(ge=1, le=LONGEST_DAYS)]


class TokenShape(BaseModel):
    """A token, never its text."""

    model_config = shape(TOKEN)
    id: str
    title: str
    actions: list[str]
    labs: list[dict[str, str]]
    created_ms: int
    expires_ms: int
    used_ms: int | None


class TokensAnswer(BaseModel):
    """The asker's tokens, the oldest first."""

    model_config = shape({"tokens": [TOKEN]})
    tokens: list[TokenShape]


class TokenAnswer(BaseModel):
    """A new token, whose `text` is told this once."""

    model_config = shape({"token": TOKEN, "text": "lkt_the-text"})
    token: TokenShape
    text: str


@router.get("/account/tokens", response_model=TokensAnswer)
async def tokens(api: ApiHere, right: IsSignedIn, _: Here) -> JsonAnswer:
    """List one's own tokens."""
    return JsonAnswer({"tokens": [_shape(one) for one in staff_of(api).tokens.of(right.person.name)]})


@router.post(
    "/account/tokens",
    status_code=HTTPStatus.CREATED,
    response_model=TokenAnswer,
    responses={status: PROBLEMS[status] for status in (409, 413)},
)
async def make(api: ApiHere, right: IsSignedIn, _: Here, asked: NewToken) -> JsonAnswer:
    """Make a token with some of what one may do; what one may not do oneself is refused."""
    with refusals_noted(api, right.person.name, "make_token", right.person.name):
        text, token = await _made(api, right, asked)
    api.audit.note(right.person.name, "make_token", token.id, " ".join(sorted(token.actions)))
    return JsonAnswer({"token": _shape(token), "text": text}, HTTPStatus.CREATED)


@router.delete(
    "/account/tokens/{identity}",
    status_code=HTTPStatus.NO_CONTENT,
    response_class=Response,
    responses={404: PROBLEMS[404]},
)
async def revoke(api: ApiHere, right: IsSignedIn, _: Here, identity: str) -> Response:
    """Revoke one of one's own tokens: it is good no more, and its open sockets close within a second."""
    with refusals_noted(api, right.person.name, "revoke_token", identity):
        if not await staff_of(api).tokens.revoke(right.person.name, identity):
            raise Refusal(HTTPStatus.NOT_FOUND, "unknown_token", "There is no such token")
    api.audit.note(right.person.name, "revoke_token", identity, "ok")
    return Response(status_code=HTTPStatus.NO_CONTENT)


async def _made(api: Api, right: Right, asked: NewToken) -> tuple[str, ApiToken]:
    beyond = [action.value for action in asked.actions if not right.to(action).granted]
    if beyond:
        raise wrong_field("not_yours", "body.actions", f"you may not do this yourself: {', '.join(beyond)}")
    if api.accounts.person(right.person.name) is None:
        raise Refusal(HTTPStatus.FORBIDDEN, "guest", "A group that came by a link has no account")
    labs, until_ms = [(one.school, one.lab) for one in asked.labs], right.now_ms + asked.days * DAY_MS
    try:
        return await staff_of(api).tokens.make(right.person.name, asked.title, asked.actions, labs, until_ms)
    except TooManyTokens as many:
        raise Refusal(HTTPStatus.CONFLICT, "too_many_tokens", "Revoke a token that is no longer used first") from many


def _shape(token: ApiToken) -> dict[str, Json]:
    return {
        "id": token.id,
        "title": token.title,
        "actions": sorted(token.actions),
        "labs": [{"school": school, "lab": lab} for school, lab in token.labs],
        "created_ms": token.created_ms,
        "expires_ms": token.expires_ms,
        "used_ms": token.used_ms,
    }
