"""The hub's HTTP side as one visible expression."""

import asyncio
from http import HTTPStatus
from importlib.metadata import version

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request

from labkeeper_hub.accounts import Accounts
from labkeeper_hub.api import validation
from labkeeper_hub.api.body_limit import BodyLimit
from labkeeper_hub.api.gate import Gate
from labkeeper_hub.api.headers import SecurityHeaders, secure
from labkeeper_hub.api.live.audience import Audience
from labkeeper_hub.api.loop_lag import LoopLag
from labkeeper_hub.api.metrics import Metrics
from labkeeper_hub.api.origin import OriginCheck
from labkeeper_hub.api.page import Files, page_router
from labkeeper_hub.api.problems import Refusal, answer
from labkeeper_hub.api.routing import routes
from labkeeper_hub.api.state import Api
from labkeeper_hub.audit import Notes, Unheard
from labkeeper_hub.oidc.desk import OidcDesk
from labkeeper_hub.ports import Parts


def build_app(parts: Parts, accounts: Accounts, audit: Notes | None = None, oidc: OidcDesk | None = None) -> FastAPI:
    """Compose the app; `audit` hears who does what, `oidc` lets in by the school's accounts. Run `keep_app` beside the
    server that serves it.
    """
    metrics = Metrics(parts)
    app = FastAPI(
        title="Labkeeper",
        version=version("labkeeper"),
        routes=[*routes()],
        openapi_url=None,  # ours is a route like any other, and closed like any other
        redirect_slashes=False,
        middleware=[
            Middleware(SecurityHeaders, count=metrics.count_answer),
            Middleware(OriginCheck),
            Middleware(Gate, accounts=accounts),
            Middleware(BodyLimit),
        ],
        exception_handlers={RequestValidationError: _tell, HTTPException: _tell, Exception: _tell},
    )
    lag, audience = LoopLag(metrics.lag.observe), Audience(parts, metrics)
    app.state.api = Api(parts, accounts, metrics, lag, audience, audit or Unheard(), oidc=oidc)
    app.include_router(page_router(Files()))
    _prepare(app)
    return app


async def keep_app(app: FastAPI) -> None:
    """Do what the app needs done beside it, for ever: measure the loop, keep the sessions."""
    api: Api = app.state.api
    async with asyncio.TaskGroup() as group:
        group.create_task(api.lag.beat(), name="api: loop lag")
        group.create_task(api.accounts.keep(), name="api: sessions")


def _prepare(app: FastAPI) -> None:
    """Have FastAPI prepare its routes, which it does as it looks for the first request's and which takes 60 ms."""
    nowhere = {"type": "http", "method": "GET", "path": "/nowhere", "root_path": "", "headers": []}
    for route in app.routes:
        route.matches(nowhere)


async def _tell(_: Request, error: Exception) -> Response:
    """The HTTP boundary: every error becomes a problem document; of our own mistakes the asker learns nothing more."""
    if isinstance(error, RequestValidationError):
        return answer(validation.refusal(error.errors()))
    if isinstance(error, HTTPException):
        return answer(error)
    broken = answer(Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", "The hub made a mistake; it is in its log"))
    secure(MutableHeaders(raw=broken.raw_headers))
    return broken
