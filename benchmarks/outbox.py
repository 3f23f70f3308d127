"""`python -m benchmarks.outbox`: what a reading costs a node's processor and its card, committed and acknowledged.

Bytes are what the process handed to write calls (`wchar` of /proc/self/io): the log, and the copies into the file.
"""

import argparse
import asyncio
import json
import resource
import tempfile
from pathlib import Path

from labkeeper_edge.outbox.batches import Draft
from labkeeper_edge.outbox.books import Quota
from labkeeper_edge.outbox.outbox import open_outbox
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.delivery import Ack
from labkeeper_wire.payload import Metric

TIME = 1_767_225_600_000


async def run(folder: Path, commits: int, readings: int, keep_bytes: int, acks_every: int) -> dict[str, float]:
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
    return {"cpu_us": busy_s * 1e6 / each, "bytes": (written() - bytes_before) / each}


def written() -> int:
    """Return the bytes this process has written."""
    lines = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return int(lines["wchar"])


def main() -> None:
    """Print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--commits", type=int, default=20_000)
    parser.add_argument("--readings", type=int, default=50, help="in a batch")
    parser.add_argument("--keep-bytes", type=int, default=64_000_000, help="0: nothing is kept")
    parser.add_argument(
        "--acks-every", type=int, default=2, help="commits; a node commits every 250 ms, notes every 500"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        told = asyncio.run(run(Path(folder), options.commits, options.readings, options.keep_bytes, options.acks_every))
    print(json.dumps({**vars(options), **{name: round(value, 2) for name, value in told.items()}}))


if __name__ == "__main__":
    main()
