"""The hub's place at the broker: one connection after the other, each with a Sparkplug host session of its own."""

import asyncio
import logging
import random
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from labkeeper_hub.ingest.births import Births
from labkeeper_hub.ingest.intake import Intake
from labkeeper_hub.model import NodeKey
from labkeeper_hub.pulse import Pulse
from labkeeper_wire import mqtt
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.delivery import ACK, JOURNAL
from labkeeper_wire.effects import (
    DataReceived,
    DeviceBorn,
    DeviceDied,
    Disconnect,
    HostEffect,
    LinkStale,
    NodeBorn,
    NodeDied,
    Publish,
    Refused,
    Subscribe,
)
from labkeeper_wire.host_session import HostSession
from labkeeper_wire.payload import Metric
from labkeeper_wire.state import BadState, parse_state, state_topic
from labkeeper_wire.topics import NAMESPACE, BadTopic, Kind, parse

log = logging.getLogger(__name__)
TICK_S = 0.2
TURN_S = 0.004  # of one task in the event loop, before commands and pages get theirs
FIRST_WAIT_S = 0.2
LAST_WAIT_S = 5.0
RIVAL_WAIT_S = 30.0  # while another hub uses our host id, and the broker throws out one of us for the other
RIVAL_MS = 300_000  # so long after its last word a rival counts as gone
STATE_PREFIX = f"{NAMESPACE}/STATE/"


class NotConnected(Exception):
    """There is no broker to send it to."""


