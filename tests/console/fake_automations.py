"""The fake hub's automations: texts kept by their id, runs as a test wants them, a trial that finds two."""

import tomllib

from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse

from labkeeper_hub.automations.as_form import form_of
from labkeeper_hub.automations.wording import in_words

from .fake_hub import FakeHub, Json, now_ms

ALL = "/api/v1/automations"
PROBLEM = "application/problem+json"
TEXT = """id = "lights-off"
title = { zh = "没有人时关灯", en = "Lights off in an empty room" }
school = "demo"
lab = "lab"
when = "empty for 10 min and lit"
then = [{ lamps = false }]
"""


def said_of(condition: str) -> Json:
    told = in_words(condition)
    return {"zh": told.zh, "en": told.en}


def part(text: str, **more: object) -> Json:
    return {"text": text, "words": said_of(text), **more}


SEEN = part("empty for 10 min", truth=True, seen=[{"input": "empty", "value": True}])
NEEDED = part("co2 < 800.5 [ppm]", truth=None, seen=[])


class Automations:
    """Those there are; `wrong` refuses every text."""

    def __init__(self) -> None:
        self.all: dict[str, Json] = {}
        self.runs: list[Json] = []
        self.tried: list[Json] = []
        self.wrong = ""

    def put(self, text: str, *, mine: bool = True) -> Json:
        """Keep a text, as the hub would."""
        said = tomllib.loads(text)
        on = self.all.get(said["id"], {}).get("on", False)
        told = {key: said[key] for key in ("id", "title", "school", "lab")}
        when = said.get("when", said.get("at"))
        kept = {
            **told,
            "on": on,
            "when": when,
            "words": said_of(str(when)),
            "text": text,
            "form": form_of(text),
            "by": "p-1",
            "at_ms": now_ms(),
            "mine": mine,
        }
        self.all[said["id"]] = kept
        return kept

    def ran(self, automation: str, ago_ms: int, why: str | None = None, message: str = "", **missed: str) -> Json:
        """Let one have acted, or been held up; what is missed is named device=code, with what the node says of it."""
        results = [
            {"school": "minhang-3", "node": "pi-301", "device": device, "point": "state", "value": False,
             "state": "rejected" if code else "done", "code": code,
             "message": message if code else ""}
            for device, code in missed.items()
        ]  # fmt: skip
        outcome = "held" if why else "partly" if any(missed.values()) else "done"
        return {"automation": automation, "at_ms": now_ms() - ago_ms, "outcome": outcome, "why": why,
                "parts": [SEEN, NEEDED], "results": results}  # fmt: skip


def add_automations(app: FastAPI, hub: FakeHub) -> None:
    """Answer what the page asks about automations."""
    room = hub.automations = Automations()

    @app.get(ALL)
    async def every() -> Json:
        return {"automations": list(room.all.values())}

    @app.get(f"{ALL}/runs")
    async def runs() -> Json:
        return {"runs": room.runs}

    @app.get(f"{ALL}/supplied")
    async def supplied() -> Json:
        said = tomllib.loads(TEXT)
        return {"supplied": [{"id": said["id"], "title": said["title"], "text": TEXT}]}

    @app.put(ALL)
    async def put(asked: Json) -> Response:
        if room.wrong:
            problem = {"status": 422, "code": "bad_automation", "errors": [{"message": room.wrong}]}
            return JSONResponse(problem, 422, media_type=PROBLEM)
        return JSONResponse(room.put(asked["text"]))

    @app.post(f"{ALL}/try")
    async def attempt(asked: Json) -> Json:
        room.tried.append(asked)
        found = [room.ran("a", 5 * 86_400_000), room.ran("a", 2 * 86_400_000, "lesson"), room.ran("a", 86_000_000)]
        return {"readings": 1440, "known_ms": None, "runs": found}

    @app.post(f"{ALL}/{{name}}/switch")
    async def switch(name: str, asked: Json) -> Response:
        if name not in room.all:
            return JSONResponse({"status": 404, "code": "unknown_automation"}, 404, media_type=PROBLEM)
        room.all[name]["on"] = asked["on"]
        return JSONResponse(room.all[name])

    @app.delete(f"{ALL}/{{name}}")
    async def remove(name: str) -> Response:
        del room.all[name]
        return Response(status_code=204)
