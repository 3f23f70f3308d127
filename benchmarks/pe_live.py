"""`python -m benchmarks.pe --live`: a PE class of fifty bands at one reading a second over the whole way: a gateway
(Homie) → broker → node → broker → hub → the board's WebSocket, each a process of its own. A rate counts the seconds, so
that a board says of when what it shows is.
"""

import asyncio
import json
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from websockets.asyncio.client import connect as websocket

from benchmarks.harness import Figures, counted
from benchmarks.watching import Meter
from labkeeper_cli.client import percentile
from labkeeper_cli.stack import Stack, Wishes, open_stack
from labkeeper_sdk.sim import homie
from labkeeper_sdk.sim.homie import Family, Node, Property
from labkeeper_wire.mqtt import Address, Link, connect

BANDS, LOWEST, STEPS = 50, 60, 150
DEVICE = "pe-bands"
TOPIC = f"homie/5/{DEVICE}"
ROOM = "/api/v1/labs/demo-school/lab-1"
CODE = "4-2"
PERIOD_S, WARM_S, AFTER_S, READY_S = 1.0, 5, 3.0, 60.0


@dataclass(frozen=True, slots=True)
class Gateway:
    """What hears the bands."""

    title: str = "PE heart-rate bands"
    nodes: Mapping[str, Node] = field(
        default_factory=lambda: {
            f"band-{number:02}": Node(f"Band {number}", {"heart-rate": Property("Rate", "integer", "30:240", "/min")})
            for number in range(1, BANDS + 1)
        }
    )

    def introduce(self, link: Link) -> None:
        """Say what there is."""
        document = homie.description(self, Family())  # type: ignore[arg-type] # it measures nothing by itself
        for name, payload in (("$state", b"init"), ("$description", document), ("$state", b"ready")):
            link.send(f"{TOPIC}/{name}", payload, retain=True)

    def tell(self, link: Link, rate: int) -> None:
        """Let every band tell a rate."""
        for band in self.nodes:
            link.send(f"{TOPIC}/{band}/heart-rate", b"%d" % rate, retain=True)


@dataclass(slots=True)
class Course:
    """When each second's rates were told (by rate), and when boards came that showed them."""

    told_s: dict[int, float] = field(default_factory=dict)
    boards_s: list[float] = field(default_factory=list)
    late_ms: list[float] = field(default_factory=list)
    shown: set[tuple[int, int]] = field(default_factory=set)

    def board(self, tiles: list[Mapping[str, int | None]], now_s: float) -> None:
        """Take a board; a rate counts when it is shown first."""
        self.boards_s.append(now_s)
        for tile in tiles:
            number, rate = tile["number"], tile["rate"]
            if number is None or rate is None or rate not in self.told_s or (number, rate) in self.shown:
                continue
            self.shown.add((number, rate))
            self.late_ms.append((now_s - self.told_s[rate]) * 1000)

    def figures(self, sent: int) -> Figures:
        """Return how late and how even it was."""
        apart_ms = [(after - before) * 1000 for before, after in zip(self.boards_s, self.boards_s[1:], strict=False)]
        return {
            "reading_to_board_p50_ms": round(percentile(self.late_ms, 0.50)),
            "reading_to_board_p99_ms": round(percentile(self.late_ms, 0.99)),
            "board_interval_p50_ms": round(percentile(apart_ms, 0.50)),
            "board_interval_p99_ms": round(percentile(apart_ms, 0.99)),
            "board_interval_max_ms": round(max(apart_ms)),
            "boards": len(self.boards_s),
            "overtaken": sent - len(self.shown),
        }


async def bench_live(folder: Path, seconds: int) -> Figures:
    """Hold a class for so long; STEPS at most, so that no rate comes twice."""
    async with (
        open_stack(Wishes(folder, sim=None)) as stack,
        connect(Address.parse(stack.broker.url), "bench-pe") as link,
        httpx.AsyncClient(base_url=stack.url, headers={"Authorization": f"Bearer {stack.secret}"}) as http,
    ):
        gateway, course = Gateway(), Course()
        gateway.introduce(link)
        await _begin(http)
        await _hear(gateway, link, stack)
        meter = Meter.of({"hub": stack.hub.pid, "node": stack.edge.pid})
        tasks = [asyncio.create_task(_watch(stack, course)), asyncio.create_task(_listen(link))]
        before = meter.read()
        for second in counted(range(seconds), "second"):
            due_s = time.monotonic() + PERIOD_S
            course.told_s[LOWEST + second] = time.time()
            gateway.tell(link, LOWEST + second)
            await asyncio.sleep(max(0.0, due_s - time.monotonic()))
        cpu = meter.each_ms(before, seconds)
        await asyncio.sleep(AFTER_S)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        (await http.post(f"{ROOM}/pe-class/end")).raise_for_status()
        sent = BANDS * seconds
        kept = _kept(folder, seconds)
    return {
        "bands": BANDS,
        "seconds": seconds,
        "sent": sent,
        "lost": sent - kept,
        **course.figures(sent),
        "cpu_ms_per_second": cpu,
    }


async def _begin(http: httpx.AsyncClient) -> None:
    bands = [{"number": number, "consent_by": "guardian"} for number in range(1, BANDS + 1)]
    (await http.put(f"{ROOM}/pe-classes/{CODE}", json={"years": 10, "bands": bands})).raise_for_status()
    (await http.post(f"{ROOM}/pe-class", json={"code": CODE})).raise_for_status()


async def _hear(gateway: Gateway, link: Link, stack: Stack) -> None:
    """Tell until the board has every band, and a little longer."""
    async with asyncio.timeout(READY_S):
        while True:
            gateway.tell(link, LOWEST - 1)
            await asyncio.sleep(PERIOD_S)
            board = (await stack.client.get("labs/demo-school/lab-1/pe-class"))["board"]
            if board["figures"]["heard"] == BANDS:
                break
    await asyncio.sleep(WARM_S - PERIOD_S)


async def _listen(link: Link) -> None:
    """Hear the broker's answers to pings: a link is read by whoever takes its messages."""
    async for _ in link.messages():
        pass


async def _watch(stack: Stack, course: Course) -> None:
    """Take boards as the page does, for ever."""
    url = stack.url.replace("http", "ws", 1) + f"{ROOM}/pe-class/live"
    headers = {"Authorization": f"Bearer {stack.secret}"}
    async with websocket(url, additional_headers=headers, proxy=None) as socket:
        async for text in socket:
            course.board(json.loads(text)["board"]["tiles"], time.time())


def _kept(folder: Path, seconds: int) -> int:
    """Return how many different readings of these seconds the hub has of the class."""
    (file,) = folder.rglob("pe.sqlite")
    asked = "SELECT COUNT(*) FROM (SELECT DISTINCT number, rate FROM readings WHERE rate >= ? AND rate < ?)"
    with sqlite3.connect(file) as connection:
        (count,) = connection.execute(asked, (LOWEST, LOWEST + seconds)).fetchone()
    return int(count)