@dataclass(slots=True)
class Outlet:
    """The way out while there is one: commands and acknowledgements leave here, never queued."""

    session: HostSession | None = None
    link: mqtt.Link | None = None

    def write(self, node: NodeKey, device: str | None, metrics: Sequence[Metric]) -> None:
        """Send an NCMD or DCMD; raises NotConnected, LinkLost, and CannotEncode for a value that does not fit."""
        if self.session is None or self.link is None:
            raise NotConnected
        order = self.session.command(*node, device, metrics, time.time_ns() // 1_000_000)
        self.link.send(order.topic, order.payload)

    def acknowledge(self, node: NodeKey, text: str) -> None:
        """Tell a node what is stored; if it cannot be told, it sends again and is told then."""
        self._tell(node, Metric(ACK, text, DataType.STRING))

    def introduce(self, node: NodeKey, journal: str) -> None:
        """Tell a node whose journal this is; if it cannot be told, its next birth asks again."""
        self._tell(node, Metric(JOURNAL, journal, DataType.STRING))

    def _tell(self, node: NodeKey, metric: Metric) -> None:
        try:
            self.write(node, None, (metric,))
        except (NotConnected, mqtt.LinkLost):
            return


@dataclass(slots=True)
class Host:
    """Carries out what the session wants, and gives what it heard to intake and births."""

    address: mqtt.Address
    host_id: str
    births: Births
    intake: Intake
    outlet: Outlet
    now_ms: Callable[[], int]
    messages: int = 0
    pulse: Pulse = field(default_factory=lambda: Pulse("host"))
    _ours_ms: deque[int] = field(default_factory=lambda: deque(maxlen=64), init=False)
    _rival_ms: int | None = field(default=None, init=False)
    _said: str = field(default="", init=False)

    @property
    def connected(self) -> bool:
        """Whether there is a session at the broker."""
        return self.outlet.link is not None

    @property
    def id_taken(self) -> bool:
        """Whether another hub used our host id a short while ago."""
        return self._rival_ms is not None and self.now_ms() - self._rival_ms < RIVAL_MS

    async def run(self) -> None:
        """Keep a connection, for ever; cancelled, it says goodbye first."""
        wait_s = FIRST_WAIT_S
        while True:
            try:
                async with self._connection() as link:
                    wait_s = FIRST_WAIT_S
                    await self._listen(link)
            except mqtt.MqttError as lost:
                self._say(f"no broker: {lost}")
            await asyncio.sleep((RIVAL_WAIT_S if self.id_taken else wait_s) * random.uniform(0.5, 1.0))
            wait_s = min(wait_s * 2, LAST_WAIT_S)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[mqtt.Link]:
        session = HostSession(self.host_id, connect_ms=self.now_ms())
        self._ours_ms.append(session.connect_ms)
        will = mqtt.Will(session.will.topic, session.will.payload, session.will.qos, session.will.retain)
        async with mqtt.connect(self.address, self.address.own(f"labkeeper-host-{self.host_id}"), will=will) as link:
            link.on_oversized = lambda topic, _: self.intake.refusals.count("too_large", topic)
            try:
                now_ms = self.now_ms()
                await self._carry_out(link, session.connected(now_ms), now_ms)
                self.outlet.session, self.outlet.link = session, link
                self._say("connected")
                yield link
            except asyncio.CancelledError:
                await self._leave(link, session)
                raise
            finally:
                self.outlet.session = self.outlet.link = None
                for effect in session.link_lost(self.now_ms()):
                    self._hear(effect, self.now_ms())

    async def _leave(self, link: mqtt.Link, session: HostSession) -> None:
        try:
            async with asyncio.timeout(2):
                now_ms = self.now_ms()
                await self._carry_out(link, session.leave(now_ms), now_ms)
        except (mqtt.MqttError, TimeoutError) as error:
            log.warning("the broker did not hear the goodbye: %s", error)

    async def _listen(self, link: mqtt.Link) -> None:
        """Read on and on, but no more than the journal can take, and tick beside it."""
        ticking = asyncio.create_task(self._tick(link), name="host session's clock")
        try:
            async for messages in link.batches():
                await self._take(link, messages)
        finally:
            ticking.cancel()

    async def _take(self, link: mqtt.Link, messages: list[mqtt.Message]) -> None:
        clock = time.monotonic
        until, now_ms = clock() + TURN_S, self.now_ms()
        session, journal, own_state = self.outlet.session, self.intake.journal, state_topic(self.host_id)
        if session is None:
            return
        self.pulse.begin()
        for message in messages:
            self.messages += 1
            if message.retain or message.topic == own_state:
                effects = self._unusual(session, message, now_ms)
            else:
                effects = session.received(message.topic, message.payload, now_ms)
            for effect in effects:
                if type(effect) is DataReceived:
                    self._data(effect, now_ms)
                else:
                    await self._carry_out(link, (effect,), now_ms)
            if journal.full:
                self.pulse.end()  # a disk that cannot keep up is the journal's matter
                await journal.room()
                self.pulse.begin()
                now_ms = self.now_ms()
            if clock() > until:
                await asyncio.sleep(0)
                until, now_ms = clock() + TURN_S, self.now_ms()
        self.pulse.end()

    def _unusual(self, session: HostSession, message: mqtt.Message, now_ms: int) -> list[HostEffect]:
        """Return what a host's word under our own id means, or what the broker kept. That says nothing of now, a birth
        of last year least of all: its node is asked what is true, if it is there at all.
        """
        topic = message.topic
        if topic == state_topic(self.host_id):
            self._look_for_rival(message)
        if topic.startswith(STATE_PREFIX):
            return session.received(topic, message.payload, now_ms)
        self.intake.refusals.count("retained", topic)
        try:
            kept = parse(topic)
        except BadTopic:
            return []
        return session.request_rebirth(kept.group, kept.node, now_ms) if kept.kind is Kind.NBIRTH else []

    def _look_for_rival(self, message: mqtt.Message) -> None:
        """What the broker kept from before our first connection may be our own last run's; anything else that does not
        bear one of our times is another hub's.
        """
        try:
            said_ms = parse_state(message.payload).time_ms
        except BadState:
            return
        if said_ms in self._ours_ms or (message.retain and len(self._ours_ms) == 1):
            return
        if not self.id_taken:
            log.error("another hub uses the host id %r at this broker: stop it, or give one a --host-id", self.host_id)
        self._rival_ms = self.now_ms()
        self.intake.refusals.count("host_id_taken", message.topic)

    async def _tick(self, link: mqtt.Link) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            now_ms = self.now_ms()
            self.births.sweep(now_ms)
            if self.outlet.session is not None:
                await self._carry_out(link, self.outlet.session.tick(now_ms), now_ms)

    async def _carry_out(self, link: mqtt.Link, effects: Iterable[HostEffect], now_ms: int) -> None:
        """Do what the session asks; one moment for all of it, or a birth would come later than the data behind it."""
        for effect in effects:
            if isinstance(effect, Subscribe):
                await link.subscribe(*effect.filters)
            elif isinstance(effect, Publish):
                await link.publish(effect.topic, effect.payload, qos=effect.qos, retain=effect.retain)
            elif not isinstance(effect, Disconnect):
                self._hear(effect, now_ms)

    def _data(self, data: DataReceived, now_ms: int) -> None:
        source = self.births.sources.get((data.group, data.node))
        if source is not None:
            self.intake.data(source, data, now_ms)

    def _hear(self, effect: HostEffect, now_ms: int) -> None:
        if isinstance(effect, DataReceived):
            self._data(effect, now_ms)
        elif isinstance(effect, NodeBorn):
            self.births.node_born(effect, now_ms)
        elif isinstance(effect, DeviceBorn):
            self.births.device_born(effect, now_ms)
        elif isinstance(effect, DeviceDied):
            self.births.device_died(effect, now_ms)
        elif isinstance(effect, NodeDied):
            self.births.node_died(effect, now_ms)
        elif isinstance(effect, LinkStale):
            self.births.link_stale(effect.time_ms)
        elif isinstance(effect, Refused):
            self.intake.refusals.count(effect.reason, effect.topic)

    def _say(self, state: str) -> None:
        """Log a change of state once."""
        if state != self._said:
            self._said = state
            log.log(logging.INFO if state == "connected" else logging.WARNING, "broker: %s", state)
