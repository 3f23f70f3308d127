"""A broker, an edge in this process or in one of its own, and a lab's devices at the keyboard."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from labkeeper_edge.__main__ import main
from labkeeper_edge.outbox.outbox import Outbox
from labkeeper_edge.settings import parse_settings
from labkeeper_sdk.plugins import Loaded
from labkeeper_sdk.testing import Broker, open_broker
from labkeeper_wire import mqtt

from .bench_driver import LOADED

ROOT = Path(__file__).parents[2]
SETTINGS = """
school = "s"
node = "n"
broker = "{broker}"
rejoin_spread_s = 0
{more}
[lab]
id = "physics-1"
title = {{ zh = "物理一", en = "Physics 1" }}
[isolation]
niceness = 0
"""  # many tests run at once: a process that stood back behind them all would stand there for minutes
DRIVER = '[drivers.bench]\ndriver = "bench"\n'
RunEdge = Callable[..., AbstractAsyncContextManager[None]]
StartEdge = Callable[..., AbstractAsyncContextManager[Process]]


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Broker]:
    async with open_broker(folder=tmp_path / "broker") as broker:
        yield broker


@pytest.fixture
def run_edge(broker: Broker, tmp_path: Path) -> RunEdge:
    """Return a context in which the edge runs in this process; `tables` is TOML, `more` goes to its top. A node of
    another name has a folder of its own, and one with a `url` another way to a broker.
    """

    @asynccontextmanager
    async def running(
        tables: str = DRIVER, more: str = "", drivers: Loaded = LOADED, node: str = "n", url: str = ""
    ) -> AsyncIterator[None]:
        top = SETTINGS.replace('node = "n"', f'node = "{node}"').format(broker=url or broker.url, more=more)
        settings = parse_settings(top + tables)
        stop, folder = asyncio.Event(), tmp_path / ("edge" if node == "n" else f"edge-{node}")
        task = asyncio.create_task(main(settings, folder, drivers=drivers, stop=stop))
        try:
            yield
        finally:
            stop.set()
            async with asyncio.timeout(30):
                await task

    return running


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Return an event; while it is not set, what a node in this process notes about itself waits for the disk."""
    keep_text, free = Outbox.keep_text, asyncio.Event()

    async def slowly(outbox: Outbox, key: str, text: str) -> None:
        await free.wait()
        await keep_text(outbox, key, text)

    free.set()
    monkeypatch.setattr(Outbox, "keep_text", slowly)
    return free


@pytest.fixture
def start_edge(broker: Broker, tmp_path: Path) -> StartEdge:
    """Return a context in which the edge runs as a process of its own, ready, to be killed or left."""

    @asynccontextmanager
    async def started(tables: str = DRIVER, more: str = "") -> AsyncIterator[Process]:
        config = tmp_path / "node.toml"
        config.write_text(SETTINGS.format(broker=broker.url, more=more) + tables)
        command = ("-m", "tests.edge.edge_process", "--config", str(config), "--data", str(tmp_path / "edge"))
        with (tmp_path / "edge.log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(sys.executable, *command, cwd=ROOT, stdout=PIPE, stderr=log)
        try:
            assert process.stdout is not None
            async with asyncio.timeout(20):
                assert json.loads(await process.stdout.readline()) == {"ready": "edge", "node": "n"}
            yield process
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()

    return started


class Keyboard:
    """Somebody who speaks for the lab's devices, and hears what they are asked."""

    def __init__(self, link: mqtt.Link) -> None:
        self.link = link
        self.asked: list[tuple[str, dict[str, object]]] = []
        self.obedient = True
        self.changed = asyncio.Event()

    async def says(self, device: str = "d1", **values: object) -> None:
        await self.link.publish(f"bench/{device}/state", json.dumps(values).encode())

    async def shouts(self, payload: bytes, device: str = "d1") -> None:
        await self.link.publish(f"bench/{device}/state", payload)

    async def is_(self, state: str, device: str = "d1") -> None:
        await self.link.publish(f"bench/{device}/is", state.encode())

    async def obey(self) -> None:
        await self.link.subscribe(("bench/+/set", 1))
        async for message in self.link.messages():
            device = message.topic.split("/")[1]
            wanted = json.loads(message.payload)
            self.asked.append((device, wanted))
            self.changed.set()
            if self.obedient:
                self.link.send(f"bench/{device}/state", message.payload)

    async def until_asked(self, times: int) -> list[tuple[str, dict[str, object]]]:
        async with asyncio.timeout(20):
            while len(self.asked) < times:
                self.changed.clear()
                await self.changed.wait()
        return self.asked


@asynccontextmanager
async def open_keyboard(broker: Broker) -> AsyncIterator[Keyboard]:
    """Sit down at the keyboard."""
    async with mqtt.connect(mqtt.Address.parse(broker.url), f"keyboard-{id(broker):x}") as link:
        keyboard = Keyboard(link)
        obeying = asyncio.create_task(keyboard.obey())
        try:
            yield keyboard
        finally:
            obeying.cancel()
            await asyncio.gather(obeying, return_exceptions=True)


@pytest.fixture
async def keyboard(broker: Broker) -> AsyncIterator[Keyboard]:
    async with open_keyboard(broker) as keyboard:
        yield keyboard
