"""One's own account: password, second factor, sessions. Only a signed-in browser asks here, never a program."""

from enum import StrEnum, auto
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict

from labkeeper_hub.accounts import OWNER, SignInRefused, TooManyAttempts
from labkeeper_hub.accounts.factors import WrongCode
from labkeeper_hub.accounts.passwords import WeakPassword
from labkeeper_hub.accounts.second_factor import address as app_address
from labkeeper_hub.accounts.staff import Staff
from labkeeper_hub.api import validation
from labkeeper_hub.api.answers import JsonAnswer
from labkeeper_hub.api.documented import PROBLEMS
from labkeeper_hub.api.gate import SET_COOKIE, cookie, too_many
from labkeeper_hub.api.models import shape
from labkeeper_hub.api.needs import IsSignedIn
from labkeeper_hub.api.noted import refusals_noted
from labkeeper_hub.api.problems import Refusal, wrong_field
from labkeeper_hub.api.qr_code import rows_of
from labkeeper_hub.api.state import Api, ApiHere, SignedIn

router = APIRouter(tags=["account"])
CODES = ["abcd-efgh-ijkl-mnop"]
SESSION = {"opened_ms": 1767225600000, "seen_ms": 1767225900000, "here": True}
FRESH_MS = 600_000  # whoever signed in within ten minutes has just proved who they are


class Proof(StrEnum):
    """What shows that it is surely they who sit at a signed-in browser."""

    PASSWORD = auto()
    SECRET = auto()  # the owner's
    SIGN_IN = auto()  # within the last ten minutes, at the school's provider: they have neither


async def _session_here(_: IsSignedIn, credentials: SignedIn) -> str:
    """Return the key of the session that asks; a program with a token has no business with passwords."""
    if credentials.session is None:
        raise Refusal(HTTPStatus.FORBIDDEN, "session_needed", "Only somebody who is signed in in a browser may do that")
    return credentials.session


Here = Annotated[str, Depends(_session_here)]


class PasswordChange(validation.Body):
    """The password so far, and the one to come."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"password": "the old one", "fresh": "the new one"}]})
    password: validation.Secret
    fresh: validation.Secret


class BeginFactor(validation.Body):
    """What `proved_by` names: one's password, or the owner's secret; who has neither signs in anew."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"password": "the password"}]})
    password: validation.Secret | None = None
    secret: validation.Secret | None = None


class CodeBody(validation.Body):
    """A code of the app, or a recovery code."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"code": "123456"}]})
    code: validation.Secret


class AccountShape(BaseModel):
    """The asker's account. `has_password`: one signs in with it; `proved_by`: what is asked for before a second factor;
    `required`: what they may do waits for one; `school_account`: one of the school's own opens it.
    """

    model_config = shape(
        {
            "name": "p-1",
            "login": "li",
            "title": "李老师",
            "has_password": True,
            "proved_by": "password",
            "second_factor": True,
            "school_account": False,
            "required": False,
            "recovery_left": 9,
        }
    )
    name: str
    login: str
    title: str
    has_password: bool
    proved_by: Proof
    second_factor: bool
    school_account: bool
    required: bool
    recovery_left: int


class AppAnswer(BaseModel):
    """The secret for an authenticator app, told this once; `code` is its QR code, a row of 1 (dark) and 0 a text."""

    model_config = shape({"secret": "JBSWY3DPEHPK3PXP", "address": "otpauth://totp/…", "code": ["1011", "0110"]})
    secret: str
    address: str
    code: list[str]


class RecoveryAnswer(BaseModel):
    """Recovery codes, told this once; each works once in the place of a code of the app."""

    model_config = shape({"recovery": CODES})
    recovery: list[str]


class SessionHere(BaseModel):
    """One signed-in browser; `here`: the one that asks."""

    model_config = shape(SESSION)
    opened_ms: int
    seen_ms: int
    here: bool


class SessionsAnswer(BaseModel):
    """Where the asker is signed in, the oldest first."""

    model_config = shape({"sessions": [SESSION]})
    sessions: list[SessionHere]


@router.get("/account", response_model=AccountShape)
async def account(api: ApiHere, right: IsSignedIn) -> JsonAnswer:
    """Tell somebody about their own account."""
    person, staff = right.person, api.accounts.staff
    known = next((one for one in staff.all() if one.name == person.name), None) if staff else None
    return JsonAnswer(
        {
            "name": person.name,
            "login": known.login if known else "",
            "title": known.title if known else "",
            "has_password": bool(known and known.password),
            "proved_by": proved_by(api, person.name),
            "second_factor": bool(staff and staff.factors.on(person.name)),
            "school_account": bool(staff and staff.identities.of(person.name)),
            "required": person.lacks_factor,
            "recovery_left": staff.factors.recovery_left(person.name) if staff else 0,
        }
    )


@router.put("/account/password", status_code=HTTPStatus.NO_CONTENT, response_class=Response)
async def change_password(
    request: Request, api: ApiHere, right: IsSignedIn, here: Here, asked: PasswordChange
) -> Response:
    """Change one's password: all other sessions end, and this one gets a fresh token at once."""
    name = right.person.name
    with refusals_noted(api, name, "change_password", name):
        await _change_password(api, name, asked)
    api.audit.note(name, "change_password", name, "ok")
    return await turned(request, api, name, here, Response(status_code=HTTPStatus.NO_CONTENT))


