"""A stop at a whole edge whose devices share one Modbus line: safe values go first, whatever waits there."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple
from uuid import uuid4

import pytest
from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from labkeeper_edge.uplink.births import SAFE_WRITES
from labkeeper_sdk import Turns, Urgency
from labkeeper_sdk.plugins import load_drivers
from labkeeper_sdk.testing import Broker, free_port
from labkeeper_wire.commands import CommandState
from labkeeper_wire.stop import LATCH, MISSING, StopWord, topic
from tests.edge.conftest import RunEdge
from tests.edge.tiny_host import open_host

UNITS = ("hood-1", "hood-2", "hood-3", "hood-4")
FAN, FLOW = 0, 1  # read as one block of two
RUNNING, SAFE = 60, 20
READ = 3  # Modbus' function code
STOP = StopWord("latch-1", active=True, by="anna", at_ms=1)
TOP = """
[drivers.line]
driver = "modbus"
host = "127.0.0.1"
port = {port}
timeout_s = 10
every_s = 0.05
"""
POINTS = """
[drivers.line.units.hood-{unit}]
unit = {unit}
[drivers.line.units.hood-{unit}.registers]
flow = {{ kind = "measure", unit = "m3/h", table = "holding", address = 1 }}
[drivers.line.units.hood-{unit}.registers.fan]
kind = "setpoint"
unit = "%"
minimum = 0
maximum = 100
safe_value = 20
confirm_s = 10
table = "holding"
address = 0
"""


class Asked(NamedTuple):
    """A request as the line saw it."""

    unit: int
    function: int
    registers: int

    @property
    def is_poll(self) -> bool:
        """A safe value is written, and read back as one register."""
        return self.function == READ and self.registers > 1


@dataclass
class SharedLine:
    """pymodbus' own server; while it is `held` the next answer does not come, and so nobody has the line."""

    port: int = field(default_factory=free_port)
    asked: list[Asked] = field(default_factory=list)
    fans: dict[int, list[int]] = field(default_factory=dict)  # what each was set to
    free: asyncio.Event = field(default_factory=asyncio.Event)
    held: asyncio.Event = field(default_factory=asyncio.Event)

    async def access(
        self,
        unit: int,
        function: int,
        _start: int,
        _address: int,
        count: int,
        _registers: list[int],
        values: list[int] | list[bool] | None,
    ) -> ExcCodes | None:
        if function != READ and values is None:
            return None  # pymodbus looks again at what was just written
        self.asked.append(Asked(unit, function, count))
        if values:
            self.fans.setdefault(unit, []).append(int(values[0]))
        if not self.free.is_set():
            self.held.set()
            await self.free.wait()
        return None

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[None]:
        self.free.set()
        devices = [
            SimDevice(
                unit,
                simdata=[SimData(FAN, values=[0, 500], datatype=DataType.REGISTERS)],
                action=partial(self.access, unit),
            )
            for unit in range(1, len(UNITS) + 1)
        ]
        server = ModbusTcpServer(devices, address=("127.0.0.1", self.port))
        await server.serve_forever(background=True)
        try:
            yield
        finally:
            await server.shutdown()  # type: ignore[no-untyped-call] # pymodbus's

    def tables(self) -> str:
        """The node's, of a driver that waits for an answer for as long as a test takes."""
        return TOP.format(port=self.port) + "".join(POINTS.format(unit=unit) for unit in range(1, len(UNITS) + 1))


async def until(found: Callable[[], bool]) -> None:
    """Wait for something nobody tells about."""
    async with asyncio.timeout(20):
        while not found():
            await asyncio.sleep(0.01)


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[Turns]:
    """Return the queues of the lines that are opened."""
    opened: list[Turns] = []

    def remembered(most_waiting: int) -> Turns:
        opened.append(Turns(most_waiting))
        return opened[-1]

    monkeypatch.setattr("labkeeper_drivers.modbus.line.Turns", remembered)
    return opened


async def test_a_stop_is_first_on_a_shared_line_with_polls_and_commands_in_it(
    broker: Broker, run_edge: RunEdge, lines: list[Turns]
) -> None:
    line, running, waiting = SharedLine(), str(uuid4()), str(uuid4())
    async with line.serve(), open_host(broker.url) as host, run_edge(line.tables(), drivers=load_drivers()):
        for unit in UNITS:
            await host.born(unit)
        await host.until(lambda: host.node_metric(SAFE_WRITES) == len(UNITS))
        host.command(running, "hood-1", "fan", float(RUNNING), ttl_ms=20_000)
        await host.result(running, CommandState.DONE)
        line.free.clear()
        await line.held.wait()  # a poll: nothing was commanded
        begun = len(line.asked)
        assert line.asked[-1].is_poll
        host.command(waiting, "hood-2", "fan", float(RUNNING), ttl_ms=20_000)
        await until(lambda: [it[0] for it in lines[0]._waiting] == [Urgency.COMMAND])
        await host.link.publish(topic("s"), STOP.to_payload(), qos=1, retain=True)
        assert (await host.result(waiting, CommandState.FAILED)).code == "stopped"
        await until(lambda: [it[0] for it in lines[0]._waiting] == [Urgency.STOP] * len(UNITS))
        line.free.set()
        await host.until(lambda: host.node_metric(LATCH) == STOP.latch and host.node_metric(MISSING) == "[]")
        polls = len(line.asked)
        await until(lambda: len(line.asked) > polls)  # and the line goes on
    after = line.asked[begun:]
    first_poll = next(place for place, it in enumerate(after) if it.is_poll)
    every = [*range(1, len(UNITS) + 1)]
    assert [it.unit for it in after[:first_poll]] == [*every, *every]
    assert [it.function == READ for it in after[:first_poll]] == [False] * len(every) + [True] * len(every)
    assert line.fans == {1: [SAFE, RUNNING, SAFE], 2: [SAFE, SAFE], 3: [SAFE, SAFE], 4: [SAFE, SAFE]}
