"""The sets that come with Labkeeper, each in the simulated lab it is for, with the drivers that are installed."""

from collections.abc import Iterable
from uuid import uuid4

import pytest

from labkeeper_sdk.sim import Fault, LabSettings, open_lab
from labkeeper_sdk.sim.lab import Lab
from labkeeper_sdk.testing import Broker
from labkeeper_wire.commands import CommandState
from tests.edge.conftest import RunEdge
from tests.edge.interlocks.test_interlocks import newest, order
from tests.edge.tiny_host import TinyHost, open_host

HOMIE = '[drivers.homie]\ndriver = "homie"\n'


async def become(host: TinyHost, rules: Iterable[str], state: str) -> None:
    await host.until(lambda: all(newest(host, "interlocks", f"{rule}/state") == state for rule in rules))


async def reset(host: TinyHost, rule: str) -> None:
    """Reset a latch as soon as that is allowed."""
    command = str(uuid4())
    host.command(command, "interlocks", f"{rule}/reset", True)
    await host.result(command, CommandState.DONE)


def at(lab: Lab, device: str, **wanted: bool) -> bool:
    return all(lab.value(device, f"{name}/power") is value for name, value in wanted.items())


@pytest.mark.parametrize(
    ("name", "kind", "running", "forces", "permits"),
    [
        ("maker", "maker", ("dust", "laser", "mill"), ("lid", "guard"), ("laser-on", "mill-on")),
        ("robot-field", "field", ("robots",), ("fence", "pressed"), ("robots-on",)),
    ],
)
async def test_what_is_opened_stops_what_runs_and_stays_stopped_until_it_is_shut_and_reset(
    broker: Broker,
    run_edge: RunEdge,
    name: str,
    kind: str,
    running: tuple[str, ...],
    forces: tuple[str, ...],
    permits: tuple[str, ...],
) -> None:
    board, edge = f"{kind}-outlets", run_edge(HOMIE, f'interlocks = "{name}"', drivers=None)
    dangerous = [name for name in running if name != "dust"]
    async with open_host(broker.url) as host, edge, open_lab(broker.url, settings=LabSettings(only=(kind,))) as lab:
        await become(host, forces, "clear")
        if "dust" in running:
            await order(host, "dust/power", True, CommandState.DONE, board)
        await become(host, permits, "clear")
        for output in dangerous:
            await order(host, f"{output}/power", True, CommandState.DONE, board)
        lab.strike(board, Fault.OPEN)
        await become(host, forces, "tripped")
        await host.until(lambda: at(lab, board, **dict.fromkeys(dangerous, False), lamp=True))
        refused = await order(host, f"{dangerous[0]}/power", True, CommandState.REJECTED, board)
        assert refused.code == "interlock"
        lab.strike(board, Fault.NONE)
        await become(host, permits, "clear")
        assert (await order(host, f"{dangerous[0]}/power", True, CommandState.REJECTED, board)).code == "interlock"
        for rule in forces:
            await reset(host, rule)
        await host.until(lambda: at(lab, board, lamp=False))
        assert at(lab, board, **dict.fromkeys(dangerous, False)), "a reset starts nothing"
        await order(host, f"{dangerous[0]}/power", True, CommandState.DONE, board)
