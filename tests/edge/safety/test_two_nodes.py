"""Two nodes on one broker and nobody at the hub: a button at the one stops the other."""

from contextlib import AsyncExitStack
from pathlib import Path

from labkeeper_sdk.plugins import load_drivers
from labkeeper_sdk.sim.neighbours.gpio import RED_BUTTON, SimulatedBoard, serve_board
from labkeeper_sdk.testing import Broker
from labkeeper_wire.stop import LATCH, MISSING
from tests.edge.conftest import RunEdge
from tests.edge.safety.test_pins import PINS, buzz, refusal, until
from tests.edge.tiny_host import open_host

NODES = ("a", "b")


async def test_a_button_at_one_node_stops_the_other_with_the_hub_dead(
    broker: Broker, run_edge: RunEdge, tmp_path: Path
) -> None:
    async with AsyncExitStack() as room:
        boards = []
        for node in NODES:
            board = await room.enter_async_context(serve_board(SimulatedBoard(tmp_path / node)))
            tables = PINS.format(path=board.path).replace("drivers.pins", f"drivers.{node}-pins")
            await room.enter_async_context(run_edge(tables, drivers=load_drivers(), node=node))
            boards.append(board)
            async with open_host(broker.url, node=node) as host:
                await host.born(f"{node}-pins")
                await buzz(host, f"{node}-pins")
        assert [board.truth("", "buzzer") for board in boards] == [True, True]
        boards[0].open_contacts.add(RED_BUTTON)
        await until(lambda: [board.truth("", "buzzer") for board in boards] == [False, False])
        boards[0].open_contacts.clear()
        latches = set()
        for node in NODES:
            async with open_host(broker.url, node=node) as host:
                latches.add(await host.until(lambda: host.node_metric(MISSING) == "[]" and host.node_metric(LATCH)))
                assert await refusal(host, f"{node}-pins") == "stopped"
        assert len(latches) == 1, "one stop holds both"
