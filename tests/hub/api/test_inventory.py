from typing import Any

import httpx
import pytest
from pydantic import BaseModel

from labkeeper_hub.api import shapes
from labkeeper_hub.api.models import AddressedPoint, DeviceShape, LatestShape, LedgerShape, NodeShape
from labkeeper_hub.api.routes.labs import LabHere
from labkeeper_hub.api.routes.status import StatusShape
from labkeeper_hub.model import DeviceGone

from .conftest import Served
from .doubles import CHAMBER, device, latest, node

LISTS: list[tuple[str, str, type[BaseModel]]] = [
    ("labs", "labs", LabHere),
    ("nodes", "nodes", NodeShape),
    ("devices", "devices", DeviceShape),
    ("points", "points", AddressedPoint),
    ("latest", "latest", LatestShape),
    ("ledger", "nodes", LedgerShape),
]


@pytest.mark.parametrize(("path", "key", "model"), LISTS)
async def test_a_list_has_exactly_the_documented_shape(
    owner: httpx.AsyncClient, path: str, key: str, model: type[BaseModel]
) -> None:
    answer = await owner.get(f"/api/v1/{path}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    rows = answer.json()[key]
    assert rows
    for row in rows:
        assert model.model_validate(row).model_dump() == row


async def test_the_status_has_exactly_the_documented_shape(owner: httpx.AsyncClient) -> None:
    row = (await owner.get("/api/v1/status")).json()
    assert StatusShape.model_validate(row).model_dump() == row
    assert row["refusals"] == {"truncated": 2}


async def test_a_foreign_node_has_neither_epoch_nor_backlog(owner: httpx.AsyncClient) -> None:
    ours, foreign = (await owner.get("/api/v1/nodes")).json()["nodes"]
    assert (ours["foreign"], ours["epoch"]) == (False, "epoch")
    assert (foreign["foreign"], foreign["epoch"], foreign["backlog"]) == (True, None, None)


async def test_devices_are_found_by_school_and_node(owner: httpx.AsyncClient) -> None:
    async def found(**query: str) -> int:
        return len((await owner.get("/api/v1/devices", params=query)).json()["devices"])

    assert await found(school="demo") == 1
    assert await found(school="demo", node="lab-301") == 1
    assert await found(node="other") == 0


async def test_one_device_is_found_by_its_address(owner: httpx.AsyncClient) -> None:
    row = (await owner.get("/api/v1/devices/demo/lab-301/0x00158d0001a2b3c4")).json()
    assert row == shapes_json(shapes.device(device()))
    missing = await owner.get("/api/v1/devices/demo/lab-301/nothing")
    assert (missing.status_code, missing.json()["code"]) == (404, "unknown_device")


async def test_a_node_of_ours_has_no_points_of_its_own(owner: httpx.AsyncClient) -> None:
    missing = await owner.get("/api/v1/devices/demo/lab-301")
    assert (missing.status_code, missing.json()["code"]) == (404, "unknown_device")


async def test_latest_values_are_found_by_device(served: Served, owner: httpx.AsyncClient) -> None:
    served.hub.hear(float("inf"))
    (row,) = (await owner.get("/api/v1/latest", params={"device": CHAMBER.device})).json()["latest"]
    assert row["value"] is None
    assert (await owner.get("/api/v1/latest", params={"device": "other"})).json() == {"latest": []}


async def test_a_misspelt_filter_is_refused_and_not_ignored(owner: httpx.AsyncClient) -> None:
    answer = await owner.get("/api/v1/latest", params={"devise": "x"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "query.devise"


def test_every_change_says_what_kind_it_is() -> None:
    assert shapes.change(latest())["kind"] == "reading"
    assert shapes.change(node())["kind"] == "node"
    assert shapes.change(device())["kind"] == "device"
    gone = {"kind": "device_gone", "school": "demo", "node": "lab-301", "device": CHAMBER.device}
    assert shapes.change(DeviceGone(CHAMBER)) == gone


def shapes_json(told: dict[str, Any]) -> dict[str, Any]:
    return httpx.Response(200, json=told).json()  # type: ignore[no-any-return] # JSON
