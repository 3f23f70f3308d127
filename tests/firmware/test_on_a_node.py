"""The reference firmware on a real node: found by the `homie` driver, heard, commanded, and stood still."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

from labkeeper_edge.__main__ import main
from labkeeper_edge.settings import parse_settings
from labkeeper_firmware.drivers.process import Program, run_program
from labkeeper_sdk.testing import Broker, open_broker
from labkeeper_wire.commands import CommandState
from labkeeper_wire.descriptor import PointDescription
from tests.edge.tiny_host import TinyHost, open_host

DEVICE = "reference-1"
NODE = """
school = "s"
node = "n"
broker = "{broker}"
rejoin_spread_s = 0
lab = "physics-1"
[drivers.homie]
driver = "homie"
"""


@asynccontextmanager
async def firmware(broker: Broker, folder: Path) -> AsyncIterator[Program]:
    words = (sys.executable, "-m", "labkeeper_firmware.reference.main", f"broker={broker.host}:{broker.port}")
    async with run_program([*words, f"device={DEVICE}", "interval_ms=200", f"store={folder / 'store'}"]) as program:
        await program.on()
        yield program


@asynccontextmanager
async def node(broker: Broker, folder: Path) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(main(parse_settings(NODE.format(broker=broker.url)), folder / "edge", stop=stop))
    try:
        yield
    finally:
        stop.set()
        async with asyncio.timeout(30):
            await task


async def command(host: TinyHost, point: str, *, value: bool | float) -> None:
    identity = str(uuid4())
    host.command(identity, DEVICE, point, value)
    await host.result(identity, CommandState.DONE)


async def test_a_node_hears_it_commands_it_and_stands_its_motor_still(tmp_path: Path) -> None:
    async with (
        open_broker(folder=tmp_path / "broker") as broker,
        firmware(broker, tmp_path) as board,
        node(broker, tmp_path),
    ):
        await heard_and_commanded(broker)
        assert board.console.latest["relay/power"].text == "true"
        assert board.console.latest["motor/speed"].text == "-0.5"
        async with asyncio.timeout(20):  # the hub is gone, the node and the broker are not
            while board.console.latest["motor/speed"].text != "0.0":
                await asyncio.sleep(0.05)
        assert board.console.latest["relay/power"].text == "true"  # nobody said what is safe for a relay


async def heard_and_commanded(broker: Broker) -> None:
    async with open_host(broker.url) as host:
        born = await host.born(DEVICE)
        points = {it.name: it for it in map(PointDescription.from_metric, born.metrics)}
        assert points["climate/temperature"].kind == "measure"
        assert points["relay/power"].kind == "switch"
        assert points["motor/speed"].safe_value == 0.0
        await host.until(lambda: len(host.values("climate/temperature", DEVICE)) > 2)
        host.node_run = await host.run_of(DEVICE)
        await command(host, "relay/power", value=True)
        await command(host, "motor/speed", value=-0.5)
        await host.until(lambda: host.values("relay/power", DEVICE)[-1:] == [True])
