import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from labkeeper_hub.accounts import Grant, Role, Scope, open_accounts
from labkeeper_hub.api import build_app
from labkeeper_hub.api.models import CommandShape
from labkeeper_hub.commands.pace import GROUP, PERSON
from labkeeper_sdk import Value
from tests.hub.heard import Heard

from .conftest import Served, enter
from .doubles import CHAMBER, TARGET, SmallHub

ID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
WISH: dict[str, Any] = {**TARGET._asdict(), "value": 25.0}


async def _post(client: httpx.AsyncClient, **changed: Any) -> httpx.Response:  # noqa: ANN401 - any JSON
    body = json.dumps(WISH | changed)  # unlike httpx, this writes half characters too
    return await client.post("/api/v1/commands", content=body, headers={"Content-Type": "application/json"})


async def test_a_command_is_accepted_and_can_be_followed(served: Served, owner: httpx.AsyncClient) -> None:
    answer = await _post(owner, id=ID, ttl_ms=500)
    assert answer.status_code == 202
    row = answer.json()["command"]
    assert CommandShape.model_validate(row).model_dump() == row
    assert (row["id"], row["value"], row["state"], row["holder"]) == (ID, 25.0, "sent", "owner")
    assert row["deadline_ms"] - row["created_ms"] == 500
    assert (await owner.get(answer.headers["location"])).json() == answer.json()
    assert served.hub.desk.known[ID].order.target == TARGET


async def test_repeating_an_id_executes_nothing_twice(served: Served, owner: httpx.AsyncClient) -> None:
    first, again = await _post(owner, id=ID), await _post(owner, id=ID, value=30.0)
    assert first.json() == again.json()
    assert len(served.hub.desk.known) == 1


async def test_commands_are_listed_newest_first_and_by_device(owner: httpx.AsyncClient) -> None:
    ids = [(await _post(owner, value=value)).json()["command"]["id"] for value in (1.0, 2.0, 3.0)]

    async def listed(**query: Any) -> list[str]:  # noqa: ANN401 - any query
        rows = (await owner.get("/api/v1/commands", params=query)).json()["commands"]
        return [row["id"] for row in rows]

    assert await listed() == ids[::-1]
    assert await listed(limit=1) == ids[2:]
    assert await listed(**CHAMBER._asdict()) == ids[::-1]
    assert await listed(school="demo", node="lab-301", device="other") == []
    half = await owner.get("/api/v1/commands", params={"school": "demo"})
    assert half.status_code == 422


async def test_an_unknown_command_is_not_found(owner: httpx.AsyncClient) -> None:
    answer = await owner.get(f"/api/v1/commands/{ID}")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_command")


async def test_an_unknown_point_is_not_found(owner: httpx.AsyncClient) -> None:
    answer = await _post(owner, point="nothing")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_point")


@pytest.mark.parametrize(
    ("code", "status", "field"),
    [
        ("read_only", 422, "body.point"),
        ("wrong_type", 422, "body.value"),
        ("not_finite", 422, "body.value"),
        ("out_of_range", 422, "body.value"),
        ("not_an_option", 422, "body.value"),
        ("bad_ttl", 422, "body.ttl_ms"),
        ("bad_id", 422, "body.id"),
        ("id_taken", 409, "body.id"),
    ],
)
async def test_what_nobody_could_execute_is_refused_by_field(
    served: Served, owner: httpx.AsyncClient, code: str, status: int, field: str
) -> None:
    served.hub.desk.rejection = code
    answer = await _post(owner)
    told = answer.json()
    assert (answer.status_code, told["code"], told["status"]) == (status, code, status)
    assert told["errors"] == [{"field": field, "message": f"because of {code}"}]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"value": None}, "body.value"),
        ({"value": [1]}, "body.value"),
        ({"value": {"a": 1}}, "body.value"),
        ({"value": 10**400}, "body.value"),
        ({"value": "x" * 5000}, "body.value"),
        ({"value": "\ud800"}, "body.value"),
        ({"school": 5}, "body.school"),
        ({"school": ""}, "body.school"),
        ({"ttl_ms": "3000"}, "body.ttl_ms"),
        ({"ttl_ms": 3000.0}, "body.ttl_ms"),
        ({"ttl_ms": True}, "body.ttl_ms"),
        ({"ttl_ms": 0}, "body.ttl_ms"),
        ({"id": 5}, "body.id"),
        ({"fence": 1}, "body.fence"),
        ({"holder": "somebody else"}, "body.holder"),
    ],
)
async def test_a_command_of_the_wrong_shape_names_the_field(
    owner: httpx.AsyncClient, changed: dict[str, Any], field: str
) -> None:
    answer = await _post(owner, **changed)
    told = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert told["code"] == "invalid"
    assert any(wrong["field"].startswith(field) for wrong in told["errors"])


@pytest.mark.parametrize("value", [True, False, 0, -(2**63), 2**64 - 1, 0.1, 1e308, "", "热"])
async def test_a_value_arrives_as_the_type_it_was_sent(served: Served, owner: httpx.AsyncClient, value: Value) -> None:
    command = (await _post(owner, value=value)).json()["command"]
    known = served.hub.desk.known[command["id"]].order.value
    assert (type(known), known) == (type(value), value)
    assert (type(command["value"]), command["value"]) == (type(value), value)


async def test_whoever_commands_too_fast_is_told_how_long_to_wait(owner: httpx.AsyncClient) -> None:
    taken = [await _post(owner) for _ in range(int(PERSON.burst))]
    assert {one.status_code for one in taken} == {202}
    refused = await _post(owner)
    assert (refused.status_code, refused.json()["code"]) == (429, "too_fast")
    assert refused.headers["retry-after"] == "1"
    action = await owner.post("/api/v1/actions", json={"wishes": [WISH]})
    assert (action.status_code, action.json()["code"]) == (429, "too_fast")
    assert (await owner.post("/api/v1/stop")).status_code == 202


async def test_a_pupil_group_is_slower_and_is_told_on_its_socket_while_others_go_on(served: Served) -> None:
    group = enter(served, "g-1", Grant(Role.PUPILS, Scope("demo", "lab-301")))
    async with served.live(additional_headers=group) as pupils, served.owner() as owner:
        await pupils.greet()
        for _ in range(int(GROUP.burst) + 1):
            await pupils.say(type="command", id=str(uuid4()), **WISH)
        refused = await pupils.hear_type("refused")
        assert refused["problem"]["code"] == "too_fast"
        assert len(served.hub.desk.known) == GROUP.burst
        assert (await _post(owner)).status_code == 202


async def test_only_the_first_of_a_row_of_hasty_commands_is_on_record(tmp_path: Path) -> None:
    hub, heard = SmallHub(), Heard()
    async with open_accounts(tmp_path) as accounts:
        app = httpx.ASGITransport(build_app(hub.parts(data=tmp_path), accounts, heard))
        bearer = {"Authorization": f"Bearer {accounts.new_secret}"}
        async with httpx.AsyncClient(transport=app, base_url="http://hub", headers=bearer) as owner:
            for _ in range(int(PERSON.burst) + 5):
                await _post(owner)
    assert [result for *_, result in heard.notes].count("too_fast") == 1
