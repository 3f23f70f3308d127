"""The rosbridge driver: a WebSocket, topics as points."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from labkeeper_drivers.extras import need
from labkeeper_drivers.rosbridge.messages import Topics
from labkeeper_drivers.rosbridge.settings import RosbridgeConfiguration
from labkeeper_drivers.telling import Telling
from labkeeper_sdk import DeviceUnreachable, Point, Reading, Services, Value

if TYPE_CHECKING:
    from labkeeper_drivers.rosbridge.socket import Socket


@dataclass(slots=True)
class Robot:
    """A robot behind rosbridge. A write is done when a topic has said the new value, a stop when it came back."""

    topics: Topics
    socket: "Socket"
    telling: Telling = field(default_factory=lambda: Telling("rosbridge"))

    @property
    def points(self) -> Sequence[Point]:
        """Return what was declared, and the stop."""
        return tuple(self.topics.points.values())

    async def changes(self) -> AsyncIterator[Sequence[Reading]]:
        """Yield what each message says; too much nonsense in a row ends the connection."""
        async for readings in self.telling.readings(self.socket.messages(), self.topics.readings):
            if told := [it for it in readings if self.topics.points[it.point].kind != "action"]:
                yield told

    async def write(self, point: str, value: Value) -> None:
        """Publish, and wait until the feedback says the value: rosbridge itself never says what it refuses."""
        async with self.telling.confirmation(self.topics.points[point], value):
            await self.socket.say(self.topics.publication(point, value))

    async def repeat(self, topic: str, every_s: float) -> None:
        """Publish a topic's newest message again and again, until the connection ends."""
        while True:
            await asyncio.sleep(every_s)
            if (message := self.topics.repeated(topic)) is not None:
                try:
                    await self.socket.say(message)
                except DeviceUnreachable:
                    return  # whoever listens notices too


@asynccontextmanager
async def connect(configuration: RosbridgeConfiguration, services: Services) -> AsyncIterator[Robot]:  # noqa: ARG001 -- the protocol's
    """Connect, subscribe, advertise."""
    await need("rosbridge", "websockets.asyncio.client")
    from labkeeper_drivers.rosbridge.socket import open_socket  # noqa: PLC0415 -- needs the extra

    topics = Topics(configuration)
    scheme = "wss" if configuration.tls else "ws"
    async with open_socket(f"{scheme}://{configuration.host}:{configuration.port}") as socket:
        robot = Robot(topics, socket)
        for message in topics.opening():
            await socket.say(message)
        repeating = [
            asyncio.create_task(robot.repeat(topic, every_s), name=f"rosbridge {topic}")
            for topic, every_s in topics.rhythms().items()
        ]
        try:
            yield robot
        finally:
            for task in repeating:
                task.cancel()
            await asyncio.gather(*repeating, return_exceptions=True)
