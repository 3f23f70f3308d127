"""The fake hub's telling: channels that come and go, a plan of one rule, and messages of every fate."""

from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse

from .fake_hub import FakeHub, Json, now_ms

HOURS = {"days": [1, 2, 3, 4, 5], "start": "07:00", "end": "18:00", "holidays": False}
STEPS = [{"channel": "duty", "after_min": 0, "hours": HOURS}, {"channel": "head", "after_min": 10, "hours": None}]
RULE: Json = {"name": "everything", "schools": [], "labs": [], "classes": ["safety"], "roles": [], "steps": STEPS}
PLAN: Json = {
    "rules": [RULE | {"priority": "low", "repeat_min": 30}],
    "zone": "Asia/Shanghai",
    "per_hour": 12,
    "digest_min": 15,
    "url": None,
}
FORM = {"properties": {"url": {"type": "string"}, "secret": {"type": "string"}}, "required": ["url", "secret"]}


def channel(name: str, **more: object) -> Json:
    made = {"kind": "webhook", "language": "zh", "made_ms": now_ms() - 86_400_000, "made_by": "owner"}
    return {"name": name, **made, "failures": 0, "error": None, "sent_ms": now_ms() - 60_000, **more}


def message(channel: str, fate: str, error: str | None = None) -> Json:
    title = "【报警】301 实验室：二氧化碳偏高"
    ends = {"made_ms": now_ms() - 60_000, "ended_ms": None, "attempts": 1, "fate": fate, "error": error}
    return {"id": f"{channel}-{fate}", "channel": channel, "kind": "alarm", "title": title, "safety": False, **ends}


def add_telling(app: FastAPI, hub: FakeHub) -> None:
    @app.get("/api/v1/telling/channels")
    async def channels() -> Json:
        kind = {"kind": "webhook", "zh": "签名 Webhook", "en": "Signed webhook", "form": FORM}
        return {"channels": hub.channels, "kinds": [kind]}

    @app.get("/api/v1/telling/plan")
    async def plan() -> Json:
        return hub.plan or PLAN

    @app.put("/api/v1/telling/plan")
    async def change_plan(asked: Json) -> Json:
        hub.plan = asked
        return asked

    @app.get("/api/v1/telling/messages")
    async def messages() -> Json:
        return {"messages": [message("duty", "sent"), message("head", "given_up", "answered 404")]}

    @app.post("/api/v1/telling/channels")
    async def add(asked: Json) -> Response:
        hub.added.append(asked)
        if asked["name"] in {one["name"] for one in hub.channels}:
            return JSONResponse({"status": 409, "code": "name_taken"}, 409)
        hub.channels.append(channel(asked["name"], sent_ms=None))
        return JSONResponse(hub.channels[-1], 201)

    @app.post("/api/v1/telling/channels/{name}/test")
    async def test(name: str) -> Json:
        return message(name, "sent") if name == "duty" else message(name, "given_up", "answered 404")

    @app.delete("/api/v1/telling/channels/{name}")
    async def remove(name: str) -> Response:
        hub.channels = [one for one in hub.channels if one["name"] != name]
        return Response(status_code=204)
