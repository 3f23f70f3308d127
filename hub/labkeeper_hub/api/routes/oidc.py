"""Signing in with the school's own accounts: to the provider, back from it, and out of it. Open, as signing in is."""

from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import URL

from labkeeper_hub.api import school_cookies, validation
from labkeeper_hub.api.answers import JsonAnswer
from labkeeper_hub.api.documented import PROBLEMS
from labkeeper_hub.api.gate import SET_COOKIE, client_address, cookie, session_token
from labkeeper_hub.api.models import Title, shape
from labkeeper_hub.api.problems import Refusal
from labkeeper_hub.api.state import Api, ApiHere
from labkeeper_hub.oidc.attempts import Link
from labkeeper_hub.oidc.desk import HOME, Ended, OidcDesk, Returned
from labkeeper_hub.oidc.reasons import ProviderFailed, Reason

open_router = APIRouter(tags=["session"])
DEEP_LINK = r"^#/[A-Za-z0-9\-._~!$&'()*+,;=:@%/?]{0,1000}$"  # a fragment's letters, RFC 3986
OFFER = {
    "offered": True,
    "title": {"zh": "用学校账号登录", "en": "Sign in with the school's account"},
    "hub_url": "https://hub.school.example",
    "came": False,
}
MOST = 4096
MOST_FIELDS = 16
FORM = "application/x-www-form-urlencoded"
LOGOUT: dict[str, Any] = {
    "schema": {"type": "object", "required": ["logout_token"], "properties": {"logout_token": {"type": "string"}}},
    "example": {"logout_token": "…"},
}
Said = Annotated[str, Query(max_length=MOST)]


class Beginning(validation.Body):
    """Where in the page to come back to."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"back": "#/alarms"}]})
    back: Annotated[str, Field(pattern=DEEP_LINK)] = HOME


class OfferShape(BaseModel):
    """Whether the school's accounts open this hub, under which words, and at which address of the hub it works. `came`:
    this browser came in by one last, and is probably still signed in over there.
    """

    model_config = shape(OFFER)
    offered: bool
    title: Title
    hub_url: str
    came: bool


class AwayAnswer(BaseModel):
    """Where to send the browser."""

    model_config = shape({"address": "https://accounts.school.example/authorize?…"})
    address: str


@open_router.get("/session/oidc", response_model=OfferShape)
async def offer(request: Request, api: ApiHere) -> JsonAnswer:
    """Tell whether one can sign in with the school's account. The provider is not asked."""
    told = api.oidc.settings if api.oidc else None
    return JsonAnswer(
        {
            "offered": told is not None,
            "title": {"zh": told.title_zh if told else "", "en": told.title_en if told else ""},
            "hub_url": told.hub_url if told else "",
            "came": told is not None and school_cookies.came_by_school(request.headers),
        }
    )


@open_router.post(
    "/session/oidc",
    response_model=AwayAnswer,
    responses={status: PROBLEMS[status] for status in (403, 404, 409, 413, 422, 503)},
)
async def begin(request: Request, api: ApiHere, asked: Beginning) -> Response:
    """Begin to sign in with the school's account: the browser goes to `address`, and comes back to the callback."""
    return await sent_away(request, api, asked.back)


@open_router.get(
    "/session/oidc/callback",
    status_code=HTTPStatus.SEE_OTHER,
    response_class=Response,
    responses={status: PROBLEMS[status] for status in (404, 422)},
)
async def callback(
    request: Request, api: ApiHere, state: Said = "", code: Said = "", error: Said = "", iss: Said | None = None
) -> Response:
    """Come back from the provider. The page opens where it was left: signed in, or with the reason in `?school=`."""
    desk = desk_of(api)
    token = school_cookies.attempt_of(request.headers)
    ended = await desk.finish(token, Returned(state, code, error, iss), client_address(request.scope))
    count(api, ended.reason)
    return await _back(request, api, desk, ended)


@open_router.get(
    "/session/oidc/leave", status_code=HTTPStatus.SEE_OTHER, response_class=Response, responses={404: PROBLEMS[404]}
)
async def leave(api: ApiHere) -> Response:
    """Sign out at the provider (OpenID Connect RP-Initiated Logout 1.0); here one has signed out before."""
    try:
        address = await desk_of(api).provider.leaving()
    except ProviderFailed as failed:
        return _to(f"/?school={failed.reason}")
    return _to(address or "/?school=no_leaving")


