"""`python -m benchmarks.outbox`: what a reading costs a node's processor and its card, committed and acknowledged.

Bytes are what the process handed to write calls (`wchar` of /proc/self/io): the log, and the copies into the file.
"""

import resource
from pathlib import Path

from benchmarks.harness import Figures, measure, options
from labkeeper_edge.outbox.batches import Draft
from labkeeper_edge.outbox.books import Quota
from labkeeper_edge.outbox.outbox import open_outbox
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.delivery import Ack
from labkeeper_wire.payload import Metric

TIME = 1_767_225_600_000


async def run(folder: Path, commits: int, readings: int, keep_bytes: int, acks_every: int) -> Figures:
    """Commit batches, and note every so many of them as acknowledged, as with a hub that is there."""
    quota = Quota(2_000_000_000, 30 * 86_400_000, keep_bytes, 86_400_000)
    async with open_outbox(folder, quota) as outbox:
        before, bytes_before = resource.getrusage(resource.RUSAGE_SELF), written()
        for number in range(commits):
            metrics = (Metric(f"p{at % 10}", number + at / 7, DataType.DOUBLE, TIME + number) for at in range(readings))
            (batch,), _ = await outbox.commit([Draft("d", tuple(metrics))])
            if number % acks_every == 0:
                await outbox.acknowledge([Ack(outbox.epoch, batch.id - 1)])
    after = resource.getrusage(resource.RUSAGE_SELF)
    busy_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    each = commits * readings
    figures = {"cpu_us": round(busy_s * 1e6 / each, 2), "bytes": round((written() - bytes_before) / each, 2)}
    return {"commits": commits, "batch": readings, "keep_bytes": keep_bytes, "acks_every": acks_every, **figures}


def written() -> int:
    """Return the bytes this process has written."""
    lines = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return int(lines["wchar"])


def main() -> None:
    """Read the options and measure."""
    asked = options(
        __doc__ or "",
        ("--commits", {"type": int, "default": 20_000, "help": "how many (default 20,000)"}),
        ("--readings", {"type": int, "default": 50, "help": "in a batch (default 50)"}),
        ("--keep-bytes", {"type": int, "default": 64_000_000, "help": "0: nothing is kept (default 64,000,000)"}),
        (
            "--acks-every",
            {"type": int, "default": 2, "help": "commits; a node commits every 250 ms, notes every 500 (default 2)"},
        ),
    )
    measure(asked, lambda folder: run(folder, asked.commits, asked.readings, asked.keep_bytes, asked.acks_every))


if __name__ == "__main__":
    main()
