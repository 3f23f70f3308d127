"""The rosbridge driver: a WebSocket, topics as points."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from labkeeper_drivers.confirmation import Waiting
from labkeeper_drivers.extras import need
from labkeeper_drivers.rosbridge.messages import Topics
from labkeeper_drivers.rosbridge.settings import RosbridgeConfiguration
from labkeeper_sdk import BadReading, DeviceUnreachable, Point, Reading, Services, Value

if TYPE_CHECKING:
    from labkeeper_drivers.rosbridge.socket import Socket

NONSENSE_ALLOWED = 20  # messages in a row
SELF = ""


@dataclass(slots=True)
class Robot:
    """A robot behind rosbridge. A write is done when a topic has said the new value."""

    topics: Topics
    socket: "Socket"
    _waiting: Waiting = field(default_factory=Waiting)

    @property
    def points(self) -> Sequence[Point]:
        """Return what was declared, and the stop."""
        return tuple(self.topics.points.values())

    async def changes(self) -> AsyncIterator[Sequence[Reading]]:
        """Yield what each message says; too much nonsense in a row ends the connection."""
        nonsense = 0
        try:
            async for raw in self.socket.messages():
                try:
                    readings = self.topics.readings(raw)
                except BadReading as bad:
                    nonsense += 1
                    if nonsense > NONSENSE_ALLOWED:
                        raise DeviceUnreachable(f"rosbridge: {bad}") from bad
                    continue
                nonsense = 0
                self._waiting.saw(SELF, readings)
                if readings:
                    yield readings
        finally:
            self._waiting.give_up("the connection to rosbridge ended")

    async def write(self, point: str, value: Value) -> None:
        """Publish, and wait until the feedback says the value; a stop is done when it is sent."""
        known = self.topics.points[point]
        if known.kind != "action":
            async with self._waiting.confirmation(SELF, known, value, known.confirm_s):
                await self.socket.say(self.topics.publication(point, value))
            return
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
