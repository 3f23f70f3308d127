"""From one page's command to what thirty others see: the light's new value on their WebSockets.

`python -m benchmarks.sharing` is the thirty, in a process of its own so that they hold up nobody who measures: it reads
`{"url": …, "secret": …, "pages": …, "device": …, "point": …}` from stdin, says "ready", and at the end of stdin prints
for each value that a page saw when that was, in milliseconds of the clock both processes have.
"""

import asyncio
import json
import sys
import time
from contextlib import AsyncExitStack, suppress
from pathlib import Path

from websockets.asyncio.client import ClientConnection

from benchmarks.command_latency import PAUSE_S, light
from benchmarks.harness import Figures, counted
from labkeeper_cli.client import Live, Target, open_hub, percentile
from labkeeper_cli.stack import Stack, Wishes, open_stack

PAGES = 30
WITHIN_S = 60.0
REST_S = 1.0  # for the last command to reach the last page


async def others(folder: Path, count: int) -> Figures:
    """Switch a light `count` times from one page, and return when the others saw it."""
    async with (
        open_stack(Wishes(folder, sim=("--only", "light"))) as stack,
        stack.client.live() as live,
    ):
        target, _ = await light(stack)
        pressed_ms, seen_ms = await _watched(stack, live, target, count)
    lags = _lags(pressed_ms, seen_ms)
    return {
        "other_screens_p50_ms": round(percentile(lags, 0.5), 1),
        "other_screens_p95_ms": round(percentile(lags, 0.95), 1),
        "other_screens": PAGES,
        "switched": count,
        "not_seen": count * PAGES - len(lags),
    }


def _lags(pressed_ms: list[float], seen_ms: list[float]) -> list[float]:
    """Return for each value seen how long ago it was asked for: each is seen before the next is pressed, or is late."""
    found = []
    for seen in seen_ms:
        before = [pressed for pressed in pressed_ms if pressed <= seen]
        found += [seen - before[-1]] if before else []
    return found


async def _watched(stack: Stack, live: Live, target: Target, count: int) -> tuple[list[float], list[float]]:
    pipe = asyncio.subprocess.PIPE
    command = (sys.executable, "-m", "benchmarks.sharing")
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, limit=1 << 28)
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("a process without pipes")
    said = {"url": stack.url, "secret": stack.secret, "pages": PAGES, "device": target.device, "point": target.point}
    process.stdin.write(json.dumps(said).encode() + b"\n")
    async with asyncio.timeout(WITHIN_S):
        await process.stdout.readline()
    pressed_ms = [await _press(live, target, on=number % 2 == 0) for number in counted(range(count), "press")]
    await asyncio.sleep(REST_S)
    out, _ = await process.communicate(b"")  # only with an input does Python 3.11 close the pipe
    return pressed_ms, json.loads(out)


async def _press(live: Live, target: Target, *, on: bool) -> float:
    """Command once and wait for the end; return when it was sent."""
    began_ms = time.time() * 1000
    outcome = await live.command(target, on)
    if outcome.state != "done":
        raise RuntimeError(f"a command ended {outcome.state} {outcome.code}")
    await asyncio.sleep(2 * PAUSE_S)
    return began_ms


async def _look(socket: ClientConnection, device: str, point: str, seen_ms: list[float]) -> None:
    """Note when this page sees the value change; what it is told of it again is no news."""
    last = None
    async for text in socket:
        now_ms, message = time.time() * 1000, json.loads(text)
        for one in message.get("changes", ()) if message["type"] == "changes" else ():
            if one["kind"] == "reading" and (one["device"], one["point"]) == (device, point) and one["value"] != last:
                last = one["value"]
                seen_ms.append(now_ms)


async def _main() -> None:
    said = json.loads(await asyncio.to_thread(sys.stdin.readline))
    seen_ms: list[float] = []
    async with open_hub(said["url"], said["secret"]) as client, AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(client.socket()) for _ in range(said["pages"])]
        for socket in sockets:
            for _ in range(2):  # hello and snapshot
                await socket.recv()
        looks = (_look(socket, said["device"], said["point"], seen_ms) for socket in sockets)
        pages = [asyncio.create_task(look) for look in looks]
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.read)
        for page in pages:
            page.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*pages)
    print(json.dumps(sorted(seen_ms)))


if __name__ == "__main__":
    asyncio.run(_main())
