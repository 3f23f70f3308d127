"""Points: what the devices measure and take."""

from fastapi import APIRouter
from pydantic import BaseModel

from labkeeper_hub.api import shapes
from labkeeper_hub.api.answers import JsonAnswer
from labkeeper_hub.api.models import AddressedPoint, example_of, shape
from labkeeper_hub.api.state import ApiHere

router = APIRouter(tags=["points"])


class Points(BaseModel):
    """All points."""

    model_config = shape({"points": [example_of(AddressedPoint)]})
    points: list[AddressedPoint]


@router.get("/points", response_model=Points)
async def points(api: ApiHere) -> JsonAnswer:
    """List every point of every device, each with its full address."""
    return JsonAnswer({"points": [one for device in api.parts.registry.devices() for one in shapes.points_of(device)]})
