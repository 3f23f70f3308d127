"""Health: for supervisors (open, without details) and for Prometheus (not open)."""

from http import HTTPStatus

from fastapi import APIRouter, Response
from prometheus_client import generate_latest
from pydantic import BaseModel

from labkeeper_hub.api.answers import JsonAnswer
from labkeeper_hub.api.documented import EVERYWHERE, PROBLEMS
from labkeeper_hub.api.models import shape
from labkeeper_hub.api.needs import ReadsHealth
from labkeeper_hub.api.problems import Refusal
from labkeeper_hub.api.state import ApiHere

router = APIRouter(tags=["health"])
PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


class Ok(BaseModel):
    """All is well."""

    model_config = shape({"ok": True})
    ok: bool


@router.get("/healthz", response_model=Ok, responses={503: PROBLEMS[503]})
async def healthz(api: ApiHere) -> JsonAnswer:
    """Tell whether the process is alive and its workers run; if not, restart it."""
    now = api.parts.health.status()
    if not api.lag.beating or (now.hanging and not now.journal.failing):
        raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "not_alive", "The hub's workers do not run")
    return JsonAnswer({"ok": True})


@router.get("/readyz", response_model=Ok, responses={503: PROBLEMS[503]})
async def readyz(api: ApiHere) -> JsonAnswer:
    """Tell whether the broker is connected and the journal can be written, and no other hub uses our host id."""
    now = api.parts.health.status()
    if now.host_id_taken:
        raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "host_id_taken", "Another hub uses this hub's host id")
    if not now.broker_connected or now.journal.failing:
        raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "not_ready", "The hub is not ready")
    return JsonAnswer({"ok": True})


@router.get(
    "/metrics",
    response_class=Response,
    responses=EVERYWHERE
    | {200: {"content": {"text/plain": {"example": "labkeeper_readings_stored_total 119950.0\n"}}}},
)
async def metrics(api: ApiHere, _: ReadsHealth) -> Response:
    """Tell the hub in numbers, as Prometheus reads them."""
    return Response(generate_latest(api.metrics.registry), media_type=PROMETHEUS)
