"""The fake hub's HTTP server: the routes the page uses, with the security headers it must live with."""

import asyncio
import socket
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI, Request, Response, WebSocket
from fastapi.responses import FileResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.middleware.base import RequestResponseEndpoint

from labkeeper_hub.console import CONTENT_SECURITY_POLICY, STATIC

from .fake_alarms import add_alarms
from .fake_automations import add_automations
from .fake_bookings import add_bookings
from .fake_condition import add_condition
from .fake_drivers import add_drivers
from .fake_hub import SECRET, FakeHub, Json
from .fake_interlocks import add_interlocks
from .fake_lessons import add_lessons
from .fake_pe import add_pe
from .fake_people import add_people
from .fake_recordings import add_recordings
from .fake_telling import add_telling
from .fake_wall import TOKEN, add_wall

COOKIE = "labkeeper_session"


def build_app(hub: FakeHub) -> FastAPI:
    app = FastAPI(openapi_url=None)
    add_gate(app, hub)
    add_session(app, hub)
    add_data(app, hub)
    add_condition(app, hub)
    add_stop(app, hub)
    add_bookings(app, hub)
    add_recordings(app, hub)
    add_floor(app, hub)
    add_alarms(app, hub)
    add_telling(app, hub)
    add_automations(app, hub)
    add_lessons(app, hub)
    add_people(app, hub)
    add_interlocks(app, hub)
    add_drivers(app, hub)
    add_wall(app, hub)
    add_pe(app, hub)

    @app.get("/")
    async def index() -> FileResponse:
        return FileResponse(STATIC / "index.html")

    @app.get("/s/{token:path}")
    async def pupils(token: str) -> FileResponse:  # noqa: ARG001 - the page itself hands it in
        return FileResponse(STATIC / "floor/pupils.html")

    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    return app


def unauthorized() -> JSONResponse:
    problem = {"title": "Unauthorized", "status": 401, "code": "not_signed_in"}
    return JSONResponse(problem, 401, media_type="application/problem+json")


def signed_in(hub: FakeHub, cookies: Mapping[str, str]) -> bool:
    return cookies.get(COOKIE) in hub.sessions


def add_gate(app: FastAPI, hub: FakeHub) -> None:
    @app.middleware("http")
    async def gate(request: Request, call_next: RequestResponseEndpoint) -> Response:
        is_page = request.url.path in {"/", "/wall"} or request.url.path.startswith(("/static/", "/s/"))
        is_sign_in = request.url.path == "/api/v1/session" and request.method == "POST"
        is_wall = hub.wall_link and request.headers.get("authorization") == f"Wall {TOKEN}"
        if not (is_page or is_sign_in or is_wall or signed_in(hub, request.cookies)):
            return unauthorized()
        response = await call_next(request)
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        return response


def add_session(app: FastAPI, hub: FakeHub) -> None:
    @app.get("/api/v1/session")
    async def session() -> Json:
        return {
            "signed_in": True,
            "name": hub.person,
            "actions": hub.actions + ["read_timetable"] * hub.reads_timetable,
        }

    @app.post("/api/v1/session")
    async def sign_in(proof: Json) -> Response:
        link, password = proof.get("link"), str(proof.get("password", ""))
        invited = hub.invitations.get(str(proof.get("invitation")))
        if invited and len(password) < 10:
            return JSONResponse({"status": 422, "code": "short_password"}, 422, media_type="application/problem+json")
        if invited:
            hub.passwords[hub.invitations.pop(str(proof["invitation"]))] = password
        known = password and hub.passwords.get(str(proof.get("name"))) == password
        pupils = hub.floor_links.get(str(proof.get("floor")))
        hub.person = pupils or "owner"
        if not (pupils or invited or known or proof.get("secret") == SECRET or link in hub.links):
            return unauthorized()
        if hub.code_wanted and proof.get("code") != hub.code_wanted:
            return JSONResponse({"code": "second_factor_needed"}, 401, media_type="application/problem+json")
        hub.links.discard(link or "")
        key = str(uuid.uuid4())
        hub.sessions.add(key)
        response = Response(status_code=204)
        response.set_cookie(COOKIE, key, httponly=True, samesite="strict")
        return response

    @app.delete("/api/v1/session")
    async def sign_out(request: Request) -> Response:
        hub.sessions.discard(request.cookies.get(COOKIE, ""))
        return Response(status_code=204)


