"""`labkeeper alarms` at the wire: what it asks, and what it says."""

import argparse
import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from labkeeper_cli import alarms

AIR = {"school": "demo", "node": "pi", "device": "air"}
STATE = {"core": "unack", "suppression": "shelved", "priority": "low", "raised_ms": 0}
RULES = {"rules": [{"id": "co2", "points": ["co2"], "units": ["[ppm]"]}]}
DEVICES = {"devices": [AIR | {"points": [{"point": "co2", "unit": "[ppm]"}, {"point": "temperature", "unit": "Cel"}]}]}
TRIAL = {"readings": 1440, "spells": [{"level": "warn", "from_ms": 0, "to_ms": 1_800_000, "open_end": False}]}
ANSWERS = {
    "/api/v1/alarms": {"alarms": [{"rule": "co2", **AIR, "point": "co2", **STATE}]},
    "/api/v1/alarms/rules": RULES,
    "/api/v1/devices": DEVICES,
    "/api/v1/alarms/try": TRIAL,
}


@dataclass
class Hub:
    """A socket that speaks just enough HTTP, and what it was asked to try."""

    port: int = 0
    status: str = "200 OK"
    tried: list[dict[str, object]] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        path = head.split(" ")[1]
        sent = [int(line.split(":")[1]) for line in head.splitlines() if line.lower().startswith("content-length")]
        if path.endswith("/try"):
            self.tried.append(json.loads(await reader.readexactly(sent[0])))
        body = json.dumps(ANSWERS[path] if self.status == "200 OK" else {"detail": "There is no such rule"}).encode()
        writer.write(f"HTTP/1.1 {self.status}\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n".encode())
        writer.write(body)
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
    alarms.configure(parser)
    asked = parser.parse_args(["--hub", f"http://127.0.0.1:{hub.port}", *words])
    return await asyncio.to_thread(alarms.run, asked)


async def test_what_stands_is_a_line_each(hub: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    assert await run(hub, "list") == 0
    assert "co2               demo/pi/air/co2  unack, shelved" in capsys.readouterr().out


async def test_a_rule_is_tried_on_every_point_it_watches(hub: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    assert await run(hub, "try", "co2", "--last", "30d", "--limit", "warn=1200") == 0
    said = capsys.readouterr().out
    assert "demo/pi/air/co2: 1 times, 0.5 h in all, on 1440 readings" in said
    assert "30 min" in said
    (tried,) = hub.tried
    assert (tried["alarm"], tried["limits"]) == ({"rule": "co2", **AIR, "point": "co2"}, {"warn": 1200.0})
    assert await run(hub, "try", "no_such") == 0
    assert "watches no point" in capsys.readouterr().out


async def test_what_the_hub_refuses_is_said(hub: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    hub.status = "404 Not Found"
    assert await run(hub, "try", "co2", "--point", "demo/pi/air/co2") == 1
    assert "There is no such rule" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--last", "soon"], ["--point", "co2"], ["--limit", "warn=much"]])
async def test_what_cannot_be_meant_is_said_before_anything_is_asked(hub: Hub, words: list[str]) -> None:
    with pytest.raises(SystemExit):
        await run(hub, "try", "co2", *words)
    assert hub.tried == []
