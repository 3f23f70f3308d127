"""`python -m benchmarks.ingest`: readings a second the hub commits and acknowledges, batched and one a message.

Broker, hub and this generator share the machine. The rate rises step by step until durable acknowledgement falls
behind: the highest step at whose end at most half a second of traffic was unacknowledged is the figure. That rate is
then held while a page watches: how old values are when they come there, and, with `--minutes`, how memory goes.
At the end the hub's ledger must have as many readings as were acknowledged, or there are no figures.
"""

import asyncio
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.harness import Figures, measure, options, say
from benchmarks.synthetic import Shape, SyntheticNode, open_node
from benchmarks.watching import Meter, growth, lags_ms, memory_mb
from labkeeper_cli.client import HubClient, open_hub, percentile
from labkeeper_cli.processes import Role, open_role
from labkeeper_sdk.testing import free_port, open_broker

KINDS = {  # the shape, the rate to begin with in messages a second, the figure's name
    "batched": (Shape("batched"), 900.0, "batched_readings_per_s"),
    "single": (Shape("single", devices=20, points=10, readings=1), 4500.0, "single_messages_per_s"),
}
TICK_S = 0.01
HELD = 0.8  # of the highest rate, for minutes
SEARCH_S = 18.0
BEHIND_S = 0.5
RISE = 1.25
WARM_S = 1.0
JOURNAL = "journal.sqlite"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to measure: one kind of traffic or both, for how long to look for the highest rate, a step's length, for how
    long to hold which rate, onto what.
    """

    only: str | None
    search_s: float
    step_s: float
    minutes: float
    rate: float
    journal: Path | None = None


@dataclass(frozen=True, slots=True)
class Running:
    """The hub that is measured."""

    hub: Role
    client: HubClient
    broker_url: str


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


async def rising(running: Running, shape: Shape, start: float, wanted: Wanted) -> Sequence[Step]:
    """Raise the rate step by step until the hub falls behind or the time is up; a first step too high is halved."""
    steps: list[Step] = []
    async with open_node(running.broker_url, shape) as node:
        await step(node, start / 2, WARM_S)
        rate, end = start, time.perf_counter() + wanted.search_s
        while time.perf_counter() < end:
            say(f"{shape.node}: {rate:.0f} messages a second")
            steps.append(await step(node, rate, wanted.step_s))
            if steps[-1].kept_up:
                rate *= RISE
            elif any(one.kept_up for one in steps):
                break
            else:
                rate /= 2
        await reconcile(running.client, shape, node)
    return steps


async def reconcile(client: HubClient, shape: Shape, node: SyntheticNode) -> None:
    """Hold the acknowledgements against the hub's ledger; raises RuntimeError where it has stored another number."""
    (account,) = [one for one in await client.ledger() if one["node"] == shape.node]
    least, most = node.stored * shape.readings, node.sent * shape.readings
    if not least <= account["stored"] <= most:
        raise RuntimeError(f"{least} readings were acknowledged of {most}, and {account['stored']} are stored")


def best(steps: Sequence[Step], readings: int) -> float:
    """The highest rate at which the hub kept up, in readings a second; 0 if it never did."""
    return round(max((one.acknowledged * readings for one in steps if one.kept_up), default=0.0))


@dataclass(frozen=True, slots=True)
class Held:
    """One rate held for a while, a page watching: how late its values are, and how the hub's memory went."""

    step: Step
    lag_p95_ms: float
    rss_growth_mb: float
    rss_mb: float
    cpu_ms: Figures


async def hold(running: Running, shape: Shape, messages_per_s: float, seconds: float) -> Held:
    """Send at one rate, warm first."""
    async with open_node(running.broker_url, shape) as node, lags_ms(running.client) as lags:
        await step(node, messages_per_s, WARM_S)
        lags.clear()
        meter, sent = Meter.of({"hub": running.hub.pid, "generator": os.getpid()}), node.sent
        before = meter.read()
        async with memory_mb(running.hub.pid) as memory:
            held = await step(node, messages_per_s, seconds)
        cpu_ms = meter.each_ms(before, node.sent - sent)
        await reconcile(running.client, shape, node)
    return Held(held, percentile(lags, 0.95), growth(memory), max(memory), cpu_ms)


