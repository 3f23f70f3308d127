"""`python -m benchmarks.command_latency`: from the page's WebSocket to an MQTT device and back, in milliseconds.

Page → hub → node → driver → simulated light → driver → node → hub → page, every hop a process and a real socket;
idle, and while a synthetic node sends 500 and 5,000 readings a second through the same hub and broker. `--stages`
also says where the time goes, at the median, as a listener at the broker sees it.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path

from benchmarks.harness import Figures, measure, options, say
from benchmarks.stages import Listener, listening
from benchmarks.synthetic import Shape, SyntheticNode, open_node
from benchmarks.watching import Meter
from labkeeper_cli.client import Live, Target, percentile
from labkeeper_cli.stack import Stack, Wishes, open_stack
from labkeeper_cli.trial import all_online
from labkeeper_wire.mqtt import Address, connect

LOADS = {"idle": 0, "load500": 500, "load5000": 5000}
READINGS = 50
PAUSE_S = 0.06  # a person may command 20 times a second


@contextlib.asynccontextmanager
async def load(broker_url: str, readings_per_s: int) -> AsyncIterator[None]:
    """Readings from elsewhere in the school, in batches of up to 50."""
    if not readings_per_s:
        yield
        return
    async with open_node(broker_url, Shape(f"load{readings_per_s}", readings=READINGS)) as node:
        sending = asyncio.create_task(steadily(node, readings_per_s / READINGS), name="load")
        try:
            yield
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)


async def steadily(node: SyntheticNode, messages_per_s: float) -> None:
    """Send batch after batch, evenly, for ever."""
    clock = asyncio.get_running_loop().time
    began, first = clock(), node.sent
    while True:
        if node.sent - first < (clock() - began) * messages_per_s:
            node.send()
        else:
            await asyncio.sleep(1 / messages_per_s / 2)


async def waits(live: Live, target: Target, count: int, listener: Listener | None = None) -> list[float]:
    """Switch a light on and off, one command after the other, and note each wait for `done`."""
    found: list[float] = []
    for number in range(count):
        if listener is not None:
            listener.begin()
        outcome = await live.command(target, number % 2 == 0)
        if listener is not None:
            listener.end()
        if outcome.state != "done":
            raise RuntimeError(f"command {number} ended {outcome.state} {outcome.code}")
        found.append(outcome.waited_ms)
        await asyncio.sleep(PAUSE_S)
    return found


async def broker_hop(broker_url: str, count: int) -> list[float]:
    """What one hop through the broker costs here: a message from this process to itself. A command makes four."""
    found: list[float] = []
    async with connect(Address.parse(broker_url), "bench-hop") as link:
        await link.subscribe(("bench/hop", 0))
        arrived = link.messages()
        for _ in range(count):
            began = time.perf_counter()
            link.send("bench/hop", b"x" * 100)
            await anext(arrived)
            found.append((time.perf_counter() - began) * 1000)
            await asyncio.sleep(PAUSE_S)
    return found


async def light(stack: Stack) -> tuple[Target, str]:
    """The simulated light's switch, once it is online, and the topic on which it speaks."""
    device = stack.sim.ready["devices"][0] if stack.sim else {}
    identity, topic = device["id"], f"zigbee2mqtt/{device['title']}"
    devices = await all_online(stack.client, [identity], 30)
    found = next(one for one in devices if one["device"] == identity)
    return Target(found["school"], found["node"], identity, "state"), topic


def meter(stack: Stack) -> Meter:
    """The processes a command passes."""
    pids = {"hub": stack.hub.pid, "node": stack.edge.pid, "device": stack.sim.pid if stack.sim else 0}
    broker = stack.broker.process
    return Meter.of({**pids, "broker": broker.pid if broker else 0})


async def bench(folder: Path, count: int, *, stages: bool) -> Figures:
    """All loads on one stack, in turn."""
    figures: Figures = {}
    async with open_stack(Wishes(folder, sim=["--only", "light"])) as stack, stack.client.live() as live:
        target, topic = await light(stack)
        measured = meter(stack)
        await waits(live, target, 20)
        for name, readings_per_s in LOADS.items():
            say(f"{count} commands, {name}: {readings_per_s} readings a second beside them")
            async with load(stack.broker.url, readings_per_s):
                await asyncio.sleep(1)
                before = measured.read()
                found = await waits(live, target, count)
            figures[f"{name}_p50_ms"] = round(percentile(found, 0.50), 2)
            figures[f"{name}_p99_ms"] = round(percentile(found, 0.99), 2)
            figures[f"{name}_cpu_ms"] = measured.each_ms(before, count)
        say(f"{count} hops over the broker alone")
        hops = await broker_hop(stack.broker.url, count)
        figures["broker_hop_p50_ms"] = round(percentile(hops, 0.50), 2)
        if stages:
            say(f"{count} commands, stage by stage")
            async with listening(stack.broker.url, topic) as listener:
                await waits(live, target, count, listener)
            figures |= listener.figures()
        figures |= {"commands": count * len(LOADS), "broker": stack.broker.kind}
    return figures


def main() -> None:
    """Read the options and measure."""
    asked = options(
        __doc__ or "",
        (
            "--count",
            {
                "type": int,
                "default": 120,
                "help": "commands a load (default 120, 40 s in all; 300, 84 s: a steadier p99)",
            },
        ),
        ("--stages", {"action": "store_true", "help": "also say where a command's time goes"}),
    )
    measure(asked, lambda folder: bench(folder, asked.count, stages=asked.stages))


if __name__ == "__main__":
    main()
