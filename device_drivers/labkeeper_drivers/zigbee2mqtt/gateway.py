"""The Zigbee2MQTT driver: the IO around `Bridge`."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, Field

from labkeeper_drivers.confirmation import NOT_CONFIRMED, Waiting
from labkeeper_drivers.held import Held
from labkeeper_drivers.observing import observation
from labkeeper_drivers.sweeping import sweeping
from labkeeper_drivers.zigbee2mqtt.bridge import Bridge
from labkeeper_sdk import (
    Action,
    CommandFailed,
    MqttLink,
    MqttMessage,
    Observation,
    Report,
    Services,
    Title,
    Value,
    form,
)

DEVICES = "the list of devices"  # what messages wait for


class Zigbee2MqttConfiguration(BaseModel):
    """Where the bridge speaks."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_topic: str = Field(
        "zigbee2mqtt",
        pattern=r"^[^+#/$][^+#]*[^+#/]$",
        description="mqtt.base_topic of Zigbee2MQTT",
        json_schema_extra=form(Title(zh="基础主题", en="Base topic")),
    )


@dataclass(slots=True)
class Zigbee2Mqtt:
    """Every device of one bridge, over one persistent session."""

    link: MqttLink
    bridge: Bridge
    held: Held
    waiting: Waiting = field(default_factory=Waiting)

    async def observations(self) -> AsyncIterator[Observation]:
        """Yield what every message meant; those that meant nothing are settled here."""
        async for message in self.link.messages():
            for each in self._in_order(message):
                if observed := self._observe(each):
                    yield observed

    async def write(self, device: str, point: str, value: Value) -> None:
        """Ask for a value and wait until a state message says it; an action is done when the broker has it."""
        binding, topic, payload = self.bridge.command(device, point, value)
        if isinstance(binding.point, Action):
            await self._send_once(topic, payload, binding.point.confirm_s)
            return
        async with self.waiting.confirmation(device, binding.point, value, binding.point.confirm_s):
            await self.link.publish(topic, payload)

    async def _send_once(self, topic: str, payload: bytes, within_s: float) -> None:
        try:
            async with asyncio.timeout(within_s):
                await self.link.publish(topic, payload)
        except TimeoutError:
            raise CommandFailed(NOT_CONFIRMED, f"the broker did not take the command within {within_s:g} s") from None

    def _in_order(self, message: MqttMessage) -> Iterator[MqttMessage]:
        """Yield the message, and after the list of devices what had to wait for it."""
        if self.bridge.waits_for_devices(message.topic):
            self.held.keep(DEVICES, message, asyncio.get_running_loop().time())
            return
        yield message
        if self.bridge.described:
            yield from self.held.release([DEVICES])

    def _observe(self, message: MqttMessage) -> Observation | None:
        events = self.bridge.hear(message.topic, message.payload, retain=message.retain)
        for event in events:
            if isinstance(event, Report):
                self.waiting.saw(event.device, event.readings)
        if events:
            return observation(self.link, message, events)
        self.link.acknowledge(message)
        return None


@asynccontextmanager
async def connect(configuration: BaseModel, services: Services) -> AsyncIterator[Zigbee2Mqtt]:
    """Open the bridge behind the lab's broker.

    The list of devices and their availability come first and at QoS 0: they must not queue behind state messages
    that cannot be understood, and so not be acknowledged, without them.
    """
    base = Zigbee2MqttConfiguration.model_validate(configuration, from_attributes=True).base_topic
    async with services.mqtt() as link:
        gateway = Zigbee2Mqtt(link, Bridge(base), Held(link.acknowledge))
        about = [f"{base}/bridge/state", *(f"{base}/{'+/' * depth}availability" for depth in (1, 2, 3))]
        await link.subscribe(*((topic, 0) for topic in (*about, f"{base}/bridge/devices")), (f"{base}/#", 1))
        async with sweeping(gateway.held):
            try:
                yield gateway
            finally:
                gateway.waiting.give_up("the connection to the broker ended first")
