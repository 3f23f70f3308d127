"""From a press of the stop button at one node to the order at another node's driver, over the broker, without any hub.

Two nodes in processes of their own; button and lamp of each are datagrams to this process, whose clock it is. `here`
is the order at the driver of the node whose button it was. Between two presses the stop is released as a hub would
(whose STATE is there for that), and the next press waits until both nodes have written that down.
"""

import asyncio
import sqlite3
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from benchmarks.button_node import HELLO
from benchmarks.harness import Figures, counted
from labkeeper_cli.client import percentile
from labkeeper_edge.outbox.outbox import FILE
from labkeeper_edge.safety.stopping import KEY
from labkeeper_sdk.testing import open_broker
from labkeeper_wire.codec import encode
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.mqtt import Address, Link, connect
from labkeeper_wire.payload import Metric, Payload
from labkeeper_wire.state import HostState, publish_state
from labkeeper_wire.stop import RELEASE, Latch, StopWord, topic

SCHOOL, HERE, THERE = "bench-school", "here", "there"
PATIENCE_S = 20.0
SETTINGS = """
school = "bench-school"
node = "{node}"
lab = "lab"
broker = "{broker}"
[drivers.panel]
driver = "panel"
device = "{node}"
port = {port}
"""


@dataclass(slots=True)
class Hand(asyncio.DatagramProtocol):
    """Who presses: knows where the panels are, and when each was given an order last."""

    transport: asyncio.DatagramTransport | None = None
    panels: dict[str, tuple[str, int]] = field(default_factory=dict)
    ordered_s: dict[str, float] = field(default_factory=dict)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """There is a socket."""
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """A panel says hello, or was given an order."""
        word, _, device = data.partition(b" ")
        if word == HELLO:
            self.panels[device.decode()] = addr
        else:
            self.ordered_s[device.decode()] = time.perf_counter()
        self._news.set()

    def press(self, device: str, *, down: bool) -> None:
        """Press a button, or let it go."""
        if self.transport is not None:
            self.transport.sendto(b"1" if down else b"0", self.panels[device])

    async def until_ordered(self) -> None:
        """Wait until both drivers have an order."""
        async with asyncio.timeout(PATIENCE_S):
            while not {HERE, THERE} <= self.ordered_s.keys():
                self._news.clear()
                await self._news.wait()


@asynccontextmanager
async def node(folder: Path, name: str, broker: str, port: int) -> AsyncIterator[None]:
    """Run one of the nodes as a process."""
    config = folder / f"{name}.toml"
    config.write_text(SETTINGS.format(node=name, broker=broker, port=port))
    command = ("-m", "benchmarks.button_node", str(config), str(folder / name))
    with (folder / f"{name}.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(sys.executable, *command, stdout=PIPE, stderr=log)
    try:
        yield
    finally:
        process.terminate()
        await process.communicate()


async def one_press(hand: Hand, link: Link) -> tuple[float, float, str]:
    """Press here; return the milliseconds to the order here and there, and the latch."""
    hand.ordered_s.clear()
    began_s = time.perf_counter()
    hand.press(HERE, down=True)
    await hand.until_ordered()
    hand.press(HERE, down=False)
    async with asyncio.timeout(PATIENCE_S):
        async for message in link.messages():
            word = StopWord.from_payload(message.payload)
            if word.active:
                break
    here_ms, there_ms = ((hand.ordered_s[name] - began_s) * 1000 for name in (HERE, THERE))
    return here_ms, there_ms, word.latch


async def release(folder: Path, link: Link, latch: str) -> None:
    """Release, and wait until both nodes have it on disk."""
    now_ms = time.time_ns() // 1_000_000
    word = StopWord(latch, active=False, by="bench", at_ms=now_ms)
    order = encode(Payload((Metric(RELEASE, word.to_payload().decode(), DataType.STRING),), now_ms))
    deadline_s = time.monotonic() + PATIENCE_S
    while not all(latch in kept(folder / name / FILE).released for name in (HERE, THERE)):
        if time.monotonic() > deadline_s:
            raise TimeoutError("the nodes did not take the release over")
        for name in (HERE, THERE):
            await link.publish(f"spBv1.0/{SCHOOL}/NCMD/{name}", order)
        await asyncio.sleep(0.01)


def kept(database: Path) -> Latch:
    """Return the latch as a node has written it down."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as reading:
        row = reading.execute("SELECT value FROM node WHERE key = ?", (KEY,)).fetchone()
    return Latch.from_text("" if row is None else row[0])


async def button(folder: Path, count: int) -> Figures:
    """Press `count` times."""
    loop = asyncio.get_running_loop()
    async with AsyncExitStack() as stack:
        broker = await stack.enter_async_context(open_broker(folder=folder / "broker"))
        transport, hand = await loop.create_datagram_endpoint(Hand, local_addr=("127.0.0.1", 0))
        stack.callback(transport.close)
        port = transport.get_extra_info("sockname")[1]
        for name in (HERE, THERE):
            await stack.enter_async_context(node(folder, name, broker.url, port))
        link = await stack.enter_async_context(connect(Address.parse(broker.url), "bench-button"))
        await link.subscribe((topic(SCHOOL), 1))
        state = publish_state("labkeeper", HostState(True, time.time_ns() // 1_000_000))
        await link.publish(state.topic, state.payload, retain=state.retain)
        await hand.until_ordered()  # the safe values of the start
        hand.press(HERE, down=False)
        found = []
        for _ in counted(range(count), "press of a button"):
            found.append(await one_press(hand, link))
            await release(folder, link, found[-1][2])
    here, there = [one[0] for one in found], [one[1] for one in found]
    return {
        "button_here_p50_ms": round(percentile(here, 0.5), 1),
        "button_here_p99_ms": round(percentile(here, 0.99), 1),
        "button_there_p50_ms": round(percentile(there, 0.5), 1),
        "button_there_p99_ms": round(percentile(there, 0.99), 1),
        "buttons_pressed": len(found),
        "broker": broker.kind,
    }
