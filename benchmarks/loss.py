"""`python -m benchmarks.loss`: a fault in the middle of the traffic, then every reading looked for in the journal.

The witness is the device's own: a simulated counter that writes down each reading once the broker has acknowledged
it, with the device's time. It knows nothing of node or hub. Afterwards the journal is read through the API and
compared value by value and timestamp by timestamp; with `--fault store` InfluxDB itself is asked, too.
"""

import asyncio
import contextlib
import json
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import aiomqtt

from benchmarks.harness import Figures, counted, measure, options, say
from benchmarks.synthetic import now_ms
from labkeeper_cli.client import Target
from labkeeper_cli.comparison import Differences
from labkeeper_cli.forwarded import compare_influx
from labkeeper_cli.stack import Stack, Wishes, open_stack
from labkeeper_cli.trial import FAR_FUTURE_MS, Verdict, all_online, judge, read_lines
from labkeeper_sdk.testing.clients import using

COUNTER = "0x00158d00000a0006"
BEFORE_S, AFTER_S, AFTER_KILL_S = 3.0, 3.0, 8.0
FORGOTTEN_MS = 1000


async def away(stop: Callable[[], Awaitable[object]], start: Callable[[], Awaitable[None]], down_s: float) -> None:
    """Take something away for a while."""
    await stop()
    await asyncio.sleep(down_s)
    await start()


async def broker_away(stack: Stack, down_s: float) -> None:
    """The broker is asked to end, keeps its data, and comes back."""
    await away(stack.broker.stop, stack.broker.start, down_s)


async def broker_killed(stack: Stack, down_s: float) -> None:
    """The broker has no time to keep anything."""
    await away(lambda: stack.broker.stop(signal.SIGKILL), stack.broker.start, down_s)


async def hub_killed(stack: Stack, down_s: float) -> None:
    """The hub dies in the middle of what it was doing."""
    await away(lambda: stack.hub.stop(signal.SIGKILL), stack.hub.start, down_s)


async def edge_killed(stack: Stack, down_s: float) -> None:
    """The node dies in the middle of what it was doing."""
    await away(lambda: stack.edge.stop(signal.SIGKILL), stack.edge.start, down_s)


async def store_killed(stack: Stack, down_s: float) -> None:
    """InfluxDB dies; everything else goes on."""
    influx = stack.influx
    if influx is not None:
        await away(lambda: influx.stop(signal.SIGKILL), influx.start, down_s)


CAUSES = {
    "broker": broker_away,
    "broker-kill": broker_killed,
    "hub": hub_killed,
    "edge": edge_killed,
    "store": store_killed,
}
TURNS: dict[str, tuple[str, ...]] = {"none": (), "all": ("broker", "hub", "edge")}
FAULTS = (*TURNS, *CAUSES)


async def cause(fault: str, stack: Stack, down_s: float) -> None:
    """One fault, or each in turn with traffic in between."""
    for number, name in enumerate(TURNS.get(fault, (fault,))):
        await asyncio.sleep(AFTER_S if number else 0)
        await CAUSES[name](stack, down_s)


class Observer:
    """Another subscriber with a session of its own: what the broker itself still delivered."""

    def __init__(self) -> None:
        self.payloads: set[bytes] = set()

    async def watch(self, broker_url: str) -> None:
        """Listen through every interruption."""
        host, port = broker_url.removeprefix("mqtt://").split(":")
        while True:
            with contextlib.suppress(aiomqtt.MqttError):
                session = aiomqtt.Client(host, int(port), identifier="observer", clean_session=False)
                async with using(session) as client:
                    await client.subscribe("zigbee2mqtt/witness-counter", qos=1)
                    async for message in client.messages:
                        self.payloads.add(message.payload)
            await asyncio.sleep(0.2)


@contextlib.asynccontextmanager
async def observed(broker_url: str) -> AsyncIterator[Observer]:
    """An observer for the length of the block."""
    observer = Observer()
    watching = asyncio.create_task(observer.watch(broker_url), name="observer")
    try:
        yield observer
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


