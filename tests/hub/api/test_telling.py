"""Telling people over HTTP: channels, the plan, tests, and what comes back of secrets: nothing."""

import asyncio
from pathlib import Path

import httpx
import pytest

from labkeeper_hub.accounts import Grant, Role
from labkeeper_hub.registry.tables import metadata
from labkeeper_sdk.plugins import load_channels

from .conftest import Served, enter

SECRET = "d2hvIHJlYWRzIHRoaXMgaGFzIGdvb2QgZXllcw=="
CLOSED = "http://127.0.0.1:9/hook"
NEW = {"name": "duty", "kind": "webhook", "language": "en", "configuration": {"url": CLOSED, "secret": SECRET}}
RULES = [{"name": "all", "steps": [{"channel": "duty", "hours": {"days": [1], "start": "07:00", "end": "18:00"}}]}]
PLAN = {"rules": RULES, "url": "https://hub.school"}


@pytest.fixture
async def desk(served: Served) -> None:
    served.hub.telling.kinds = load_channels()
    async with served.hub.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)


@pytest.mark.usefixtures("desk")
async def test_a_channel_is_set_up_tried_told_through_and_taken_away(owner: httpx.AsyncClient) -> None:
    made = await owner.post("/api/v1/telling/channels", json=NEW)
    assert made.status_code == 201, made.text
    tried = await owner.post("/api/v1/telling/channels/duty/test")
    assert (tried.status_code, tried.json()["fate"]) == (200, "given_up")
    assert tried.json()["error"] == "cannot be reached (ConnectError)"
    (listed,) = (await owner.get("/api/v1/telling/channels")).json()["channels"]
    assert (listed["name"], listed["made_by"], listed["failures"]) == ("duty", "owner", 1)
    changed = await owner.put("/api/v1/telling/plan", json=PLAN)
    assert changed.status_code == 200, changed.text
    assert (await owner.get("/api/v1/telling/plan")).json() == changed.json()
    refused = await owner.delete("/api/v1/telling/channels/duty")
    assert (refused.status_code, refused.json()["code"]) == (409, "in_use")
    assert (await owner.put("/api/v1/telling/plan", json={})).status_code == 200
    assert (await owner.delete("/api/v1/telling/channels/duty")).status_code == 204
    messages = (await owner.get("/api/v1/telling/messages?limit=5")).json()["messages"]
    assert [(one["kind"], one["channel"]) for one in messages] == [("test", "duty")]


@pytest.mark.usefixtures("desk")
async def test_no_answer_and_no_file_holds_a_secret(owner: httpx.AsyncClient, tmp_path: Path) -> None:
    told = [await owner.post("/api/v1/telling/channels", json=NEW)]
    wrong = NEW | {"name": "other", "configuration": {"url": CLOSED, "secret": SECRET[:12]}}
    told.append(await owner.post("/api/v1/telling/channels", json=wrong))
    told.append(await owner.get("/api/v1/telling/channels"))
    told.append(await owner.post("/api/v1/telling/channels/duty/test"))
    told.append(await owner.get("/api/v1/telling/messages"))
    assert [one.status_code for one in told] == [201, 422, 200, 200, 200]
    assert not [one.text for one in told if SECRET[:12] in one.text or CLOSED in one.text]
    assert not await asyncio.to_thread(_files_with, SECRET.encode(), tmp_path)


def _files_with(secret: bytes, folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if secret in path.read_bytes()]


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "channels", NEW | {"kind": "pigeon"}, 422, "unknown_kind"),
        ("POST", "channels", NEW | {"name": "a/b"}, 422, "invalid"),
        ("POST", "channels", NEW | {"configuration": {"url": CLOSED}}, 422, "invalid"),
        ("POST", "channels/none/test", None, 404, "unknown_channel"),
        ("DELETE", "channels/none", None, 404, "unknown_channel"),
        ("PUT", "plan", PLAN, 422, "unknown_channel"),
        ("PUT", "plan", {"rules": [{"name": "all", "steps": []}]}, 422, "invalid"),
        ("PUT", "plan", {"nonsense": 1}, 422, "invalid"),
        ("PUT", "plan", {"holidays": []}, 422, "invalid"),
    ],
)
async def test_what_makes_no_sense_is_refused(
    owner: httpx.AsyncClient, method: str, path: str, body: object, status: int, code: str
) -> None:
    answer = await owner.request(method, f"/api/v1/telling/{path}", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.usefixtures("desk")
async def test_two_channels_have_two_names_and_teachers_have_none(owner: httpx.AsyncClient, served: Served) -> None:
    await owner.post("/api/v1/telling/channels", json=NEW)
    again = await owner.post("/api/v1/telling/channels", json=NEW)
    assert (again.status_code, again.json()["code"]) == (409, "name_taken")
    async with served.stranger() as client:
        teacher = await client.get("/api/v1/telling/channels", headers=enter(served, "p-9", Grant(Role.TEACHER)))
        assert teacher.status_code == 403


async def test_metrics_tell_how_it_goes(owner: httpx.AsyncClient) -> None:
    told = (await owner.get("/metrics")).text
    assert 'labkeeper_telling_attempts_total{outcome="sent"} 0.0' in told
    assert "labkeeper_telling_channels_failing 0.0" in told
