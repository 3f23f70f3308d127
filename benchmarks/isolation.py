"""`python -m benchmarks.isolation`: what a driver that blocks, one that leaks, one that raises and one that exits do to
the commands of the fifty devices beside them.

A node over a real broker; fifty devices of one driver in the node, four strangers in processes of their own. Commands
go to the fifty at a fixed rate, with and without the strangers in turn, several times; the medians of each phase's p50
and p99 are compared. As ratios of one run they hold on any machine, best on one that is not busy. A phase is longer
than the breaker's first rest, so that what broke breaks again within it.
"""

import asyncio
import json
import signal
import statistics
import sys
import time
import uuid
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.harness import Figures, counted, measure, options, say
from benchmarks.isolation_drivers import DEVICES, FAULTY
from labkeeper_cli.client import percentile
from labkeeper_sdk.testing import open_broker
from labkeeper_wire import mqtt
from labkeeper_wire.codec import encode
from labkeeper_wire.commands import RESULT, RUN, CommandRequest, CommandResult, CommandState, Target
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.delivery import ACK, EPOCH, BatchSet, format_ack
from labkeeper_wire.effects import DataReceived, DeviceBorn, HostEffect, NodeBorn, Publish, Subscribe
from labkeeper_wire.host_session import HostSession
from labkeeper_wire.payload import Metric, Payload

SCHOOL, NODE = "bench-school", "bench-node"
TTL_MS = 10_000
AT_ONCE = 4  # commands under way at a time
RATE = 200.0  # commands a second: each of fifty devices four times, as fast as a teacher drags several sliders
LEVELS = 100
WARM = 40
PESTER_EVERY_S = 0.1  # commands to the device that raises, for which nobody waits
RAISES = "raises"
SETTLE_S = 3.0  # after the settings were read again: processes start, break, and start again
PATIENCE_S = 60.0
LEVEL = Target("level", 1.0, DataType.DOUBLE)
TOP = f'school = "{SCHOOL}"\nnode = "{NODE}"\nlab = "lab"\nrejoin_spread_s = 0\nbroker = "{{broker}}"\n'
GOOD = '[drivers.lamps]\ndriver = "lamps"\n'
BAD = "".join(f'[drivers.{fault}]\ndriver = "stranger"\nfault = "{fault}"\n' for fault in FAULTY)


@dataclass(slots=True)
class Caller:
    """A host that commands, and hears how commands end."""

    link: mqtt.Link
    session: HostSession
    run_of_node: str = ""
    born: set[str] = field(default_factory=set)
    states: dict[str, str] = field(default_factory=dict)
    _waiting: dict[str, asyncio.Future[CommandState]] = field(default_factory=dict)
    _batches: BatchSet = field(default_factory=BatchSet)
    _epoch: str = ""
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Listen until the link ends."""
        await self._carry_out(self.session.connected(_now_ms()))
        async for message in self.link.messages():
            await self._carry_out(self.session.received(message.topic, message.payload, _now_ms()))
            self._news.set()

    async def command(self, device: str, value: float) -> float:
        """Send a command and wait until it is done; return the milliseconds it took."""
        identity = str(uuid.uuid4())
        done = self._waiting[identity] = asyncio.get_running_loop().create_future()
        target = Target("level", value, DataType.DOUBLE)
        metrics = CommandRequest(identity, TTL_MS, 0, (target,), self.run_of_node).to_metrics()
        began = time.perf_counter()
        self.link.send(f"spBv1.0/{SCHOOL}/DCMD/{NODE}/{device}", encode(Payload(metrics, _now_ms())))
        async with asyncio.timeout(PATIENCE_S):
            state = await done
        if state is not CommandState.DONE:
            raise RuntimeError(f"a command to {device} ended {state}")
        return (time.perf_counter() - began) * 1000

    async def pester(self, device: str) -> None:
        """Command a device again and again, whatever comes of it, until cancelled."""
        while True:
            metrics = CommandRequest(str(uuid.uuid4()), TTL_MS, 0, (LEVEL,), self.run_of_node).to_metrics()
            self.link.send(f"spBv1.0/{SCHOOL}/DCMD/{NODE}/{device}", encode(Payload(metrics, _now_ms())))
            await asyncio.sleep(PESTER_EVERY_S)

    async def until_born(self, devices: set[str]) -> None:
        """Wait for these devices."""
        async with asyncio.timeout(PATIENCE_S):
            while not devices <= self.born:
                self._news.clear()
                await self._news.wait()

    async def _carry_out(self, effects: Iterable[HostEffect]) -> None:
        for effect in effects:
            match effect:
                case Publish(topic, payload, qos, retain):
                    await self.link.publish(topic, payload, qos=qos, retain=retain)
                case Subscribe(filters):
                    await self.link.subscribe(*filters)
                case NodeBorn(metrics=metrics):
                    self._born(str(_value(metrics, EPOCH)))
                case DeviceBorn(device=device, metrics=metrics):
                    self.born.add(device)
                    self.run_of_node = str(_value(metrics, RUN) or self.run_of_node)
                case DataReceived():
                    self._data(effect)

    def _born(self, epoch: str) -> None:
        """Keep what is stored where the node only says anew what it has, as the hub does."""
        if epoch != self._epoch:
            self._epoch, self._batches = epoch, BatchSet()

    def _data(self, data: DataReceived) -> None:
        for metric in data.metrics:
            if metric.name == RESULT:
                result = CommandResult.from_metric(metric)
                if result.state is not CommandState.ACCEPTED and result.id in self._waiting:
                    self._waiting.pop(result.id).set_result(result.state)
            elif data.device is None and (metric.name or "").startswith("Driver/"):
                self.states[str(metric.name).removeprefix("Driver/")] = str(metric.value)
        if data.batch is not None:
            self._batches.add(data.batch)
            ack = Metric(ACK, format_ack(self._epoch, self._batches), DataType.STRING)
            self.link.send(f"spBv1.0/{SCHOOL}/NCMD/{NODE}", encode(Payload((ack,), _now_ms())))


@asynccontextmanager
async def calling(url: str) -> AsyncIterator[Caller]:
    """Go online as the node's host."""
    session = HostSession("labkeeper", connect_ms=_now_ms())
    will = mqtt.Will(session.will.topic, session.will.payload, session.will.qos, session.will.retain)
    async with mqtt.connect(mqtt.Address.parse(url), "bench-host", will=will) as link:
        caller = Caller(link, session)
        running = asyncio.create_task(caller.run(), name="caller")
        try:
            yield caller
        finally:
            running.cancel()
            await asyncio.wait([running])


