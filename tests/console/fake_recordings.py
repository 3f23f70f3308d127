"""The fake hub's recordings: begun, marked, ended; sealed the next time somebody asks."""

import itertools
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from labkeeper_hub.reports.document import Document, Language, Section, Table
from labkeeper_hub.reports.html import POLICY, page

from .fake_hub import FakeHub, Json, now_ms

RUN = {"times": [0, 1_000, 2_000], "mean": [21.0, 22.0, 23.5], "low": [21.0, 22.0, 23.0], "high": [21.0, 22.0, 24.0]}
OTHER = {"times": [0, 1_000, 2_000], "mean": [20.0, 20.5, 22.0], "low": [20.0, 20.0, 22.0], "high": [20.0, 21.0, 22.0]}


class Recordings:
    """Those there are, the newest first; `code` refuses everything."""

    def __init__(self, hub: FakeHub) -> None:
        self.hub = hub
        self.all: list[Json] = []
        self.numbers = itertools.count(1)
        self.code = ""
        self.mine = True
        self.asked: list[Json] = []
        self.compared: list[dict[str, str]] = []
        self.lack: str | None = None

    def begin(self, asked: Json, started_ms: int | None = None) -> Json:
        """Begin one as asked."""
        self.asked.append(asked)
        begun: Json = {
            "id": f"00000000-0000-4000-8000-{next(self.numbers):012d}",
            **{name: asked[name] for name in ("school", "lab", "title", "every_ms")},
            "stage": "running",
            "by": "p-1",
            "started_ms": started_ms or now_ms(),
            "stopped_ms": None,
            "stopped_by": "",
            "points": [self._point(address) for address in asked["points"]],
            "marks": [],
            "samples": 7,
            "seal": None,
            "mine": self.mine,
        }
        self.all.insert(0, begun)
        return begun

    def seal(self, found: Json) -> Json:
        """Seal what has stopped."""
        if found["stage"] == "stopped":
            seal = {"digest": "ab" * 32, "rows": 7, "sha256": "cd" * 32, "at_ms": now_ms(), "by": "hub"}
            found.update(stage="sealed", seal=seal, samples=7)
        return found

    def get(self, identity: str) -> Json:
        """Return one."""
        return next(one for one in self.all if one["id"] == identity)

    def _point(self, address: str) -> Json:
        school, node, device, name = address.split("/", 3)
        known = self.hub.devices[node, device]
        (point,) = (one for one in known["points"] if one["point"] == name)
        told: dict[str, Any] = {key: point[key] for key in ("kind", "type", "unit", "title")}
        return {"school": school, "node": node, "device": device, "point": name, "device_title": known["title"], **told}


def add_recordings(app: FastAPI, hub: FakeHub) -> None:
    """Answer what the page asks about recordings."""
    room = hub.recordings = Recordings(hub)

    @app.get("/api/v1/recordings")
    async def every() -> Json:
        return {"recordings": room.all}

    @app.post("/api/v1/recordings")
    async def begin(asked: Json) -> Response:
        if room.code:
            return JSONResponse({"status": 403, "code": room.code}, 403, media_type="application/problem+json")
        return JSONResponse(room.begin(asked), 201)

    @app.get("/api/v1/recordings/{identity}")
    async def one(identity: str) -> Json:
        return room.seal(room.get(identity))

    @app.post("/api/v1/recordings/{identity}/{deed}")
    async def act(identity: str, deed: str, said: Json) -> Json:
        found = room.get(identity)
        if deed == "marks":
            found["marks"].append({**said, "by": "p-1"})
        elif deed == "stop":
            found.update(stage="stopped", stopped_ms=now_ms(), stopped_by="p-1")
        return room.seal(found) if deed == "seal" else found

    @app.get("/api/v1/reports")
    async def forms() -> Json:
        return {"forms": ["html"] if room.lack else ["html", "pdf"], "lack": room.lack}

    add_files(app, room)
    add_reports(app, room)


def add_files(app: FastAPI, room: Recordings) -> None:
    """Answer what is asked of those that have ended."""

    @app.get("/api/v1/recordings/{identity}/verify")
    async def verify(identity: str) -> Json:
        holds = not room.get(identity)["title"].startswith("changed")
        return {"holds": holds, "record": holds, "readings": True, "audit": True, "rows": 7, "rows_now": 9}

    @app.get("/api/v1/recordings/{identity}/readings")
    async def readings(identity: str) -> Response:
        headers = {"Content-Disposition": f'attachment; filename="recording-{identity[-1]}.csv"'}
        return Response("time\r\n", media_type="text/csv", headers=headers)

    @app.get("/api/v1/recordings/{identity}/compare/{other}")
    async def compare(identity: str, other: str, request: Request) -> Json:
        room.compared.append({"one": identity, "other": other, **request.query_params})
        point = {"point": "temperature", "unit": "Cel", "every_ms": 1_000, "one": RUN, "other": OTHER}
        titles = {"title": {"zh": "", "en": ""}, "device_title": {"zh": "空气质量", "en": "Air quality"}}
        return {"points": [{**point, **titles}], "more": 0}


def add_reports(app: FastAPI, room: Recordings) -> None:
    """Answer with a drawn page of one heading, as a hub says it may be shown, and with a PDF of nothing."""

    def drawn(language: Language, title: str) -> Response:
        if room.code:
            return JSONResponse({"status": 403, "code": room.code}, 403, media_type="application/problem+json")
        table = Table(title="", header=("1",), rows=(("lamp on",),), empty="")
        sections = (Section(title="标记 · Markers", tables=(table,)),)
        nothing: Json = {"subtitle": "", "facts": (), "foot": "", "print_word": ""}
        told = page(Document(language=language, title=title, sections=sections, **nothing))
        return Response(told, media_type="text/html", headers={"Content-Security-Policy": POLICY})

    @app.get("/api/v1/recordings/{identity}/report")
    async def report(identity: str, language: Language) -> Response:
        return drawn(language, room.get(identity)["title"])

    @app.get("/api/v1/recordings/{identity}/report.pdf")
    async def report_file(identity: str) -> Response:
        headers = {"Content-Disposition": f'attachment; filename="report-{identity[-1]}.pdf"'}
        return Response("%PDF-1.7", media_type="application/pdf", headers=headers)

    @app.get("/api/v1/labs/{school}/{lab}/report")
    async def room_report(school: str, lab: str, language: Language, day: str, span: str) -> Response:
        return drawn(language, f"{school} {lab} {day} {span}")
