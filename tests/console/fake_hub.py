"""A hub at the wire: the page's REST and WebSocket, scripted by a test; nothing of the real hub's code."""

import asyncio
import math
import time
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Any

from fastapi import WebSocket, WebSocketDisconnect

from labkeeper_sdk.testing import free_port

Json = dict[str, Any]
INVITATION = "an-invitation-of-the-owner"
SECRET = "correct horse battery staple"
LINK = "one-time-token"
SCHOOL = "minhang-3"


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def point(name: str, kind: str, type_: str = "float", **more: object) -> Json:
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


def catalogue_day(at: int, *, measured: bool) -> Json:
    counts = {"good": 8000, "stale": at % 2, "bad": 0, "no_value": 0}
    slots = {"expected": 1440, "present": 1320, "completeness": 0.9167}
    return {"day": f"2026-01-{at + 1:02d}", **counts, **(slots if measured else dict.fromkeys(slots))}


class FakeHub:
    """Holds what a hub would know. `answer` decides what becomes of a command; the default confirms it at once."""

    def __init__(self) -> None:  # noqa: PLR0915 -- what a hub would know, a line each
        self.port = free_port()
        self.stream = str(uuid.uuid4())
        self.at = 0
        self.labs: list[Json] = []
        self.given_up: list[Json] = []
        self.nodes: dict[str, Json] = {}
        self.devices: dict[tuple[str, str], Json] = {}
        self.latest: dict[tuple[str, str, str], Json] = {}
        self.commands: list[Json] = []
        self.commanded = asyncio.Condition()
        self.policy = "done"  # or: silent, rejected, failed, expired, unknown, refused
        self.code: str | None = None
        self.failing: str | None = None  # what keeps it from storing
        self.muted = False  # the hub hangs: sockets stay open, nothing is said
        self.sessions: set[str] = set()
        self.links = {LINK}
        self.invitations = {INVITATION: "li"}
        self.passwords: dict[str, str] = {}
        self.exported: list[list[tuple[str, str]]] = []
        self.export_state = "running"
        self.undescribed: list[Json] = []  # what the catalogue has of points that nobody describes
        self.export_incomplete_before_ms: int | None = None
        self.export_reason: str | None = None
        self.sockets: set[WebSocket] = set()
        self.keeps_changes = False  # resume from missed changes rather than with a snapshot
        self.missed: list[Json] = []
        self.snapshots = 0
        self.released: list[Json] = []
        self.school_less = False  # who is signed in has no right to the whole school
        self.leases: list[Json] = []
        self.lessons: list[Json] = []
        # what who is signed in may do
        self.actions = ["read_places", "automate", "book", "command", "lease", "record", "release_stop", "stop"]
        self.reads_timetable = True  # as those do who teach or look; a technician does not
        self.floor_links: dict[str, str] = {}  # token: the pupils' pseudonym
        self.person = "owner"
        self.stops: list[Json] = []
        self.colleagues: dict[str, str] = {}
        self.staff: list[Json] = []
        self.staff_looks = 0
        self.deaf = False  # to a stop on the socket
        self.alarms: list[Json] = []
        self.channels: list[Json] = []
        self.added: list[Json] = []  # channels asked for, with what is secret of them
        self.plan: Json = {}  # of telling; empty: the one it begins with
        self.tried: list[Json] = []
        self.limits: list[Json] = []
        self.settable: list[Json] = []
        self.older: list[Json] = []
        self.interlocks: list[Json] = []
        self.drivers: list[Json] = []
        self.lesson_on = False  # in the lab whose drivers are changed
        self.influx: Json | None = None  # how forwarding is, if anything is forwarded
        self.recordings: Any = None  # put in by `fake_recordings`
        self.people: Any = None  # put in by `fake_people`
        self.code_wanted = ""  # of whoever signs in, besides
        self.automations: Any = None  # put in by `fake_automations`
        self.bookings: Any = None  # put in by `fake_bookings`
        self.teaching: Any = None  # put in by `fake_lessons`
        self.wall_link = False  # whether the lab's wall can be opened by a link
        self.pe: Any = None  # put in by `fake_pe`
        self.silent_history = False  # nothing was ever recorded
        self.derived: list[Json] = []
        self.untold: list[Json] = []  # what of the past nobody could tell

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

    def add_device(self, node: str, device: str, title: tuple[str, str], points: list[Json], **more: object) -> None:
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

    def derive(self, device: str, name: str, formula: str) -> None:
        """Let the hub derive a point from one of a device, of which it has told no value."""
        own = next(one for one in self.nodes if (one, device) in self.devices)
        node = f"#hub-derived-{own}"
        title = dict.fromkeys(("zh", "en"), f"{name}, derived")
        self.nodes.setdefault(node, self.nodes[own] | {"node": node})
        self.add_device(node, device, ("", ""), [point(f"{name}_{formula}", "measure", title=title)])
        ids = {"school": SCHOOL, "device": device}
        self.derived.append({"point": ids | {"node": node, "point": f"{name}_{formula}"}, "formula": formula,
                             "inputs": [ids | {"node": own, "point": name}]})  # fmt: skip

    def put(self, node: str, device: str, name: str, value: object, **more: object) -> Json:
        """Remember a reading without telling anyone."""
        latest = {"school": SCHOOL, "node": node, "device": device, "point": name, "value": value,
                  "time_ms": now_ms(), "quality": 192, "stale": False, **more}  # fmt: skip
        self.latest[node, device, name] = latest
        return latest

    async def read(self, node: str, device: str, name: str, value: object, **more: object) -> None:
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

    async def set_node(self, node: str, **more: object) -> None:
        self.nodes.setdefault(node, {"school": SCHOOL, "node": node, "since_ms": now_ms()}).update(more)
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

        async with asyncio.timeout(30), self.commanded:
            await self.commanded.wait_for(lambda: len(found()) >= count)
        return found()

    async def drop_links(self) -> None:
        dropped, self.sockets = self.sockets, set()
        for socket_ in dropped:
            await socket_.close(1012)

    # -- the wire -----------------------------------------------------------------------------------------------

    async def tell(self, *changes: Json) -> None:
        self.at += 1
        self.missed.append({"at": self.at, "changes": list(changes)})
        for socket_ in list(self.sockets):
            await self.say(socket_, {"type": "changes", "at": self.at, "changes": list(changes)})

    async def say(self, socket_: WebSocket, message: Json) -> None:
        if not self.muted:
            with suppress(WebSocketDisconnect):  # whoever has just left hears nothing
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
            "leases": self.leases,
            "lessons": self.lessons,
            "stops": self.stops,
            "alarms": self.alarms,
        }

    async def live(self, socket_: WebSocket) -> None:
        await socket_.accept()
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
            case "resume" if self.keeps_changes and message["stream"] == self.stream:
                for one in self.missed:
                    if one["at"] > message["since"]:
                        await self.say(socket_, {"type": "changes", **one})
            case "resume":
                self.snapshots += 1
                await self.say(socket_, self.snapshot())
            case "ping":
                await self.say(socket_, {"type": "pong", "server_ms": now_ms()})
            case "stop":
                if not self.deaf:
                    await self.stop("owner")
            case "command":
                await self.command(socket_, message)

    async def stop(self, by: str, *missing: Json) -> None:
        """Everything is stopped, but for what is missing."""
        self.stops = [{"school": SCHOOL, "latch": "latch-1", "by": by, "at_ms": now_ms(), "devices": 16,
                       "confirmed": 16 - len(missing), "missing": list(missing), "sent": True}]  # fmt: skip
        await self.tell({"kind": "stops", "stops": self.stops})

    def releases(self) -> list[Json]:
        """Who may release what is stopped."""
        ask = ["Wang"] if self.school_less else []
        return [{"latch": one["latch"], "yours": not self.school_less, "ask": ask} for one in self.stops]

    async def release(self, body: Json) -> Json | None:
        """Take either step of a release; None: refused."""
        self.released.append(body)
        if self.school_less:
            return None
        if "release" in body:
            self.stops = []
            await self.tell({"kind": "stops", "stops": []})
        return {"release": None if "release" in body else "word", "stops": self.stops}

    async def take_lab(self, lab: str = "lab-301", holder: str = "owner", for_ms: int = 2_700_000) -> None:
        """Somebody has a lab, and nobody else has anything of it."""
        empty = dict.fromkeys(("bench", "node", "device", "given_from", "points"))
        lease = {"fence": 17, "holder": holder, "school": SCHOOL, "lab": lab, "until_ms": now_ms() + for_ms, "asks": []}
        await self.tell_leases(lease | empty)

    async def ask(self, by: str, state: str = "open", for_ms: int = 60_000) -> None:
        """Somebody asks whoever has the first lease, or has asked."""
        self.leases[0]["asks"] = [{"by": by, "until_ms": now_ms() + for_ms, "state": state}]
        await self.tell_leases(*self.leases)

    async def tell_leases(self, *leases: Json) -> None:
        self.leases = list(leases)
        await self.tell({"kind": "leases", "leases": self.leases})

    def link(self, bench: str) -> Json:
        """Make a link to a bench: its token is the bench's name, its group g-<bench>."""
        self.floor_links[f"bench-{bench}"] = f"g-{bench}"
        row = "1011001" * 5
        return {"floor": {"name": f"g-{bench}"}, "link": f"{self.url}/s/bench-{bench}", "code": [row] * 35}

    async def give(self, name: str, points: list[Json]) -> None:
        """Give a group these points, or none."""
        lab = self.leases[0]
        floor = {**lab, "fence": 18, "holder": name, "bench": name.removeprefix("g-"), "given_from": lab["fence"]}
        await self.tell_leases(lab, *([{**floor, "points": points}] if points else []))

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

    def catalogue(self, days: int, offset_h: int) -> Json:
        """Every measure is complete but for two hours; everything else has counts only."""
        to_ms = (now_ms() // 86_400_000 + 1) * 86_400_000 - offset_h * 3_600_000
        from_ms = to_ms - days * 86_400_000
        points = [
            {
                **{key: device[key] for key in ("school", "node", "device")},
                **{key: one[key] for key in ("point", "kind", "type", "unit", "minimum", "maximum", "title")},
                "first_ms": from_ms,
                "last_ms": now_ms(),
                "readings": 1234567,
                "described": True,
                "removed": 0,
                "slot_ms": 60_000 if one["kind"] == "measure" else None,
                "days": [catalogue_day(at, measured=one["kind"] == "measure") for at in range(days)],
                "gaps": [[from_ms, from_ms + 7_200_000]] if one["kind"] == "measure" else [],
                "gaps_left_out": 2 if one["point"] == "co2" else 0,
            }
            for device in self.devices.values()
            for one in device["points"]
        ]
        points += [points[0] | told for told in self.undescribed]
        return {"from_ms": from_ms, "to_ms": to_ms, "pending": 0, "points": points, "given_up": self.given_up}

    def readings(self, query: Mapping[str, str]) -> Json:
        """A made-up past: a wave with an hour's gap, sampled every 10 s, or its steps."""
        start, end = int(query["from"]), int(query["to"])
        every = int(query["every"]) if "every" in query else None
        step = every or 10_000
        times = [at for at in range(start - start % step, end, step) if start <= at and not in_gap(at, end)]
        spread = {"min": -0.4, "max": 0.4}.get(query.get("aggregate", ""), 0.0)
        rows = [[at, 30 if query.get("aggregate") == "count" else round(wave(at) + spread, 2)] for at in times]
        if self.silent_history:
            rows = []
        ids = {key: query[key] for key in ("school", "node", "device", "point")}
        return {**ids, "unit": "Cel", "every": every, "aggregate": query.get("aggregate"), "rows": rows, "next": None,
                "missing": self.untold}  # fmt: skip


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
