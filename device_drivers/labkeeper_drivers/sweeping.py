"""Letting go, in time, of messages nothing explains."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from labkeeper_drivers.held import HELD_S, Held

log = logging.getLogger(__name__)


@asynccontextmanager
async def sweeping(held: Held, after_s: float = HELD_S) -> AsyncIterator[None]:
    """While inside, let go of what has been held for longer than `after_s`."""
    task = asyncio.create_task(_sweep(held, after_s), name="sweep held messages")
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _sweep(held: Held, after_s: float) -> None:
    while True:
        await asyncio.sleep(after_s / 4)
        forgotten = held.forget_older(asyncio.get_running_loop().time() - after_s)
        if forgotten:
            log.warning("%d messages came from devices nobody described and were let go", forgotten)
