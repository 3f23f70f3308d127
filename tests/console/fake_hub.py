"""A hub at the wire: the page's REST and WebSocket, scripted by a test; nothing of the real hub's code."""

import asyncio
import math
import socket
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, Response, WebSocket, WebSocketDisconnect
from fastapi.responses import FileResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from labkeeper_hub.console import CONTENT_SECURITY_POLICY, STATIC
from labkeeper_sdk.testing import free_port

Json = dict[str, Any]
SECRET = "correct horse battery staple"
LINK = "one-time-token"
SCHOOL = "minhang-3"


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def point(name: str, kind: str, type_: str = "float", **more: Any) -> Json:
    """A point as the hub describes it; `more` overrides its empty fields."""
    empty: Json = dict.fromkeys(("minimum", "maximum", "step", "options", "safe_value", "link_loss_s"))
    writable = kind in {"setpoint", "switch", "action"}
    return {
        "point": name,
        "kind": kind,
        "type": type_,
        "unit": "",
        "writable": writable,
        "risk": "none",
        "title": {"zh": "", "en": ""},
        "confirm_s": 2.0,
        **empty,
        **more,
    }


class FakeHub:
    """Holds what a hub would know. `answer` decides what becomes of a command; the default confirms it at once."""

    def __init__(self) -> None:
        self.port = free_port()
        self.stream = str(uuid.uuid4())
        self.at = 0
        self.labs: list[Json] = []
        self.nodes: dict[str, Json] = {}
        self.devices: dict[tuple[str, str], Json] = {}
        self.latest: dict[tuple[str, str, str], Json] = {}
        self.commands: list[Json] = []
        self.commanded = asyncio.Condition()
        self.policy = "done"  # or: silent, rejected, failed, expired, unknown, refused
        self.code: str | None = None
        self.muted = False  # the hub hangs: sockets stay open, nothing is said
        self.sessions: set[str] = set()
        self.links = {LINK}
        self.sockets: set[WebSocket] = set()
        self.connections = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def sign_in(self) -> str:
        return f"{self.url}/#sign-in={LINK}"

    # -- what a test scripts ------------------------------------------------------------------------------------

    def add_lab(self, lab: str, zh: str, en: str, *nodes: str) -> None:
        self.labs.append({"school": SCHOOL, "lab": lab, "title": {"zh": zh, "en": en}, "nodes": list(nodes)})
        for node in nodes:
            self.nodes[node] = {"school": SCHOOL, "node": node, "lab": lab, "online": True, "since_ms": now_ms(),
                                "last_seen_ms": now_ms(), "epoch": "e", "backlog": 0, "foreign": False}  # fmt: skip

    def add_device(self, node: str, device: str, title: tuple[str, str], points: list[Json], **more: Any) -> None:
        self.devices[node, device] = {
            "school": SCHOOL,
            "node": node,
            "device": device,
            "lab": self.nodes[node]["lab"],
            "title": {"zh": title[0], "en": title[1]},
            "bench": None,
            "make": "",
            "model": "",
            "firmware": "",
            "online": True,
            "since_ms": now_ms(),
            "points": points,
            **more,
        }

    def put(self, node: str, device: str, name: str, value: object, **more: Any) -> Json:
        """Remember a reading without telling anyone."""
        latest = {"school": SCHOOL, "node": node, "device": device, "point": name, "value": value,
                  "time_ms": now_ms(), "quality": 192, "stale": False, **more}  # fmt: skip
        self.latest[node, device, name] = latest
        return latest

    async def read(self, node: str, device: str, name: str, value: object, **more: Any) -> None:
        await self.tell({"kind": "reading", **self.put(node, device, name, value, **more)})

    async def set_online(self, node: str, device: str, *, online: bool) -> None:
        found = self.devices[node, device]
        found.update(online=online, since_ms=now_ms())
        await self.tell({"kind": "device", **found})
        for (one_node, one_device, name), latest in list(self.latest.items()):
            if (one_node, one_device) == (node, device):
                stale = {"stale": not online, "quality": 192 if online else 500, "time_ms": latest["time_ms"]}
                await self.read(node, device, name, latest["value"], **stale)

    async def set_node_online(self, node: str, *, online: bool) -> None:
        self.nodes[node].update(online=online, since_ms=now_ms())
        await self.tell({"kind": "node", **self.nodes[node]})

    async def settle(self, command: Json, state: str, code: str | None = None, message: str | None = None) -> None:
        """Move a command on, and the device with it where it is done."""
        command.update(state=state, code=code, message=message, updated_ms=now_ms())
        if state == "done" and command["value"] is not None:
            await self.read(command["node"], command["device"], command["point"], command["value"])
        await self.tell({"kind": "command", **command})

    async def commands_to(self, name: str, count: int) -> list[Json]:
        """Wait until `count` commands to point `name` have come."""

        def found() -> list[Json]:
            return [command for command in self.commands if command["point"] == name]

        async with asyncio.timeout(10), self.commanded:
            await self.commanded.wait_for(lambda: len(found()) >= count)
        return found()

    async def drop_links(self) -> None:
        for socket_ in list(self.sockets):
            await socket_.close(1012)

    # -- the wire -----------------------------------------------------------------------------------------------

    async def tell(self, *changes: Json) -> None:
        self.at += 1
        for socket_ in list(self.sockets):
            await self.say(socket_, {"type": "changes", "at": self.at, "changes": list(changes)})

    async def say(self, socket_: WebSocket, message: Json) -> None:
        if not self.muted:
            await socket_.send_json(message)

    def snapshot(self) -> Json:
        return {
            "type": "snapshot",
            "at": self.at,
            "labs": self.labs,
            "nodes": list(self.nodes.values()),
            "devices": list(self.devices.values()),
            "latest": list(self.latest.values()),
            "commands": [one for one in self.commands if one["state"] in {"queued", "sent", "accepted"}],
        }

    async def live(self, socket_: WebSocket) -> None:
        await socket_.accept()
        self.connections += 1
        self.sockets.add(socket_)
        hello = {"type": "hello", "stream": self.stream, "at": self.at, "server_ms": now_ms()}
        try:
            await self.say(socket_, hello)
            async for message in messages(socket_):
                await self.hear(socket_, message)
        finally:
            self.sockets.discard(socket_)

    async def hear(self, socket_: WebSocket, message: Json) -> None:
        match message["type"]:
            case "resume":
                await self.say(socket_, self.snapshot())
            case "ping":
                await self.say(socket_, {"type": "pong", "server_ms": now_ms()})
            case "command":
                await self.command(socket_, message)

    async def command(self, socket_: WebSocket, message: Json) -> None:
        keys = ("id", "school", "node", "device", "point", "value")
        command = {key: message[key] for key in keys}
        command |= {"state": "sent", "code": None, "message": None, "holder": "owner", "created_ms": now_ms(),
                    "deadline_ms": now_ms() + message["ttl_ms"], "updated_ms": now_ms()}  # fmt: skip
        async with self.commanded:
            self.commands.append(command)
            self.commanded.notify_all()
        if self.policy == "refused":
            problem = {"title": "Forbidden", "status": 403, "detail": "pupils may not", "code": self.code}
            await self.say(socket_, {"type": "refused", "id": command["id"], "problem": problem})
            return
        await self.tell({"kind": "command", **command})
        if self.policy != "silent":
            await self.settle(command, self.policy, self.code)

    def readings(self, query: Any) -> Json:
        """A made-up past: a wave with an hour's gap, sampled every 10 s, or its steps."""
        start, end = int(query["from"]), int(query["to"])
        every = int(query["every"]) if "every" in query else None
        step = every or 10_000
        times = [at for at in range(start - start % step, end, step) if start <= at and not in_gap(at, end)]
        spread = {"min": -0.4, "max": 0.4}.get(query.get("aggregate", ""), 0.0)
        rows = [[at, 30 if query.get("aggregate") == "count" else round(wave(at) + spread, 2)] for at in times]
        ids = {key: query[key] for key in ("school", "node", "device", "point")}
        return {**ids, "unit": "Cel", "every": every, "aggregate": query.get("aggregate"), "rows": rows, "next": None}


