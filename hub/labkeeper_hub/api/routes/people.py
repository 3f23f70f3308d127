"""People: who has an account, and what they may do where. Only here do names of people leave the hub."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from labkeeper_hub.accounts import OWNER, Grant, Role, Scope
from labkeeper_hub.accounts.account import Account
from labkeeper_hub.accounts.staff import LoginTaken, UnknownAccount
from labkeeper_hub.api import validation
from labkeeper_hub.api.answers import Json, JsonAnswer
from labkeeper_hub.api.documented import PROBLEMS
from labkeeper_hub.api.models import shape
from labkeeper_hub.api.needs import ManagesPeople
from labkeeper_hub.api.noted import refusals_noted
from labkeeper_hub.api.problems import Refusal, wrong_field
from labkeeper_hub.api.routes.account import staff_of
from labkeeper_hub.api.state import Api, ApiHere

router = APIRouter(tags=["people"])
MOST_GRANTS = 100
PLACE = {"school": "demo", "lab": "lab-301", "bench": None, "node": None, "device": None, "point": None}
GRANT: dict[str, Any] = {"role": "teacher", **PLACE, "until_ms": None}
ACCOUNT = {
    "name": "p-1",
    "login": "li",
    "title": "李老师",
    "grants": [GRANT],
    "created_ms": 1767225600000,
    "enters": True,
    "second_factor": False,
    "school_account": False,
}


class GrantBody(validation.Body):
    """A role in a place; every name that is given narrows the place, without any it is the whole hub."""

    model_config = ConfigDict(json_schema_extra={"examples": [GRANT]})

    role: Annotated[Role, Field(strict=False)]
    school: validation.Id | None = None
    lab: validation.Id | None = None
    bench: validation.DeviceId | None = None
    node: validation.Id | None = None
    device: validation.DeviceId | None = None
    point: validation.Id | None = None
    until_ms: Annotated[int, Field(ge=0, le=validation.LAST_MS)] | None = None

    def grant(self) -> Grant:
        """Return the noun."""
        place = Scope(self.school, self.lab, self.bench, self.node, self.device, self.point)
        return Grant(self.role, place, self.until_ms)


Grants = Annotated[list[GrantBody], Field(max_length=MOST_GRANTS)]


class NewPerson(validation.Body):
    """Somebody to be added: what they type to sign in, what people call them, what they may do where."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"login": "li", "title": "李老师", "grants": [GRANT]}]})

    login: Annotated[str, Field(min_length=1, max_length=100)]
    title: Annotated[str, Field(min_length=1, max_length=100)]
    grants: Grants


class NewGrants(validation.Body):
    """All that somebody may do from now on."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"grants": [GRANT]}]})
    grants: Grants


class GrantShape(BaseModel):
    """A role in a place, until a time."""

    model_config = shape(GRANT)
    role: str
    school: str | None
    lab: str | None
    bench: str | None
    node: str | None
    device: str | None
    point: str | None
    until_ms: int | None


class PersonShape(BaseModel):
    """An account. `name` is the pseudonym that everything else shows; `enters`: there is a password;
    `school_account`: one of the school's own opens it.
    """

    model_config = shape(ACCOUNT)
    name: str
    login: str
    title: str
    grants: list[GrantShape]
    created_ms: int
    enters: bool
    second_factor: bool
    school_account: bool


class PeopleAnswer(BaseModel):
    """All accounts, the oldest first; the owner's secret has none."""

    model_config = shape({"people": [ACCOUNT]})
    people: list[PersonShape]


class InvitationAnswer(BaseModel):
    """An invitation, shown this once: whoever has it chooses the password. It works once, within three days."""

    model_config = shape({"invitation": "the token of the invitation"})
    invitation: str


@router.get("/people", response_model=PeopleAnswer)
async def people(api: ApiHere, right: ManagesPeople) -> JsonAnswer:
    """List everybody who has an account."""
    api.audit.note(right.person.name, "look_at_people", "people", "ok")
    return JsonAnswer({"people": [_shape(api, one) for one in staff_of(api).all()]})


@router.post(
    "/people",
    status_code=HTTPStatus.CREATED,
    response_model=PersonShape,
    responses={status: PROBLEMS[status] for status in (409, 413)},
)
async def add(api: ApiHere, right: ManagesPeople, asked: NewPerson) -> JsonAnswer:
    """Add a person. They come in by an invitation, and have no password before."""
    with refusals_noted(api, right.person.name, "add_person", "people"):
        account = await _added(api, asked)
    api.audit.note(right.person.name, "add_person", account.name, _granted(account))
    return JsonAnswer(_shape(api, account), HTTPStatus.CREATED)


@router.put("/people/{name}/grants", response_model=PersonShape, responses={404: PROBLEMS[404], 413: PROBLEMS[413]})
async def grant(api: ApiHere, right: ManagesPeople, name: str, asked: NewGrants) -> JsonAnswer:
    """Put these grants in the place of all that a person had; open pages follow within a second, and so do a lesson, a
    lease and pupils' links by a right that is gone.
    """
    with refusals_noted(api, right.person.name, "change_rights", name):
        known(api, name)
        account = await staff_of(api).grant(name, (one.grant() for one in asked.grants))
    api.accounts.sessions.hurry(name)
    api.audit.note(right.person.name, "change_rights", name, _granted(account))
    return JsonAnswer(_shape(api, account))


