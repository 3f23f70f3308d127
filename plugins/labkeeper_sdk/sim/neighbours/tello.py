"""A Tello drone with SDK 3.0: answers commands on one UDP port, tells its state to another."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field

from labkeeper_sdk.sim.neighbours.neighbour import HOST, Neighbour
from labkeeper_sdk.testing.datagrams import UdpWire, serve_udp
from labkeeper_sdk.testing.ports import free_port

EVERY_S = 0.1
HOVER_CM = 80


@dataclass(slots=True)
class SimulatedDrone:
    """A drone. `orders` are the points that were commanded."""

    flying: bool = False
    state_port: int = 8890
    orders: list[str] = field(default_factory=list)

    def answer(self, data: bytes) -> Iterable[bytes]:
        """Answer a command."""
        word, _, rest = data.decode(errors="replace").strip().partition(" ")
        if word == "command":
            return [b"ok"]
        if word == "port" and rest.split()[:1]:
            self.state_port = int(rest.split()[0])
            return [b"ok"]
        if word in ("takeoff", "land"):
            self.orders.append("flying")
            self.flying = word == "takeoff"
            return [b"ok"]
        if word == "stop" or (self.flying and rest.isdigit()):
            self.orders.append(word)
            return [b"ok"]
        return [b"error"]

    def state(self) -> bytes:
        """Return the state line of SDK 2.0 and 3.0."""
        height = HOVER_CM if self.flying else 0
        return (
            f"pitch:0;roll:0;yaw:12;vgx:0;vgy:0;vgz:0;templ:61;temph:64;tof:{10 + height};h:{height};bat:87;"
            f"baro:21.37;time:{30 if self.flying else 0};agx:-3.00;agy:1.00;agz:-999.00;\r\n"
        ).encode()

    def truth(self, _device: str, point: str) -> bool | None:
        """Return whether it flies."""
        return self.flying if point == "flying" else None


@dataclass(slots=True)
class DroneWire:
    """The drone's radio: both ports are gone together."""

    drone: SimulatedDrone
    commands: UdpWire
    states: asyncio.DatagramTransport
    _there: bool = True

    @property
    def delay_s(self) -> float:
        """Return how long what goes to the drone is held up."""
        return self.commands.delay_s

    @delay_s.setter
    def delay_s(self, value: float) -> None:
        self.commands.delay_s = value

    async def cut(self) -> None:
        """Lose the drone."""
        self._there = False
        await self.commands.cut()

    async def restore(self) -> None:
        """Have it back."""
        await self.commands.restore()
        self._there = True

    async def hush(self) -> None:
        """Lose every datagram."""
        self._there = False
        await self.commands.hush()

    async def garble(self, chance: random.Random, frames: int) -> None:
        """Spoil the next datagrams of either port."""
        await self.commands.garble(chance, frames)

    async def tell(self) -> None:
        """Tell the state for ever."""
        while True:
            if self._there:
                line = self.commands.spoiler.pass_on(self.drone.state())
                self.states.sendto(line, (HOST, self.drone.state_port))
            await asyncio.sleep(EVERY_S)


@asynccontextmanager
async def serve_drone(drone: SimulatedDrone, port: int = 0) -> AsyncIterator[DroneWire]:
    """Run a drone on this machine."""
    loop = asyncio.get_running_loop()
    async with serve_udp(drone.answer, port=port) as commands:
        states, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=(HOST, 0))
        wire = DroneWire(drone, commands, states)
        telling = asyncio.create_task(wire.tell(), name="drone tells")
        try:
            yield wire
        finally:
            telling.cancel()
            with suppress(asyncio.CancelledError):
                await telling
            states.close()


def _open(where: str) -> AbstractAsyncContextManager[DroneWire]:
    return serve_drone(SimulatedDrone(), int(where))


def _settings(where: str) -> Mapping[str, object]:
    """Name a port for the state, too: the drone's own, 8890, is another lab's on a machine that runs two."""
    return {"host": HOST, "port": int(where), "state_port": free_port()}


NEIGHBOUR = Neighbour(
    id="drone",
    title="Tello 无人机",
    driver="tello",
    place="udp",
    settable=("flying", "stop"),
    settings=_settings,
    open=_open,
)
