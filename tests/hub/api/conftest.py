"""A real server on a free port, in front of a small hub; clients that are signed in and clients that are not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from websockets.asyncio.client import ClientConnection, connect

from labkeeper_hub.accounts import Accounts, Clocks, Grant, Person, open_accounts, passwords, secret
from labkeeper_hub.api import build_app, keep_app, listen, make_server
from labkeeper_hub.api.gate import COOKIE

from .doubles import SmallHub

DEADLINE_S = 30.0
TRUSTED = httpx.create_ssl_context()  # each client would read all of the system's certificates
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@dataclass
class Hands:
    """A clock that a test moves."""

    now_s: float = 1_800_000_000.0

    def clocks(self) -> Clocks:
        return Clocks(now_ms=lambda: int(self.now_s * 1000), monotonic_s=lambda: self.now_s)


@dataclass
class Served:
    """A running server and what is behind it."""

    hub: SmallHub
    app: FastAPI
    accounts: Accounts
    hands: Hands
    port: int
    secret: str = field(repr=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret}"}

    def stranger(self) -> httpx.AsyncClient:
        headers = {"Origin": self.url}  # as a browser does
        return httpx.AsyncClient(base_url=self.url, headers=headers, timeout=DEADLINE_S, verify=TRUSTED)

    def owner(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.url, headers=self.bearer, timeout=DEADLINE_S, verify=TRUSTED)

    @asynccontextmanager
    async def live(self, **options: Any) -> AsyncIterator["Live"]:  # noqa: ANN401 - whatever `connect` takes
        headers = {"Origin": self.url} | options.pop("additional_headers", self.bearer)
        uri = f"ws://127.0.0.1:{self.port}/api/v1/live"
        async with connect(uri, additional_headers=headers, max_size=2**26, **options) as socket:
            yield Live(socket)


def enter(served: Served, name: str, *grants: Grant) -> dict[str, str]:
    """Sign somebody in who has these rights; return what their browser sends."""
    served.accounts.people[name] = Person(name, grants)
    token = served.accounts.sessions.open(name, served.accounts.clocks.now_ms())
    return {"Cookie": f"{COOKIE}={token}", "Origin": served.url}


@dataclass
class Live:
    """A page's live connection."""

    socket: ClientConnection

    async def say(self, **message: Any) -> None:  # noqa: ANN401 - any JSON
        await self.socket.send(orjson.dumps(message).decode())

    async def hear(self) -> dict[str, Any]:
        async with asyncio.timeout(DEADLINE_S):
            said = await self.socket.recv()
        assert isinstance(said, str)
        message: dict[str, Any] = orjson.loads(said)
        return message

    async def hear_type(self, wanted: str) -> dict[str, Any]:
        while True:
            message = await self.hear()
            if message["type"] == wanted:
                return message

    async def greet(self, stream: str | None = None, since: int | None = None) -> tuple[dict[str, Any], dict[str, Any]]:
        """Say the first word; return hello and what followed."""
        await self.say(type="resume", stream=stream, since=since)
        return await self.hear(), await self.hear()

    async def closed(self) -> str:
        """Wait for the end; return the reason the hub gave."""
        async with asyncio.timeout(DEADLINE_S):
            await self.socket.wait_closed()
        return self.socket.close_reason or ""


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2id with the least work: what it costs is tested in accounts/, and here only that it is asked."""
    monkeypatch.setattr(secret, "HASHER", QUICK)
    monkeypatch.setattr(passwords, "HASHER", QUICK)


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    async with open_served(tmp_path) as served:
        yield served


@asynccontextmanager
async def open_served(data: Path, **settings: Any) -> AsyncIterator[Served]:  # noqa: ANN401 - whatever the settings take
    async with serve(SmallHub(data=data), data, **settings) as running:
        yield running


@asynccontextmanager
async def serve(hub: SmallHub, data: Path, **settings: Any) -> AsyncIterator[Served]:  # noqa: ANN401 - as above
    """Run a server in front of a hub that a test has furnished."""
    hands = Hands()
    parts = hub.parts(data=data, **settings)
    async with hub, open_accounts(data, hands.clocks(), guests=parts.floor, walls=parts.wall) as accounts:
        app = build_app(parts, accounts)
        async with _serving(app) as port:
            yield Served(hub, app, accounts, hands, port, accounts.new_secret or "")


@asynccontextmanager
async def _serving(app: FastAPI, port: int = 0) -> AsyncIterator[int]:
    listening, server = listen("127.0.0.1", port), make_server(app)
    beside = asyncio.create_task(keep_app(app))
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        await _started(server, serving)
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        await serving
        beside.cancel()
        with suppress(asyncio.CancelledError):
            await beside


async def _started(server: Any, serving: "asyncio.Task[None]") -> None:  # noqa: ANN401 - uvicorn's flag is untyped
    async with asyncio.timeout(DEADLINE_S):
        while not server.started:
            assert not serving.done()
            await asyncio.sleep(0.005)


@pytest.fixture
async def owner(served: Served) -> AsyncIterator[httpx.AsyncClient]:
    async with served.owner() as client:
        yield client


@pytest.fixture
async def stranger(served: Served) -> AsyncIterator[httpx.AsyncClient]:
    async with served.stranger() as client:
        yield client
