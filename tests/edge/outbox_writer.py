"""`python -m tests.edge.outbox_writer DIR FIRST`: commits, acknowledges and says so on stdout, until it is killed."""

import asyncio
import sys
from pathlib import Path

from labkeeper_edge.outbox.batches import Draft
from labkeeper_edge.outbox.books import Quota
from labkeeper_edge.outbox.outbox import open_outbox
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.delivery import Ack
from labkeeper_wire.payload import Metric

PER_COMMIT = 3


async def write(folder: Path, number: int) -> None:
    async with open_outbox(folder, Quota(10**9, 10**9)) as outbox:
        print("open", flush=True)  # noqa: T201 - its parent reads it -- the test reads it
        while True:
            metrics = tuple(Metric("n", number + i, DataType.INT64, 1_700_000_000_000 + i) for i in range(PER_COMMIT))
            batches, _ = await outbox.commit([Draft("d", metrics)], [str(number).encode()])
            print("committed", batches[0].id, number, flush=True)  # noqa: T201 - its parent reads it
            if number % 10 == 0:
                print("acknowledging", batches[0].id, flush=True)  # noqa: T201 - its parent reads it -- before, so that none is missed
                await outbox.acknowledge([Ack(outbox.epoch, 0, ((batches[0].id, batches[0].id),))])
            number += PER_COMMIT


if __name__ == "__main__":
    asyncio.run(write(Path(sys.argv[1]), int(sys.argv[2])))
