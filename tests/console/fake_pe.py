"""The fake hub's PE class: one board, told once on every connection and again when a test changes it."""

import asyncio
from contextlib import suppress

from fastapi import FastAPI, Request, Response, WebSocket, WebSocketDisconnect
from fastapi.responses import JSONResponse

from .fake_hub import FakeHub, Json, now_ms

LAB = "/api/v1/labs/{school}/{lab}"
RATES = {"rest": 96, "light": 120, "moderate": 138, "vigorous": 168, "highest": 195}


class PeClass:
    """The classes of the lab and the board; `news` is set when something changed."""

    def __init__(self) -> None:
        self.classes: list[Json] = []
        self.board: Json | None = None
        self.news = asyncio.Event()
        self.muted = False

    def tell(self) -> None:
        self.news.set()
        self.news = asyncio.Event()


def tile(number: int, zone: str | None = "moderate", **more: object) -> Json:
    rate = None if zone is None else RATES[zone] + number % 5
    return {"number": number, "rate": rate, "zone": zone, "trend": number % 3 - 1, "lost": False, "advice": "none",
            "seen": False, **more}  # fmt: skip


def class_of_fifty() -> Json:
    """A board with everything on it."""
    zones = ("moderate", "moderate", "vigorous", "light", "moderate", "rest")
    tiles = [tile(number, zones[number % 6]) for number in range(1, 49)]
    tiles[6] = tile(7, "highest", advice="look")
    tiles[17] = tile(18, "vigorous", advice="ease")
    tiles[22] = tile(23, None, lost=True)
    tiles[29] = tile(30, None)
    figures = {"heard": 46, "mean": 142.6, "mean_so_far": 138.2, "group_density": 0.78, "each_density": 0.61}
    return {"id": "c-1", "code": "4-2", "started_ms": now_ms() - 1_260_000, "now_ms": now_ms(), "highest": 201.0,
            "tiles": tiles, "waiting": [49, 50], "figures": figures}  # fmt: skip


def add_pe(app: FastAPI, hub: FakeHub) -> None:
    hub.pe = PeClass()
    add_rosters(app, hub.pe)
    add_board(app, hub.pe)
    add_live(app, hub.pe)


def add_rosters(app: FastAPI, pe: PeClass) -> None:
    @app.get(f"{LAB}/pe-classes")
    async def classes() -> Json:
        return {"classes": pe.classes}

    @app.put(f"{LAB}/pe-classes/{{code}}")
    async def write(code: str, request: Request) -> Json:
        roster: Json = {"code": code, **(await request.json())}
        pe.classes = [one for one in pe.classes if one["code"] != code] + [roster]
        return roster

    @app.delete(f"{LAB}/pe-classes/{{code}}")
    async def remove(code: str) -> Response:
        pe.classes = [one for one in pe.classes if one["code"] != code]
        return Response(status_code=204)


def add_board(app: FastAPI, pe: PeClass) -> None:
    @app.post(f"{LAB}/pe-class")
    async def start(request: Request) -> Response:
        asked = await request.json()
        if not any(one["code"] == asked["code"] for one in pe.classes):
            return JSONResponse({"code": "unknown_class"}, 404)
        pe.board = class_of_fifty() | {"code": asked["code"]}
        pe.tell()
        return JSONResponse({"board": pe.board})

    @app.post(f"{LAB}/pe-class/end")
    async def end() -> Response:
        pe.board = None
        pe.tell()
        return Response(status_code=204)

    @app.post(f"{LAB}/pe-class/seen")
    async def seen(request: Request) -> Json:
        number = (await request.json())["number"]
        for one in (pe.board or {"tiles": []})["tiles"]:
            one["seen"] = one["seen"] or one["number"] == number
        pe.tell()
        return {"board": pe.board}


def add_live(app: FastAPI, pe: PeClass) -> None:
    @app.websocket(f"{LAB}/pe-class/live")
    async def live(socket: WebSocket) -> None:
        await socket.accept()
        with suppress(WebSocketDisconnect, RuntimeError):
            while True:
                if not pe.muted:
                    await socket.send_json({"board": pe.board})
                with suppress(TimeoutError):
                    async with asyncio.timeout(1):
                        await pe.news.wait()
