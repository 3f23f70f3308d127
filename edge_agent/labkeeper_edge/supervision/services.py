"""What the node lends to its drivers: the lab's broker, as a session that outlives the process, and the clock."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Protocol

from labkeeper_edge.supervision.deadlines import BrokerAway
from labkeeper_sdk import DeviceUnreachable, MqttMessage
from labkeeper_wire import mqtt
from labkeeper_wire.mqtt import Message

PUBLISH_TIMEOUT_S = 5.0
STRIKES = 2  # so often a driver may break over the same message before the broker is told to forget it


class Counts(Protocol):
    """Where refusals are counted: in this process, or by the node to whom this process belongs."""

    def count(self, reason: str, source: str, detail: str = "") -> None:
        """Count one refusal of `source` under a short name."""


def digest(message: Message) -> bytes:
    """Return 32 bytes that the same message has again when the broker delivers it again."""
    return sha256(message.topic.encode() + b"\0" + message.payload).digest()


@dataclass(frozen=True, slots=True)
class Mortal:
    """For a process that may die over a message: `note` hears which one its driver is busy with, b"" for none, and the
    one with the digest `deadly` is not given to the driver any more.
    """

    note: Callable[[bytes], None]
    deadly: bytes = b""


def now_ms() -> int:
    """Return the node's clock: milliseconds since the epoch, UTC."""
    return time.time_ns() // 1_000_000


@dataclass(slots=True)
class DriverLink:
    """A link in the SDK's words: what is lost is the device, for the time being."""

    link: mqtt.Link
    take_away: Callable[["DriverLink", Message], None]
    mortal: Mortal | None = None
    handled: Message | None = None  # the message the driver is busy with

    @property
    def session_present(self) -> bool:
        """Whether the broker kept the session while we were away."""
        return self.link.session_present

    async def subscribe(self, *filters: tuple[str, int]) -> None:
        """Subscribe to (filter, QoS) pairs."""
        try:
            await self.link.subscribe(*filters)
        except mqtt.MqttError as error:
            raise BrokerAway(str(error)) from error

    async def messages(self) -> AsyncIterator[MqttMessage]:
        """Yield messages as they come."""
        try:
            async for message in self.link.messages():
                if self.mortal is not None and not self._survivable(message, self.mortal):
                    continue
                self.handled = message
                yield message
                self.handled = None
                if self.mortal is not None:
                    self.mortal.note(b"")
        except mqtt.MqttError as error:
            raise BrokerAway(str(error)) from error

    def _survivable(self, message: Message, mortal: Mortal) -> bool:
        """Note what the driver will be busy with; take away what it died over before."""
        known = digest(message)
        if known == mortal.deadly:
            self.take_away(self, message)
            return False
        mortal.note(known)
        return True

    def acknowledge(self, message: MqttMessage) -> None:
        """Let the broker forget a message."""
        if isinstance(message, Message):
            self.link.acknowledge(message)

    async def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        """Publish; at QoS 1 return when the broker has it."""
        try:
            async with asyncio.timeout(PUBLISH_TIMEOUT_S):
                await self.link.publish(topic, payload, qos=qos, retain=retain)
        except (mqtt.MqttError, TimeoutError) as error:
            raise DeviceUnreachable(str(error) or "the broker does not acknowledge") from error


@dataclass(slots=True)
class NodeServices:
    """The services of one driver instance; its client id is its own in all schools (no part but the last can hold a
    slash), and stays the same over restarts.
    """

    address: mqtt.Address
    school: str
    node: str
    instance: str
    refusals: Counts
    mortal: Mortal | None = None
    _broke_over: tuple[str, bytes] | None = field(default=None, init=False)
    _strikes: int = field(default=0, init=False)
    _known: bool = field(default=False, init=False)  # the broker has had our session since this process began

    @asynccontextmanager
    async def mqtt(self) -> AsyncIterator[DriverLink]:
        """Open the instance's persistent session; raises BrokerAway.

        A driver that breaks over a message finds it again in its next connection; the second time it is taken away,
        or one message would end this driver for good.
        """
        client_id = f"labkeeper/{self.school}/{self.node}/{self.instance}"
        try:
            async with mqtt.connect(self.address, self.address.own(client_id), clean=False, late_ack=True) as link:
                link.on_oversized = self._too_large
                if not (self._known or link.session_present):
                    await self._clear(client_id)
                self._remembered(present=link.session_present)
                driver_link = DriverLink(link, self._take_away, self.mortal)
                try:
                    yield driver_link
                except DeviceUnreachable:
                    raise
                except Exception:  # the plugin boundary; raised again
                    self._strike(driver_link)
                    raise
        except mqtt.MqttError as error:
            raise BrokerAway(str(error)) from error

    def now_ms(self) -> int:
        """Return the node's clock."""
        return now_ms()

    async def _clear(self, client_id: str) -> None:
        """End the session that a version without the account's mark left at the broker, which would keep on filling."""
        if client_id != self.address.own(client_id):
            async with mqtt.connect(self.address, client_id):
                pass

    def _remembered(self, *, present: bool) -> None:
        """What devices said while nobody was subscribed went to nobody: that is to be known."""
        if self._known and not present:
            lost = "the broker forgot our session: what devices published before we were back is lost"
            self.refusals.count("session_forgotten", f"{self.instance} session", lost)
        self._known = True

    def _too_large(self, topic: str, size: int) -> None:
        self.refusals.count("device_nonsense", f"{self.instance} {topic} too_large", f"{size} bytes")

    def _strike(self, link: DriverLink) -> None:
        message = link.handled
        if message is None:
            return
        broke_over = (message.topic, message.payload)
        self._strikes = self._strikes + 1 if broke_over == self._broke_over else 1
        self._broke_over = broke_over
        if self._strikes >= STRIKES:
            self._take_away(link, message)

    def _take_away(self, link: DriverLink, message: Message) -> None:
        self.refusals.count("driver_breaks_over", f"{self.instance} {message.topic}", repr(message.payload[:80]))
        link.acknowledge(message)