def add_data(app: FastAPI, hub: FakeHub) -> None:
    @app.get("/api/v1/labs")
    async def labs() -> Json:
        return {"labs": [one | {"actions": hub.actions} for one in hub.labs]}

    @app.get("/api/v1/readings")
    async def readings(request: Request) -> Json:
        return hub.readings(request.query_params)

    @app.get("/api/v1/derived")
    async def derived() -> Json:
        return {"derived": hub.derived}

    @app.get("/api/v1/catalogue")
    async def catalogue(days: int, offset_h: int = 0) -> Json:
        return hub.catalogue(days, offset_h)

    @app.get("/api/v1/export")
    async def export(request: Request) -> Response:
        hub.exported.append(list(request.query_params.multi_items()))
        headers = {"Content-Disposition": 'attachment; filename="labkeeper-readings.csv"'}
        return Response("time\r\n", media_type="text/csv", headers=headers)

    @app.get("/api/v1/exports/{key}")
    async def how_far(key: str) -> Json:
        incomplete = {"incomplete_before_ms": hub.export_incomplete_before_ms, "reason": hub.export_reason}
        return {"id": key, "state": hub.export_state, "done": 600, "total": 1000, **incomplete}

    @app.get("/api/v1/commands/{key}")
    async def command(key: str) -> Json:
        return {"command": next(one for one in hub.commands if one["id"] == key)}

    @app.websocket("/api/v1/live")
    async def live(socket_: WebSocket) -> None:
        if signed_in(hub, socket_.cookies):
            await hub.live(socket_)
        else:
            await socket_.close(1008)  # before it is accepted: the handshake is refused


def add_stop(app: FastAPI, hub: FakeHub) -> None:
    @app.get("/api/v1/stop")
    async def stops() -> Json:
        return {"stops": hub.stops, "releases": hub.releases()}

    @app.get("/api/v1/colleagues")
    async def colleagues() -> Json:
        return {"colleagues": [{"name": name, "title": title} for name, title in hub.colleagues.items()]}

    @app.get("/api/v1/staff")
    async def staff() -> Json:
        hub.staff_looks += 1
        return {"staff": hub.staff}

    @app.post("/api/v1/stop/release")
    async def release(body: Json) -> Response:
        answer = await hub.release(body)
        return JSONResponse(answer) if answer else JSONResponse({"status": 403, "code": "other_place"}, 403)


def add_floor(app: FastAPI, hub: FakeHub) -> None:
    @app.post("/api/v1/floors", status_code=201)
    async def seat(body: Json) -> Json:
        return hub.link(body["bench"])

    @app.put("/api/v1/floors/{name}/points")
    async def give(name: str, body: Json) -> Json:
        await hub.give(name, body["points"])
        return {}

    @app.delete("/api/v1/floors/{name}/points")
    async def take_back(name: str) -> Json:
        await hub.give(name, [])
        return {}

    @app.delete("/api/v1/floors/{name}", status_code=204)
    async def close(name: str) -> Response:
        await hub.give(name, [])
        hub.floor_links = {token: one for token, one in hub.floor_links.items() if one != name}
        return Response(status_code=204)


class QuietServer(uvicorn.Server):
    """uvicorn that leaves the test run's signals alone and says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    @asynccontextmanager
    async def serving(self, port: int) -> AsyncIterator[None]:
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", port))
            task = asyncio.create_task(self._serve(sockets=[listener]), name="fake hub")
            await self.ready.wait()
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
