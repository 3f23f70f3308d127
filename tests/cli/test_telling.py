"""`labkeeper telling` at the wire: what it asks, what it says, and that no secret is in its command line."""

import argparse
import asyncio
import io
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from labkeeper_cli import telling

DUTY = {"name": "duty", "kind": "webhook", "language": "zh", "failures": 0, "error": None, "sent_ms": 0}
HEAD = DUTY | {"name": "head", "failures": 3, "error": "answered 404"}
SENT = {"channel": "duty", "fate": "sent", "title": "Test", "made_ms": 0, "error": None}
LOST = SENT | {"channel": "head", "fate": "given_up", "error": "answered 404"}
PLAN = {"rules": [], "zone": "Asia/Shanghai"}
ANSWERS: dict[str, object] = {
    "GET /channels": {"channels": [DUTY, HEAD, DUTY | {"sent_ms": None}], "kinds": [{"kind": "webhook"}]},
    "POST /channels": DUTY,
    "POST /channels/duty/test": SENT,
    "POST /channels/head/test": LOST,
    "DELETE /channels/duty": None,
    "GET /plan": PLAN,
    "PUT /plan": PLAN,
    "GET /messages?limit=2": {"messages": [SENT, LOST]},
}


@dataclass
class Hub:
    """A socket that speaks just enough HTTP, and what it was given."""

    port: int = 0
    given: list[dict[str, object]] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        method, path, _ = head.split(" ", 2)
        sent = [int(line.split(":")[1]) for line in head.splitlines() if line.lower().startswith("content-length")]
        if sent and sent[0]:
            self.given.append(json.loads(await reader.readexactly(sent[0])))
        asked = f"{method} {path.removeprefix('/api/v1/telling')}"
        known = asked in ANSWERS
        answer = ANSWERS.get(asked, {"detail": "There is no such channel"})
        body = b"" if answer is None else json.dumps(answer).encode()
        status = "404 Not Found" if not known else "204 No Content" if answer is None else "200 OK"
        writer.write(f"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()


@pytest.fixture
async def hub() -> AsyncIterator[Hub]:
    found = Hub()
    server = await asyncio.start_server(found.serve, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    yield found
    server.close()
    await server.wait_closed()


async def run(hub: Hub, *words: str) -> int:
    parser = argparse.ArgumentParser()
    telling.configure(parser)
    asked = parser.parse_args(["--hub", f"http://127.0.0.1:{hub.port}", *words])
    return await asyncio.to_thread(telling.run, asked)


async def test_channels_are_a_line_each_with_how_they_do(hub: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    assert await run(hub, "list") == 0
    said = capsys.readouterr().out
    assert "head              webhook     zh  failed 3 times in a row: answered 404" in said
    assert "nothing sent since the start" in said
    assert said.endswith("kinds: webhook\n")


async def test_a_channels_secrets_come_from_the_standard_input(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO('{"url": "https://hook.school"}'))
    assert await run(hub, "add", "duty", "webhook", "--language", "en") == 0
    asked = {"name": "duty", "kind": "webhook", "language": "en", "configuration": {"url": "https://hook.school"}}
    assert hub.given == [asked]


async def test_a_test_that_does_not_get_through_is_a_failure(hub: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    assert await run(hub, "test", "duty") == 0
    assert await run(hub, "test", "head") == 1
    assert "given_up  Test (answered 404)" in capsys.readouterr().out


async def test_a_plan_is_printed_and_given_back(hub: Hub, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert await run(hub, "plan") == 0
    file = tmp_path / "plan.json"
    file.write_text(capsys.readouterr().out, encoding="utf-8")
    assert await run(hub, "plan", "--file", str(file)) == 0
    assert hub.given == [PLAN]


async def test_messages_and_removing_and_json(hub: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    assert await run(hub, "messages", "--limit", "2") == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert await run(hub, "--json", "messages", "--limit", "2") == 0
    assert json.loads(capsys.readouterr().out)["messages"][1]["fate"] == "given_up"
    assert await run(hub, "remove", "duty") == 0
    assert capsys.readouterr().out == "removed\n"


async def test_what_the_hub_refuses_and_what_is_no_json_is_said(
    hub: Hub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await run(hub, "remove", "nobody") == 1
    assert "There is no such channel" in capsys.readouterr().err
    file = tmp_path / "plan.json"
    file.write_text("rules:")
    assert await run(hub, "plan", "--file", str(file)) == 1
    assert "not JSON" in capsys.readouterr().err
