"""How the conformance kit tries this driver: a simulated drone on two UDP ports, recordings the same way."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from labkeeper_drivers.pages import page_of
from labkeeper_sdk import hookimpl
from labkeeper_sdk.sim.neighbours.tello import DroneWire, SimulatedDrone, serve_drone
from labkeeper_sdk.testing import Bench, Recording, Stand, free_port

DOCS = page_of("tello")


def settings(wire: DroneWire) -> dict[str, object]:
    """Return the keys that reach the drone; its state goes to a port of this stand's own."""
    return {"host": wire.commands.host, "port": wire.commands.port, "state_port": free_port(), "land_after_s": 1.0}


@asynccontextmanager
async def open_stand() -> AsyncIterator[Stand]:
    """Run the drone."""
    drone = SimulatedDrone()
    async with serve_drone(drone) as wire:
        yield Stand(
            settings=settings(wire),
            wire=wire,
            truth=drone.truth,
            orders=lambda _device, point: drone.orders.count(point),
        )


@dataclass(slots=True)
class RecordedDrone(SimulatedDrone):
    """A drone that tells what was recorded."""

    line: bytes = b""

    def state(self) -> bytes:
        """Return the recorded line."""
        return self.line

    def answer(self, data: bytes) -> Iterable[bytes]:
        """Answer as any drone."""
        return SimulatedDrone.answer(self, data)


@asynccontextmanager
async def replay(recording: Recording) -> AsyncIterator[Stand]:
    """Tell the last state that was recorded."""
    lines = [frame.payload for frame in recording.frames if frame.to == "driver" and b":" in frame.payload]
    async with serve_drone(RecordedDrone(line=lines[-1])) as wire:
        yield Stand(settings=settings(wire), wire=wire)


@hookimpl
def labkeeper_driver_bench() -> Bench:
    return Bench(
        open=open_stand, docs=DOCS, fixtures=Path(__file__).parent / "fixtures", replay=replay, over="datagrams"
    )
