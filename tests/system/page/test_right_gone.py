"""A right is taken back, or somebody signs out everywhere: what was taken ends at the real hub and at the real node."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
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


@dataclass
class Class:
    """A lesson in which a group drives a motor: who teaches, who sits there, the fence of what was given."""

    owner: httpx.AsyncClient
    teacher: httpx.AsyncClient
    pupils: httpx.AsyncClient
    name: str
    given: int

    async def lessons(self) -> Any:  # noqa: ANN401 -- any JSON
        return (await _told(self.owner, "GET", "lessons"))["lessons"]

    async def leases(self) -> Any:  # noqa: ANN401 -- any JSON
        return (await _told(self.owner, "GET", "leases"))["leases"]


@asynccontextmanager
async def _class_of(stand: Stand, login: str) -> AsyncIterator[Class]:
    """Let a new teacher start a lesson and give a group the motor, which is driven."""
    stack = stand.stack
    headers = {"Authorization": f"Bearer {stack.secret}"}
    async with httpx.AsyncClient(base_url=stack.url, headers=headers, timeout=30) as owner:
        name = (await _told(owner, "POST", "people", {"login": login, "title": login, "grants": [TEACHER]}))["name"]
        invitation = (await _told(owner, "POST", f"people/{name}/invitation"))["invitation"]
        device = next(one for one in await stack.client.devices() if one["device"] == "robot-kit")
        async with aclosing(await _sign_in(stand, invitation=invitation, password=PASSWORD)) as li:
            await _told(li, "POST", f"labs/{SCHOOL}/{device['lab']}/lesson", {"for_s": 600})
            leases = (await _told(owner, "GET", "leases"))["leases"]
            fence = next(one for one in leases if one["holder"] == name)["fence"]
            seat = await _told(li, "POST", "floors", {"fence": fence, "bench": device["bench"]})
            group = seat["floor"]["name"]
            await _told(li, "PUT", f"floors/{group}/points", {"points": [{**MOTOR, "maximum": 40}]})
            async with aclosing(await _sign_in(stand, floor=seat["link"].rpartition("/s/")[2])) as pupils:
                leases = (await _told(owner, "GET", "leases"))["leases"]
                given = next(one for one in leases if one["holder"] == group)["fence"]
                assert "done" in await _answer_of_the_node(stack.broker, given, 30)
                await stand.becomes("robot-kit", "motors/left", 30)
                yield Class(owner, li, pupils, name, given)


async def test_who_is_removed_has_no_lesson_and_gives_no_floor_and_the_node_obeys_them_no_more(stand: Stand) -> None:
    async with _class_of(stand, "li") as taught:
        await _told(taught.owner, "DELETE", f"people/{taught.name}")
        await stand.becomes("robot-kit", "motors/left", 0)  # the node brings to rest what they drove
        assert "old_fence" in await _answer_of_the_node(stand.stack.broker, taught.given, 35)
        assert (await taught.pupils.get("/api/v1/session")).status_code == 401
        assert (await taught.teacher.get("/api/v1/session")).status_code == 401
        assert await taught.leases() == []
        record = await _sealed(taught.owner, taught.name)
        assert record["stopped_by"] == "hub"
        assert await taught.lessons() == []
    assert 35 not in stand.orders("robot-kit", "motors/left")


async def test_who_signs_out_everywhere_steers_by_nothing_and_comes_back_to_the_lesson(stand: Stand) -> None:
    async with _class_of(stand, "zhao") as taught:
        (before,) = await taught.lessons()
        await _told(taught.teacher, "DELETE", "account/sessions")
        await stand.becomes("robot-kit", "motors/left", 0)
        assert "old_fence" in await _answer_of_the_node(stand.stack.broker, taught.given, 36)
        assert (await taught.teacher.get("/api/v1/session")).status_code == 401
        assert (await taught.pupils.get("/api/v1/session")).status_code == 200  # they go on looking
        (waiting,) = await taught.lessons()
        assert (waiting["name"], waiting["phase"]) == (before["name"], "running")
        assert waiting["until_ms"] < before["until_ms"]
        async with aclosing(await _sign_in(stand, name="zhao", password=PASSWORD)) as again:
            async with asyncio.timeout(PATIENCE_S):
                while await taught.lessons() != [before]:
                    await asyncio.sleep(0.05)
            command = await _told(again, "POST", "commands", {"school": SCHOOL, **MOTOR, "value": 20})
            assert command["command"]["state"] != "rejected"
            await stand.becomes("robot-kit", "motors/left", 20)
        await _told(taught.owner, "DELETE", f"people/{taught.name}")
        await _sealed(taught.owner, taught.name)
    assert 36 not in stand.orders("robot-kit", "motors/left")
