"""All routes: the closed ones under one dependency, and the few open ones beside them."""

import asyncio
from functools import cache
from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from pydantic import BaseModel
from starlette.routing import BaseRoute

from labkeeper_hub.api import alarm_shapes, driver_shapes, models, pe_shapes, problems
from labkeeper_hub.api.answers import JsonAnswer
from labkeeper_hub.api.documented import EVERYWHERE
from labkeeper_hub.api.live import route as live
from labkeeper_hub.api.models import example_of
from labkeeper_hub.api.needs import IsSignedIn
from labkeeper_hub.api.openapi import describe
from labkeeper_hub.api.routes import (
    account,
    alarm_limits,
    alarm_rules,
    alarms,
    automations,
    bookings,
    calendar_links,
    catalogue,
    colleagues,
    commands,
    derived,
    devices,
    drivers,
    exports,
    floor,
    health,
    interlocks,
    labs,
    latest,
    leases,
    ledger,
    lessons,
    nodes,
    oidc,
    pe,
    pe_live,
    people,
    points,
    quarantine,
    readings,
    recording_files,
    recordings,
    reports,
    school_account,
    session,
    status,
    stop,
    telling,
    timetable,
    tokens,
    wall,
)
from labkeeper_hub.api.state import signed_in

PREFIX = "/api/v1"
FEATURES = (
    session,
    labs,
    nodes,
    devices,
    points,
    derived,
    latest,
    readings,
    exports,
    recordings,
    recording_files,
    reports,
    catalogue,
    commands,
    leases,
    lessons,
    pe,
    pe_live,
    timetable,
    bookings,
    calendar_links,
    floor,
    alarms,
    alarm_limits,
    alarm_rules,
    automations,
    interlocks,
    drivers,
    ledger,
    stop,
    status,
    quarantine,
    people,
    colleagues,
    account,
    school_account,
    tokens,
    telling,
    wall,
    live,
)


@cache
def routes() -> tuple[BaseRoute, ...]:
    """Return every route of the API: one set for all apps of the process, for FastAPI works long on each of them."""
    router = APIRouter()
    router.include_router(session.sign_in_router, prefix=PREFIX)
    router.include_router(oidc.open_router, prefix=PREFIX)
    router.include_router(_closed())
    router.include_router(health.router)
    router.include_router(calendar_links.feed_router)
    return tuple(router.routes)


@cache
def openapi_document() -> dict[str, Any]:
    """Return the OpenAPI document; the first call takes a good part of a second."""
    app = FastAPI(title="Labkeeper", version=version("labkeeper"), routes=[*routes()])
    return describe(app, _examples())


def _examples() -> dict[str, Any]:
    found = [
        one
        for module in (*FEATURES, oidc, health, models, alarm_shapes, driver_shapes, pe_shapes, problems)
        for one in vars(module).values()
    ]
    return {one.__name__: example_of(one) for one in found if isinstance(one, type) and issubclass(one, BaseModel)}


def _closed() -> APIRouter:
    """Return every route that wants somebody who is signed in."""
    router = APIRouter(prefix=PREFIX, dependencies=[Depends(signed_in)], responses=EVERYWHERE)
    for feature in FEATURES:
        router.include_router(feature.router)
    router.add_api_route("/openapi.json", _openapi, include_in_schema=False)
    return router


async def _openapi(_: IsSignedIn) -> JsonAnswer:
    return JsonAnswer(await asyncio.to_thread(openapi_document))
