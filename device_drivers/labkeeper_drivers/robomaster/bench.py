"""How the conformance kit tries this driver: a simulated robot over TCP, recordings the same way."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from labkeeper_drivers.pages import page_of
from labkeeper_sdk import hookimpl
from labkeeper_sdk.sim.neighbours.robomaster import SimulatedRobot
from labkeeper_sdk.testing import Bench, Stand, recorded_stand, serve_tcp

DOCS = page_of("robomaster")


@asynccontextmanager
async def open_stand() -> AsyncIterator[Stand]:
    """Run the robot, and let it drive."""
    robot = SimulatedRobot()
    async with serve_tcp(robot.talk) as wire:
        yield Stand(
            settings={"host": wire.host, "port": wire.port, "drives": True},
            wire=wire,
            truth=robot.truth,
            orders=lambda _device, point: robot.orders.count(point),
        )


@hookimpl
def labkeeper_driver_bench() -> Bench:
    return Bench(open=open_stand, docs=DOCS, fixtures=Path(__file__).parent / "fixtures", replay=recorded_stand)
