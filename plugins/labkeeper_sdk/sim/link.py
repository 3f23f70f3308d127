"""One MQTT connection of the lab: comes back for ever, and knows which readings the broker has acknowledged."""

import asyncio
import logging
import math
import socket
from collections.abc import Sequence
from contextlib import suppress
from itertools import count
from random import Random
from typing import Protocol

import aiomqtt

from labkeeper_sdk.sim.messages import Outgoing
from labkeeper_sdk.sim.settings import Broker
from labkeeper_sdk.sim.witness import Witness, now_ms
from labkeeper_sdk.testing.clients import using

log = logging.getLogger(__name__)

FIRST_WAIT_S, LONGEST_WAIT_S = 0.2, 2.0
WINDOW = 1000
"""Messages under way at once; paho's own default of 20 would throttle a counter that catches up."""


class Talker(Protocol):
    """Whoever speaks over a link: a Zigbee bridge, a Homie device, the simulator's own control."""

    @property
    def will(self) -> Outgoing | None:
        """Return what the broker says where the connection breaks."""
        ...

    @property
    def filters(self) -> tuple[str, ...]:
        """Return the topics on which commands arrive."""
        ...

    def greeting(self) -> Sequence[Outgoing]:
        """Return what is said first on every connection."""
        ...

    def ready(self) -> Sequence[Outgoing]:
        """Return what is said once commands can arrive."""
        ...

    def farewell(self) -> Sequence[Outgoing]:
        """Return what is said before leaving on purpose."""
        ...

    def received(self, topic: str, payload: bytes) -> None:
        """Take a message; answers go out through the link."""
        ...


