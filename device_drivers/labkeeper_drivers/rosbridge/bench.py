"""How the conformance kit tries this driver: a simulated robot, and recordings said over a real WebSocket."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from websockets.asyncio.server import ServerConnection, serve

from labkeeper_drivers.pages import page_of
from labkeeper_sdk import hookimpl
from labkeeper_sdk.sim.neighbours.rosbridge import POINTS, SimulatedRobot, serve_robot
from labkeeper_sdk.testing import Bench, Recording, Stand, open_tcp_wire

DOCS = page_of("rosbridge")
SOON = {name: {**said, "link_loss_s": 1.0} if "link_loss_s" in said else said for name, said in POINTS.items()}


@asynccontextmanager
async def open_stand() -> AsyncIterator[Stand]:
    """Run the robot."""
    robot = SimulatedRobot()
    async with (
        serve_robot(robot) as server,
        open_tcp_wire("127.0.0.1", next(iter(server.sockets)).getsockname()[1]) as wire,
    ):
        yield Stand(
            settings={"host": wire.host, "port": wire.port, "points": SOON, "stop_topic": "/cmd_vel"},
            wire=wire,
            truth=robot.truth,
            orders=lambda _device, point: robot.orders.count(point),
        )


@asynccontextmanager
async def replay(recording: Recording) -> AsyncIterator[Stand]:
    """Say what was recorded to whoever connects."""

    async def handle(connection: ServerConnection) -> None:
        for frame in recording.frames:
            if frame.to == "driver":
                await connection.send(frame.payload.decode())
        await connection.wait_closed()

    async with (
        serve(handle, "127.0.0.1", 0, close_timeout=0.1) as server,
        open_tcp_wire("127.0.0.1", next(iter(server.sockets)).getsockname()[1]) as wire,
    ):
        yield Stand(settings={**recording.settings({"points": SOON}), "host": wire.host, "port": wire.port}, wire=wire)


@hookimpl
def labkeeper_driver_bench() -> Bench:
    return Bench(
        open=open_stand, docs=DOCS, fixtures=Path(__file__).parent / "fixtures", replay=replay, over="websocket"
    )