@open_router.get(
    "/session/oidc/left", status_code=HTTPStatus.SEE_OTHER, response_class=Response, responses={404: PROBLEMS[404]}
)
async def left(api: ApiHere) -> Response:
    """Come back after signing out at the provider."""
    desk_of(api)
    answer = _to("/")
    school_cookies.left(answer)
    return answer


@open_router.post(
    "/session/oidc/back-channel-logout",
    response_class=Response,
    openapi_extra={"requestBody": {"required": True, "content": {FORM: LOGOUT}}},
    responses={status: PROBLEMS[status] for status in (400, 404, 413)},
)
async def back_channel_logout(request: Request, api: ApiHere) -> Response:
    """Hear from the provider that somebody signed out over there (OpenID Connect Back-Channel Logout 1.0): the sessions
    here that it opened end. It proves itself by the token's signature.
    """
    desk = desk_of(api)
    reason = await desk.sign_out(_field(await request.body(), "logout_token"), client_address(request.scope))
    if reason is not Reason.OK:
        told = "The provider's word could not be believed; the hub's log says why"
        raise Refusal(HTTPStatus.BAD_REQUEST, reason.value, told)
    return Response()


def _field(form: bytes, name: str) -> str:
    """Return a field of a form, nothing where it is not there."""
    try:
        return parse_qs(form.decode("ascii"), max_num_fields=MOST_FIELDS).get(name, [""])[0]
    except ValueError:
        return ""


async def sent_away(request: Request, api: Api, back: str, link: Link | None = None) -> Response:
    """Return where to send the browser, and hand it the attempt's token; raises Refusal."""
    desk = desk_of(api)
    if not _same_place(request.url, URL(desk.settings.hub_url)):
        detail = f"Signing in with the school's account works at {desk.settings.hub_url}"
        raise Refusal(HTTPStatus.CONFLICT, "other_address", detail)
    try:
        token, address = await desk.begin(back, client_address(request.scope), link)
    except ProviderFailed as failed:
        count(api, failed.reason)
        told = "The school's provider cannot be used now; the hub's log says why"
        raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, failed.reason.value, told) from failed
    answer = JsonAnswer({"address": address})
    school_cookies.begun(answer, token, secure=is_secure(desk))
    return answer


def count(api: Api, reason: Reason) -> None:
    """Count one end of an attempt."""
    api.metrics.oidc.labels(reason.value).inc()


def desk_of(api: Api) -> OidcDesk:
    """Return the desk; raises Refusal for a hub without."""
    if api.oidc is None:
        raise Refusal(HTTPStatus.NOT_FOUND, "no_school_accounts", "This hub knows no provider of school accounts")
    return api.oidc


def is_secure(desk: OidcDesk) -> bool:
    """Return whether browsers open the hub by TLS, as the settings say."""
    return desk.settings.hub_url.startswith("https:")


async def _back(request: Request, api: Api, desk: OidcDesk, ended: Ended) -> Response:
    """Return the way back into the page; a fresh session takes the place of this browser's."""
    answer = _to(f"/{ended.back}" if ended.reason is Reason.OK else f"/?school={ended.reason}{ended.back}")
    if ended.reason in (Reason.THROTTLED, Reason.UNKNOWN_ATTEMPT):
        return answer  # whatever this browser began is still under way
    school_cookies.ended(answer)
    if ended.reason in (Reason.OK, Reason.CODE, Reason.LINKED, Reason.UNKNOWN_PERSON):
        school_cookies.came(answer, secure=is_secure(desk))
    if ended.waiting:
        school_cookies.begun(answer, ended.waiting, secure=is_secure(desk))
    if ended.session:
        before = session_token(request.headers)
        if before:
            await api.accounts.sign_out(before)
        answer.headers.append(SET_COOKIE, cookie(ended.session, secure=is_secure(desk)))
        api.metrics.sign_ins.labels("ok").inc()
    return answer


def _to(address: str) -> Response:
    return Response(status_code=HTTPStatus.SEE_OTHER, headers={"Location": address})


def _same_place(asked: URL, meant: URL) -> bool:
    """Return whether the page was opened where the provider sends it back to: its cookies are known there only."""
    return asked.netloc.lower() == meant.netloc.lower()
