"""Labs: the rooms."""

from fastapi import APIRouter
from pydantic import BaseModel

from labkeeper_hub.api import shapes
from labkeeper_hub.api.answers import JsonAnswer
from labkeeper_hub.api.models import LabShape, example_of, shape
from labkeeper_hub.api.needs import ReadsPlaces
from labkeeper_hub.api.state import ApiHere

router = APIRouter(tags=["labs"])


class Labs(BaseModel):
    """All labs."""

    model_config = shape({"labs": [example_of(LabShape)]})
    labs: list[LabShape]


@router.get("/labs", response_model=Labs)
async def labs(api: ApiHere, right: ReadsPlaces) -> JsonAnswer:
    """List every lab with how many of its devices are online; of what the asker may see."""
    return JsonAnswer({"labs": [shapes.lab(one) for one in right.sight(api.parts.registry).labs()]})