@router.post("/people/{name}/invitation", response_model=InvitationAnswer, responses={404: PROBLEMS[404]})
async def invite(api: ApiHere, right: ManagesPeople, name: str) -> JsonAnswer:
    """Invite a person to choose a (new) password. The old one is no good from now on; their sessions and tokens end,
    and so do their lesson and their leases. A second factor stays, or an invitation that was passed on would be enough.
    The school's account opens theirs no more, unless a mapping made it: whoever had got hold of the account may have
    linked theirs.
    """
    with refusals_noted(api, right.person.name, "invite_person", name):
        known(api, name)
        token = await staff_of(api).invite(name)
    await staff_of(api).tokens.revoke_all(name)
    await staff_of(api).identities.forget_linked(name)
    await api.accounts.end_sessions(name)
    api.parts.leases.take_back(name)
    api.audit.note(right.person.name, "invite_person", name, "ok")
    return JsonAnswer({"invitation": token})


@router.delete(
    "/people/{name}/sessions",
    status_code=HTTPStatus.NO_CONTENT,
    response_class=Response,
    responses={404: PROBLEMS[404]},
)
async def sign_out(api: ApiHere, right: ManagesPeople, name: str) -> Response:
    """Sign a person out everywhere and end their tokens; what they may do stays, and they may sign in again. A lesson
    of theirs waits five minutes for that; other leases, and what pupils were given, end at once.
    """
    with refusals_noted(api, right.person.name, "sign_person_out", name):
        known(api, name)
    await staff_of(api).tokens.revoke_all(name)
    await api.accounts.end_sessions(name)
    await api.parts.lessons.leave(name)
    api.audit.note(right.person.name, "sign_person_out", name, "ok")
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.delete(
    "/people/{name}/second-factor",
    status_code=HTTPStatus.NO_CONTENT,
    response_class=Response,
    responses={404: PROBLEMS[404]},
)
async def reset_second_factor(api: ApiHere, right: ManagesPeople, name: str) -> Response:
    """Take away a person's second factor, whose telephone is lost, and sign them out; `owner` is the owner."""
    with refusals_noted(api, right.person.name, "reset_second_factor", name):
        if name != OWNER.name:
            known(api, name)
    await staff_of(api).factors.remove(name)
    await api.accounts.end_sessions(name)
    api.audit.note(right.person.name, "reset_second_factor", name, "ok")
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.delete(
    "/people/{name}", status_code=HTTPStatus.NO_CONTENT, response_class=Response, responses={404: PROBLEMS[404]}
)
async def remove(api: ApiHere, right: ManagesPeople, name: str) -> Response:
    """Remove a person: sessions end, and with them lesson, leases and pupils' links; names are forgotten, the pseudonym
    is never used again.
    """
    with refusals_noted(api, right.person.name, "remove_person", name):
        known(api, name)
        await staff_of(api).remove(name)
    await api.accounts.end_sessions(name)
    api.audit.note(right.person.name, "remove_person", name, "ok")
    return Response(status_code=HTTPStatus.NO_CONTENT)


async def _added(api: Api, asked: NewPerson) -> Account:
    if not asked.login.strip():
        raise wrong_field("invalid", "body.login", "a login is not blank")
    try:
        return await staff_of(api).add(asked.login, asked.title, (one.grant() for one in asked.grants))
    except LoginTaken as taken:
        raise Refusal(HTTPStatus.CONFLICT, "login_taken", "Somebody has this login already") from taken


def _granted(account: Account) -> str:
    """Return what somebody may do, for the record."""
    return "; ".join(
        " ".join(str(part) for part in grant_shape(one).values() if part is not None) for one in account.grants
    )


def known(api: Api, name: str) -> None:
    """Return if there is somebody of that name; raises Refusal."""
    try:
        staff_of(api).account(name)
    except UnknownAccount as nobody:
        raise unknown() from nobody


def unknown() -> Refusal:
    """Return the refusal of a name that nobody has."""
    return Refusal(HTTPStatus.NOT_FOUND, "unknown_person", "There is no such person")


def _shape(api: Api, account: Account) -> dict[str, Json]:
    return {
        "name": account.name,
        "login": account.login,
        "title": account.title,
        "grants": [grant_shape(one) for one in account.grants],
        "created_ms": account.created_ms,
        "enters": account.password is not None,
        "second_factor": staff_of(api).factors.on(account.name),
        "school_account": staff_of(api).identities.of(account.name) is not None,
    }


def grant_shape(noun: Grant) -> dict[str, Json]:
    """Return a role in a place."""
    place = noun.scope
    return {
        "role": noun.role.value,
        "school": place.school,
        "lab": place.lab,
        "bench": place.bench,
        "node": place.node,
        "device": place.device,
        "point": place.point,
        "until_ms": noun.until_ms,
    }
