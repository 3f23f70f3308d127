"""Devices: the things with points."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from labkeeper_hub.api import shapes, validation
from labkeeper_hub.api.answers import JsonAnswer
from labkeeper_hub.api.documented import PROBLEMS
from labkeeper_hub.api.models import DeviceShape, example_of, shape
from labkeeper_hub.api.needs import ReadsPlaces, Right
from labkeeper_hub.api.problems import Refusal
from labkeeper_hub.api.state import Api, ApiHere
from labkeeper_hub.model import DeviceKey
from labkeeper_hub.turns import listed

router = APIRouter(tags=["devices"])


class Devices(BaseModel):
    """The devices asked for."""

    model_config = shape({"devices": [example_of(DeviceShape)]})
    devices: list[DeviceShape]


class DevicesQuery(validation.Query):
    """Whose devices."""

    school: validation.Id | None = None
    node: validation.Id | None = None


@router.get("/devices", response_model=Devices)
async def devices(api: ApiHere, right: ReadsPlaces, query: Annotated[DevicesQuery, Query()]) -> JsonAnswer:
    """List the devices, all of them or those of one school or node."""
    found = right.sight(api.parts.registry).devices(query.school, query.node)
    return JsonAnswer({"devices": await listed(shapes.device(one) for one in found)})


@router.get("/devices/{school}/{node}", response_model=DeviceShape, responses={404: PROBLEMS[404]})
async def node_itself(api: ApiHere, right: ReadsPlaces, school: str, node: str) -> JsonAnswer:
    """Tell what a foreign node says of itself, as a device with an empty id; nodes of ours have no points."""
    return _told(api, right, DeviceKey(school, node, ""))


@router.get("/devices/{school}/{node}/{device}", response_model=DeviceShape, responses={404: PROBLEMS[404]})
async def device(api: ApiHere, right: ReadsPlaces, school: str, node: str, device: str) -> JsonAnswer:
    """Tell one device with its points."""
    return _told(api, right, DeviceKey(school, node, device))


def _told(api: Api, right: Right, key: DeviceKey) -> JsonAnswer:
    found = right.sight(api.parts.registry).device(key)
    if found is None:
        raise Refusal(HTTPStatus.NOT_FOUND, "unknown_device", "There is no such device")
    return JsonAnswer(shapes.device(found))
