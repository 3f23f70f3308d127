"""The fake hub's alarms: acknowledged, shelved, taken out; a rule tried on readings that were never there."""

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from .fake_hub import SCHOOL, FakeHub, Json, now_ms
from .lab import PI, title

AFTER = {"unack": "ack", "rtn_unack": "norm", "latched_unack": "latched_ack"}
WORDS: dict[str, tuple[tuple[str, str], tuple[str, str], tuple[str, str]]] = {
    "co2": (
        ("二氧化碳偏高", "CO2 high"),
        ("注意力下降、困倦、头痛。", "Tiredness, headache, less attention."),
        ("开窗或开大新风，直至回落。", "Open windows or ventilate more until it has fallen."),
    ),
    "heat": (
        ("可能起火，请查看", "Possible fire, check"),
        ("可能起火。本系统不是火灾报警系统。", "It may burn. This is no fire alarm system."),
        ("立即到现场查看；如有火情按学校预案处理。", "Go and look at once; if it burns, follow the school's plan."),
    ),
    "device_lost": (
        ("设备失联", "Device lost"),
        ("该设备既看不到也控制不了。", "The device is neither seen nor controlled."),
        ("检查电源、电池和连接。", "Check power, battery and connection."),
    ),
}
LIMITS = {
    "co2": ("teacher", "environment", "[ppm]", ("co2",), (("warn", "low", 1500.0), ("alarm", "medium", 2000.0))),
    "heat": ("teacher", "safety", "Cel", ("temperature",), (("alarm", "high", 54.0),)),
    "device_lost": ("facility", "system", "", ("#device_offline",), (("lost", "low", 0.5),)),
}


GATES = {"heat": ["lesson", "lights"]}
SMALL = {"who": "Wang Li", "why": "small room", "off": False, "limits": {"warn": 1200.0}} | {
    "on_delay_ms": {},
    "off_delay_ms": {},
    "deadband": {},
}
OVERRIDES: dict[str, list[Json]] = {"co2": [{"school": SCHOOL, "lab": "lab-301", "at_ms": None, **SMALL}]}
PLACES: list[Json] = [{"school": SCHOOL, "lab": None}, {"school": SCHOOL, "lab": "lab-301"}]
"""Where the owner may set limits."""


def alarm(rule: str, device: str, point: str, priority: str, **more: object) -> Json:
    """One that stands and that nobody has acknowledged; `more` says otherwise."""
    source = {"rule": rule, "school": SCHOOL, "node": PI, "device": device, "point": point, "lab": "lab-301"}
    state = {"level": "warn", "priority": priority, "safety": rule == "heat", "core": "unack", "value": None}
    beside = {"suppression": "not_suppressed", "cause": None, "shelf": None, "service": None, "version": 1}
    begun = now_ms() - 240_000
    return {
        **source,
        **state,
        **beside,
        "annunciated": True,
        "shown": True,
        "raised_ms": begun,
        "since_ms": begun,
        **more,
    }


def bad_morning(hub: FakeHub) -> None:
    """One alarm of each kind that a person may meet."""
    shelf = {"who": "p-4", "why": "painting", "until_ms": now_ms() + 3_600_000}
    hub.alarms = [
        alarm("heat", "air", "temperature", "high", value=56.5),
        alarm("co2", "air", "co2", "low", value=1623.0),
        alarm("device_lost", "lamp-1", "", "low", core="ack", annunciated=False),
        alarm("device_lost", "lamp-2", "", "low", suppression="shelved", shelf=shelf, annunciated=False),
    ]


def _rule(name: str, limits: list[Json]) -> Json:
    said = {of: title(*words) for of, words in zip(("title", "consequence", "response"), WORDS[name], strict=True)}
    role, class_, unit, points, levels = LIMITS[name]
    plain = {"kind": "value", "side": ">", "deadband": 0.0, "window_ms": 0, "on_delay_ms": 0, "off_delay_ms": 0}
    told = [{"name": one, "priority": how, "limit": limit, "latch": False, **plain} for one, how, limit in levels]
    source = {
        "source": {"zh": "GB/T 18883-2022（0.10 %）", "en": "GB/T 18883-2022 (0.10 %)"},
        "unit": unit,
        "points": list(points),
        "units": [],
        "gates": GATES.get(name, []),
    } | {"overrides": [*OVERRIDES.get(name, []), *(one for one in limits if one["rule"] == name)]}
    return {"id": name, **said, "role": role, "class": class_, **source, "levels": told}


