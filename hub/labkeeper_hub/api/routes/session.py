"""Sessions: signing in with the owner's secret or a link, and out again."""

from http import HTTPStatus
from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, model_validator

from labkeeper_hub.accounts import Accounts, Action, CodeNeeded, SignInRefused, TooManyAttempts
from labkeeper_hub.accounts.devices import LASTS_S
from labkeeper_hub.accounts.passwords import WeakPassword
from labkeeper_hub.api import school_cookies, validation
from labkeeper_hub.api.documented import PROBLEMS
from labkeeper_hub.api.gate import (
    COOKIE,
    SET_COOKIE,
    client_address,
    code_needed,
    cookie,
    cookie_value,
    session_token,
    too_many,
    wrong_secret,
)
from labkeeper_hub.api.models import shape
from labkeeper_hub.api.needs import IsSignedIn
from labkeeper_hub.api.problems import wrong_field
from labkeeper_hub.api.routes.oidc import count, desk_of
from labkeeper_hub.api.school_cookies import PATH
from labkeeper_hub.api.state import Api, ApiHere
from labkeeper_hub.oidc.reasons import Reason

STRANGER = "stranger"
DEVICE = "labkeeper_device"  # that somebody came in from this browser before
router = APIRouter(tags=["session"])
sign_in_router = APIRouter(tags=["session"])  # open: this is how one gets credentials


class SignIn(validation.Body):
    """The owner's secret, or the token of a sign-in link, or a name with its password, or an invitation with the
    password that its holder chooses (at least 10 characters, and not easy to guess), or the `floor` token of a pupil
    group's link. Whoever has a second factor is refused with `second_factor_needed`, and sends the same again
    with a `code` of their app, or a recovery code. `school` is whoever came back from the school's provider with
    `?school=code`, and only lacks that code.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [{"secret": "the owner's secret"}]})

    secret: validation.Secret | None = None
    link: validation.Secret | None = None
    name: validation.Id | None = None
    invitation: validation.Secret | None = None
    floor: validation.Secret | None = None
    school: Literal[True] | None = None
    password: validation.Secret | None = None
    code: validation.Secret | None = None

    @property
    def _proofs(self) -> tuple[str | bool | None, ...]:
        return (self.secret, self.link, self.name, self.invitation, self.floor, self.school)

    @model_validator(mode="after")
    def _one_proof(self) -> "SignIn":
        if sum(one is not None for one in self._proofs) != 1:
            raise ValueError("give one of secret, link, name, invitation, floor and school")
        if (self.password is None) == (self.name is not None or self.invitation is not None):
            raise ValueError("a password goes with a name or an invitation")
        return self


class SessionShape(BaseModel):
    """Whether the asker is signed in, by which pseudonym, and what they may do somewhere; nobody else gets this."""

    model_config = shape({"signed_in": True, "name": "p-1", "actions": ["be_signed_in", "read_places"]})
    signed_in: bool
    name: str
    actions: list[str]


@sign_in_router.post(
    "/session",
    status_code=HTTPStatus.NO_CONTENT,
    response_class=Response,
    responses={status: PROBLEMS[status] for status in (401, 403, 413, 422, 429)},
)
async def sign_in(request: Request, api: ApiHere, asked: SignIn) -> Response:
    """Sign in: the answer sets the session's cookie. The session that asked, if any, ends."""
    token = await _sign_in(request, api, asked)
    before = session_token(request.headers)
    if before:
        await api.accounts.sign_out(before)
    answer = with_cookie(request, token)
    if asked.name or asked.invitation or asked.secret:
        _remember(request, api, token, answer)
    return answer


@router.get("/session")
async def session(right: IsSignedIn) -> SessionShape:
    """Tell whether the asker is signed in, and what they may do somewhere: a page offers no more than that."""
    may_do = [action.value for action in Action if right.to(action).granted]
    return SessionShape(signed_in=True, name=right.person.name, actions=may_do)


@router.delete("/session", status_code=HTTPStatus.NO_CONTENT, response_class=Response, responses={403: PROBLEMS[403]})
async def sign_out(request: Request, api: ApiHere, right: IsSignedIn) -> Response:
    """Sign out: the session ends everywhere it is used, its live WebSockets within a second."""
    token = session_token(request.headers)
    if token:
        await api.accounts.sign_out(token)
    api.audit.note(right.person.name, "sign_out", client_address(request.scope), "ok")
    answer = Response(status_code=HTTPStatus.NO_CONTENT)
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return answer


def with_cookie(request: Request, token: str) -> Response:
    """Return an empty answer that hands the browser this token."""
    held = cookie(token, secure=request.url.scheme == "https")
    return Response(status_code=HTTPStatus.NO_CONTENT, headers={SET_COOKIE: held})


def _remember(request: Request, api: Api, token: str, answer: Response) -> None:
    """Have the browser keep that this person came in from it: whoever guesses elsewhere does not hold them up here."""
    session = api.accounts.use_session(token)
    kept = api.accounts.device_after(_device(request), session.name) if session else None
    if kept is not None:
        secure = request.url.scheme == "https"
        answer.set_cookie(DEVICE, kept, LASTS_S, path=PATH, secure=secure, httponly=True, samesite="strict")


def _device(request: Request) -> str:
    return cookie_value(request.headers, DEVICE) or ""


async def _sign_in(request: Request, api: Api, asked: SignIn) -> str:
    address = client_address(request.scope)
    try:
        if asked.school:
            attempt = school_cookies.attempt_of(request.headers)
            token = await desk_of(api).second_step(attempt, asked.code, address)
            count(api, Reason.OK)
        else:
            token = await _prove(api.accounts, asked, address, _device(request))
    except SignInRefused as refused:
        _count(api, "refused", STRANGER, address)
        raise wrong_secret() from refused
    except CodeNeeded as needed:
        api.audit.note(STRANGER, "sign_in", address, "second_factor_needed")
        raise code_needed() from needed
    except WeakPassword as weak:
        api.audit.note(STRANGER, "sign_in", address, weak.code)
        raise wrong_field(weak.code, "body.password", weak.message) from weak
    except TooManyAttempts as refused:
        _count(api, "throttled", STRANGER, address)
        raise too_many(refused) from refused
    session = api.accounts.use_session(token)
    _count(api, "ok", session.name if session else STRANGER, address)
    return token


def _count(api: Api, outcome: str, who: str, address: str) -> None:
    """Count and record a sign-in. What was typed is not recorded: people type passwords into the wrong field."""
    api.metrics.sign_ins.labels(outcome).inc()
    api.audit.note(who, "sign_in", address, outcome)


async def _prove(accounts: Accounts, asked: SignIn, address: str, device: str) -> str:
    if asked.link is not None:
        return await accounts.sign_in_with_link(asked.link, address)
    if asked.floor is not None:
        return await accounts.enter_as_guest(asked.floor, address)
    if asked.name is not None:
        return await accounts.sign_in_with_password(asked.name, asked.password or "", address, asked.code, device)
    if asked.invitation is not None:
        return await accounts.accept_invitation(asked.invitation, asked.password or "", address, asked.code)
    return await accounts.sign_in_with_secret(asked.secret or "", address, asked.code, device)
