"""The fake hub's drivers: one node that lets the hub add some, judged as the real one does, with bundled schemas."""

from importlib.metadata import entry_points
from typing import Any

from fastapi import FastAPI
from fastapi.responses import JSONResponse

from labkeeper_sdk import Driver
from labkeeper_sdk.configuration import schema
from labkeeper_sdk.forms import mistakes
from labkeeper_sdk.plugins import DRIVER_GROUP, load_drivers

from .fake_hub import SCHOOL, FakeHub, Json, now_ms
from .lab import PI

OFFERED = ("homie", "modbus", "pjlink")
LOADED = load_drivers(it for it in entry_points(group=DRIVER_GROUP) if it.name in OFFERED)


def open_drivers(hub: FakeHub, **stands: Any) -> None:  # noqa: ANN401 -- JSON
    """Let the hub add drivers to the node; one stands in the node's own file."""
    own = {"zigbee2mqtt": {"driver": "zigbee2mqtt", "configuration": {"base_topic": "zigbee2mqtt"}}}
    node = {"school": SCHOOL, "node": PI, "lab": "301", "online": True, "open": True, "number": 0, "instances": {}}
    hub.drivers = [node | {"own": own, "left_out": [], "former": False, "fell_back": False, "versions": []} | stands]


def judged(instances: Json) -> list[Json]:
    """Return what is wrong with a set, as a node says it."""
    return [
        {
            "pointer": "/".join(("", name, "configuration", *map(str, one.place))),
            "code": one.code,
            "problem": one.problem,
            "limits": dict(one.limits),
        }
        for name, said in instances.items()
        for one in mistakes(LOADED.drivers[said["driver"]], opened(said["configuration"]))
    ]


def opened(configuration: Json) -> Json:
    """Return a configuration whose sealed secrets are texts again."""
    return {
        key: "opened" if isinstance(one, dict) and "lk:sealed" in one else one for key, one in configuration.items()
    }


def hidden(instances: Json) -> Json:
    """Seal what is secret, as the hub does."""
    return {
        name: said
        | {
            "configuration": {
                key: {"lk:sealed": "sealed"} if key == "password" else value
                for key, value in said["configuration"].items()
            }
        }
        for name, said in instances.items()
    }


def _offered(one: Driver) -> Json:
    title = {"zh": one.title.zh, "en": one.title.en}
    return {"name": one.name, "title": title, "version": 1, "schema": schema(one)}


def add_drivers(app: FastAPI, hub: FakeHub) -> None:
    """Serve them."""

    @app.get("/api/v1/drivers")
    async def drivers() -> JSONResponse:
        return JSONResponse({"nodes": hub.drivers})

    @app.get("/api/v1/drivers/offer")
    async def offer() -> JSONResponse:
        drivers = [_offered(one) for one in LOADED.drivers.values()]
        return JSONResponse({"drivers": drivers, "withheld": [{"name": "strange", "why": "unlisted"}]})

    @app.post("/api/v1/drivers/{do}")
    async def order(do: str, asked: Json) -> JSONResponse:
        if do != "try" and hub.lesson_on and not asked["during_lesson"]:
            return JSONResponse({"code": "lesson_on"}, 409)
        (node,) = hub.drivers
        wanted = node["before"] if do == "back" else asked["instances"]
        wrong = [] if do == "back" else judged(wanted)
        if not wrong and do != "try":
            version = {"number": node["number"] + 1, "do": do, "by": "p-1", "at_ms": now_ms(), "taken": True}
            version["changes"] = [f"+/{name}" for name in wanted]
            node.update(before=node["instances"], instances=hidden(wanted), number=version["number"], former=True)
            node["versions"] = [version, *node["versions"]]
        told = {"answered": True, "taken": not wrong, "number": node["number"], "changes": [], "mistakes": wrong}
        return JSONResponse(told)
