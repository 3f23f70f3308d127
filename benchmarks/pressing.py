"""From the page's press of STOP to the broker and to every confirmation, while thirty pages reload without end.

A press is what the page sends when STOP is pressed: one message on its open WebSocket. On the bus: a listener at the
broker has the retained word. Confirmed: the hub counts every device with a safe value as stopped. Between two
presses the stop is released in its two steps. `not_confirmed` counts presses without all confirmations in ten seconds.
"""

import asyncio
import json
import time
from pathlib import Path

import httpx
from websockets.asyncio.client import ClientConnection

from benchmarks.harness import Figures, counted
from benchmarks.reloading import reloading
from labkeeper_cli.client import percentile
from labkeeper_cli.stack import Stack, Wishes, open_stack
from labkeeper_wire.mqtt import Address, Link, connect
from labkeeper_wire.stop import EVERY_SCHOOL, StopWord

RELOADERS = 30
PATIENCE_S = 10.0


async def press(socket: ClientConnection, link: Link) -> tuple[float, float | None]:
    """Press once; return the milliseconds to the bus, and until all have confirmed (None: not in time)."""
    words = link.messages()
    began = time.perf_counter()
    await socket.send(json.dumps({"type": "stop"}))
    while not StopWord.from_payload((await anext(words)).payload).active:
        pass
    on_bus_ms = (time.perf_counter() - began) * 1000
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not _all_stopped(json.loads(await socket.recv())):
                pass
    except TimeoutError:
        return on_bus_ms, None
    return on_bus_ms, (time.perf_counter() - began) * 1000


def _all_stopped(message: dict[str, object]) -> bool:
    changes = message.get("changes")
    told = [one for one in changes if one["kind"] == "stops"] if isinstance(changes, list) else []
    return any(stop["devices"] and stop["confirmed"] == stop["devices"] for one in told for stop in one["stops"])


async def release(stack: Stack) -> None:
    """Release everything, in the two steps."""
    headers = {"Authorization": f"Bearer {stack.secret}"}
    async with httpx.AsyncClient(base_url=stack.url, headers=headers, timeout=60) as http:
        for stop in (await http.get("/api/v1/stop")).json()["stops"]:
            asked = (await http.post("/api/v1/stop/release", json={"latch": stop["latch"]})).json()
            body = {"latch": stop["latch"], "release": asked["release"]}
            (await http.post("/api/v1/stop/release", json=body)).raise_for_status()


async def stop(folder: Path, count: int) -> Figures:
    """Press `count` times on one stack."""
    found = []
    async with (
        open_stack(Wishes(folder, sim=())) as stack,
        connect(Address.parse(stack.broker.url), "bench-stop") as link,
        stack.client.socket() as socket,
    ):
        await link.subscribe((EVERY_SCHOOL, 1))
        await actuators(stack)
        async with reloading(stack.url, stack.secret, RELOADERS) as reloads:
            for _ in counted(range(count), "press"):
                found.append(await press(socket, link))
                await release(stack)
    on_bus = [on_bus_ms for on_bus_ms, _ in found]
    confirmed = [confirmed_ms for _, confirmed_ms in found if confirmed_ms is not None]
    return {
        "stop_p50_ms": round(percentile(on_bus, 0.5), 1),
        "stop_p95_ms": round(percentile(on_bus, 0.95), 1),
        "confirmed_p50_ms": round(percentile(confirmed, 0.5), 1) if confirmed else None,
        "confirmed_p99_ms": round(percentile(confirmed, 0.99), 1) if confirmed else None,
        "not_confirmed": count - len(confirmed),
        "presses": count,
        "pages_reloading": RELOADERS,
        "reloads": reloads[0],
        "broker": stack.broker.kind,
    }


async def actuators(stack: Stack) -> None:
    """Wait until there is something to stop and all of it is online."""
    async with asyncio.timeout(30):
        while True:
            devices = await stack.client.devices()
            safe = [one for one in devices if any(point["safe_value"] is not None for point in one["points"])]
            if safe and all(one["online"] for one in safe):
                return
            await asyncio.sleep(0.2)
