"""The fake hub's wall: what it shows, and the link that opens it."""

from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse, JSONResponse

from labkeeper_hub.console import STATIC

from .fake_hub import FakeHub, Json, now_ms, point

TOKEN = "a-walls-token"
SHOWN = (("temperature", "Cel", 24.3), ("co2", "[ppm]", 1612.0), ("humidity", "%", 58.0), ("illuminance", "lx", 430.0))
AIR = {"zh": "空气质量传感器", "en": "Air quality"}


def wall(hub: FakeHub, query: Json) -> Json | None:
    """What the wall of the lab that was asked for shows; None: there is no such lab."""
    labs = [{**one, "devices_total": 9, "devices_online": 8} for one in hub.labs]
    lab = next((one for one in labs if query.get("lab") in (None, one["lab"])), None)
    if lab is None:
        return None
    lesson = next((one for one in hub.lessons if one["lab"] == lab["lab"]), None)
    alarms = [one for one in hub.alarms if one["lab"] == lab["lab"]]
    return {
        "server_ms": now_ms(),
        "lab": lab,
        "labs": labs,
        "lesson": lesson and {key: lesson[key] for key in ("started_ms", "until_ms")} | {"ending": False},
        "stopped_ms": hub.stops[0]["at_ms"] if hub.stops else None,
        "alarms": [_alarm(one) for one in alarms[:4]],
        "alarms_total": len(alarms),
        "figures": [
            {"device": AIR, "point": point(name, "measure", unit=unit), "value": value, "time_ms": now_ms() - 4_000}
            | {"old": name == "humidity"}
            for name, unit, value in SHOWN
        ],
    }


def _alarm(one: Json) -> Json:
    title = {"zh": "二氧化碳偏高", "en": "CO2 high"}
    told = {"rule": one["rule"], "title": title, "device": AIR, "priority": one["priority"]}
    return told | {"acknowledged": one["core"] == "ack", "raised_ms": one["raised_ms"]}


def add_wall(app: FastAPI, hub: FakeHub) -> None:
    @app.get("/wall")
    async def page() -> FileResponse:
        return FileResponse(STATIC / "wall/wall.html")

    @app.get("/api/v1/wall")
    async def shown(request: Request) -> Response:
        found = wall(hub, dict(request.query_params))
        return JSONResponse(found) if found else JSONResponse({"status": 404, "code": "unknown_lab"}, 404)

    @app.get("/api/v1/labs/{school}/{lab}/wall-link")
    async def link(school: str, lab: str) -> Json:  # noqa: ARG001 -- there is one
        return {"open": hub.wall_link, "by": "p-1" if hub.wall_link else None, "made_ms": now_ms()}

    @app.post("/api/v1/labs/{school}/{lab}/wall-link", status_code=201)
    async def open_link(school: str, lab: str) -> Json:  # noqa: ARG001 -- likewise
        hub.wall_link = True
        return {"link": f"{hub.url}/wall#link={TOKEN}"}

    @app.delete("/api/v1/labs/{school}/{lab}/wall-link", status_code=204)
    async def close_link(school: str, lab: str) -> Response:  # noqa: ARG001 -- likewise
        hub.wall_link = False
        return Response(status_code=204)
