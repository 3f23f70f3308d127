"""The hub's HTTP side as one visible expression."""

import asyncio
from http import HTTPStatus
from importlib.metadata import version

from fastapi import APIRouter, Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request

from labkeeper_hub.accounts import Accounts
from labkeeper_hub.api import validation
from labkeeper_hub.api.body_limit import BodyLimit
from labkeeper_hub.api.documented import EVERYWHERE
from labkeeper_hub.api.gate import Gate
from labkeeper_hub.api.headers import SecurityHeaders, secure
from labkeeper_hub.api.live import route as live
from labkeeper_hub.api.live.audience import Audience
from labkeeper_hub.api.loop_lag import LoopLag
from labkeeper_hub.api.metrics import Metrics
from labkeeper_hub.api.origin import OriginCheck
from labkeeper_hub.api.page import Files, page_router
from labkeeper_hub.api.problems import Refusal, answer
from labkeeper_hub.api.routes import commands, devices, health, labs, latest, ledger, nodes, points, readings, session
from labkeeper_hub.api.routes import status as status_routes
from labkeeper_hub.api.state import Api, signed_in
from labkeeper_hub.ports import Parts

PREFIX = "/api/v1"
FEATURES = (labs, nodes, devices, points, latest, readings, commands, ledger, status_routes, session, live)


def build_app(parts: Parts, accounts: Accounts) -> FastAPI:
    """Compose the app. Run `keep_app` beside the server that serves it."""
    metrics = Metrics(parts)
    app = FastAPI(
        title="Labkeeper",
        version=version("labkeeper"),
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,  # the framework's documentation pages load scripts from the internet
        redoc_url=None,
        redirect_slashes=False,
        middleware=[
            Middleware(SecurityHeaders, count=metrics.count_answer),
            Middleware(OriginCheck),
            Middleware(Gate, accounts=accounts),
            Middleware(BodyLimit),
        ],
        exception_handlers={RequestValidationError: _tell, HTTPException: _tell, Exception: _tell},
    )
    app.state.api = Api(parts, accounts, metrics, LoopLag(metrics.lag.observe), Audience(parts, metrics))
    app.include_router(_closed())
    app.include_router(session.sign_in_router, prefix=PREFIX)
    app.include_router(health.router)
    app.include_router(page_router(Files()))
    return app


async def keep_app(app: FastAPI) -> None:
    """Do what the app needs done beside it, for ever: measure the loop, keep the sessions."""
    api: Api = app.state.api
    async with asyncio.TaskGroup() as group:
        group.create_task(api.lag.beat(), name="api: loop lag")
        group.create_task(api.accounts.keep(), name="api: sessions")


def _closed() -> APIRouter:
    """Return every route that wants somebody who is signed in."""
    router = APIRouter(prefix=PREFIX, dependencies=[Depends(signed_in)], responses=EVERYWHERE)
    for feature in FEATURES:
        router.include_router(feature.router)
    return router


async def _tell(_: Request, error: Exception) -> Response:
    """The HTTP boundary: every error becomes a problem document; of our own mistakes the asker learns nothing more."""
    if isinstance(error, RequestValidationError):
        return answer(validation.refusal(error.errors()))
    if isinstance(error, HTTPException):
        return answer(error)
    broken = answer(Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", "The hub made a mistake; it is in its log"))
    secure(MutableHeaders(raw=broken.raw_headers))
    return broken
