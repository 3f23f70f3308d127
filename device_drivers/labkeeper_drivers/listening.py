"""What all drivers behind MQTT share: the IO around an interpreter that only thinks."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from labkeeper_drivers.confirmation import NOT_CONFIRMED, Waiting
from labkeeper_drivers.held import Held
from labkeeper_drivers.lapsing import Lapses, Later
from labkeeper_drivers.observing import observation
from labkeeper_drivers.sweeping import sweeping
from labkeeper_sdk import Action, CommandFailed, GatewayEvent, MqttLink, MqttMessage, Observation, Point, Report, Value


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to the devices.

    At QoS 0 unless a bridge stands between: a broker queues QoS 1 and 2 for a device that has just dropped out, and
    would start it when nobody expects it any more.
    """

    topic: str
    payload: bytes
    qos: int = 0


@dataclass(frozen=True, slots=True)
class Accepted:
    """The device has taken a target it has not reached yet."""

    device: str
    point: str
    target: Value


@dataclass(frozen=True, slots=True)
class Answered:
    """The device has answered the command with this ticket: done, or why not."""

    ticket: str
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Listen:
    """More topics have to be heard to understand the devices: (filter, QoS)."""

    filters: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Hold:
    """The message cannot be understood yet: keep it until this is explained."""

    missing: str


Heard: TypeAlias = GatewayEvent | Accepted | Answered | Listen | Hold | Later | Outgoing
NOT_OBSERVED = (Accepted, Answered, Listen, Hold, Later, Outgoing)


@dataclass(frozen=True, slots=True)
class Order:
    """What a command means on the wire, and what confirms it.

    A reading of `point` confirms it; with a ticket the device's answer does. An action without a ticket is done when
    it is sent.
    """

    point: Point
    messages: tuple[Outgoing, ...]
    ticket: str = ""


class Interpreter(Protocol):
    """A sans-IO core: what messages mean, and what commands look like."""

    def waits_for(self, topic: str) -> str | None:
        """Return what is missing to understand a message on this topic, None if nothing is."""

    def explained(self, topic: str) -> Iterable[str]:
        """Return what is no longer missing, now that a message on this topic has been heard."""

    def hear(self, topic: str, payload: bytes, *, retain: bool) -> tuple[Heard, ...]:
        """Return what a message means; nothing it holds can raise."""

    def command(self, device: str, point: str, value: Value) -> Order:
        """Return how to ask for a value; raises CommandRejected."""


@dataclass(slots=True)
class MqttGateway:
    """Every device an interpreter knows, over one persistent session; `lapses` where silence says something, too."""

    link: MqttLink
    interpreter: Interpreter
    held: Held
    waiting: Waiting = field(default_factory=Waiting)
    lapses: Lapses | None = None

    async def observations(self) -> AsyncIterator[Observation]:
        """Yield what every message meant; those that meant nothing are settled here."""
        messages = self.link.messages()
        async for message in messages if self.lapses is None else self.lapses.among(messages):
            if isinstance(message, Report):
                yield Observation((message,))
                continue
            for each in self._in_order(message):
                heard = self.interpreter.hear(each.topic, each.payload, retain=each.retain)
                await self._act(heard)
                if observed := self._observed(each, heard):
                    yield observed

    async def write(self, device: str, point: str, value: Value) -> None:
        """Ask for a value and wait until the device confirms it; an action is done when it is sent."""
        order = self.interpreter.command(device, point, value)
        if isinstance(order.point, Action) and not order.ticket:
            await self._send_once(order)
            return
        within_s = order.point.confirm_s
        async with self.waiting.confirmation(device, order.point, value, within_s, ticket=order.ticket):
            await self._send(order.messages)

    async def _send_once(self, order: Order) -> None:
        within_s = order.point.confirm_s
        try:
            async with asyncio.timeout(within_s):
                await self._send(order.messages)
        except TimeoutError:
            raise CommandFailed(NOT_CONFIRMED, f"the broker did not take the command within {within_s:g} s") from None

    async def _send(self, messages: Iterable[Outgoing]) -> None:
        for message in messages:
            await self.link.publish(message.topic, message.payload, qos=message.qos)

    def _in_order(self, message: MqttMessage) -> Iterator[MqttMessage]:
        """Yield the message, and after one that explains others those that had to wait for it."""
        missing = self.interpreter.waits_for(message.topic)
        if missing is not None:
            self._keep(missing, message)
            return
        yield message
        yield from self.held.release(self.interpreter.explained(message.topic))

    def _keep(self, missing: str, message: MqttMessage) -> None:
        self.held.keep(missing, message, asyncio.get_running_loop().time())

    async def _act(self, heard: Iterable[Heard]) -> None:
        if self.lapses is not None:
            self.lapses.hear(heard)
        for event in heard:
            if isinstance(event, Report):
                self.waiting.saw(event.device, event.readings)
            elif isinstance(event, Accepted):
                self.waiting.accepted(event.device, event.point, event.target)
            elif isinstance(event, Answered):
                self.waiting.answered(event.ticket, event.refusal)
            elif isinstance(event, Listen):
                await self.link.subscribe(*event.filters)
            elif isinstance(event, Outgoing):
                await self._send([event])

    def _observed(self, message: MqttMessage, heard: Iterable[Heard]) -> Observation | None:
        events = tuple(each for each in heard if not isinstance(each, NOT_OBSERVED))
        missing = next((each.missing for each in heard if isinstance(each, Hold)), None)
        if events:
            return observation(self.link, message, events)
        if missing is not None:
            self._keep(missing, message)
        else:
            self.link.acknowledge(message)
        return None


@asynccontextmanager
async def listening(
    link: MqttLink,
    interpreter: Interpreter,
    filters: Iterable[tuple[str, int]],
    greeting: Iterable[Outgoing] = (),
    *,
    lapses: Lapses | None = None,
) -> AsyncIterator[MqttGateway]:
    """Subscribe in this order, greet, and yield the gateway; writes under way fail at once when it ends."""
    gateway = MqttGateway(link, interpreter, Held(link.acknowledge), lapses=lapses)
    await link.subscribe(*filters)
    for message in greeting:
        await link.publish(message.topic, message.payload, qos=message.qos)
    async with sweeping(gateway.held):
        try:
            yield gateway
        finally:
            gateway.waiting.give_up("the connection to the broker ended first")