class Link:
    """A connection, made anew whenever it breaks; readings without an acknowledgement are sent again."""

    def __init__(self, broker: Broker, client_id: str, witness: Witness) -> None:
        self.up = asyncio.Event()
        self.witness = witness
        self._broker = broker
        self.name = client_id
        self._random = Random(client_id)
        self._tickets = count()
        self._unsettled: dict[int, tuple[Outgoing, int]] = {}
        self._tried: set[int] = set()  # tickets of what was handed to a connection: it may have come through
        self._leaving = asyncio.Event()
        self._away_s = 0.0
        self._client: aiomqtt.Client | None = None
        self._group: asyncio.TaskGroup | None = None

    def send(self, message: Outgoing) -> None:
        """Publish at the loop's next turn, in the order of calls; while the link is down only `keep` is remembered."""
        self._start(message)

    def leave(self) -> None:
        """Say farewell and end `run`."""
        self._leaving.set()

    def cut(self, away_s: float) -> None:
        """Break the connection as a power cut does, without a goodbye, and stay away for `away_s`."""
        self._away_s = away_s
        if self._client is not None:
            wire = self._client._client.socket()  # noqa: SLF001 - aiomqtt always says DISCONNECT, a power cut never does
            if isinstance(wire, socket.socket):
                wire.shutdown(socket.SHUT_RDWR)

    def listen(self, *filters: str) -> None:
        """Hear more topics on the present connection; the next one asks the talker for all of them."""
        if self._client is not None and self._group is not None:
            self._group.create_task(_hear_more(self._client, filters))

    async def run(self, talker: Talker) -> None:
        """Hold the connection until `leave`; what could not be confirmed by then goes to the witness as such."""
        attempt = 0
        while not self._leaving.is_set():
            try:
                await self._converse(talker)
            except* aiomqtt.MqttError as errors:
                attempt = 0 if self.up.is_set() else attempt + 1
                if attempt <= 1:
                    log.warning("%s: no broker: %s", self.name, errors.exceptions[0])
            self.up.clear()
            await self._rest(attempt)
        for message, published_ms in self._unsettled.values():
            self.witness.unconfirmed(message, published_ms)

    async def _converse(self, talker: Talker) -> None:
        async with using(self._connection(talker)) as client, asyncio.TaskGroup() as group:
            self._client, self._group = client, group
            try:
                reader = group.create_task(self._until_lost(client), name=f"{self.name} reads")
                await self._introduce(client, talker)
                self.up.set()
                await self._leaving.wait()
                await _settled(self._say(talker.farewell()))
                reader.cancel()
            finally:
                self._client, self._group = None, None

    def _connection(self, talker: Talker) -> aiomqtt.Client:
        will = talker.will
        client = aiomqtt.Client(
            self._broker.host,
            self._broker.port,
            username=self._broker.username,
            password=self._broker.password,
            identifier=self.name,
            will=aiomqtt.Will(will.topic, will.payload, will.qos, will.retain) if will else None,
            keepalive=10,
            max_inflight_messages=WINDOW,
            queue_type=_ear(talker),
            socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
        )
        client.pending_calls_threshold = 10 * WINDOW
        return client

    async def _introduce(self, client: aiomqtt.Client, talker: Talker) -> None:
        """Send again what nobody acknowledged, then greet: no turn of the loop lies between, so nothing overtakes."""
        old, self._unsettled = self._unsettled, {}
        for ticket, (message, sent_ms) in old.items():
            if ticket in self._tried:  # a broker that was killed may have passed it on and never said so
                self.witness.unconfirmed(message, sent_ms)
            self._start(message, sent_ms)
        self._tried -= old.keys()
        greeted = self._say(talker.greeting())
        await _subscribe(client, talker.filters)
        await _settled(greeted)
        await _settled(self._say(talker.ready()))

    def _say(self, messages: Sequence[Outgoing]) -> list[asyncio.Task[None]]:
        return [task for task in map(self._start, messages) if task]

    def _start(self, message: Outgoing, sent_ms: int | None = None) -> asyncio.Task[None] | None:
        if self._client is None or self._group is None:
            if message.keep:
                self._unsettled[next(self._tickets)] = (message, now_ms())
            return None
        ticket = next(self._tickets)
        if message.sightings:
            self._unsettled[ticket] = (message, now_ms() if sent_ms is None else sent_ms)
            self._tried.add(ticket)
        return self._group.create_task(self._publish(self._client, ticket, message))

    async def _publish(self, client: aiomqtt.Client, ticket: int, message: Outgoing) -> None:
        try:
            await client.publish(
                message.topic, message.payload, qos=message.qos, retain=message.retain, timeout=math.inf
            )
        except aiomqtt.MqttError:
            return  # only `_until_lost` ends a connection; what carries readings stays unsettled
        settled = self._unsettled.pop(ticket, None)
        self._tried.discard(ticket)
        if settled is not None:
            vouch = self.witness.acknowledged if message.qos else self.witness.unconfirmed
            vouch(*settled)

    async def _until_lost(self, client: aiomqtt.Client) -> None:
        """Wait for the end of the connection, which raises MqttError; the ear has already heard all messages."""
        try:
            async for _ in client.messages:
                pass
        finally:
            self._client = None  # before the task group knows: it takes no more tasks from then on

    async def _rest(self, attempt: int) -> None:
        wait_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(attempt, 10)) * self._random.uniform(0.5, 1.0)
        wait_s, self._away_s = max(wait_s, self._away_s), 0.0
        try:
            async with asyncio.timeout(wait_s):
                await self._leaving.wait()
        except TimeoutError:
            return


def _ear(talker: Talker) -> type[asyncio.Queue[aiomqtt.Message]]:
    """Return a queue that holds nothing: a device hears in the very turn in which the bytes came.

    aiomqtt's iterator makes a task for every message, which costs a device that must answer at once half a millisecond.
    """

    class Ear(asyncio.Queue[aiomqtt.Message]):
        def put_nowait(self, item: aiomqtt.Message) -> None:
            if not item.retain and isinstance(item.payload, bytes):
                talker.received(str(item.topic), item.payload)

    return Ear


async def _subscribe(client: aiomqtt.Client, filters: Sequence[str]) -> None:
    if filters:
        await client.subscribe([(topic, 1) for topic in filters])


async def _hear_more(client: aiomqtt.Client, filters: Sequence[str]) -> None:
    with suppress(aiomqtt.MqttError):
        await _subscribe(client, filters)


async def _settled(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Wait for the tasks; one that fails ends the whole connection, so nobody needs to look at them here."""
    if tasks:
        await asyncio.wait(tasks)
