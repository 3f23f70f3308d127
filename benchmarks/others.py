"""From one page's command to thirty other pages: until each has been told that the light is another.

By one clock, in the process of the thirty: to read their messages is in the figures, too. `other_screens_missed` counts
screens that were told nothing in ten seconds.
"""

import asyncio
import json
import time
from contextlib import AsyncExitStack
from pathlib import Path

from websockets.asyncio.client import ClientConnection

from benchmarks.command_latency import light
from benchmarks.harness import Figures, counted
from labkeeper_cli.client import Live, Target, percentile
from labkeeper_cli.stack import Wishes, open_stack

OTHERS = 30
PATIENCE_S = 10.0
PAUSE_S = 0.3  # a person's: a hub with nothing to do is what one meets


async def others(folder: Path, count: int) -> Figures:
    """Switch a light so often from one page while thirty others look on."""
    async with open_stack(Wishes(folder, sim=("--only", "light"))) as stack, AsyncExitStack() as pages:
        target, _ = await light(stack)
        screens = [await pages.enter_async_context(stack.client.socket()) for _ in range(OTHERS)]
        live = await pages.enter_async_context(stack.client.live())
        await live.command(target, value=False)
        found = [one for at in counted(range(count), "command") for one in await _told(live, screens, target, at)]
    waits = [waited_ms for waited_ms in found if waited_ms is not None]
    return {
        "other_screens_p50_ms": round(percentile(waits, 0.5), 1) if waits else None,
        "other_screens_p95_ms": round(percentile(waits, 0.95), 1) if waits else None,
        "other_screens_missed": len(found) - len(waits),
        "other_screens": OTHERS,
        "commands": count,
    }


async def _told(live: Live, screens: list[ClientConnection], target: Target, number: int) -> list[float | None]:
    """Switch once, and return how many milliseconds later each screen was told; None: it was not."""
    value = number % 2 == 0
    began_s = time.perf_counter()
    command = asyncio.create_task(live.command(target, value), name="command")
    ends = await asyncio.gather(*(_seen(screen, target, value=value) for screen in screens))
    await command
    await asyncio.sleep(PAUSE_S)
    return [None if end_s is None else (end_s - began_s) * 1000 for end_s in ends]


async def _seen(screen: ClientConnection, target: Target, *, value: bool) -> float | None:
    """Return when a screen was told this value; None: not in time."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not _tells(json.loads(await screen.recv()), target, value=value):
                pass
    except TimeoutError:
        return None
    return time.perf_counter()


def _tells(message: dict[str, object], target: Target, *, value: bool) -> bool:
    changes = message.get("changes")
    told = [one for one in changes if one["kind"] == "reading"] if isinstance(changes, list) else []
    return any((one["device"], one["point"], one["value"]) == (target.device, target.point, value) for one in told)
