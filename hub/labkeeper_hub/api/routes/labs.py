"""Labs: the rooms."""

from fastapi import APIRouter
from pydantic import BaseModel

from labkeeper_hub.accounts import Action, Scope
from labkeeper_hub.api import shapes
from labkeeper_hub.api.answers import Json, JsonAnswer
from labkeeper_hub.api.models import LabShape, example_of, shape
from labkeeper_hub.api.needs import ReadsPlaces, Right
from labkeeper_hub.api.state import ApiHere
from labkeeper_hub.model import Lab

router = APIRouter(tags=["labs"])


class LabHere(LabShape):
    """A lab, and what the asker may do in the whole of it."""

    model_config = shape(example_of(LabShape) | {"actions": ["read_places", "read_timetable"]})
    actions: list[str]


class Labs(BaseModel):
    """All labs."""

    model_config = shape({"labs": [example_of(LabHere)]})
    labs: list[LabHere]


@router.get("/labs", response_model=Labs)
async def labs(api: ApiHere, right: ReadsPlaces) -> JsonAnswer:
    """List every lab with how many of its devices are online; of what the asker may see."""
    seen = right.sight(api.parts.registry).labs()
    return JsonAnswer({"labs": [shapes.lab(one) | {"actions": _actions(right, one)} for one in seen]})


def _actions(right: Right, lab: Lab) -> list[Json]:
    place = Scope(lab.school, lab.lab)
    return [action.value for action in Action if right.to(action).covers(place)]
