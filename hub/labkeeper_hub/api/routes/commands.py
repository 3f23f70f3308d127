"""Commands: what somebody wants a point to become, and what became of it."""

import math
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, model_validator

from labkeeper_hub.accounts import Role
from labkeeper_hub.api import shapes, validation
from labkeeper_hub.api.answers import JsonAnswer
from labkeeper_hub.api.documented import PROBLEMS
from labkeeper_hub.api.models import ADDRESS, CommandShape, example_of, shape
from labkeeper_hub.api.needs import Commands, ReadsCommands, Right, unknown_point
from labkeeper_hub.api.problems import Refusal, wrong_field
from labkeeper_hub.api.state import Api, ApiHere
from labkeeper_hub.commands.pace import GROUP, PERSON, Rate, TooFast
from labkeeper_hub.model import Command, DeviceKey, PointKey
from labkeeper_hub.ports import Parts, UnknownCommand, UnknownPoint
from labkeeper_sdk import CommandRejected

router = APIRouter(tags=["commands"])
FIELDS = {"bad_ttl": "ttl_ms", "bad_id": "id", "id_taken": "id", "read_only": "point"}  # the others are the value's
MOST_LISTED = 1000
LOWEST_INT, HIGHEST_INT = -(2**63), 2**64 - 1


class CommandRequest(validation.Body):
    """A wish for a point. `id` (a uuid) makes repeating harmless: the same id is executed once.

    `ttl_ms` (default: 3000, or as long as the point needs to confirm) counts from `made_ms`, when the person asked by
    the hub's clock (default: on arrival): what waited on its way while nobody listened expires instead of being done.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [ADDRESS | {"point": "target", "value": 25.0}]})

    school: validation.Id
    node: validation.Id
    device: validation.DeviceId
    point: validation.Id
    value: bool | Annotated[int, Field(ge=LOWEST_INT, le=HIGHEST_INT)] | float | validation.Text
    ttl_ms: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    made_ms: Annotated[int, Field(ge=0, le=2**53)] | None = None
    id: Annotated[str, Field(max_length=64)] | None = None


class CommandAnswer(BaseModel):
    """The command as it stands now."""

    model_config = shape({"command": example_of(CommandShape)})
    command: CommandShape


class CommandList(BaseModel):
    """Commands, newest first."""

    model_config = shape({"commands": [example_of(CommandShape)]})
    commands: list[CommandShape]


class CommandsQuery(validation.Query):
    """Which commands: the newest, or the newest of one device (school, node and device together)."""

    limit: Annotated[int, Field(ge=1, le=MOST_LISTED)] = 100
    school: validation.Id | None = None
    node: validation.Id | None = None
    device: validation.DeviceId | None = None

    @model_validator(mode="after")
    def _whole_address(self) -> "CommandsQuery":
        if len({part is None for part in (self.school, self.node, self.device)}) > 1:
            raise ValueError("school, node and device come together")
        return self

    @property
    def key(self) -> DeviceKey | None:
        """The device asked for."""
        if self.school is None or self.node is None or self.device is None:
            return None
        return DeviceKey(self.school, self.node, self.device)


@router.post(
    "/commands",
    status_code=HTTPStatus.ACCEPTED,
    response_model=CommandAnswer,
    responses={status: PROBLEMS[status] for status in (403, 404, 409, 413)},
)
async def command(api: ApiHere, right: Commands, asked: CommandRequest) -> JsonAnswer:
    """Send a command on its way; follow it by its id, or on the live WebSocket."""
    sent = await submit(api, asked, right)
    where = {"Location": f"/api/v1/commands/{sent.id}"}
    return JsonAnswer({"command": shapes.command(sent)}, HTTPStatus.ACCEPTED, where)


@router.get("/commands", response_model=CommandList)
async def commands(api: ApiHere, right: ReadsCommands, query: Annotated[CommandsQuery, Query()]) -> JsonAnswer:
    """List the newest commands."""
    sight = right.sight(api.parts.registry)
    limit = query.limit if sight.everything else MOST_LISTED
    found = sight.commands(await api.parts.commands.recent(limit=limit, device=query.key))
    return JsonAnswer({"commands": [shapes.command(one) for one in found[: query.limit]]})


@router.get("/commands/{command_id}", response_model=CommandAnswer, responses={404: PROBLEMS[404]})
async def one_command(api: ApiHere, right: ReadsCommands, command_id: str) -> JsonAnswer:
    """Tell how far a command is."""
    try:
        found = await api.parts.commands.get(command_id)
    except UnknownCommand as error:
        raise _unknown_command() from error
    if not right.sight(api.parts.registry).commands((found,)):
        raise _unknown_command()
    return JsonAnswer({"command": shapes.command(found)})


async def submit(api: Api, asked: CommandRequest, right: Right) -> Command:
    """Submit a command in the asker's name; raises Refusal with the field that is wrong, or why they may not."""
    target = PointKey(asked.school, asked.node, asked.device, asked.point)
    try:
        command = await _submit(api.parts, target, asked, right)
    except TooFast as refused:
        raise too_fast(api, right, "/".join(target), refused) from refused
    except Refusal as refused:
        api.audit.note(right.person.name, "command", "/".join(target), refused.code)
        raise
    api.audit.note(right.person.name, "command", "/".join(target), f"{command.id} {command.state.value}")
    return command


async def _submit(parts: Parts, target: PointKey, asked: CommandRequest, right: Right) -> Command:
    right.demand_point(parts.registry, target)
    holder = right.person.name
    try:
        return await parts.commands.submit(
            target,
            asked.value,
            ttl_ms=asked.ttl_ms,
            made_ms=asked.made_ms,
            command_id=asked.id,
            holder=holder,
            rate=rate_of(right),
        )
    except UnknownPoint as error:
        raise unknown_point() from error
    except TooFast:
        raise
    except CommandRejected as rejected:
        raise _refusal(rejected) from rejected


def rate_of(right: Right) -> Rate:
    """Return how fast the asker may command: a pupil group shares one rate on all its tablets."""
    return GROUP if {one.role for one in right.person.grants} == {Role.PUPILS} else PERSON


def too_fast(api: Api, right: Right, subject: str, refused: TooFast) -> Refusal:
    """Return the refusal of somebody who commands too fast; the first of a row of them is put on record."""
    if refused.first:
        api.audit.note(right.person.name, "command", subject, refused.code)
    wait_s = math.ceil(refused.wait_s)
    return Refusal(HTTPStatus.TOO_MANY_REQUESTS, refused.code, refused.message, retry_after_s=wait_s)


def _unknown_command() -> Refusal:
    return Refusal(HTTPStatus.NOT_FOUND, "unknown_command", "There is no such command")


def _refusal(rejected: CommandRejected) -> Refusal:
    refusal = wrong_field(rejected.code, f"body.{FIELDS.get(rejected.code, 'value')}", rejected.message)
    if rejected.code == "id_taken":
        return Refusal(HTTPStatus.CONFLICT, rejected.code, rejected.message, errors=refusal.errors)
    return refusal
