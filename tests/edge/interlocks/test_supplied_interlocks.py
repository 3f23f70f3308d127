"""The sets that come with Labkeeper, each in the simulated lab it is for, with the drivers that are installed."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import uuid4

import pytest

from labkeeper_edge.interlocks.loading import SUPPLIED, load, supplied
from labkeeper_sdk import Value
from labkeeper_sdk.sim import Fault, LabSettings, open_lab
from labkeeper_sdk.sim.lab import Lab
from labkeeper_sdk.testing import Broker
from labkeeper_wire.commands import CommandState
from tests.edge.conftest import RunEdge
from tests.edge.interlocks.test_interlocks import newest, order
from tests.edge.interlocks.wired_driver import Board, wired
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


WELL: Mapping[str, Mapping[str, Value]] = {
    "chemistry": {"gas": 3.0, "temperature": 21.0},
    "maker": {"lid": True, "guard": True},
    "robot-field": {"fence": True, "stop": True},
}
DANGERS: Sequence[tuple[str, str, Mapping[str, Value]]] = (
    ("chemistry", "gas", {"gas": 30.0}),
    ("chemistry", "heat", {"temperature": 60.0}),
    ("maker", "lid", {"lid": False}),
    ("maker", "guard", {"guard": False}),
    ("robot-field", "pressed", {"stop": False}),
    ("robot-field", "fence", {"fence": False}),
)


def test_every_force_of_a_supplied_set_has_the_button_and_each_is_tried_below() -> None:
    forces = [(name, rule) for name in SUPPLIED for rule in load(supplied(name)).forces]
    assert [(name, rule.id) for name, rule in forces] == [danger[:2] for danger in DANGERS]
    assert all(rule.reset == "reset" for _, rule in forces)


@pytest.mark.parametrize(("name", "force", "danger"), DANGERS)
async def test_button_and_lamp_work_with_hub_and_broker_dead(
    broker: Broker, run_edge: RunEdge, name: str, force: str, danger: Mapping[str, Value]
) -> None:
    rules = load(supplied(name))
    (rule,) = (one for one in rules.forces if one.id == force)
    board = Board(rules)
    board.put(**WELL[name])

    async def renewed() -> None:
        """Wait for the node's next turns: it renews each output that it drives."""
        before = len(board.written)
        await board.until(lambda: len(board.written) > before + 2 * len(rules.outputs))

    def safe() -> bool:
        return {name: board.output(name) for name in rule.then} == rule.then

    async with run_edge('[drivers.wired]\ndriver = "wired"\n', f'interlocks = "{name}"', drivers=wired(board)):
        await broker.stop()
        board.switch(**{name: not value for name, value in rule.then.items()})
        board.put(**danger)
        await board.until(lambda: safe() and board.output("lamp") is True)
        for down in (True, False):
            board.put(reset=down)
            await renewed()
        assert board.output("lamp") is True, "it still holds: the button ends nothing"
        board.put(**WELL[name])
        await renewed()
        assert board.output("lamp") is True, "latched until a person has looked"
        board.put(reset=True)
        await board.until(lambda: board.output("lamp") is False)
        assert safe(), "a reset starts nothing"
