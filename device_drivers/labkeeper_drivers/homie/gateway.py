"""The Homie driver: the IO around `Tree`."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, Field

from labkeeper_drivers.confirmation import Waiting
from labkeeper_drivers.held import Held
from labkeeper_drivers.homie.payloads import decode, encode
from labkeeper_drivers.homie.tree import Accepted, Tree
from labkeeper_drivers.observing import observation
from labkeeper_drivers.sweeping import sweeping
from labkeeper_sdk import (
    Action,
    BadReading,
    CommandRejected,
    MqttLink,
    MqttMessage,
    Observation,
    Report,
    Services,
    Title,
    Value,
    form,
)


class HomieConfiguration(BaseModel):
    """Which Homie domain to hear."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    domain: str = Field(
        "homie",
        pattern=r"^[^+#/$]+$",
        description="the first level of the topics",
        json_schema_extra=form(Title(zh="Homie 域", en="Homie domain")),
    )


@dataclass(slots=True)
class Homie:
    """Every device of one domain, over one persistent session."""

    link: MqttLink
    tree: Tree
    held: Held
    waiting: Waiting = field(default_factory=Waiting)

    async def observations(self) -> AsyncIterator[Observation]:
        """Yield what every message meant; those that meant nothing are settled here."""
        async for message in self.link.messages():
            for each in self._in_order(message):
                if observed := self._observe(each):
                    yield observed

    async def write(self, device: str, point: str, value: Value) -> None:
        """Ask for a value and wait until the property has it; an action is done when it is sent.

        At QoS 0, as the convention has it for momentary properties, and here for all: a broker queues QoS 1 and 2
        for a device that has just dropped out, and would start it when nobody expects it any more.
        """
        told, topic = self.tree.command(device, point)
        payload = encode(value)
        try:
            decode(told.datatype, payload, told.options)
        except BadReading as bad:
            raise CommandRejected(bad.reason, f"{point} does not take {value!r}"[:200]) from None
        if isinstance(told.point, Action):
            await self.link.publish(topic, payload, qos=0)
            return
        async with self.waiting.confirmation(device, told.point, value, told.point.confirm_s):
            await self.link.publish(topic, payload, qos=0)

    def _in_order(self, message: MqttMessage) -> Iterator[MqttMessage]:
        """Yield the message, and after a description what had to wait for it."""
        device = self.tree.waits_for(message.topic)
        if device is not None:
            self.held.keep(device, message, asyncio.get_running_loop().time())
            return
        yield message
        device = self.tree.device_of(message.topic)
        known = self.tree.devices.get(device)
        if known is not None and known.announced is not None:
            yield from self.held.release([device])

    def _observe(self, message: MqttMessage) -> Observation | None:
        heard = self.tree.hear(message.topic, message.payload, retain=message.retain)
        for event in heard:
            if isinstance(event, Report):
                self.waiting.saw(event.device, event.readings)
            elif isinstance(event, Accepted):
                self.waiting.accepted(event.device, event.point, event.target)
        events = tuple(event for event in heard if not isinstance(event, Accepted))
        if events:
            return observation(self.link, message, events)
        self.link.acknowledge(message)
        return None


@asynccontextmanager
async def connect(configuration: BaseModel, services: Services) -> AsyncIterator[Homie]:
    """Open the domain at the lab's broker.

    Targets, states and descriptions come first and at QoS 0: they must not queue behind values that cannot be
    understood, and so not be acknowledged, without them.
    """
    domain = HomieConfiguration.model_validate(configuration, from_attributes=True).domain
    async with services.mqtt() as link:
        gateway = Homie(link, Tree(domain, session_present=link.session_present), Held(link.acknowledge))
        about = (f"{domain}/5/{rest}" for rest in ("+/+/+/$target", "+/$state", "+/$description"))
        await link.subscribe(*((topic, 0) for topic in about), (f"{domain}/5/#", 1))
        async with sweeping(gateway.held):
            try:
                yield gateway
            finally:
                gateway.waiting.give_up("the connection to the broker ended first")