async def figures_of(running: Running, kind: str, wanted: Wanted) -> Figures:
    """Find the highest rate of one kind of traffic, unless it is given, and hold it."""
    shape, start, name = KINDS[kind]
    figures: Figures = {}
    rate = wanted.rate
    if not rate:
        steps = await rising(running, shape, start, wanted)
        figures[name] = best(steps, shape.readings)
        each = shape.readings
        figures[f"{kind}_steps"] = [[round(s.asked * each), round(s.acknowledged * each), s.kept_up] for s in steps]
        rate = max((one.asked for one in steps if one.kept_up), default=start) * (HELD if wanted.minutes else 1)
    say(f"{kind}: held at {rate:.0f} messages a second, with a page watching")
    held = await hold(running, replace(shape, node=f"{kind}-held"), rate, wanted.minutes * 60 or wanted.step_s)
    figures[f"{kind}_held_per_s"] = round(held.step.acknowledged * shape.readings)
    figures[f"{kind}_cpu_ms"] = held.cpu_ms
    figures[f"{kind}_live_lag_p95_ms"] = round(held.lag_p95_ms, 1)
    if wanted.minutes:
        figures |= {f"{kind}_rss_growth_mb": held.rss_growth_mb, f"{kind}_rss_mb": round(held.rss_mb, 1)}
    return figures


async def looked_at(client: HubClient) -> None:
    """Wait until the hub's catalogue has seen every chunk, as that of a hub which wrote the journal itself has."""
    while (await client.get("catalogue"))["pending"]:  # noqa: ASYNC110 -- another process's progress, to be asked for
        await asyncio.sleep(1)


async def bench(folder: Path, wanted: Wanted) -> Figures:
    """All figures from one hub."""
    figures: Figures = {}
    if wanted.journal:
        (folder / "hub").mkdir()
        shutil.copyfile(wanted.journal, folder / "hub" / JOURNAL)
    async with open_broker(folder=folder / "broker") as broker:
        where = ["--data", str(folder / "hub"), "--port", str(free_port()), "--broker", broker.url]
        async with (
            open_role("hub", "labkeeper_hub", where, folder / "hub.log") as hub,
            open_hub(str(hub.ready["url"]), str(hub.ready["owner_secret"])) as client,
        ):
            await looked_at(client)
            running = Running(hub, client, broker.url)
            for kind in [wanted.only] if wanted.only else KINDS:
                figures |= await figures_of(running, kind, wanted)
        figures["broker"] = broker.kind
    return figures


def main() -> None:
    """Read the options and measure."""
    asked = options(
        __doc__ or "",
        ("--only", {"choices": list(KINDS), "help": "one kind of traffic"}),
        ("--search", {"type": float, "default": SEARCH_S, "metavar": "SECONDS", "help": "for the rate (default 18)"}),
        ("--step", {"type": float, "default": 2.5, "metavar": "SECONDS", "help": "length of a step (default 2.5)"}),
        ("--minutes", {"type": float, "default": 0.0, "metavar": "N", "help": "hold 0.8 of the rate so long; memory"}),
        ("--rate", {"type": float, "default": 0.0, "metavar": "MESSAGES", "help": "hold this rate, look for none"}),
        (
            "--journal",
            {"type": Path, "metavar": "FILE", "help": "onto a copy of this one, as benchmarks.journal makes it"},
        ),
    )
    wanted = Wanted(asked.only, asked.search, asked.step, asked.minutes, asked.rate, asked.journal)
    measure(asked, lambda folder: bench(folder, wanted))


if __name__ == "__main__":
    main()
