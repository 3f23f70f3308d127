"""The hub as a process, killed before its message is through: the message comes after the restart, and is the same."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from labkeeper_sdk.testing import Broker

from .scripted_node import double, joined, now_ms, until
from .test_killed import hub_process

SECRET = base64.b64encode(b"s" * 32).decode()
NAMED = {"school": "school", "node": "lab", "device": "air", "point": "gas_lel"}


@dataclass
class Receiver:
    """A server that is busy until it is not; keeps the ids of what came while it was."""

    busy: bool = True
    port: int = 0
    refused: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[1:-2]
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in head)}
        await reader.readexactly(int(headers["content-length"]))
        (self.refused if self.busy else self.taken).append(headers["webhook-id"])
        status = "503 Busy" if self.busy else "204 Taken"
        writer.write(f"HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    async with await asyncio.start_server(receiver.serve, "127.0.0.1", 0) as server:
        receiver.port = server.sockets[0].getsockname()[1]
        yield receiver


def _owner(ready: dict[str, str], secret: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=ready["url"], headers={"Authorization": f"Bearer {secret}"}, timeout=30)


async def _set_up(owner: httpx.AsyncClient, port: int) -> None:
    configuration = {"url": f"http://127.0.0.1:{port}/hook", "secret": SECRET}
    channel = {"name": "duty", "kind": "webhook", "configuration": configuration}
    assert (await owner.post("/api/v1/telling/channels", json=channel)).status_code == 201
    plan: dict[str, Any] = {"rules": [{"name": "all", "classes": ["safety"], "steps": [{"channel": "duty"}]}]}
    assert (await owner.put("/api/v1/telling/plan", json=plan)).status_code == 200


async def test_a_killed_hub_tells_what_it_owed_and_tells_no_more_of_what_is_acknowledged(
    broker: Broker, tmp_path: Path
) -> None:
    async with receiving() as receiver:
        async with hub_process(tmp_path, broker) as (process, ready):
            secret = ready["owner_secret"]
            async with (
                _owner(ready, secret) as owner,
                joined(broker.port, devices={"air": [double("gas_lel", 0.0)]}) as node,
            ):
                await _set_up(owner, receiver.port)
                for batch, second in enumerate(range(6), 1):
                    node.send("air", [double("gas_lel", 60.0, now_ms() - 6000 + second * 1000)], batch=batch)
                await until(lambda: bool(receiver.refused), "the first attempt")
            process.kill()
            await process.wait()
        receiver.busy = False
        async with hub_process(tmp_path, broker) as (_, ready), _owner(ready, secret) as owner:
            await until(lambda: bool(receiver.taken), "the message after the restart")
            assert receiver.taken[0] == receiver.refused[0]
            found = (await owner.get("/api/v1/telling/messages")).json()["messages"]
            assert [one["kind"] for one in found] == ["alarm"]
            acknowledged = await owner.post("/api/v1/alarms/acknowledge", json={"alarms": [{"rule": "gas", **NAMED}]})
            assert acknowledged.status_code == 200, acknowledged.text
        assert len(set(receiver.taken)) == 1
