"""A client of the hub's public API, as any script could write one: HTTP for questions, the WebSocket for commands."""

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import httpx
from websockets.asyncio.client import ClientConnection, connect

Json: TypeAlias = dict[str, Any]
FINAL = frozenset({"done", "rejected", "failed", "expired", "unknown"})
PAGE_ROWS = 100_000

# a hub ends a connection after five idle seconds; one that is let go sooner is never asked as it closes
REUSED = httpx.Limits(keepalive_expiry=2.0)


@dataclass(frozen=True, slots=True)
class Target:
    """A point by its full name."""

    school: str
    node: str
    device: str
    point: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a command, and how long the person at the page waited for it."""

    target: Target
    state: str
    code: str
    waited_ms: float


class HubClient:
    """Questions to a hub; raises httpx.HTTPStatusError with the problem document's text."""

    def __init__(self, http: httpx.AsyncClient, secret: str) -> None:
        self._http = http
        self._secret = secret

    async def get(self, path: str, **query: str | float) -> Json:
        """GET /api/v1/<path>."""
        answer = await self._http.get(f"/api/v1/{path}", params=query)
        answer.raise_for_status()
        found: Json = answer.json()
        return found

    async def post(self, path: str, body: Json) -> Json:
        """POST /api/v1/<path>."""
        answer = await self._http.post(f"/api/v1/{path}", json=body)
        answer.raise_for_status()
        found: Json = answer.json()
        return found

    async def metrics(self) -> str:
        """What Prometheus is told."""
        answer = await self._http.get("/metrics")
        answer.raise_for_status()
        return answer.text

    async def devices(self) -> list[Json]:
        """Every device the hub knows."""
        found: list[Json] = (await self.get("devices"))["devices"]
        return found

    async def ledger(self) -> list[Json]:
        """The ledger of every node."""
        found: list[Json] = (await self.get("ledger"))["nodes"]
        return found

    async def readings(self, target: Target, from_ms: int, to_ms: int) -> list[tuple[int, Any]]:
        """Every stored reading of a point in [from, to), page after page."""
        rows: list[tuple[int, Any]] = []
        query: dict[str, str | float] = {"from": from_ms, "to": to_ms, "limit": PAGE_ROWS, **vars_of(target)}
        while True:
            page = await self.get("readings", **query)
            rows += [(time_ms, value) for time_ms, value in page["rows"]]
            if page.get("next") is None:
                return rows
            query["after"] = page["next"]

    @asynccontextmanager
    async def live(self) -> AsyncIterator["Live"]:
        """The page's own WebSocket, for commands."""
        async with self.socket() as socket:
            live = Live(socket)
            listening = asyncio.create_task(live.listen(), name="live socket")
            try:
                yield live
            finally:
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)

    @asynccontextmanager
    async def socket(self) -> AsyncIterator[ClientConnection]:
        """The page's own WebSocket, everything it is told from now on."""
        url = str(self._http.base_url).replace("http", "ws", 1).rstrip("/") + "/api/v1/live"
        headers = {"Authorization": f"Bearer {self._secret}"}
        async with connect(url, additional_headers=headers, max_size=None, proxy=None) as socket:
            await socket.send(json.dumps({"type": "resume", "stream": None, "since": None}))
            yield socket


class Live:
    """Commands through the page's WebSocket, each waited for to its end."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._waiting: dict[str, asyncio.Future[Json]] = {}

    async def command(self, target: Target, value: object, ttl_ms: int = 5000) -> Outcome:
        """Send one command and wait for its last state (or `lost` after its time to live and a little)."""
        identity = str(uuid.uuid4())
        answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._waiting[identity] = answer
        asked = {"type": "command", "id": identity, "value": value, "ttl_ms": ttl_ms, **vars_of(target)}
        started = time.perf_counter()
        await self._socket.send(json.dumps(asked))
        try:
            async with asyncio.timeout(ttl_ms / 1000 + 2):
                found = await answer
        except TimeoutError:
            found = {"state": "lost", "code": "no_answer"}
        waited_ms = (time.perf_counter() - started) * 1000
        return Outcome(target, found["state"], found.get("code") or "", waited_ms)

    async def listen(self) -> None:
        """Hand every command's last state to who waits for it."""
        async for text in self._socket:
            message = json.loads(text)
            if message["type"] == "changes":
                for change in message["changes"]:
                    if change["kind"] == "command" and change["state"] in FINAL:
                        self._settle(change["id"], change)
            elif message["type"] == "refused" and message.get("id"):
                self._settle(message["id"], {"state": "rejected", "code": message["problem"].get("title", "")})

    def _settle(self, identity: str, change: Json) -> None:
        waiting = self._waiting.pop(identity, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(change)


def vars_of(target: Target) -> dict[str, str]:
    """A target as the API's four words."""
    return {"school": target.school, "node": target.node, "device": target.device, "point": target.point}


@asynccontextmanager
async def open_hub(url: str, secret: str) -> AsyncIterator[HubClient]:
    """A client of the hub at `url` for the length of the block."""
    headers = {"Authorization": f"Bearer {secret}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=30, limits=REUSED, trust_env=False) as http:
        yield HubClient(http, secret)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of all lie, by nearest rank; 0 for none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
