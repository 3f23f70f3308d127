"""A ROS robot behind a rosbridge server (protocol 2.1.0): driven by /cmd_vel, told by /odom and /battery."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from labkeeper_sdk.sim.guests.guest import wave
from labkeeper_sdk.sim.neighbours.neighbour import HOST, Neighbour

EVERY_S = 0.5
TWIST, ODOMETRY = "geometry_msgs/msg/Twist", "nav_msgs/msg/Odometry"
_DRIVE: dict[str, Any] = {
    "kind": "setpoint", "topic": "/cmd_vel", "message": TWIST, "feedback_topic": "/odom", "feedback_message": ODOMETRY,
    "safe_value": 0.0, "risk": "motion", "link_loss_s": 2.0, "repeat_s": 0.2,
}  # fmt: skip
POINTS: dict[str, dict[str, Any]] = {
    "battery": {"kind": "measure", "unit": "1", "minimum": 0, "maximum": 1, "topic": "/battery",
                "message": "sensor_msgs/msg/BatteryState", "field": "percentage", "zh": "电量", "en": "Battery"},
    "speed": {**_DRIVE, "unit": "m/s", "minimum": -1, "maximum": 1, "field": "linear.x",
              "feedback_field": "twist.twist.linear.x", "zh": "速度", "en": "Speed"},
    "turn": {**_DRIVE, "unit": "rad/s", "minimum": -2, "maximum": 2, "field": "angular.z",
             "feedback_field": "twist.twist.angular.z", "zh": "转速", "en": "Turn"},
}  # fmt: skip


@dataclass(slots=True)
class SimulatedRobot:
    """A robot. `orders` are the names of what changed by an order; the same again is the robot being kept alive."""

    speed: float = 0.0
    turn: float = 0.0
    orders: list[str] = field(default_factory=list)
    _heard: dict[ServerConnection, set[str]] = field(default_factory=dict)

    async def handle(self, connection: ServerConnection) -> None:
        """Serve one client."""
        self._heard[connection] = set()
        saying = asyncio.create_task(self._say(connection), name="robot says")
        try:
            async for raw in connection:
                with suppress(ValueError, AttributeError, TypeError):
                    await self._took(connection, json.loads(raw))
        except ConnectionClosed:
            pass
        finally:
            saying.cancel()
            self._heard.pop(connection, None)

    def truth(self, _device: str, point: str) -> float | None:
        """Return how it drives."""
        return {"speed": self.speed, "turn": self.turn}.get(point)

    async def _took(self, connection: ServerConnection, said: dict[str, Any]) -> None:
        if said["op"] == "subscribe":
            self._heard[connection].add(said["topic"])
        elif said["op"] == "publish" and said["topic"] == "/cmd_vel":
            self._drive(said["msg"])
            await self._publish(connection, "/cmd_vel", self._twist())
            await self._publish(connection, "/odom", self._odometry())

    def _drive(self, twist: dict[str, Any]) -> None:
        speed = float(twist.get("linear", {}).get("x", 0.0))
        turn = float(twist.get("angular", {}).get("z", 0.0))
        if not twist:
            self.orders.append("stop")  # the driver's by default: an empty message, all of it zero
        self.orders += ["speed"] * (speed != self.speed) + ["turn"] * (turn != self.turn)
        self.speed, self.turn = speed, turn

    def _twist(self) -> dict[str, Any]:
        zero = {"x": 0.0, "y": 0.0, "z": 0.0}
        return {"linear": {**zero, "x": self.speed}, "angular": {**zero, "z": self.turn}}

    def _odometry(self) -> dict[str, Any]:
        return {"child_frame_id": "base_link", "twist": {"twist": self._twist(), "covariance": [0.0] * 36}}

    async def _say(self, connection: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            while True:
                charge = wave(asyncio.get_running_loop().time(), 600, 0.4, 1.0)
                await self._publish(connection, "/battery", {"voltage": 11.9, "percentage": charge})
                await self._publish(connection, "/odom", self._odometry())
                await asyncio.sleep(EVERY_S)

    async def _publish(self, connection: ServerConnection, topic: str, message: dict[str, Any]) -> None:
        if topic in self._heard.get(connection, ()):
            await connection.send(json.dumps({"op": "publish", "topic": topic, "msg": message}))


@asynccontextmanager
async def serve_robot(robot: SimulatedRobot, port: int = 0) -> AsyncIterator[Server]:
    """Run the robot's rosbridge on this machine."""
    async with serve(robot.handle, HOST, port, close_timeout=0.1) as server:
        yield server


def _open(where: str) -> AbstractAsyncContextManager[Server]:
    return serve_robot(SimulatedRobot(), int(where))


NEIGHBOUR = Neighbour(
    id="ros-robot",
    title="ROS 小车",
    driver="rosbridge",
    place="tcp",
    settable=("speed", "turn", "stop"),
    settings=lambda where: {"host": HOST, "port": int(where), "points": POINTS, "stop_topic": "/cmd_vel"},
    open=_open,
)
