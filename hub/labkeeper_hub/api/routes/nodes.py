"""Nodes: the Sparkplug edge nodes in the labs, foreign ones included."""

from fastapi import APIRouter
from pydantic import BaseModel

from labkeeper_hub.api import shapes
from labkeeper_hub.api.answers import JsonAnswer
from labkeeper_hub.api.models import NodeShape, example_of, shape
from labkeeper_hub.api.needs import ReadsPlaces
from labkeeper_hub.api.state import ApiHere

router = APIRouter(tags=["nodes"])


class Nodes(BaseModel):
    """All nodes."""

    model_config = shape({"nodes": [example_of(NodeShape)]})
    nodes: list[NodeShape]


@router.get("/nodes", response_model=Nodes)
async def nodes(api: ApiHere, right: ReadsPlaces) -> JsonAnswer:
    """List every node and whether it is heard."""
    return JsonAnswer({"nodes": [shapes.node(one) for one in right.sight(api.parts.registry).nodes()]})
