"""Points: what the devices measure and take."""

from fastapi import APIRouter
from pydantic import BaseModel

from labkeeper_hub.api import shapes
from labkeeper_hub.api.answers import JsonAnswer
from labkeeper_hub.api.models import AddressedPoint, example_of, shape
from labkeeper_hub.api.needs import ReadsPlaces
from labkeeper_hub.api.state import ApiHere
from labkeeper_hub.turns import listed

router = APIRouter(tags=["points"])


class Points(BaseModel):
    """All points."""

    model_config = shape({"points": [example_of(AddressedPoint)]})
    points: list[AddressedPoint]


@router.get("/points", response_model=Points)
async def points(api: ApiHere, right: ReadsPlaces) -> JsonAnswer:
    """List every point of every device, each with its full address."""
    devices = right.sight(api.parts.registry).devices()
    return JsonAnswer({"points": await listed(one for device in devices for one in shapes.points_of(device))})