@router.post(
    "/account/second-factor", response_model=AppAnswer, responses={status: PROBLEMS[status] for status in (409, 413)}
)
async def begin(api: ApiHere, right: IsSignedIn, here: Here, asked: BeginFactor) -> JsonAnswer:
    """Begin with a second factor: it asks for nothing before its first code has come. What proves the person is asked
    for: whoever found a browser signed in must not lock its owner out.
    """
    name = right.person.name
    with refusals_noted(api, name, "begin_second_factor", name):
        secret = await _begun(api, name, here, asked)
    known = {one.name: one.login for one in staff_of(api).all()}
    address = app_address(secret, known.get(name, name))
    api.audit.note(name, "begin_second_factor", name, "ok")
    return JsonAnswer({"secret": secret, "address": address, "code": rows_of(address)})


@router.put("/account/second-factor", response_model=RecoveryAnswer)
async def confirm(request: Request, api: ApiHere, right: IsSignedIn, here: Here, asked: CodeBody) -> Response:
    """Turn the second factor on by the app's first code: other sessions end, this one gets a fresh token. Codes are
    counted as at a sign-in: whoever guessed the first one would be told the recovery codes.
    """
    name = right.person.name
    staff_of(api)
    with refusals_noted(api, name, "turn_on_second_factor", name):
        codes = await _confirmed(api, name, asked.code)
    api.audit.note(name, "turn_on_second_factor", name, "ok")
    return await turned(request, api, name, here, JsonAnswer({"recovery": codes}))


@router.post("/account/second-factor/off", status_code=HTTPStatus.NO_CONTENT, response_class=Response)
async def turn_off(request: Request, api: ApiHere, right: IsSignedIn, here: Here, asked: CodeBody) -> Response:
    """Turn one's second factor off with a code of it, for instance before a new telephone."""
    name = right.person.name
    await _prove(api, name, asked.code, "turn_off_second_factor")
    await staff_of(api).factors.remove(name)
    return await turned(request, api, name, here, Response(status_code=HTTPStatus.NO_CONTENT))


@router.post("/account/recovery-codes", response_model=RecoveryAnswer)
async def new_recovery(api: ApiHere, right: IsSignedIn, _: Here, asked: CodeBody) -> JsonAnswer:
    """Get new recovery codes for a code of the app; those before are no good any more."""
    name = right.person.name
    await _prove(api, name, asked.code, "new_recovery_codes")
    return JsonAnswer({"recovery": await staff_of(api).factors.new_recovery(name)})


@router.get("/account/sessions", response_model=SessionsAnswer)
async def sessions(api: ApiHere, right: IsSignedIn, here: Here) -> JsonAnswer:
    """List where one is signed in."""
    api.accounts.sessions.sweep(api.accounts.clocks.now_ms())
    mine = sorted(api.accounts.sessions.of(right.person.name), key=lambda one: one.opened_ms)
    told = [{"opened_ms": one.opened_ms, "seen_ms": one.seen_ms, "here": one.key == here} for one in mine]
    return JsonAnswer({"sessions": told})


@router.delete("/account/sessions", status_code=HTTPStatus.NO_CONTENT, response_class=Response)
async def sign_out_everywhere(api: ApiHere, right: IsSignedIn, _: Here) -> Response:
    """Sign out everywhere, here too; open pages close within a second. Tokens that were made since the oldest of these
    sessions began end with them, and so do leases and what pupils were given. A lesson of one's own waits five minutes
    for one to sign in again, then it ends as by its time.
    """
    name = right.person.name
    tokens = await api.accounts.sign_out_everywhere(name)
    await api.parts.lessons.leave(name)
    api.audit.note(name, "sign_out_everywhere", name, "ok")
    for token in tokens:
        api.audit.note(name, "revoke_token", token, "signed out everywhere")
    return Response(status_code=HTTPStatus.NO_CONTENT)


