"""A node with relays and a red button at its pins: a broken wire stops the school, a relay that came back is safe."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest

from labkeeper_edge.outbox.outbox import FILE
from labkeeper_edge.safety import safe_values
from labkeeper_edge.safety.stopping import KEY
from labkeeper_sdk.plugins import load_drivers
from labkeeper_sdk.sim.neighbours.gpio import RED_BUTTON, SimulatedBoard, serve_board
from labkeeper_sdk.testing import Broker
from labkeeper_wire import mqtt
from labkeeper_wire.commands import CommandState
from labkeeper_wire.effects import DeviceDied
from labkeeper_wire.stop import LATCH, MISSING, Latch, StopWord, topic
from tests.edge.conftest import RunEdge
from tests.edge.tiny_host import DEADLINE_S, TinyHost, open_host

PINS = """
[drivers.pins]
driver = "gpio"
factory = "labkeeper-simulated:{path}"
[drivers.pins.points.buzzer]
kind = "switch"
pin = 27
safe_value = false
[drivers.pins.points.red-button]
kind = "state"
pin = 24
contact = "normally_closed"
stops = true
"""


async def buzz(host: TinyHost, device: str = "pins") -> None:
    command = str(uuid4())
    host.command(command, device, "buzzer", True)
    await host.result(command, CommandState.DONE)


async def refusal(host: TinyHost, device: str = "pins") -> str:
    """Command and return the code it is rejected with."""
    command = str(uuid4())
    host.command(command, device, "buzzer", True)
    return (await host.result(command, CommandState.REJECTED)).code


async def until(true: Callable[[], bool]) -> None:
    """Wait until a board stands so."""
    async with asyncio.timeout(DEADLINE_S):
        while not true():
            await asyncio.sleep(0.01)


async def kept_latch(database: Path) -> str:
    """Wait until a stop stands in a node's database; return its latch."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as reading:
        async with asyncio.timeout(DEADLINE_S):
            while (row := reading.execute("SELECT value FROM node WHERE key = ?", (KEY,)).fetchone()) is None:
                await asyncio.sleep(0.01)
    return Latch.from_text(row[0]).name


async def test_a_broken_wire_at_the_red_button_stops_the_node_and_tells_the_school(
    broker: Broker, run_edge: RunEdge, tmp_path: Path
) -> None:
    async with (
        serve_board(SimulatedBoard(tmp_path / "pins")) as board,
        mqtt.connect(mqtt.Address.parse(broker.url), "another-node") as other,
        open_host(broker.url) as host,
        run_edge(PINS.format(path=board.path), drivers=load_drivers()),
    ):
        await other.subscribe((topic("s"), 1))
        await host.born("pins")
        await buzz(host)
        board.open_contacts.add(RED_BUTTON)
        heard = StopWord.from_payload((await anext(other.messages())).payload)
        assert (heard.active, heard.by) == (True, "node n")
        await host.until(lambda: host.node_metric(MISSING) == "[]" and host.node_metric(LATCH) != "")
        assert board.truth("", "buzzer") is False
        assert await refusal(host) == "stopped"


async def test_the_button_stops_its_node_with_the_broker_dead_and_tells_the_school_when_that_is_back(
    broker: Broker, run_edge: RunEdge, tmp_path: Path
) -> None:
    async with (
        serve_board(SimulatedBoard(tmp_path / "pins")) as board,
        run_edge(PINS.format(path=board.path), drivers=load_drivers()),
    ):
        async with open_host(broker.url) as host:
            await host.born("pins")
            await buzz(host)
        await broker.stop()
        assert board.truth("", "buzzer") is True
        board.open_contacts.add(RED_BUTTON)
        await until(lambda: board.truth("", "buzzer") is False)
        latch = await kept_latch(tmp_path / "edge" / FILE)
        await broker.start()
        async with mqtt.connect(mqtt.Address.parse(broker.url), "another-node") as other, open_host(broker.url) as host:
            await other.subscribe((topic("s"), 1))
            heard = StopWord.from_payload((await anext(other.messages())).payload)
            assert (heard.latch, heard.active, heard.by) == (latch, True, "node n")
            await host.until(lambda: host.node_metric(LATCH) == latch and host.node_metric(MISSING) == "[]")
            assert await refusal(host) == "stopped"


async def test_a_device_that_went_away_during_its_safe_value_is_driven_when_it_is_back(
    broker: Broker, run_edge: RunEdge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(safe_values, "STOP_RETRY_S", 3600.0)
    async with (
        serve_board(SimulatedBoard(tmp_path / "pins")) as board,
        open_host(broker.url) as host,
        run_edge(PINS.format(path=board.path), drivers=load_drivers()),
    ):
        await host.born("pins")
        await buzz(host)
        await board.hush()
        word = StopWord("latch-1", active=True, by="anna", at_ms=1)
        await host.link.publish(topic("s"), word.to_payload(), qos=1, retain=True)
        await host.until(lambda: host.node_metric(LATCH) == "latch-1")
        await board.cut()
        await host.until(lambda: any(isinstance(it, DeviceDied) for it in host.heard))
        await board.restore()
        await host.until(lambda: host.node_metric(MISSING) == "[]" and host.node_metric(LATCH) != "")
        assert board.truth("", "buzzer") is False
