"""Whatever comes in, the answer is never a mistake of ours."""

import asyncio
import json
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given, settings
from hypothesis import strategies as st

from labkeeper_hub.accounts import open_accounts
from labkeeper_hub.api import build_app
from labkeeper_hub.api.live.messages import asked_id, read
from labkeeper_hub.api.problems import Problem, Refusal
from labkeeper_hub.model import Row

from .doubles import MODE, START_MS, TARGET, TEMPERATURE, SmallHub

PATHS = ("labs", "nodes", "devices", "points", "latest", "readings", "commands", "ledger", "status", "session")
FIELDS = ("school", "node", "device", "point", "value", "ttl_ms", "id", "secret", "link", "type", "stream", "since")
KNOWN = (*TARGET, "temperature", "mode")
QUERY = ("school", "node", "device", "point", "from", "to", "every", "aggregate", "limit", "after", "format")

text = st.text(st.characters(), max_size=20) | st.sampled_from(KNOWN)  # half characters included
scalar = st.none() | st.booleans() | st.integers() | st.floats() | text
anything = st.recursive(scalar, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3))
body = st.dictionaries(st.sampled_from(FIELDS) | text, anything, max_size=8) | anything
command = st.fixed_dictionaries(
    {"school": st.just("demo"), "node": st.just("lab-301"), "device": st.just(TARGET.device), "point": text},
    optional={"value": anything, "ttl_ms": scalar, "id": scalar, "x": scalar},
)
word = text.filter(lambda word: word.isprintable()).map(lambda word: word.encode("utf-8", "replace").decode())
number = st.integers().map(str) | st.sampled_from(("0", str(START_MS), "mean", "csv", f"{START_MS}.1"))
query = st.dictionaries(st.sampled_from(QUERY) | word, word | number, max_size=12)
readings = st.fixed_dictionaries(
    {**{key: st.just(value) for key, value in TEMPERATURE._asdict().items()}, "from": number, "to": number},
    optional=dict.fromkeys(("every", "aggregate", "limit", "after", "format"), word | number),
)

methods = st.sampled_from(("GET", "POST", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS"))


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    hub = SmallHub()
    hub.journal.rows |= {TEMPERATURE: [Row(START_MS, 1.0)], MODE: [Row(START_MS, "heat")]}

    async def build() -> FastAPI:
        data = tmp_path_factory.mktemp("data")
        async with open_accounts(data) as accounts:
            built = build_app(hub.parts(data=data), accounts)
            await accounts.check_bearer(accounts.new_secret or "", "127.0.0.1")
            built.state.secret = accounts.new_secret
            return built

    return asyncio.run(build())


def _ask(app: FastAPI, method: str, path: str, **more: Any) -> httpx.Response:  # noqa: ANN401 - whatever httpx takes
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=True)
        headers = {"Authorization": f"Bearer {app.state.secret}", "Content-Type": "application/json"}
        async with httpx.AsyncClient(transport=transport, base_url="http://hub", headers=headers) as client:
            return await client.request(method, path, **more)

    answer = asyncio.run(ask())
    assert answer.status_code < 500
    if answer.status_code >= 400 and method != "HEAD":
        assert answer.headers["content-type"] == "application/problem+json"
        Problem.model_validate(answer.json())
    return answer


@settings(deadline=None, max_examples=150, print_blob=True)
@given(asked=command | body, path=st.sampled_from(("commands", "session")))
def test_any_body_has_an_answer(app: FastAPI, asked: object, path: str) -> None:
    _ask(app, "POST", f"/api/v1/{path}", content=json.dumps(asked))


@settings(deadline=None, max_examples=100, print_blob=True)
@given(content=st.binary(max_size=200))
def test_any_bytes_have_an_answer(app: FastAPI, content: bytes) -> None:
    assert _ask(app, "POST", "/api/v1/commands", content=content).status_code in (400, 422)


@settings(deadline=None, max_examples=150, print_blob=True)
@given(path=st.sampled_from(PATHS), asked=query | readings, method=methods)
def test_any_query_has_an_answer(app: FastAPI, path: str, asked: dict[str, str], method: str) -> None:
    _ask(app, method, f"/api/v1/{path}", params=asked)


@settings(deadline=None, max_examples=150, print_blob=True)
@given(asked=readings)
def test_any_question_for_readings_has_an_answer(app: FastAPI, asked: dict[str, str]) -> None:
    _ask(app, "GET", "/api/v1/readings", params=asked)


@settings(deadline=None, max_examples=100, print_blob=True)
@given(path=st.lists(word, max_size=5), method=methods)
def test_any_path_has_an_answer(app: FastAPI, path: list[str], method: str) -> None:
    _ask(app, method, "/api/v1/devices/" + "/".join(quote(part, safe="") for part in path))


@settings(deadline=None, max_examples=300, print_blob=True)
@given(said=(command | body).map(json.dumps) | st.text() | st.binary() | st.none())
def test_any_live_message_is_read_or_refused(said: str | bytes | None) -> None:
    asked_id(said)
    try:
        read(said)
    except Refusal as refusal:
        assert refusal.status_code == 422  # noqa: PT017 - reading it is as good as refusing it