def staff_of(api: Api) -> Staff:
    """Return the accounts; raises Refusal for a hub without."""
    if api.accounts.staff is None:
        raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "no_accounts", "This hub runs without accounts")
    return api.accounts.staff


async def _change_password(api: Api, name: str, asked: PasswordChange) -> None:
    if name not in {one.name for one in staff_of(api).all()}:
        raise Refusal(HTTPStatus.FORBIDDEN, "no_password", "Whoever signs in by the owner's secret or a link has none")
    try:
        await api.accounts.change_password(name, asked.password, asked.fresh)
    except SignInRefused as refused:
        raise wrong_field("wrong_password", "body.password", "this is not your password") from refused
    except WeakPassword as weak:
        raise wrong_field(weak.code, "body.fresh", weak.message) from weak
    except TooManyAttempts as refused:
        raise too_many(refused) from refused


async def check_password(api: Api, name: str, password: str) -> None:
    """Return if this is the password of whoever asks; raises Refusal."""
    try:
        await api.accounts.check_own_password(name, password)
    except SignInRefused as refused:
        raise wrong_field("wrong_password", "body.password", "this is not your password") from refused
    except TooManyAttempts as refused:
        raise too_many(refused) from refused


def just_signed_in(api: Api, here: str) -> bool:
    """Return whether this session was opened so lately that its holder has just proved who they are."""
    now_ms = api.accounts.clocks.now_ms()
    session = api.accounts.sessions.find(here, now_ms)
    return session is not None and now_ms - session.opened_ms < FRESH_MS


def proved_by(api: Api, name: str) -> Proof:
    """Return what shows that it is surely this person."""
    if name == OWNER.name:
        return Proof.SECRET
    known = any(one.password for one in staff_of(api).all() if one.name == name)
    return Proof.PASSWORD if known else Proof.SIGN_IN


async def _prove_person(api: Api, name: str, here: str, asked: BeginFactor) -> None:
    """Return if it is surely they who ask, and not whoever has got hold of their session; raises Refusal."""
    match proved_by(api, name):
        case Proof.PASSWORD:
            await check_password(api, name, asked.password or "")
        case Proof.SECRET:
            await _check_secret(api, asked.secret or "")
        case Proof.SIGN_IN if not just_signed_in(api, here):
            raise Refusal(HTTPStatus.CONFLICT, "sign_in_anew", "Sign out and in again, and come at once")


async def _check_secret(api: Api, secret: str) -> None:
    try:
        await api.accounts.check_own_secret(secret)
    except SignInRefused as refused:
        raise wrong_field("wrong_owner_secret", "body.secret", "this is not the owner's secret") from refused
    except TooManyAttempts as refused:
        raise too_many(refused) from refused


async def _begun(api: Api, name: str, here: str, asked: BeginFactor) -> str:
    if api.accounts.person(name) is None:
        raise Refusal(HTTPStatus.FORBIDDEN, "guest", "A group that came by a link has no account")
    await _prove_person(api, name, here, asked)
    try:
        return await staff_of(api).factors.begin(name)
    except WrongCode as on:
        raise Refusal(HTTPStatus.CONFLICT, "second_factor_on", "Turn off the second factor you have first") from on


async def _confirmed(api: Api, name: str, code: str) -> tuple[str, ...]:
    try:
        return await api.accounts.confirm_factor(name, code)
    except SignInRefused as wrong:
        raise _wrong_code() from wrong
    except TooManyAttempts as refused:
        raise too_many(refused) from refused


async def _prove(api: Api, name: str, code: str, what: str) -> None:
    """Use up a code; raises Refusal. The act is noted either way."""
    with refusals_noted(api, name, what, name):
        await _use_up(api, name, code)
    api.audit.note(name, what, name, "ok")


async def _use_up(api: Api, name: str, code: str) -> None:
    if not staff_of(api).factors.on(name):
        raise Refusal(HTTPStatus.CONFLICT, "second_factor_off", "There is no second factor")
    try:
        await api.accounts.second_step(name, code)
    except SignInRefused as refused:
        raise _wrong_code() from refused
    except TooManyAttempts as refused:
        raise too_many(refused) from refused


async def turned(request: Request, api: Api, name: str, here: str, answer: Response) -> Response:
    """Return the answer with a fresh token for this session; all others of this person end."""
    await api.accounts.end_sessions(name, but=here)
    fresh = await api.accounts.turn_session(here)
    if fresh:
        answer.headers[SET_COOKIE] = cookie(fresh, secure=request.url.scheme == "https")
    return answer


def _wrong_code() -> Refusal:
    return wrong_field("wrong_code", "body.code", "this code is not right, or was used before")
