"""Sessions: signing in with the owner's secret or a link, and out again."""

from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, model_validator

from labkeeper_hub.accounts import Accounts, SignInRefused, TooManyAttempts
from labkeeper_hub.accounts.sessions import ABSOLUTE_MS
from labkeeper_hub.api import validation
from labkeeper_hub.api.documented import PROBLEMS
from labkeeper_hub.api.gate import COOKIE, client_address, session_token, too_many, wrong_secret
from labkeeper_hub.api.models import shape
from labkeeper_hub.api.needs import IsSignedIn
from labkeeper_hub.api.state import Api, ApiHere

router = APIRouter(tags=["session"])
sign_in_router = APIRouter(tags=["session"])  # open: this is how one gets credentials


class SignIn(validation.Body):
    """The owner's secret, or the token of a sign-in link."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"secret": "the owner's secret"}]})

    secret: validation.Secret | None = None
    link: validation.Secret | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "SignIn":
        if (self.secret is None) == (self.link is None):
            raise ValueError("give either secret or link")
        return self


class SessionShape(BaseModel):
    """Whether the asker is signed in; nobody else gets this answer."""

    model_config = shape({"signed_in": True})
    signed_in: bool


@sign_in_router.post(
    "/session",
    status_code=HTTPStatus.NO_CONTENT,
    response_class=Response,
    responses={status: PROBLEMS[status] for status in (401, 403, 413, 422, 429)},
)
async def sign_in(request: Request, api: ApiHere, asked: SignIn) -> Response:
    """Sign in: the answer sets the session's cookie. The session that asked, if any, ends."""
    token = await _sign_in(api, asked, client_address(request.scope))
    before = session_token(request.headers)
    if before:
        await api.accounts.sign_out(before)
    answer = Response(status_code=HTTPStatus.NO_CONTENT)
    secure = request.url.scheme == "https"
    answer.set_cookie(COOKIE, token, ABSOLUTE_MS // 1000, secure=secure, httponly=True, samesite="strict")
    return answer


@router.get("/session")
async def session(_: IsSignedIn) -> SessionShape:
    """Tell whether the asker is signed in."""
    return SessionShape(signed_in=True)


@router.delete("/session", status_code=HTTPStatus.NO_CONTENT, response_class=Response, responses={403: PROBLEMS[403]})
async def sign_out(request: Request, api: ApiHere, _: IsSignedIn) -> Response:
    """Sign out: the session ends everywhere it is used, its live WebSockets within a second."""
    token = session_token(request.headers)
    if token:
        await api.accounts.sign_out(token)
    answer = Response(status_code=HTTPStatus.NO_CONTENT)
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return answer


async def _sign_in(api: Api, asked: SignIn, address: str) -> str:
    try:
        token = await _prove(api.accounts, asked, address)
    except SignInRefused as refused:
        api.metrics.sign_ins.labels("refused").inc()
        raise wrong_secret() from refused
    except TooManyAttempts as refused:
        api.metrics.sign_ins.labels("throttled").inc()
        raise too_many(refused) from refused
    api.metrics.sign_ins.labels("ok").inc()
    return token


async def _prove(accounts: Accounts, asked: SignIn, address: str) -> str:
    if asked.link is not None:
        return await accounts.sign_in_with_link(asked.link, address)
    return await accounts.sign_in_with_secret(asked.secret or "", address)
