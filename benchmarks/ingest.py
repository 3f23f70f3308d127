"""`python -m benchmarks.ingest`: readings a second the hub commits and acknowledges, batched and one a message.

Broker, hub and this generator share the machine. The rate rises step by step until durable acknowledgement falls
behind: the highest step at whose end at most half a second of traffic was unacknowledged is the figure.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.harness import Figures, measure, options
from benchmarks.synthetic import Shape, SyntheticNode, open_node
from labkeeper_cli.processes import open_role
from labkeeper_sdk.testing import free_port, open_broker

TICK_S = 0.01
BEHIND_S = 0.5
RISE = 1.25
WARM_S = 1.0


@dataclass(frozen=True, slots=True)
class Step:
    """One rate tried: what was asked, what was acknowledged a second, whether the hub kept up."""

    asked: float
    acknowledged: float
    kept_up: bool
    lag_ms: float


async def step(node: SyntheticNode, messages_per_s: float, seconds: float) -> Step:
    """Send at a steady rate; the figure is what was acknowledged while sending."""
    clock = time.perf_counter
    began, first_sent, first_stored = clock(), node.sent, node.stored
    while (elapsed := clock() - began) < seconds:
        due = first_sent + int(elapsed * messages_per_s)
        while node.sent < min(due, first_sent + int(seconds * messages_per_s)):
            node.send()
        await node.drain()
        await asyncio.sleep(TICK_S)
    rate = (node.stored - first_stored) / (clock() - began)
    behind = node.sent - node.stored
    kept_up = behind <= messages_per_s * BEHIND_S and node.sent - first_sent >= 0.95 * seconds * messages_per_s
    end = clock() + 20
    while node.stored < node.sent and clock() < end:
        await node.progress(0.5)
    return Step(messages_per_s, rate, kept_up and node.stored == node.sent, behind / messages_per_s * 1000)


async def rising(broker_url: str, shape: Shape, start: float, until: float, step_s: float) -> Sequence[Step]:
    """Raise the rate step by step until the hub falls behind or the time is up."""
    steps: list[Step] = []
    async with open_node(broker_url, shape) as node:
        await step(node, start / 2, WARM_S)
        rate, end = start, time.perf_counter() + until
        while time.perf_counter() < end:
            steps.append(await step(node, rate, step_s))
            if not steps[-1].kept_up:
                break
            rate *= RISE
    return steps


def best(steps: Sequence[Step], readings: int) -> float:
    """The highest rate at which the hub kept up, in readings a second; 0 if it never did."""
    return round(max((one.acknowledged * readings for one in steps if one.kept_up), default=0.0))


async def bench(folder: Path, only: str | None, step_s: float) -> Figures:
    """Both figures from one hub."""
    figures: Figures = {}
    async with open_broker(folder=folder / "broker") as broker:
        where = ["--data", str(folder / "hub"), "--port", str(free_port()), "--broker", broker.url]
        async with open_role("hub", "labkeeper_hub", where, folder / "hub.log"):
            if only != "single":
                steps = await rising(broker.url, Shape("batched"), 600, 22, step_s)
                figures["batched_readings_per_s"] = best(steps, 50)
                figures["batched_steps"] = [[round(s.asked * 50), round(s.acknowledged * 50), s.kept_up] for s in steps]
            if only != "batched":
                shape = Shape("single", devices=20, points=10, readings=1)
                steps = await rising(broker.url, shape, 3000, 22, step_s)
                figures["single_messages_per_s"] = best(steps, 1)
                figures["single_steps"] = [[round(s.asked), round(s.acknowledged), s.kept_up] for s in steps]
        figures["broker"] = broker.kind
    return figures


def main() -> None:
    """Read the options and measure."""
    asked = options(
        __doc__ or "",
        ("--only", {"choices": ["batched", "single"], "help": "one of the two figures"}),
        ("--step", {"type": float, "default": 2.5, "metavar": "SECONDS", "help": "length of a step (default 2.5)"}),
    )
    measure(asked, lambda folder: bench(folder, asked.only, asked.step))


if __name__ == "__main__":
    main()
