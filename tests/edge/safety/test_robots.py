"""Robots and drones at a whole edge: a stop is confirmed by what they do, not by what they answered before."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.server import ServerConnection

from labkeeper_edge.uplink.births import SAFE_WRITES
from labkeeper_sdk.plugins import load_drivers
from labkeeper_sdk.sim.neighbours.rosbridge import SimulatedRobot, serve_robot
from labkeeper_sdk.sim.neighbours.tello import serve_drone
from labkeeper_sdk.testing import Broker, free_port
from labkeeper_wire.commands import CommandState
from labkeeper_wire.stop import LATCH, MISSING, StopWord, topic
from tests.drivers.slow_drone import SlowDrone
from tests.edge.conftest import RunEdge
from tests.edge.safety.test_stopping import release
from tests.edge.tiny_host import TinyHost, open_host

COMMAND = "0a3f2c56-2f0e-4b4c-9a54-0d6c1f6f0a01"
STOP = StopWord("latch-1", active=True, by="anna", at_ms=1)
ROBOT = """
[drivers.cart]
driver = "rosbridge"
host = "127.0.0.1"
port = {port}
stop_topic = "/cancel"
stop_message = "std_msgs/msg/String"
stop_content = {{ goal = "" }}
stop_after_s = 0.3
[drivers.cart.points.battery]
kind = "measure"
unit = "1"
topic = "/battery"
message = "sensor_msgs/msg/BatteryState"
field = "percentage"
"""


async def stop(host: TinyHost) -> None:
    await host.link.publish(topic("s"), STOP.to_payload(), qos=1, retain=True)


def confirmed(host: TinyHost) -> bool:
    return host.node_metric(LATCH) == STOP.latch and host.node_metric(MISSING) == "[]"


async def test_a_stop_during_a_take_off_is_confirmed_only_when_the_drone_stands(
    broker: Broker, run_edge: RunEdge
) -> None:
    drone = SlowDrone()
    async with serve_drone(drone) as drone.wire, open_host(broker.url) as host:
        port, state_port = drone.wire.commands.port, free_port()
        tables = f'[drivers.drone]\ndriver = "tello"\nhost = "127.0.0.1"\nport = {port}\nstate_port = {state_port}\n'
        async with run_edge(tables, "poll_every_s = 0.05", drivers=load_drivers()):
            await host.born("drone")
            await host.until(lambda: drone.landed == ["heard"])
            host.command(COMMAND, "drone", "flying", True, ttl_ms=20_000)
            await host.until(lambda: drone.rising)
            await stop(host)
            assert (await host.result(COMMAND, CommandState.FAILED)).code == "stopped"
            await host.until(lambda: confirmed(host))
            assert (drone.flying, drone.rising) == (False, False)
            assert len(drone.landed) >= 3


@dataclass(slots=True)
class GoalRobot(SimulatedRobot):
    """A robot that is sent to places and stopped by a topic of its own; no setpoint stops it."""

    stopped: list[object] = field(default_factory=list)
    lost: int = 0  # how many of the next stops ROS does not carry

    async def _took(self, connection: ServerConnection, said: dict[str, Any]) -> None:
        if said["op"] == "publish" and self.lost:
            self.lost -= 1
        elif said["op"] == "publish" and said["topic"] == "/cancel":
            self.stopped.append(said["msg"])
            await self._publish(connection, "/cancel", said["msg"])
        else:
            await SimulatedRobot._took(self, connection, said)


async def test_a_robot_s_stop_topic_is_part_of_a_stop_of_a_node_s_start_and_of_a_lost_hub(
    broker: Broker, run_edge: RunEdge
) -> None:
    robot = GoalRobot()
    async with serve_robot(robot) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        tables = ROBOT.format(port=port)
        async with run_edge(tables, drivers=load_drivers()):
            async with open_host(broker.url) as host:
                await host.born("cart")
                await host.until(lambda: host.node_metric(SAFE_WRITES) == 1)
                assert robot.stopped == [{"goal": ""}]
                robot.lost = 1  # it is not confirmed then, and is published again
                await stop(host)
                await host.until(lambda: confirmed(host))
                assert (len(robot.stopped), robot.lost) == (2, 0)
                release(host, STOP._replace(active=False))
                await host.until(lambda: host.node_metric(LATCH) == "")
            async with asyncio.timeout(10):
                while len(robot.stopped) < 3:
                    await asyncio.sleep(0.02)
