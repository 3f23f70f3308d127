"""Devices: the things with points."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from labkeeper_hub.api import shapes, validation
from labkeeper_hub.api.answers import JsonAnswer
from labkeeper_hub.api.documented import PROBLEMS
from labkeeper_hub.api.models import DeviceShape, example_of, shape
from labkeeper_hub.api.problems import Refusal
from labkeeper_hub.api.state import ApiHere
from labkeeper_hub.model import DeviceKey

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
async def devices(api: ApiHere, query: Annotated[DevicesQuery, Query()]) -> JsonAnswer:
    """List the devices, all of them or those of one school or node."""
    found = api.parts.registry.devices(query.school, query.node)
    return JsonAnswer({"devices": [shapes.device(one) for one in found]})


@router.get("/devices/{school}/{node}/{device}", response_model=DeviceShape, responses={404: PROBLEMS[404]})
async def device(api: ApiHere, school: str, node: str, device: str) -> JsonAnswer:
    """Tell one device with its points."""
    found = api.parts.registry.device(DeviceKey(school, node, device))
    if found is None:
        raise Refusal(HTTPStatus.NOT_FOUND, "unknown_device", "There is no such device")
    return JsonAnswer(shapes.device(found))
