"""Which account of the school's own opens an account here: linked by its holder, or told by whoever manages people."""

from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from pydantic import ConfigDict

from labkeeper_hub.accounts.identities import AlreadyLinked
from labkeeper_hub.accounts.staff import UnknownAccount
from labkeeper_hub.api import validation
from labkeeper_hub.api.documented import PROBLEMS
from labkeeper_hub.api.needs import IsSignedIn, ManagesPeople
from labkeeper_hub.api.noted import refusals_noted
from labkeeper_hub.api.problems import Refusal
from labkeeper_hub.api.routes.account import Here, Proof, check_password, just_signed_in, proved_by, staff_of, turned
from labkeeper_hub.api.routes.oidc import AwayAnswer, desk_of, sent_away
from labkeeper_hub.api.routes.people import known, unknown
from labkeeper_hub.api.state import Api, ApiHere
from labkeeper_hub.oidc.attempts import Link

router = APIRouter(tags=["account"])
BACK = "#/people"


class OwnPassword(validation.Body):
    """One's password; who has none, and signed in within the last ten minutes, leaves it out."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"password": "the password"}]})
    password: validation.Secret | None = None


class Subject(validation.Body):
    """What identifies somebody at the school's provider: the claim named by `oidc.person_claim`, `sub` as a rule."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"subject": "248289761001"}]})
    subject: validation.Id


@router.post(
    "/account/school-account",
    response_model=AwayAnswer,
    responses={status: PROBLEMS[status] for status in (404, 409, 413, 503)},
)
async def link(request: Request, api: ApiHere, right: IsSignedIn, here: Here, asked: OwnPassword) -> Response:
    """Begin to link one's account: the browser goes to the provider at `address`, and whoever signs in there is it."""
    name = right.person.name
    staff_of(api)
    desk_of(api)
    with refusals_noted(api, name, "link_school_account", name):
        await _prove(api, name, here, asked.password)
        if staff_of(api).identities.of(name):
            raise _linked()
    return await sent_away(request, api, BACK, Link(name, here))


@router.post(
    "/account/school-account/off",
    status_code=HTTPStatus.NO_CONTENT,
    response_class=Response,
    responses={409: PROBLEMS[409], 413: PROBLEMS[413]},
)
async def unlink(request: Request, api: ApiHere, right: IsSignedIn, here: Here, asked: OwnPassword) -> Response:
    """Unlink one's account: the school's opens it no more, and other sessions end. Without a password it stays."""
    name, staff = right.person.name, staff_of(api)
    with refusals_noted(api, name, "unlink_school_account", name):
        await _prove(api, name, here, asked.password)
        if staff.account(name).password is None:
            raise Refusal(HTTPStatus.CONFLICT, "only_way_in", "Without a password only the school's account opens it")
    await staff.identities.remove(name)
    api.audit.note(name, "unlink_school_account", name, "ok")
    return await turned(request, api, name, here, Response(status_code=HTTPStatus.NO_CONTENT))


@router.put(
    "/people/{name}/school-account",
    status_code=HTTPStatus.NO_CONTENT,
    response_class=Response,
    responses={status: PROBLEMS[status] for status in (404, 409, 413)},
)
async def link_person(api: ApiHere, right: ManagesPeople, name: str, asked: Subject) -> Response:
    """Link somebody's account by what identifies them at the provider; only a mark of it is kept."""
    staff = staff_of(api)
    issuer = desk_of(api).settings.issuer
    with refusals_noted(api, right.person.name, "link_school_account", name):
        known(api, name)
        try:
            await staff.identities.add(issuer, asked.subject, name, mapped=False)
        except AlreadyLinked as linked:
            raise _linked() from linked
    api.audit.note(right.person.name, "link_school_account", name, "ok")
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.delete(
    "/people/{name}/school-account",
    status_code=HTTPStatus.NO_CONTENT,
    response_class=Response,
    responses={404: PROBLEMS[404]},
)
async def unlink_person(api: ApiHere, right: ManagesPeople, name: str) -> Response:
    """Unlink somebody's account and sign them out. Whom a mapping lets in gets a new one by signing in again."""
    with refusals_noted(api, right.person.name, "unlink_school_account", name):
        known(api, name)
    await staff_of(api).identities.remove(name)
    await api.accounts.end_sessions(name)
    api.audit.note(right.person.name, "unlink_school_account", name, "ok")
    return Response(status_code=HTTPStatus.NO_CONTENT)


async def _prove(api: Api, name: str, here: str, password: str | None) -> None:
    """Return if it is surely they who ask, by their password, or who has none because they have just signed in; raises
    Refusal. Whoever found a browser signed in must not have it opened by a school's account of their own.
    """
    try:
        staff_of(api).account(name)
    except UnknownAccount as nobody:
        raise unknown() from nobody
    if password is not None:
        await check_password(api, name, password)
    elif proved_by(api, name) is not Proof.SIGN_IN or not just_signed_in(api, here):
        raise Refusal(HTTPStatus.CONFLICT, "password_needed", "Type your password; without one, sign in anew")


def _linked() -> Refusal:
    return Refusal(HTTPStatus.CONFLICT, "linked_elsewhere", "One of the two accounts is linked already")
