"""From a node's sending of a reading to a hundred pages' WebSockets.

`python -m benchmarks.spectating` is the hundred, in a process of its own so that they hold up nobody who measures: it
reads `{"url": …, "secret": …, "pages": …}` from stdin, says "ready", and at the end of stdin prints the milliseconds.
"""

import asyncio
import json
import sys
import time
from contextlib import AsyncExitStack, suppress
from pathlib import Path

from websockets.asyncio.client import ClientConnection

from benchmarks.harness import Figures, say
from benchmarks.synthetic import Shape, SyntheticNode, open_node
from labkeeper_cli.client import open_hub, percentile
from labkeeper_cli.stack import Stack, Wishes, open_stack

PAGES = 100
DEVICES, POINTS = 50, 10
EVERY_S = 0.02  # a batch of ten readings: 500 readings a second
WITHIN_S = 60.0


async def live(folder: Path, seconds: float) -> Figures:
    """Send for so long, and return how old the readings were when each page had them."""
    async with (
        open_stack(Wishes(folder, sim=("--only", "light"))) as stack,
        open_node(stack.broker.url, Shape("crowd", DEVICES, POINTS, POINTS)) as node,
    ):
        say(f"{PAGES} pages watch for {seconds:g} s")
        lags = await _watched(stack, node, seconds)
    return {
        "reading_to_page_p50_ms": round(percentile(lags, 0.5), 1),
        "reading_to_page_p99_ms": round(percentile(lags, 0.99), 1),
        "pages": PAGES,
        "seen": len(lags),
        "readings_per_s": round(POINTS / EVERY_S),
    }


async def _watched(stack: Stack, node: SyntheticNode, seconds: float) -> list[float]:
    pipe = asyncio.subprocess.PIPE
    command = (sys.executable, "-m", "benchmarks.spectating")
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, limit=1 << 28)
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("a process without pipes")
    process.stdin.write(json.dumps({"url": stack.url, "secret": stack.secret, "pages": PAGES}).encode() + b"\n")
    async with asyncio.timeout(WITHIN_S):
        await process.stdout.readline()
    await _send(node, seconds)
    out, _ = await process.communicate(b"")  # only with an input does Python 3.11 close the pipe
    lags: list[float] = json.loads(out)
    return lags


async def _send(node: SyntheticNode, seconds: float) -> None:
    clock = asyncio.get_running_loop().time
    began_s = clock()
    for number in range(round(seconds / EVERY_S)):
        node.send()
        await node.drain()
        await asyncio.sleep(max(0.0, began_s + (number + 1) * EVERY_S - clock()))


async def _spectate(socket: ClientConnection, lags: list[float]) -> None:
    async for text in socket:
        now_ms, message = time.time() * 1000, json.loads(text)
        if message["type"] == "changes":
            seen = (one for one in message["changes"] if one["kind"] == "reading" and one["node"] == "crowd")
            lags += [now_ms - one["time_ms"] for one in seen]


async def _main() -> None:
    said = json.loads(await asyncio.to_thread(sys.stdin.readline))
    lags: list[float] = []
    async with open_hub(said["url"], said["secret"]) as client, AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(client.socket()) for _ in range(said["pages"])]
        for socket in sockets:
            for _ in range(2):  # hello and snapshot
                await socket.recv()
        pages = [asyncio.create_task(_spectate(socket, lags)) for socket in sockets]
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.read)
        for page in pages:
            page.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*pages)
    print(json.dumps([round(lag, 1) for lag in lags]))


if __name__ == "__main__":
    asyncio.run(_main())
