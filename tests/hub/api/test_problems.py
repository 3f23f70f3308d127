import asyncio
import socket
from collections.abc import AsyncIterator

import httpx
import pytest

from labkeeper_hub.api.body_limit import MOST_BYTES
from labkeeper_hub.api.headers import SECURITY
from labkeeper_hub.api.problems import Problem

from .conftest import Served

JSON = {"Content-Type": "application/json"}


def _is_problem(answer: httpx.Response, status: int) -> dict[str, object]:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    told: dict[str, object] = answer.json()
    assert Problem.model_validate(told).status == status
    for name, value in SECURITY.items():
        assert answer.headers[name] == value
    return told


async def test_what_is_not_there_is_a_problem(owner: httpx.AsyncClient) -> None:
    _is_problem(await owner.get("/nothing"), 404)
    _is_problem(await owner.get("/static/nothing.js"), 404)


async def test_a_wrong_method_is_a_problem(owner: httpx.AsyncClient) -> None:
    _is_problem(await owner.put("/api/v1/nodes"), 405)


async def test_a_stranger_gets_a_problem(stranger: httpx.AsyncClient) -> None:
    assert _is_problem(await stranger.get("/api/v1/nodes"), 401)["code"] == "not_signed_in"


async def test_a_mistake_of_ours_is_a_problem_that_tells_nothing(
    served: Served, owner: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    served.hub.pulse.broken = True
    told = _is_problem(await owner.get("/api/v1/status"), 500)
    assert "mistake of ours" not in str(told)
    assert "mistake of ours" in caplog.text


async def test_a_body_that_is_announced_too_long_is_refused_unread(owner: httpx.AsyncClient) -> None:
    answer = await owner.post("/api/v1/commands", content=b"x" * (MOST_BYTES + 1), headers=JSON)
    assert _is_problem(answer, 413)["code"] == "body_too_large"


async def test_a_body_that_turns_out_too_long_is_refused(owner: httpx.AsyncClient) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b" " * 1024

    answer = await owner.post("/api/v1/commands", content=endless(), headers=JSON)
    assert _is_problem(answer, 413)["code"] == "body_too_large"


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[" * 60_000, b"\xff\xfe", b'{"a":' * 10_000, b"1" * 5000, b"NaN", b"null", b'"text"', b"[1]"],
)
async def test_a_body_that_is_no_json_object_is_refused(owner: httpx.AsyncClient, body: bytes) -> None:
    answer = await owner.post("/api/v1/commands", content=body, headers=JSON)
    assert answer.status_code in (400, 422)
    _is_problem(answer, answer.status_code)


async def test_only_json_is_taken(owner: httpx.AsyncClient) -> None:
    answer = await owner.post("/api/v1/session", content=b'{"secret":"x"}', headers={"Content-Type": "text/plain"})
    _is_problem(answer, 422)


async def test_field_names_in_a_problem_are_short_and_whole(owner: httpx.AsyncClient) -> None:
    answer = await owner.post("/api/v1/commands", content=b'{"' + b"x" * 10_000 + b'\\ud800":1}', headers=JSON)
    errors = _is_problem(answer, 422)["errors"]
    assert isinstance(errors, list)
    assert all(len(wrong["field"]) <= 110 for wrong in errors)


async def test_what_is_not_http_disturbs_nobody(served: Served, owner: httpx.AsyncClient) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port, family=socket.AF_INET)
    writer.write(b"\x16\x03\x01" + b"\x00" * 200 + b"\r\n\r\n")
    assert b"400" in await reader.readline()
    writer.close()
    assert (await owner.get("/api/v1/nodes")).status_code == 200