def wave(time_ms: int) -> float:
    return 22 + 3 * math.sin(time_ms / 86_400_000 * 2 * math.pi) + 0.6 * math.sin(time_ms / 1_700_000)


def in_gap(time_ms: int, end: int) -> bool:
    return 5 * 3_600_000 < end - time_ms < 6 * 3_600_000 or 200_000 < end - time_ms < 260_000


async def messages(socket_: WebSocket) -> AsyncIterator[Json]:
    while True:
        try:
            yield await socket_.receive_json()
        except WebSocketDisconnect:
            return


def build_app(hub: FakeHub) -> FastAPI:
    app = FastAPI(openapi_url=None)

    def signed_in(cookies: dict[str, str]) -> bool:
        return cookies.get("labkeeper_session") in hub.sessions

    @app.middleware("http")
    async def guard(request: Request, call_next: Any) -> Response:
        open_path = request.url.path == "/" or request.url.path.startswith("/static/")
        is_sign_in = request.url.path == "/api/v1/session" and request.method == "POST"
        if not (open_path or is_sign_in or signed_in(request.cookies)):
            return JSONResponse({"title": "Unauthorized", "status": 401}, 401, media_type="application/problem+json")
        response: Response = await call_next(request)
        response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        return response

    @app.get("/")
    async def index() -> FileResponse:
        return FileResponse(STATIC / "index.html")

    @app.get("/api/v1/session")
    async def session() -> Json:
        return {"signed_in": True}

    @app.post("/api/v1/session")
    async def open_session(proof: Json) -> Response:
        link = proof.get("link")
        if proof.get("secret") != SECRET and link not in hub.links:
            return JSONResponse({"title": "Unauthorized", "status": 401}, 401, media_type="application/problem+json")
        hub.links.discard(link or "")
        key = str(uuid.uuid4())
        hub.sessions.add(key)
        response = Response(status_code=204)
        response.set_cookie("labkeeper_session", key, httponly=True, samesite="strict")
        return response

    @app.delete("/api/v1/session")
    async def close_session(request: Request) -> Response:
        hub.sessions.discard(request.cookies.get("labkeeper_session", ""))
        return Response(status_code=204)

    @app.get("/api/v1/labs")
    async def labs() -> Json:
        return {"labs": hub.labs}

    @app.get("/api/v1/readings")
    async def readings(request: Request) -> Json:
        return hub.readings(request.query_params)

    @app.get("/api/v1/commands/{key}")
    async def command(key: str) -> Json:
        return {"command": next(one for one in hub.commands if one["id"] == key)}

    @app.websocket("/api/v1/live")
    async def live(socket_: WebSocket) -> None:
        if signed_in(socket_.cookies):
            await hub.live(socket_)
        else:
            await socket_.close(4401)

    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    return app


class QuietServer(uvicorn.Server):
    """uvicorn that leaves the test run's signals alone."""

    @asynccontextmanager
    async def serving(self, port: int) -> AsyncIterator[None]:
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", port))
            task = asyncio.create_task(self._serve(sockets=[listener]), name="fake hub")
            while not self.started:
                await asyncio.sleep(0.01)
            try:
                yield
            finally:
                self.should_exit = self.force_exit = True
                await task


@asynccontextmanager
async def serve(hub: FakeHub) -> AsyncIterator[None]:
    """Serve `hub` on its port until the context ends; may be entered again, as after a restart."""
    config = uvicorn.Config(build_app(hub), log_level="error", ws="websockets-sansio", lifespan="off")
    async with QuietServer(config).serving(hub.port):
        yield
    hub.sockets.clear()
