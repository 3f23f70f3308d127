"""From the teacher's request to take the floor back to the node's first refusal of the pupils, on a whole stack.

A round gives a group the robot's motor, then takes it back by HTTP while commands under the group's number go to the
node past the hub, which would refuse them itself: one every few milliseconds, as a page nobody could stop would send
them. The clock is this process's, from the request to the refusal as a listener at the broker has it, so the way
back is in the figure. A refusal before the node has obeyed at all is none: the table with the floor was on its way.
`executed_after` counts commands that were sent after the first refusal and done all the same.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import httpx

from benchmarks.harness import Figures, counted
from labkeeper_cli.client import percentile
from labkeeper_cli.stack import Stack, Wishes, open_stack
from labkeeper_cli.trial import all_online
from labkeeper_wire.codec import decode, encode
from labkeeper_wire.commands import RESULT, CommandRequest, CommandResult, CommandState, Target
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.mqtt import Address, Link, connect
from labkeeper_wire.payload import Payload
from labkeeper_wire.topics import Kind, Topic

SCHOOL, LAB, NODE, BENCH, ROBOT, MOTOR = "demo-school", "lab-1", "lab-1-pi", "1", "robot-kit", "motors/left"
EVERY_S = 0.004
PATIENCE_S = 10.0
TTL_MS = 5000
OVER = {"old_fence", "no_lease", "lease_over"}
LIMITS = {"minimum": -40.0, "maximum": 40.0}
TOPIC = str(Topic(SCHOOL, Kind.DCMD, NODE, ROBOT))
ANSWERS = str(Topic(SCHOOL, Kind.DDATA, NODE, ROBOT))


@dataclass(slots=True)
class Pupils:
    """A group that does not stop commanding, and what the node answered it."""

    link: Link
    fence: int
    sent_s: dict[str, float] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    refused_s: float | None = None
    refused: asyncio.Event = field(default_factory=asyncio.Event)
    obeyed: asyncio.Event = field(default_factory=asyncio.Event)

    async def command(self) -> None:
        """Send one command after the other, for ever."""
        while True:
            number = str(uuid4())
            aim = (Target(MOTOR, 10, DataType.INT64),)
            metrics = CommandRequest(number, TTL_MS, self.fence, aim).to_metrics()
            self.sent_s[number] = time.perf_counter()
            self.link.send(TOPIC, encode(Payload(metrics, time.time_ns() // 1_000_000)))
            await asyncio.sleep(EVERY_S)

    async def listen(self) -> None:
        """Note the node's answers, for ever."""
        async for message in self.link.messages():
            for metric in decode(message.payload).metrics:
                if metric.name == RESULT:
                    self._hear(CommandResult.from_metric(metric))

    def _hear(self, result: CommandResult) -> None:
        if result.id not in self.sent_s:
            return
        if result.state is CommandState.DONE:
            self.done.add(result.id)
            self.obeyed.set()
        if result.code in OVER and self.refused_s is None and self.obeyed.is_set():
            self.refused_s = time.perf_counter()
            self.refused.set()

    @property
    def executed_after(self) -> int:
        """How many commands were sent after the first refusal was here, and done."""
        return sum(self.sent_s[number] > (self.refused_s or 0.0) for number in self.done)


@contextlib.asynccontextmanager
async def commanding(link: Link, fence: int) -> AsyncIterator[Pupils]:
    """Let a group command for the length of the block, and a moment longer."""
    pupils = Pupils(link, fence)
    tasks = [asyncio.create_task(work, name="pupils") for work in (pupils.listen(), pupils.command())]
    try:
        yield pupils
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def one_round(http: httpx.AsyncClient, link: Link, name: str) -> tuple[float, int]:
    """Give, wait until the node obeys, take back; return the milliseconds and what was executed after."""
    points = [{"node": NODE, "device": ROBOT, "point": MOTOR, **LIMITS}]
    given = (await http.put(f"/api/v1/floors/{name}/points", json={"points": points})).raise_for_status().json()
    async with commanding(link, given["floor"]["fence"]) as pupils, asyncio.timeout(PATIENCE_S):
        await pupils.obeyed.wait()
        began = time.perf_counter()
        taken = asyncio.create_task(http.delete(f"/api/v1/floors/{name}/points"), name="take back")
        await pupils.refused.wait()
        (await taken).raise_for_status()
        await asyncio.sleep(10 * EVERY_S)  # it goes on trying
        return ((pupils.refused_s or began) - began) * 1000, pupils.executed_after


async def take_back(folder: Path, rounds: int) -> Figures:
    """All rounds on one stack."""
    async with open_stack(Wishes(folder, sim=("--only", "robot"))) as stack, _signed_in(stack) as http:
        await all_online(stack.client, [ROBOT], 30)
        asked = {"school": SCHOOL, "lab": LAB, "for_s": 3600}
        fence = (await http.post("/api/v1/leases", json=asked)).raise_for_status().json()["lease"]["fence"]
        seat = (await http.post("/api/v1/floors", json={"fence": fence, "bench": BENCH})).raise_for_status().json()
        async with connect(Address.parse(stack.broker.url), "bench-pupils") as link:
            await link.subscribe((ANSWERS, 0))
            found = [await one_round(http, link, seat["floor"]["name"]) for _ in counted(range(rounds), "round")]
        waits = [wait_ms for wait_ms, _ in found]
        return {
            "take_back_p50_ms": round(percentile(waits, 0.5), 1),
            "take_back_p99_ms": round(percentile(waits, 0.99), 1),
            "executed_after": sum(executed for _, executed in found),
            "rounds": rounds,
            "broker": stack.broker.kind,
        }


def _signed_in(stack: Stack) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {stack.secret}"}
    return httpx.AsyncClient(base_url=stack.url, headers=headers, timeout=30, trust_env=False)
