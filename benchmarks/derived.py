"""`python -m benchmarks.derived`: what deriving points costs, in processor time for each reading that is derived from.

The hub's own intake, journal and worker in one process, broker and wire left out: a school's air sensors tell
temperature, humidity, CO2 and particles every ten seconds; the same readings with the supplied derivations and without
any, in turn, so that the ratio holds on a busy machine.
"""

import asyncio
import statistics
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.harness import Figures, counted, measure, options
from labkeeper_hub.alarms.tap import Tap
from labkeeper_hub.bus import EventBus
from labkeeper_hub.derived.catalogue import FILE, Declarations, load
from labkeeper_hub.derived.watch import DerivedWatch
from labkeeper_hub.ingest.deliveries import Deliveries
from labkeeper_hub.ingest.intake import Intake, Source
from labkeeper_hub.ingest.refusals import Refusals
from labkeeper_hub.model import NodeKey, Outbox
from labkeeper_hub.registry.registry import HubRegistry
from labkeeper_hub.timeseries.journal import Journal, open_journal
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.descriptor import DeviceDescription, NodeDescription, PointDescription
from labkeeper_wire.payload import Metric

NODES, DEVICES, ROUNDS, TURNS = 10, 5, 500, 3
STEP_MS, START_MS = 10_000, 1_800_000_000_000
LOOK_EVERY = 2  # rounds: the worker looks once a second, while readings of many devices come
POINTS: Mapping[str, str] = {"temperature": "Cel", "humidity": "%", "co2": "[ppm]", "pm25": "ug/m3"}
READINGS = NODES * DEVICES * len(POINTS) * ROUNDS


async def bench(folder: Path) -> Figures:
    """Take the same readings with and without, in turn."""
    found: dict[bool, list[float]] = {True: [], False: []}
    rows = 0
    for turn in counted(range(2 * TURNS), "turn"):
        derive = bool(turn % 2)
        declarations = load(folder / FILE) if derive else {}
        async with open_journal(folder / f"{turn}.sqlite") as journal:
            used_s, written = await _taken(journal, declarations)
        found[derive].append(used_s / READINGS * 1e6)
        rows = max(rows, written)
    plain, derived = (statistics.median(found[derive]) for derive in (False, True))
    return {
        "readings": READINGS,
        "derived_rows": rows,
        "plain_us": round(plain, 2),
        "derived_us": round(derived, 2),
        "extra_us": round(derived - plain, 2),
        "ratio": round(derived / plain, 2),
    }


async def _taken(journal: Journal, declarations: Declarations) -> tuple[float, int]:
    """Return the processor seconds all readings took, to the disk, and how many rows were derived."""
    registry = HubRegistry(EventBus(), journal.series_of, journal.live())
    deliveries = Deliveries(lambda *_: None)
    intake = Intake(journal, deliveries, registry.bus, Refusals(), lambda *_: None)
    now_ms = START_MS
    watch = DerivedWatch(registry, journal, declarations, lambda: now_ms)
    tap = watch.tap = Tap(deliveries, watch.fed)
    sources = [_born(registry, deliveries, number) for number in range(NODES)]
    watch.bind()
    await watch.prime()
    collecting = asyncio.create_task(journal.collect(tap), name="commits")
    began_s = time.process_time()
    for number in range(ROUNDS):
        now_ms = START_MS + number * STEP_MS
        _told(intake, sources, number, now_ms)
        if number % LOOK_EVERY == 0:
            watch.look()
        await journal.room()
        await asyncio.sleep(0)
    watch.look()
    journal.end()
    await collecting
    return time.process_time() - began_s, journal.committed - READINGS


def _born(registry: HubRegistry, deliveries: Deliveries, number: int) -> Source:
    key = NodeKey("school", f"pi-{number}")
    node = registry.node_born(key, NodeDescription(f"lab-{number}"), Outbox("epoch"), START_MS)
    source = Source(deliveries.of(key, "epoch"), ours=True)
    points = [PointDescription(name, "measure", DataType.DOUBLE, unit) for name, unit in POINTS.items()]
    for one in range(DEVICES):
        name = f"air-{one}"
        source.devices[name] = registry.device_born(node, name, DeviceDescription(), points, START_MS)
    return source


def _told(intake: Intake, sources: Sequence[Source], number: int, now_ms: int) -> None:
    for source in sources:
        for device in source.devices.values():
            metrics = tuple(Metric(name, 20.0 + number % 7, DataType.DOUBLE, now_ms) for name in POINTS)
            intake.readings(source, device, metrics, now_ms, stored=True)
    intake.journal.filled()


def main() -> None:
    """Read the options and measure."""
    measure(options(__doc__ or ""), bench)


if __name__ == "__main__":
    main()
