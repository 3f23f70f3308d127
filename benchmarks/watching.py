"""What a page and the operating system see of the hub while it works: how late values are, memory, processor time."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import psutil
from websockets.asyncio.client import ClientConnection

from benchmarks.harness import Figures
from labkeeper_cli.client import HubClient

LOOK_S = 1.0


@asynccontextmanager
async def lags_ms(client: HubClient) -> AsyncIterator[list[float]]:
    """Grow a list of how old each value is, in milliseconds, when the page's WebSocket brings it."""
    found: list[float] = []
    async with client.socket() as socket:
        hearing = asyncio.create_task(_hear(socket, found), name="live lag")
        try:
            yield found
        finally:
            hearing.cancel()
            await asyncio.gather(hearing, return_exceptions=True)


async def _hear(socket: ClientConnection, found: list[float]) -> None:
    async for text in socket:
        message, now_ms = json.loads(text), time.time() * 1000
        if message["type"] == "changes":
            found += [now_ms - change["time_ms"] for change in message["changes"] if change["kind"] == "reading"]


@asynccontextmanager
async def memory_mb(pid: int) -> AsyncIterator[list[float]]:
    """Grow a list of a process's resident memory, in megabytes, once a second."""
    found: list[float] = []
    looking = asyncio.create_task(_look(psutil.Process(pid), found), name="memory")
    try:
        yield found
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)


async def _look(process: psutil.Process, found: list[float]) -> None:
    while True:
        found.append(process.memory_info().rss / 1e6)
        await asyncio.sleep(LOOK_S)


def growth(values: list[float]) -> float:
    """Return how much higher the second half reached than the first: what swings in both is no growth."""
    half = len(values) // 2
    return round(max(values[half:]) - max(values[:half]), 1) if half else 0.0


@dataclass(frozen=True, slots=True)
class Meter:
    """Processor time of processes by role: unlike a wait it says the same on a busy machine."""

    processes: Mapping[str, psutil.Process]

    @classmethod
    def of(cls, pids: Mapping[str, int]) -> "Meter":
        """Measure these."""
        return cls({role: psutil.Process(pid) for role, pid in pids.items()})

    def read(self) -> Mapping[str, float]:
        """Return the seconds each has used so far, user and system."""
        times = {role: process.cpu_times() for role, process in self.processes.items()}
        return {role: used.user + used.system for role, used in times.items()}

    def each_ms(self, before: Mapping[str, float], things: int) -> Figures:
        """Return the milliseconds a thing that each has used since `before`, whatever else it did included."""
        now = self.read()
        return {role: round((now[role] - before[role]) / max(1, things) * 1000, 4) for role in now}