@asynccontextmanager
async def node(config: Path, data: Path) -> AsyncIterator[Process]:
    """Run the node as a process."""
    with (data.parent / "node.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "benchmarks.isolation_node", str(config), str(data), stdout=PIPE, stderr=log
        )
    try:
        await _line(process)
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def phase(caller: Caller, count: int, rate: float) -> list[float]:
    """Send `count` commands to all devices in turn, `rate` a second (0: as fast as they go), a few under way at most;
    return their milliseconds, each from the moment at which it was due.
    """
    lamps = [f"lamp-{number}" for number in range(DEVICES)]
    waits: list[float] = []
    began = time.perf_counter()

    async def some(first: int) -> None:
        for it in range(first, count, AT_ONCE):
            early = began + it / rate - time.perf_counter() if rate else 0.0
            await asyncio.sleep(max(0.0, early))
            took = await caller.command(lamps[it % DEVICES], float(it % LEVELS))
            waits.append(took + max(0.0, -early) * 1000)

    async with asyncio.TaskGroup() as group:
        for first in range(AT_ONCE):
            group.create_task(some(first), name=f"commands {first}")
    return waits


@asynccontextmanager
async def pestering(caller: Caller, device: str) -> AsyncIterator[None]:
    """Command a device beside the measured ones while inside; "" for none."""
    if not device:
        yield
        return
    task = asyncio.create_task(caller.pester(device), name="pester")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def bench(folder: Path, count: int, rounds: int, rate: float) -> Figures:
    """Alternate between a node alone with its good devices and one with all four strangers."""
    config, data = folder / "node.toml", folder / "data"
    waits: dict[str, list[list[float]]] = {"good": [], "faulty": []}
    async with open_broker(folder=folder / "broker") as broker:
        top = TOP.format(broker=broker.url)
        config.write_text(top + GOOD)
        async with calling(broker.url) as caller, node(config, data) as process:
            await caller.until_born({f"lamp-{number}" for number in range(DEVICES)})
            await phase(caller, WARM, rate)
            for _ in counted(range(rounds), "round"):
                for name, tables in (("good", GOOD), ("faulty", GOOD + BAD)):
                    config.write_text(top + tables)
                    process.send_signal(signal.SIGHUP)
                    await _line(process)
                    say(f"{count} commands, {name} devices")
                    await asyncio.sleep(SETTLE_S)
                    async with pestering(caller, RAISES if name == "faulty" else ""):
                        waits[name].append(await phase(caller, count, rate))
            return figures(waits, caller) | {"rate": rate}


def figures(waits: dict[str, list[list[float]]], caller: Caller) -> Figures:
    """Return the medians and their ratios."""
    found: Figures = {}
    for name, phases in waits.items():
        for percent in (50, 99):
            each = [percentile(one, percent / 100) for one in phases]
            found[f"{name}_p{percent}_ms"] = round(statistics.median(each), 2)
    for percent in (50, 99):
        ratio = found[f"faulty_p{percent}_ms"] / found[f"good_p{percent}_ms"]
        found[f"p{percent}_ratio"] = round(ratio, 3)
    return found | {
        "devices": DEVICES,
        "faulty": [*FAULTY],
        "states": caller.states,
        "commands": sum(map(len, (one for phases in waits.values() for one in phases))),
        "rounds": len(waits["good"]),
    }


async def _line(process: Process) -> dict[str, object]:
    if process.stdout is None:
        raise RuntimeError("the node has no output")
    async with asyncio.timeout(PATIENCE_S):
        said: dict[str, object] = json.loads(await process.stdout.readline())
    return said


def _value(metrics: tuple[Metric, ...], name: str) -> object:
    return next((metric.value for metric in metrics if metric.name == name), None)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def main() -> None:
    """Read the options and measure."""
    asked = options(
        __doc__ or "",
        ("--count", {"type": int, "default": 2400, "help": "commands a phase (default 2400)"}),
        ("--rounds", {"type": int, "default": 2, "help": "phases of each kind (default 2)"}),
        ("--rate", {"type": float, "default": RATE, "help": "commands a second (default 200; 0: as fast as they go)"}),
    )
    measure(asked, lambda folder: bench(folder, asked.count, asked.rounds, asked.rate))


if __name__ == "__main__":
    main()
