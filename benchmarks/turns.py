"""`python -m benchmarks.turns`: how long the hub's event loop is held by what is asked of it and by what goes on.

A school of `--labs` labs with 25 devices of 10 points each sends readings, so that alarms judge all of them. Every GET
of the API is asked once to begin with and then three times, a page's first snapshot as often. `held_ms` has the longest
turn of each route and worker that held the loop for two milliseconds or more, in processor time; `over_10_ms` names
those that held it for more than ten; `first_ms` is the first request of all.
"""

import asyncio
import json
import os
import re
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
from websockets.asyncio.client import connect

from benchmarks.harness import Figures, counted, measure, options, say
from benchmarks.synthetic import GROUP, Shape, SyntheticNode, open_node
from benchmarks.timed_hub import FILE
from labkeeper_cli.processes import Role, open_role
from labkeeper_hub.api.routing import openapi_document
from labkeeper_sdk.testing import Broker, free_port, open_broker

POINTS = ("temperature", "humidity", "co2", "illuminance", "noise", "power", "voltage", "energy", "battery", "pm25")
DEVICES, BATCHES, TIMES, DAY_MS = 25, 100, 3, 86_400_000
TOLD_MS, MOST_MS = 2.0, 10.0
Window = tuple[str, float, float]


@asynccontextmanager
async def school(broker: Broker, labs: int) -> AsyncIterator[list[SyntheticNode]]:
    """Nodes that are live and whose first readings are stored."""
    async with AsyncExitStack() as stack:
        shapes = [Shape(f"n{lab}", DEVICES, len(POINTS), 50, True, f"lab-{lab}", POINTS) for lab in range(labs)]
        nodes = [await stack.enter_async_context(open_node(broker.url, one)) for one in counted(shapes, "node")]
        for _ in counted(range(BATCHES), "batch"):
            await speak(nodes)
        yield nodes


async def speak(nodes: list[SyntheticNode]) -> None:
    """Each sends a batch and hears that it is stored."""
    for node in nodes:
        node.send()
        await node.drain()
    for node in nodes:
        while node.stored < node.sent:
            await node.progress(1)


def urls(recording: str) -> dict[str, httpx.QueryParams]:
    """Return every address to be asked by GET, with what it needs."""
    now_ms = time.time_ns() // 1_000_000
    here = {"school": GROUP, "node": "n0", "lab": "lab-0", "device": "d0", "rule": "co2", "identity": recording}
    given: dict[str, str | int] = {"from": now_ms - DAY_MS, "to": now_ms, "point": "co2", "language": "zh", **here}
    found = {}
    for path, methods in openapi_document()["paths"].items():
        if "get" in methods:
            names = [one["name"] for one in methods["get"].get("parameters", []) if one["in"] == "query"]
            filled = re.sub(r"\{(\w+)\}", lambda name: str(here.get(name[1], "none")), path)
            found[filled] = httpx.QueryParams({name: given[name] for name in names if name in given})
    return found


async def ask(http: httpx.AsyncClient, url: str, query: httpx.QueryParams) -> tuple[Window, bool]:
    """Ask once; return when that was, and whether there was an answer that is more than a refusal."""
    began_s = time.monotonic()
    answer = await http.get(url, params=query)
    return (f"GET {url}", began_s, time.monotonic()), answer.is_success


async def greet(hub: Role, headers: dict[str, str]) -> Window:
    """Open a page's live connection and wait for its snapshot."""
    began_s = time.monotonic()
    url = str(hub.ready["url"]).replace("http", "ws", 1) + "/api/v1/live"
    async with connect(url, additional_headers=headers, proxy=None, max_size=None) as socket:
        await socket.send(json.dumps({"type": "resume", "stream": None, "since": None}))
        while json.loads(await socket.recv())["type"] != "snapshot":
            pass
        return "snapshot", began_s, time.monotonic()


def longest(turns: list[tuple[float, float, str]], windows: list[Window]) -> dict[str, float]:
    """Return the longest turn (ms) of each worker, and of each window what no worker took, the longest first."""
    found: dict[str, float] = {}
    for began_s, took_ms, name in turns:
        asked = [what for what, from_s, to_s in windows if from_s <= began_s <= to_s]
        for what in [name] if name else asked:
            found[what] = max(took_ms, found.get(what, 0.0))
    return dict(sorted(found.items(), key=lambda one: -one[1]))


async def asked(hub: Role, nodes: list[SyntheticNode]) -> tuple[list[Window], int]:
    """Ask for everything; return when, and how many addresses answered."""
    headers, windows, answered = {"Authorization": f"Bearer {hub.ready['owner_secret']}"}, list[Window](), set[str]()
    async with httpx.AsyncClient(base_url=str(hub.ready["url"]), headers=headers, timeout=60, trust_env=False) as http:
        made = await http.post("/api/v1/recordings", json={"school": GROUP, "lab": "lab-0", "title": "turns"})
        for url, query in counted([*urls(str(made.json()["id"])).items()], "address"):
            await ask(http, url, query)  # what is prepared once is not counted
            for _ in range(TIMES):
                window, good = await ask(http, url, query)
                windows.append(window)
                answered |= {url} if good else set()
    for _ in range(TIMES):
        windows.append(await greet(hub, headers))
        await speak(nodes)
    return windows, len(answered)


async def bench(folder: Path, labs: int, beside_s: float) -> Figures:
    """One school, one hub."""
    os.environ[FILE] = str(folder / "turns")
    async with open_broker(folder=folder / "broker") as broker:
        where = ["--data", str(folder / "hub"), "--port", str(free_port()), "--broker", broker.url]
        async with (
            open_role("hub", "benchmarks.timed_hub", where, folder / "hub.log") as hub,
            school(broker, labs) as nodes,
        ):
            first = await first_request(hub)
            windows, answered = await asked(hub, nodes)
            say("the workers beside")
            await asyncio.sleep(beside_s)
    return figures(folder / "turns", [first, *windows], answered, labs)


async def first_request(hub: Role) -> Window:
    """Ask whether the hub is alive, before anybody has asked for anything."""
    async with httpx.AsyncClient(base_url=str(hub.ready["url"]), trust_env=False) as http:
        window, _ = await ask(http, "/healthz", httpx.QueryParams())
        return "first", *window[1:]


def figures(file: Path, windows: list[Window], answered: int, labs: int) -> Figures:
    """Read what the hub noted; what it did before the first request does not count."""
    turns = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    held = longest([one for one in turns if one[0] >= windows[0][1]], windows)
    first_ms = held.pop("first", 0.0)
    return {
        "points": labs * DEVICES * len(POINTS),
        "addresses": len({what for what, *_ in windows}) - 2,  # the first request and the snapshots are none
        "answered": answered,
        "longest_ms": max(held.values()),
        "over_10_ms": [what for what, took_ms in held.items() if took_ms > MOST_MS],
        "first_ms": first_ms,
        "held_ms": {what: took_ms for what, took_ms in held.items() if took_ms >= TOLD_MS},
    }


def main() -> None:
    """Read the options and measure."""
    wanted = options(
        __doc__ or "",
        ("--labs", {"type": int, "default": 20, "help": "labs of 250 points (default 20)"}),
        ("--beside", {"type": float, "default": 25.0, "help": "seconds to watch the workers alone for (default 25)"}),
    )
    measure(wanted, lambda folder: bench(folder, wanted.labs, wanted.beside))


if __name__ == "__main__":
    main()
