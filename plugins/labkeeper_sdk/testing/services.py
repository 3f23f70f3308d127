"""What a node lends to its drivers, for tests: the lab's broker with late acknowledgement, and the clock.

It stands on paho-mqtt, not on the product's own client, so that a driver is tried with a second implementation.
"""

import asyncio
import itertools
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from labkeeper_sdk.drivers import MqttMessage
from labkeeper_sdk.errors import DeviceUnreachable

PATIENCE_S = 5.0
REMEMBERED = 64  # acknowledgements that came before anybody waited for them
_numbers = itertools.count()


@dataclass(frozen=True, slots=True)
class Heard:
    """A message in the SDK's words."""

    topic: str
    payload: bytes
    qos: int
    retain: bool
    dup: bool
    packet_id: int


@dataclass(slots=True, eq=False)
class TestLink:
    """One persistent session; paho's thread hands everything over to the event loop."""

    __test__ = False  # not a class of tests

    client: paho.Client
    loop: asyncio.AbstractEventLoop
    said: Callable[[str, bytes], None] = lambda *_: None
    session_present: bool = False
    _arrived: asyncio.Queue[Heard | None] = field(default_factory=asyncio.Queue)
    _waiting: dict[int, asyncio.Future[None]] = field(default_factory=dict)
    _done: set[int] = field(default_factory=set)
    _up: asyncio.Event = field(default_factory=asyncio.Event)
    _lost: str = ""

    async def subscribe(self, *filters: tuple[str, int]) -> None:
        """Subscribe to (filter, QoS) pairs."""
        _, number = self.client.subscribe(list(filters))
        await self._confirmed(number)

    async def messages(self) -> AsyncIterator[MqttMessage]:
        """Yield messages as they come; raises DeviceUnreachable when the link is lost."""
        while (message := await self._arrived.get()) is not None:
            yield message
        self._arrived.put_nowait(None)
        raise DeviceUnreachable(self._lost)

    def acknowledge(self, message: MqttMessage) -> None:
        """Let the broker forget a message."""
        if message.qos:
            self.client.ack(message.packet_id, message.qos)

    async def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        """Publish; at QoS 1 return when the broker has it."""
        self.said(topic, payload)
        sent = self.client.publish(topic, payload, qos=qos, retain=retain)
        if self._lost:
            raise DeviceUnreachable(self._lost)
        if qos:
            await self._confirmed(sent.mid)

    async def connected(self) -> None:
        """Wait until the broker has taken us; raises DeviceUnreachable."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._up.wait()
        except TimeoutError:
            raise DeviceUnreachable("the broker does not answer") from None
        if self._lost:
            raise DeviceUnreachable(self._lost)

    async def _confirmed(self, number: int | None) -> None:
        if self._lost or number is None:
            raise DeviceUnreachable(self._lost or "not connected")
        if number in self._done:
            self._done.discard(number)
            return
        future = self._waiting[number] = self.loop.create_future()
        try:
            async with asyncio.timeout(PATIENCE_S):
                await future
        except TimeoutError:
            raise DeviceUnreachable("the broker does not acknowledge") from None
        finally:
            self._waiting.pop(number, None)

    # --- called in the event loop, on behalf of paho's thread ---
    def took(self, present: bool, refused: str) -> None:  # noqa: FBT001 -- positional, from a callback
        """The broker took or refused us."""
        self.session_present = present
        self._lost = refused
        self._up.set()

    def lost(self, why: str) -> None:
        """The connection ended."""
        self._lost = self._lost or why
        self._up.set()
        self._arrived.put_nowait(None)
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(DeviceUnreachable(why))

    def heard(self, message: Heard) -> None:
        """A message came."""
        self._arrived.put_nowait(message)

    def done(self, number: int) -> None:
        """The broker acknowledged what had this number."""
        future = self._waiting.get(number)
        if future is None:
            self._done = {number, *list(self._done)[:REMEMBERED]}
        elif not future.done():
            future.set_result(None)


@dataclass(frozen=True, slots=True)
class TestServices:
    """What a driver is lent in a test. `broker` is an mqtt:// URL; the client id stays the same over connections.
    `said` hears what the driver publishes.
    """

    __test__ = False  # not a class of tests

    broker: str = ""
    client_id: str = field(default_factory=lambda: f"labkeeper-test-{os.getpid()}-{next(_numbers)}")
    said: Callable[[str, bytes], None] = lambda *_: None

    @asynccontextmanager
    async def mqtt(self) -> AsyncIterator[TestLink]:
        """Open the persistent session; raises DeviceUnreachable."""
        where = urlsplit(self.broker)
        if not where.hostname:
            raise DeviceUnreachable("this test has no broker")
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            self.client_id,
            clean_session=False,
            manual_ack=True,
            reconnect_on_failure=False,
        )
        link = TestLink(client, asyncio.get_running_loop(), self.said)
        _connect(link)
        try:
            await asyncio.to_thread(_open, client, where.hostname, where.port or 1883)
            await link.connected()
            yield link
        finally:
            client.disconnect()
            await asyncio.to_thread(client.loop_stop)

    def now_ms(self) -> int:
        """Return the machine's time: milliseconds since the epoch, UTC."""
        return time.time_ns() // 1_000_000


def _open(client: paho.Client, host: str, port: int) -> None:
    try:
        client.connect(host, port, keepalive=10)
    except OSError as error:
        raise DeviceUnreachable(str(error)) from error
    client.loop_start()


def _connect(link: TestLink) -> None:
    """Hand paho's callbacks over to the event loop."""
    tell = link.loop.call_soon_threadsafe

    def on_connect(_c: paho.Client, _u: object, flags: paho.ConnectFlags, reason: ReasonCode, _p: object) -> None:
        tell(link.took, flags.session_present, str(reason) if reason.is_failure else "")

    def on_disconnect(_c: paho.Client, _u: object, _f: object, reason: object, _p: object) -> None:
        if not link.loop.is_closed():
            tell(link.lost, f"the broker's connection ended: {reason}")

    def on_message(_c: paho.Client, _u: object, it: paho.MQTTMessage) -> None:
        tell(link.heard, Heard(it.topic, bytes(it.payload), it.qos, it.retain, it.dup, it.mid))

    def on_done(_c: paho.Client, _u: object, number: int, *_: object) -> None:
        tell(link.done, number)

    link.client.on_connect, link.client.on_disconnect = on_connect, on_disconnect
    link.client.on_message, link.client.on_publish, link.client.on_subscribe = on_message, on_done, on_done
