"""`python -m benchmarks.footprint`: how long the hub takes to serve, and what it weighs idle with 250 points."""

import asyncio
import statistics
import time
from pathlib import Path

import psutil

from benchmarks.harness import Figures, counted, measure, options
from benchmarks.synthetic import Shape, open_node
from labkeeper_cli.processes import open_role
from labkeeper_sdk.testing import Broker, free_port, open_broker

DEVICES, POINTS = 25, 10
IDLE_S = 5.0


async def start_once(folder: Path, broker: Broker) -> tuple[float, float]:
    """Start the hub, let 250 points be born, wait idle; return seconds to its ready line and megabytes of RSS."""
    began = time.perf_counter()
    where = ["--data", str(folder / "hub"), "--port", str(free_port()), "--broker", broker.url]
    async with open_role("hub", "labkeeper_hub", where, folder / "hub.log") as hub:
        start_s = time.perf_counter() - began
        async with open_node(broker.url, Shape("idle", DEVICES, POINTS, POINTS)) as node:
            for _ in range(DEVICES):
                node.send()
            while node.stored < node.sent:
                await node.progress(1)
            await asyncio.sleep(IDLE_S)
            return start_s, psutil.Process(hub.pid).memory_info().rss / 1e6


async def bench(folder: Path, runs: int) -> Figures:
    """The first start makes the data; the median is over all."""
    starts, weights = [], []
    async with open_broker(folder=folder / "broker") as broker:
        for _ in counted(range(runs), "start"):
            start_s, megabytes = await start_once(folder, broker)
            starts.append(start_s)
            weights.append(megabytes)
    return {
        "start_s": round(statistics.median(starts), 3),
        "first_start_s": round(starts[0], 3),
        "idle_mb": round(statistics.median(weights), 1),
        "runs": runs,
        "points": DEVICES * POINTS,
    }


def main() -> None:
    """Read the options and measure."""
    asked = options(__doc__ or "", ("--runs", {"type": int, "default": 3, "help": "starts (default 3)"}))
    measure(asked, lambda folder: bench(folder, asked.runs))


if __name__ == "__main__":
    main()