async def once(folder: Path, fault: str, down_s: float, rate: float) -> Figures:
    """One run from an empty lab; `sent` is the witness's own count, and all others are held against it."""
    witness = folder / "witness.jsonl"
    sim = ["--only", "counter", "--counter-rate", str(rate)]
    wishes = Wishes(folder, sim=sim, witness=witness, influx=fault == "store")
    async with open_stack(wishes) as stack, observed(stack.broker.url) as observer:
        await all_online(stack.client, [COUNTER], 30)
        await asyncio.sleep(BEFORE_S)
        began_ms = now_ms()
        say(f"traffic flows; fault {fault}, {down_s:g} s each")
        await cause(fault, stack, down_s)
        back_ms = now_ms()
        await asyncio.sleep(AFTER_KILL_S if fault == "broker-kill" else AFTER_S)
        if stack.sim is not None:
            await stack.sim.stop()
        silent = time.monotonic()
        say("comparing what is stored with what was sent")
        verdict = await judge(stack, witness, Verdict(stack.broker.kind), within_s=15 if fault == "broker-kill" else 60)
        influx = await compare_influx(stack, witness) if stack.influx else Differences()
        return {
            "sent": (await asyncio.to_thread(read_lines, witness)).readings,
            **figures_of(verdict.differences + influx),
            "stored": verdict.readings_stored,
            "balanced": not any("ledger" in remark for remark in verdict.remarks),
            "fault_s": round((back_ms - began_ms) / 1000, 1),
            **await unexplained(stack, witness, began_ms, back_ms),
            "settled_s": round(time.monotonic() - silent, 1),
            "observer_saw": len(observer.payloads),
        }


async def unexplained(stack: Stack, witness: Path, began_ms: int, back_ms: int) -> Figures:
    """Missing readings that no death of the broker explains.

    A killed broker forgets what it had not saved: messages it still held for the node (`FORGOTTEN_MS` before), and the
    node's session, so that what devices say before the node has subscribed again goes to nobody.
    """
    device = next(one for one in await stack.client.devices() if one["device"] == COUNTER)
    target = Target(device["school"], device["node"], COUNTER, "counter")
    stored = {time_ms for time_ms, _ in await stack.client.readings(target, 0, FAR_FUTURE_MS)}
    lines = await asyncio.to_thread(lambda: witness.read_text().splitlines())
    said = [(one["published_ms"], one["time_ms"] in stored) for one in map(json.loads, lines) if "published_ms" in one]
    again_ms = min(
        (published_ms for published_ms, is_stored in said if is_stored and published_ms > back_ms), default=0
    )
    lost = [published_ms for published_ms, is_stored in said if not is_stored]
    early = sum(published_ms < began_ms - FORGOTTEN_MS for published_ms in lost)
    return {"missing_before": early, "missing_since_back": sum(published_ms > again_ms for published_ms in lost)}


def figures_of(differences: Differences) -> Figures:
    """The three counts others read."""
    return {"missing": differences.missing, "invented": differences.invented, "altered": differences.altered}


async def bench(folder: Path, fault: str, down_s: float, rate: float, runs: int) -> Figures:
    """One run, or several from empty labs; counts are summed, and each run is shown."""
    numbers = counted(range(runs), f"fault {fault}: run")
    found = [await once(folder / f"run{number}", fault, down_s, rate) for number in numbers]
    total: Figures = {name: sum(one[name] for one in found) for name in ("sent", "missing", "invented", "altered")}
    clean = sum(not (one["missing"] or one["invented"] or one["altered"]) and one["balanced"] for one in found)
    return {"fault": fault, "down_s": down_s, "rate": rate, **total, "clean_runs": clean, "runs": found}


def main() -> None:
    """Read the options and measure."""
    asked = options(
        __doc__ or "",
        ("--fault", {"choices": FAULTS, "default": "all", "help": "what goes wrong (default: each in turn)"}),
        ("--down", {"type": float, "default": 5.0, "metavar": "SECONDS", "help": "for how long (default 5)"}),
        ("--rate", {"type": float, "default": 200.0, "metavar": "N", "help": "readings a second (default 200)"}),
        ("--runs", {"type": int, "default": 1, "help": "runs, each from an empty lab (default 1)"}),
    )
    measure(asked, lambda folder: bench(folder, asked.fault, asked.down, asked.rate, asked.runs))


if __name__ == "__main__":
    main()
