"""`python -m benchmarks.pe`: a PE class of fifty bands at one reading a second for 40 minutes, as fast as it goes.

What the hub's PE desk needs of a processor for each second of it, from a band's metric to the board's JSON; how long
keeping, going on after a kill and deleting take. Broker and wire are not in it; with `--live` they are, and it takes
as long as it takes (benchmarks/pe_live.py).
"""

import asyncio
import statistics
import time
from pathlib import Path

from benchmarks.harness import Figures, counted, measure, options
from benchmarks.pe_live import STEPS, bench_live
from labkeeper_cli.client import percentile
from labkeeper_hub.api.answers import encode
from labkeeper_hub.api.pe_shapes import board_json
from labkeeper_hub.model import DeviceKey, NodeKey
from labkeeper_hub.pe.desk import PeDesk, open_pe
from labkeeper_hub.pe.roster import By, ClassKey, Consent, Entry, Roster
from labkeeper_hub.registry.known import KnownDevice, KnownNode
from labkeeper_sdk.personal import Says, Sense
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.leases.book import Room
from labkeeper_wire.payload import Metric

BANDS, SECONDS, SAVE_EVERY = 50, 2400, 5
ROOM = Room("school", "gym")
KEY = ClassKey(*ROOM, "4-2")
START_MS = 1_800_000_000_000
DAY_MS = 86_400_000


class Clock:
    """The class's time."""

    now_ms = START_MS

    def __call__(self) -> int:
        return self.now_ms


async def bench(folder: Path) -> Figures:
    """Hold a class, take it up again, delete it."""
    clock = Clock()
    async with open_pe(folder, 24, lambda *_: False, clock) as desk:
        consent = Consent(By.GUARDIAN, START_MS, "p-1")
        await desk.write_roster(Roster(KEY, 10, tuple(Entry(number, consent) for number in range(1, BANDS + 1))), "p-1")
        await desk.start(KEY)
        held = await _hold(desk, clock)
    began_s = time.perf_counter()
    async with open_pe(folder, 24, lambda *_: False, clock) as desk:
        resumed_s = time.perf_counter() - began_s
        await desk.end(ROOM)
        clock.now_ms += 2 * DAY_MS
        began_s = time.perf_counter()
        await desk.tidy()
        (deletion,) = desk.store.deletions()
        deleted_s = time.perf_counter() - began_s
    counts = {"deleted": deletion.readings, "left": deletion.readings_after}
    return {**held, **counts, "resume_s": round(resumed_s, 2), "delete_s": round(deleted_s, 2)}


async def _hold(desk: PeDesk, clock: Clock) -> Figures:
    gym = KnownNode(NodeKey("school", "gym"), START_MS, START_MS)
    device, senses = KnownDevice(DeviceKey("school", "gym", "pe-bands"), gym, START_MS), range(1, BANDS + 1)
    steps, saves, size = list[float](), list[float](), 0
    for second in counted(range(SECONDS), "second"):
        clock.now_ms += 1000
        began_s = time.process_time()
        for number in senses:
            rate = Metric("heart-rate", 110 + (second // 20 + number) % 70, DataType.INT32, clock.now_ms)
            desk.heard(device, Sense(Says.RATE, number), rate, clock.now_ms)
        await desk.tick()
        size = len(encode({"board": board_json(desk.board(ROOM))}))
        steps.append((time.process_time() - began_s) * 1000)
        if second % SAVE_EVERY == 0:
            began_s = time.perf_counter()
            await desk.save()
            saves.append((time.perf_counter() - began_s) * 1000)
            await asyncio.sleep(0)
    return {
        "bands": BANDS,
        "readings": BANDS * SECONDS,
        "cpu_ms_per_second": round(statistics.fmean(steps), 2),
        "step_p99_ms": round(percentile(steps, 0.99), 2),
        "save_p99_ms": round(percentile(saves, 0.99), 2),
        "board_bytes": size,
    }


def main() -> None:
    """Read the options and measure."""
    asked = options(
        __doc__ or "",
        (
            "--live",
            {"action": "store_true", "help": "from a gateway's messages to the board's WebSocket, at real 1 Hz"},
        ),
        (
            "--seconds",
            {
                "type": int,
                "default": 40,
                "choices": range(10, STEPS + 1),
                "metavar": "S",
                "help": "how long (default 40)",
            },
        ),
    )
    measure(asked, (lambda folder: bench_live(folder, asked.seconds)) if asked.live else bench)


if __name__ == "__main__":
    main()
