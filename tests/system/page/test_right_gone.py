"""A right is taken back on the real stack: what was taken by it ends at the hub and at the node."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest

from labkeeper_sdk.testing import Broker
from labkeeper_wire import mqtt
from labkeeper_wire.codec import decode, encode
from labkeeper_wire.commands import CommandRequest, Target
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.payload import Payload
from tests.hub.end_to_end.scripted_node import now_ms

from .stand import NODE, PATIENCE_S, SCHOOL, Stand

pytestmark = pytest.mark.asyncio(loop_scope="session")
PASSWORD = "three oxen under plum"
MOTOR = {"node": NODE, "device": "robot-kit", "point": "motors/left"}
TEACHER = {"role": "teacher", "school": SCHOOL}


async def _sign_in(stand: Stand, **proof: str) -> httpx.AsyncClient:
    client = httpx.AsyncClient(base_url=stand.stack.url, headers={"Origin": stand.stack.url}, timeout=30)
    (await client.post("/api/v1/session", json=proof)).raise_for_status()
    return client


async def _told(client: httpx.AsyncClient, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 -- any JSON
    answer = await client.request(method, f"/api/v1/{path}", json=body)
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None


async def _answer_of_the_node(broker: Broker, fence: int, value: int) -> str:
    """Say to the node itself what the pupils' hub would, under that lease; return its last word."""
    command = str(uuid4())
    asked = CommandRequest(command, 3000, fence, (Target("motors/left", value, DataType.INT64),))
    async with mqtt.connect(mqtt.Address("127.0.0.1", broker.port), f"test-{command[:8]}") as link:
        await link.subscribe((f"spBv1.0/{SCHOOL}/DDATA/{NODE}/#", 0))
        payload = encode(Payload(asked.to_metrics(), now_ms()))
        link.send(f"spBv1.0/{SCHOOL}/DCMD/{NODE}/robot-kit", payload)
        async for message in link.messages():
            for metric in decode(message.payload).metrics:
                if isinstance(metric.value, str) and command in metric.value and "accepted" not in metric.value:
                    return metric.value
    raise AssertionError("the broker is gone")


async def _sealed(client: httpx.AsyncClient, by: str) -> Any:  # noqa: ANN401 -- any JSON
    """Wait until a teacher's record is sealed, and return it."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            records = (await _told(client, "GET", "recordings"))["recordings"]
            found = next(one for one in records if one["by"] == by)
            if found["stage"] == "sealed":
                return found
            await asyncio.sleep(0.05)


async def test_who_is_removed_has_no_lesson_and_gives_no_floor_and_the_node_obeys_them_no_more(stand: Stand) -> None:
    stack = stand.stack
    headers = {"Authorization": f"Bearer {stack.secret}"}
    async with httpx.AsyncClient(base_url=stack.url, headers=headers, timeout=30) as owner:
        new = {"login": "li", "title": "Li", "grants": [TEACHER]}
        name = (await _told(owner, "POST", "people", new))["name"]
        invitation = (await _told(owner, "POST", f"people/{name}/invitation"))["invitation"]
        device = next(one for one in await stack.client.devices() if one["device"] == "robot-kit")
        li = await _sign_in(stand, invitation=invitation, password=PASSWORD)
        await _told(li, "POST", f"labs/{SCHOOL}/{device['lab']}/lesson", {"for_s": 600})
        fence = next(one for one in (await _told(owner, "GET", "leases"))["leases"] if one["holder"] == name)["fence"]
        seat = await _told(li, "POST", "floors", {"fence": fence, "bench": device["bench"]})
        group = seat["floor"]["name"]
        await _told(li, "PUT", f"floors/{group}/points", {"points": [{**MOTOR, "maximum": 40}]})
        pupils = await _sign_in(stand, floor=seat["link"].rpartition("/s/")[2])
        given = next(one for one in (await _told(owner, "GET", "leases"))["leases"] if one["holder"] == group)["fence"]
        assert "done" in await _answer_of_the_node(stack.broker, given, 30)
        await stand.becomes("robot-kit", "motors/left", 30)
        await _told(owner, "DELETE", f"people/{name}")
        await stand.becomes("robot-kit", "motors/left", 0)  # the node brings to rest what they drove
        assert "old_fence" in await _answer_of_the_node(stack.broker, given, 35)
        assert (await pupils.get("/api/v1/session")).status_code == 401
        assert (await li.get("/api/v1/session")).status_code == 401
        assert (await _told(owner, "GET", "leases"))["leases"] == []
        record = await _sealed(owner, name)
        assert record["stopped_by"] == "hub"
        assert (await _told(owner, "GET", "lessons"))["lessons"] == []
        await li.aclose()
        await pupils.aclose()
    assert 35 not in stand.orders("robot-kit", "motors/left")