def _kpis(by: str, of: str, raised: int, *, within: bool) -> Json:
    mix = {"low": 0.8, "medium": 0.15, "high": 0.05}
    counts = {"raised": raised, "per_10min": raised / 1008, "peak_10min": 3, "peak_hour": 4, "flood_share": 0.0}
    rest = {"standing": 1, "stale": 0, "chattering": 0, "acknowledge_s": 41.5, "within": within}
    return {"by": by, "of": of, **counts, "mix": mix, **rest}


def _refused(status: int, code: str) -> Response:
    return JSONResponse({"status": status, "code": code}, status, media_type="application/problem+json")


def add_alarms(app: FastAPI, hub: FakeHub) -> None:  # noqa: C901 -- one route after the other
    def of(address: Json) -> Json:
        return next(one for one in hub.alarms if all(one[name] == part for name, part in address.items()))

    async def change(found: list[Json], **how: object) -> Response:
        for one in found:
            one.update(how, version=one["version"] + 1)
            one["shown"] = one["core"] != "norm" or one["suppression"] != "not_suppressed"
            one["annunciated"] = one["core"].endswith("unack") and one["suppression"] == "not_suppressed"
        await hub.tell(*({"kind": "alarm", **one} for one in found))
        return JSONResponse({"alarms": found})

    @app.get("/api/v1/alarms/rules")
    async def rules() -> Json:
        return {"rules": [_rule(name, hub.limits) for name in WORDS], "settable": hub.settable}

    @app.put("/api/v1/alarms/rules/{rule}/limits")
    async def set_limit(rule: str, asked: Json) -> Response:
        if LIMITS[rule][1] == "safety":
            return _refused(422, "safety_looser")
        hub.limits.append(asked | {"rule": rule, "who": "owner", "at_ms": now_ms()})
        return JSONResponse(hub.limits[-1])

    @app.delete("/api/v1/alarms/rules/{rule}/limits")
    async def remove_limit(rule: str, school: str, lab: str | None = None) -> Response:
        where = {"rule": rule, "school": school, "lab": lab}
        hub.limits[:] = [one for one in hub.limits if not where.items() <= one.items()]
        return Response(status_code=204)

    @app.get("/api/v1/alarms/rules/{rule}/points")
    async def watched(rule: str) -> Json:
        place = {"school": SCHOOL, "node": PI, "device": "air", "lab": "lab-301"}
        return {"points": [place | {"point": point} for point in LIMITS[rule][3] if rule != "heat"]}

    @app.get("/api/v1/alarms/history")
    async def history(limit: int, before: int | None = None) -> Json:
        if before is not None:
            return {"entries": hub.older[before:][:limit], "next": None}
        line = {"time_ms": now_ms() - 240_000, "at_ms": now_ms() - 240_000, "late": False, "why": None}
        names = ("rule", "school", "node", "device", "point", "lab", "level", "value")
        raised = [{name: one[name] for name in names} | line | {"kind": "raised", "who": None} for one in hub.alarms]
        entries = [raised[0] | {"kind": "acknowledged", "who": "p-4"}, *raised] if raised else []
        return {"entries": entries, "next": 0 if hub.older else None}

    @app.get("/api/v1/alarms/kpis")
    async def kpis() -> Json:
        groups = (("all", "", 14), ("role", "teacher", 9), ("role", "facility", 5), ("lab", "lab-301", 14))
        return {"from_ms": 0, "to_ms": 0, "groups": [_kpis(*group, within=group[2] < 14) for group in groups]}

    @app.post("/api/v1/alarms/try")
    async def attempt(asked: Json) -> Json:
        hub.tried.append(asked)
        quarter = (asked["to"] - asked["from"]) // 4
        spells = [(asked["from"] + quarter * at, asked["from"] + quarter * at + 1_800_000) for at in (1, 3)]
        told = [{"level": "warn", "from_ms": begin, "to_ms": end, "open_end": False} for begin, end in spells]
        return {
            "readings": 1440,
            "every_ms": None,
            "gates": GATES.get(asked["alarm"]["rule"], []),
            "replayed": ["used"],
            "spells": told,
        }

    @app.post("/api/v1/alarms/{what}")
    async def act(what: str, request: Request) -> Response:
        asked = await request.json()
        found = [of(one) for one in asked.get("alarms") or [asked["alarm"]]]
        match what:
            case "acknowledge":
                for one in found:
                    one["core"] = AFTER.get(one["core"], one["core"])
                return await change(found)
            case "shelve":
                shelf = {"who": "owner", "why": asked["why"], "until_ms": asked["until_ms"]}
                return await change(found, suppression="shelved", shelf=shelf)
            case "unshelve":
                return await change(found, suppression="not_suppressed", shelf=None)
            case "take-out" if found[0]["safety"]:
                return _refused(409, "second_person")
            case _:
                return _refused(409, "still_active")
