"""`labkeeper telling` at the wire: what it asks, what it says, and that no secret is in its command line."""

import argparse
import asyncio
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from labkeeper_cli import telling
from tests.answering_hub import AnsweringHub, open_answering_hub

DUTY = {"name": "duty", "kind": "webhook", "language": "zh", "failures": 0, "error": None, "sent_ms": 0}
HEAD = DUTY | {"name": "head", "failures": 3, "error": "answered 404"}
SENT = {"channel": "duty", "fate": "sent", "title": "Test", "made_ms": 0, "error": None}
LOST = SENT | {"channel": "head", "fate": "given_up", "error": "answered 404"}
PLAN = {"rules": [], "zone": "Asia/Shanghai"}
ANSWERS: dict[str, object] = {
    "GET /api/v1/telling/channels": {
        "channels": [DUTY, HEAD, DUTY | {"sent_ms": None}],
        "kinds": [{"kind": "webhook"}],
    },
    "POST /api/v1/telling/channels": DUTY,
    "POST /api/v1/telling/channels/duty/test": SENT,
    "POST /api/v1/telling/channels/head/test": LOST,
    "DELETE /api/v1/telling/channels/duty": None,
    "GET /api/v1/telling/plan": PLAN,
    "PUT /api/v1/telling/plan": PLAN,
    "GET /api/v1/telling/messages?limit=2": {"messages": [SENT, LOST]},
}


@pytest.fixture
async def hub() -> AsyncIterator[AnsweringHub]:
    async with open_answering_hub(ANSWERS) as hub:
        yield hub


async def run(hub: AnsweringHub, *words: str) -> int:
    parser = argparse.ArgumentParser()
    telling.configure(parser)
    asked = parser.parse_args(["--hub", hub.url, *words])
    return await asyncio.to_thread(telling.run, asked)


async def test_channels_are_a_line_each_with_how_they_do(hub: AnsweringHub, capsys: pytest.CaptureFixture[str]) -> None:
    assert await run(hub, "list") == 0
    said = capsys.readouterr().out
    assert "head              webhook     zh  failed 3 times in a row: answered 404" in said
    assert "nothing sent since the start" in said
    assert said.endswith("kinds: webhook\n")


async def test_a_channels_secrets_come_from_the_standard_input(
    hub: AnsweringHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO('{"url": "https://hook.school"}'))
    assert await run(hub, "add", "duty", "webhook", "--language", "en") == 0
    asked = {"name": "duty", "kind": "webhook", "language": "en", "configuration": {"url": "https://hook.school"}}
    assert hub.given == [asked]


async def test_a_test_that_does_not_get_through_is_a_failure(
    hub: AnsweringHub, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await run(hub, "test", "duty") == 0
    assert await run(hub, "test", "head") == 1
    assert "given_up  Test (answered 404)" in capsys.readouterr().out


async def test_a_plan_is_printed_and_given_back(
    hub: AnsweringHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await run(hub, "plan") == 0
    file = tmp_path / "plan.json"
    file.write_text(capsys.readouterr().out, encoding="utf-8")
    assert await run(hub, "plan", "--file", str(file)) == 0
    assert hub.given == [PLAN]


async def test_messages_and_removing_and_json(hub: AnsweringHub, capsys: pytest.CaptureFixture[str]) -> None:
    assert await run(hub, "messages", "--limit", "2") == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert await run(hub, "--json", "messages", "--limit", "2") == 0
    assert json.loads(capsys.readouterr().out)["messages"][1]["fate"] == "given_up"
    assert await run(hub, "remove", "duty") == 0
    assert capsys.readouterr().out == "removed\n"


async def test_what_the_hub_refuses_and_what_is_no_json_is_said(
    hub: AnsweringHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await run(hub, "remove", "nobody") == 1
    assert "There is no such thing" in capsys.readouterr().err
    file = tmp_path / "plan.json"
    file.write_text("rules:")
    assert await run(hub, "plan", "--file", str(file)) == 1
    assert "not JSON" in capsys.readouterr().err
