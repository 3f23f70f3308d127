"""The fake hub's lessons: one lab, scenes of its lamps, actions that do as they are told but for what is `stuck`."""

from typing import Any

from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse

from .fake_hub import SCHOOL, FakeHub, Json, now_ms

LESSON = "/api/v1/labs/{school}/{lab}/lesson"
TITLES = {"begin": ("开课场景", "Opening scene"), "experiment": ("实验", "Experiment"),
          "project": ("投影", "Projector"), "end": ("下课场景", "Closing scene")}  # fmt: skip


class FakeLessons:
    """What happens to a lesson; `stuck` devices never confirm, and say `why`."""

    def __init__(self, hub: FakeHub) -> None:
        self.hub = hub
        self.stuck: set[str] = set()
        self.filed: list[tuple[str, str]] = []
        self.why = {"state": "failed", "code": "not_confirmed", "message": ""}
        self.reasons: list[str] = []
        self.begun: list[Json] = []
        self.replies: list[Json] = []
        self.acted: list[list[Json]] = []

    async def begin(self, lab: str, teacher: str, for_s: int) -> Json:
        """Somebody teaches here."""
        lesson = {"name": "lesson-1", "school": SCHOOL, "lab": lab, "teacher": teacher, "before": None,
                  "started_ms": now_ms(), "until_ms": now_ms() + for_s * 1000, "phase": "running", "ending_ms": None,
                  "ended_by": None, "last": None}  # fmt: skip
        await self.hub.take_lab(lab, teacher, for_s * 1000 + 40_000)
        return await self.change(lesson, self.count(await self.act(self.wishes("begin")), "begin"))

    async def change(self, lesson: Json, last: Json | None = None, **more: object) -> Json:
        lesson |= more | ({"last": last} if last else {})
        self.hub.lessons = [lesson]
        await self.hub.tell({"kind": "lessons", "lessons": self.hub.lessons})
        return lesson

    async def over(self) -> None:
        self.hub.lessons = []
        await self.hub.tell({"kind": "lessons", "lessons": []})
        await self.hub.tell_leases()

    def wishes(self, scene: str) -> list[Json]:
        """Lamps on or off."""
        if scene == "project":
            return []
        lamps = [key for key in self.hub.latest if key[1].startswith("lamp-") and key[2] == "state"]
        return [{**_address(key), "value": scene != "end"} for key in sorted(lamps)]

    def scenes(self) -> list[Json]:
        return [{"name": name, "title": {"zh": zh, "en": en}, "wishes": self.wishes(name)}
                for name, (zh, en) in TITLES.items()]  # fmt: skip

    async def act(self, wishes: list[Json]) -> Json:
        """Carry wishes out; answer as the hub does."""
        self.acted.append(wishes)
        held = {"state": "rejected", "code": "stopped", "message": ""}
        refused = {one["device"]: held if self.hub.stops else self.why for one in wishes
                   if one["device"] in self.stuck or (self.hub.stops and not self.is_so(one))}  # fmt: skip
        done = [one for one in wishes if one["device"] not in refused]
        missed = [{**one, **refused[one["device"]]} for one in wishes if one not in done]
        was = [{**one, "value": self.hub.latest[one["node"], one["device"], one["point"]]["value"]} for one in done]
        for one in done:
            await self.hub.read(one["node"], one["device"], one["point"], one["value"])
        undo = [old for old, new in zip(was, done, strict=True) if old["value"] != new["value"]]
        return {"scene": None, "total": len(wishes), "confirmed": len(done), "missed": missed, "undo": undo}

    def is_so(self, wish: Json) -> bool:
        """Whether a wish is known to be so already: under a stop that is as wished."""
        now = self.hub.latest[wish["node"], wish["device"], wish["point"]]
        return bool(now["value"] == wish["value"] and not now["stale"])

    @staticmethod
    def count(outcome: Json, scene: str) -> Json:
        return {key: value for key, value in outcome.items() if key != "undo"} | {"scene": scene}


def _address(key: tuple[str, str, str]) -> Json:
    return dict(zip(("school", "node", "device", "point"), (SCHOOL, *key), strict=True))


def add_lessons(app: FastAPI, hub: FakeHub) -> None:
    lessons: FakeLessons = FakeLessons(hub)
    hub.teaching = lessons
    _asking(app, hub, lessons)

    @app.post(LESSON)
    async def start(school: str, lab: str, body: Json) -> Response:
        assert school == SCHOOL
        if hub.leases:
            return JSONResponse({"status": 409, "code": "lesson_on"}, 409)
        lessons.begun.append(body)
        return JSONResponse({"lesson": await lessons.begin(lab, hub.person, body["for_s"])})

    @app.post(f"{LESSON}/take-over")
    async def take_over(lab: str, body: Json) -> Json:
        lessons.reasons.append(body["reason"])
        await hub.take_lab(lab, hub.person, body["for_s"] * 1000)
        changes: dict[str, Any] = {"before": hub.lessons[0]["teacher"], "teacher": hub.person}
        return {"lesson": await lessons.change(hub.lessons[0], **changes)}

    @app.post(f"{LESSON}/prolong")
    async def prolong(body: Json) -> Json:
        return {"lesson": await lessons.change(hub.lessons[0], until_ms=now_ms() + body["for_s"] * 1000)}

    @app.post(f"{LESSON}/end")
    async def end() -> Json:
        last = lessons.count(await lessons.act(lessons.wishes("end")), "end")
        return {"lesson": await lessons.change(hub.lessons[0], last, phase="ending", ending_ms=now_ms() + 10_000)}

    @app.post(f"{LESSON}/undo")
    async def undo() -> Json:
        last = lessons.count(await lessons.act(lessons.wishes("begin")), "")
        return {"lesson": await lessons.change(hub.lessons[0], last, phase="running", ending_ms=None)}

    @app.get("/api/v1/labs/{school}/{lab}/scenes")
    async def scenes(school: str, lab: str) -> Json:
        assert (school, lab) in {(one["school"], one["lab"]) for one in hub.labs}
        return {"scenes": lessons.scenes()}

    @app.post("/api/v1/labs/{school}/{lab}/scenes/{name}")
    async def run_scene(school: str, lab: str, name: str) -> Json:
        assert (school, lab) in {(one["school"], one["lab"]) for one in hub.labs}
        return {"outcome": await lessons.act(lessons.wishes(name)) | {"scene": name}}

    @app.post("/api/v1/actions")
    async def act(body: Json) -> Json:
        return {"outcome": await lessons.act(body["wishes"])}


def _asking(app: FastAPI, hub: FakeHub, lessons: FakeLessons) -> None:
    @app.put(f"{LESSON}/class")
    async def file_under(body: Json) -> Json:
        lessons.filed.append((body["class_name"], body["course"]))
        hub.bookings.filed = lessons.filed[-1]
        return {"lesson": hub.lessons[0]}

    @app.post(f"{LESSON}/ask")
    async def ask(body: Json) -> Json:
        assert body["for_s"] == 2_700
        await hub.ask(hub.person)
        return {"lease": hub.leases[0]}

    @app.post(f"{LESSON}/reply")
    async def reply(body: Json) -> Json:
        lessons.replies.append(body)
        await (hub.take_lab(holder=body["by"]) if body["give"] else hub.ask(body["by"], "kept"))
        return {"lease": hub.leases[0]}
