"""What the node lends to its drivers: the lab's broker, as a session that outlives the process, and the clock."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from labkeeper_sdk import DeviceUnreachable, MqttMessage
from labkeeper_wire import mqtt

PUBLISH_TIMEOUT_S = 5.0


def now_ms() -> int:
    """Return the node's clock: milliseconds since the epoch, UTC."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class DriverLink:
    """A link in the SDK's words: what is lost is the device, for the time being."""

    link: mqtt.Link

    async def subscribe(self, *filters: tuple[str, int]) -> None:
        """Subscribe to (filter, QoS) pairs."""
        try:
            await self.link.subscribe(*filters)
        except mqtt.MqttError as error:
            raise DeviceUnreachable(str(error)) from error

    async def messages(self) -> AsyncIterator[MqttMessage]:
        """Yield messages as they come."""
        try:
            async for message in self.link.messages():
                yield message
        except mqtt.MqttError as error:
            raise DeviceUnreachable(str(error)) from error

    def acknowledge(self, message: MqttMessage) -> None:
        """Let the broker forget a message."""
        if isinstance(message, mqtt.Message):
            self.link.acknowledge(message)

    async def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        """Publish; at QoS 1 return when the broker has it."""
        try:
            async with asyncio.timeout(PUBLISH_TIMEOUT_S):
                await self.link.publish(topic, payload, qos=qos, retain=retain)
        except (mqtt.MqttError, TimeoutError) as error:
            raise DeviceUnreachable(str(error) or "the broker does not acknowledge") from error


@dataclass(frozen=True, slots=True)
class NodeServices:
    """The services of one driver instance; its client id is its own and stays the same over restarts."""

    address: mqtt.Address
    node: str
    instance: str

    @asynccontextmanager
    async def mqtt(self) -> AsyncIterator[DriverLink]:
        """Open the instance's persistent session; raises DeviceUnreachable."""
        client_id = f"labkeeper-{self.node}-{self.instance}"
        try:
            async with mqtt.connect(self.address, client_id, clean=False, late_ack=True) as link:
                yield DriverLink(link)
        except mqtt.MqttError as error:
            raise DeviceUnreachable(str(error)) from error

    def now_ms(self) -> int:
        """Return the node's clock."""
        return now_ms()
