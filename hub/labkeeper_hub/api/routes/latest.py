"""Latest values: what every point said last."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from labkeeper_hub.api import shapes, validation
from labkeeper_hub.api.answers import JsonAnswer
from labkeeper_hub.api.models import LatestShape, example_of, shape
from labkeeper_hub.api.needs import ReadsReadings
from labkeeper_hub.api.state import ApiHere
from labkeeper_hub.turns import listed

router = APIRouter(tags=["latest"])


class LatestValues(BaseModel):
    """The live values asked for."""

    model_config = shape({"latest": [example_of(LatestShape)]})
    latest: list[LatestShape]


class LatestQuery(validation.Query):
    """Whose values."""

    school: validation.Id | None = None
    node: validation.Id | None = None
    device: validation.DeviceId | None = None


@router.get("/latest", response_model=LatestValues)
async def latest(api: ApiHere, right: ReadsReadings, query: Annotated[LatestQuery, Query()]) -> JsonAnswer:
    """List live values; `stale` ones are what was last heard of something that is silent now."""
    values = api.parts.latest.latest(query.school, query.node, query.device)
    found = right.sight(api.parts.registry).latest(values)
    return JsonAnswer({"latest": await listed(shapes.latest(one) for one in found)})
