"""One Sparkplug session over one MQTT connection: births, live data, backlog, results. Made anew for each CONNECT."""

import asyncio
import logging
import random
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from labkeeper_edge.devices import Devices, KnownDevice
from labkeeper_edge.outbox.batches import NODE, Batch
from labkeeper_edge.outbox.outbox import Outbox, OutboxUnwritable, Waiting
from labkeeper_edge.refusals import Refusals
from labkeeper_edge.uplink.births import NodeFacts, device_metrics, ghosts
from labkeeper_edge.uplink.window import Window
from labkeeper_wire import mqtt
from labkeeper_wire.declarations import BadDeclaration
from labkeeper_wire.delivery import ACK, JOURNAL, Ack, BadAck, is_epoch, parse_ack
from labkeeper_wire.edge_session import EdgeSession
from labkeeper_wire.effects import (
    CommandReceived,
    Disconnect,
    EdgeEffect,
    Publish,
    Refused,
    SessionLive,
    SessionPaused,
    Subscribe,
)
from labkeeper_wire.interlocks import SET as INTERLOCKS
from labkeeper_wire.leases.table import LEASES
from labkeeper_wire.payload import Metric
from labkeeper_wire.stop import RELEASE as STOP_RELEASE

log = logging.getLogger(__name__)

REPORT_S = 1.0  # NDATA about the node itself at most this often
BACKLOG_SLICE = 32  # old batches sent before live ones get their turn
BACKLOG_PAUSE_S = 0.01
LEAVE_S = 2.0
STATE_PREFIX = "spBv1.0/STATE/"


@dataclass(frozen=True, slots=True)
class Ears:
    """Who hears what the hub says: commands (and the time of every message), acknowledgements, whose journal it keeps,
    the session's life.
    """

    command: Callable[[CommandReceived], None]
    acknowledged: Callable[[Ack], None]
    journal: Callable[[str], None]
    live: Callable[[], None]


@dataclass(slots=True)
class Born:
    """What the hub was told about a device: version, datatypes, and whether it is there only to deliver."""

    version: int
    types: dict[str, int | None]
    ghost: bool


@dataclass(slots=True)
class Conversation:
    """The state of one session. What is sent here and not acknowledged here is sent again in the next one."""

    session: EdgeSession
    link: mqtt.Link
    devices: Devices
    outbox: Outbox
    refusals: Refusals
    ears: Ears
    facts: Callable[[], NodeFacts]
    now_ms: Callable[[], int]
    rejoin_spread_s: float
    window: Window = field(default_factory=Window)
    _born: dict[str, Born] = field(default_factory=dict)
    _told: dict[str, Metric] = field(default_factory=dict)
    _known_last: int = 0
    _urgent: bool = False
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    # --- the two tasks ----------------------------------------------------------------------------------------------
    async def listen(self) -> str:
        """Open the session and hear the hub until it has to end; return why. Raises MqttError when the link is lost."""
        self._declare_all()
        ended = await self._carry_out(self.session.connected(self.now_ms()))
        async for message in self.link.messages():
            if ended:
                break
            if message.topic.startswith(STATE_PREFIX) and not self.session.live:
                await self._before_state(message)
            effects = self.session.received(message.topic, message.payload, self.now_ms())
            ended = await self._carry_out(effects)
            if ended:
                break
        return ended

    async def pump(self) -> None:
        """Send what waits and what is late, and keep the node's own metrics up to date."""
        clock = asyncio.get_running_loop().time
        reported_s = 0.0
        while True:
            self._wake.clear()
            self.window.expire(clock())
            more = self.session.live and await self._send_backlog()
            if self.session.live and (self._urgent or clock() - reported_s >= REPORT_S):
                reported_s, self._urgent = clock(), False
                self._report()
            with suppress(TimeoutError):
                async with asyncio.timeout(BACKLOG_PAUSE_S if more else self._pause_s(clock())):
                    await (asyncio.sleep(REPORT_S) if more else self._wake.wait())

    async def leave(self) -> None:
        """Say goodbye, if the link still lets us."""
        with suppress(mqtt.MqttError, TimeoutError):
            async with asyncio.timeout(LEAVE_S):
                await self._carry_out(self.session.leave(self.now_ms()))

    # --- what the node tells the hub --------------------------------------------------------------------------------
    def committed(self, batches: Iterable[Batch], waiting: Waiting) -> None:
        """Batches are on disk: send them now if the hub listens; what is not sent waits in the window."""
        if not self.session.live:
            return
        self.outbox.offering(waiting.last)
        for batch in batches:
            self.window.add(self._known_last + 1, batch.id - 1)
            self._known_last = batch.id
            if not (self.window.may_send_live() and self._send(batch, live=True)):
                self._hold(batch)
        self.window.add(self._known_last + 1, waiting.last)
        self._known_last = max(self._known_last, waiting.last)
        self._wake.set()

    def device_changed(self, device: str) -> None:
        """A device came, changed, answered or fell silent: have the hub's picture follow."""
        known, born = self.devices.get(device), self._born.get(device)
        if known is not None and known.online:
            if born is None or born.ghost or born.version != known.version:
                self._declare(device, self._metrics(known), known.version, ghost=False)
        elif born is not None and not born.ghost:
            self._lose(device)

    def say(self, device: str, metric: Metric) -> bool:
        """Send a metric of a device at once, outside the outbox; False if the hub does not listen to it now."""
        if not self.session.live or device not in self._born:
            return False
        return self._publish(self.session.data(device, (metric,), self.now_ms()))

    def report(self) -> None:
        """Tell at once what changed about the node itself: somebody waits for it."""
        self._urgent = True
        self._wake.set()

    def knows(self, device: str) -> bool:
        """Whether the device is born in this session."""
        return self.session.live and device in self._born

    def acknowledged(self, ack: Ack) -> None:
        """The hub has stored these: room for others, and no more reason to keep ghosts."""
        if self.window.acknowledged(ack):
            self._lay_ghosts()
            self._wake.set()

    def offer_again(self, waiting: Waiting) -> None:
        """Acknowledged batches that the hub no longer has wait in this session, too."""
        if not self.session.live:
            return  # a session that begins later finds them waiting
        self.outbox.offering(waiting.last)
        for first, last in waiting.again:
            self.window.add(first, min(last, self._known_last))
        self.window.add(self._known_last + 1, waiting.last)  # the session may have begun when nothing waited
        self._known_last = max(self._known_last, waiting.last)
        self._wake.set()

    # --- inside -----------------------------------------------------------------------------------------------------
    async def _before_state(self, message: mqtt.Message) -> None:
        """A hub that has just come back is not met by all nodes at once; and births are to say what is true now."""
        if not message.retain:
            await asyncio.sleep(random.uniform(0, self.rejoin_spread_s))
        self._declare_all()

    def _declare_all(self) -> None:
        facts, now_ms = self.facts(), self.now_ms()
        self.session.declare_node(facts.metrics(now_ms))
        self._told = facts.changing(now_ms)
        for known in self.devices:
            if known.online:
                self._declare(known.info.id, self._metrics(known), known.version, ghost=False)

    async def _carry_out(self, effects: Iterable[EdgeEffect]) -> str:
        """Do what the session asks, in order; return why it ended, "" if it goes on."""
        reason = ""
        leaving = False
        for effect in effects:
            match effect:
                case Publish(topic, payload, 0, retain):
                    self.link.send(topic, payload, retain=retain)
                case Publish(topic, payload, qos, retain):
                    await self.link.publish(topic, payload, qos=qos, retain=retain)
                case Subscribe(filters):
                    await self.link.subscribe(*filters)
                case SessionPaused(why):
                    reason = why
                case Disconnect():
                    leaving = True
                case _:
                    self._hear(effect)
        return reason or ("left" if leaving else "")

    def _hear(self, effect: EdgeEffect) -> None:
        match effect:
            case SessionLive():
                waiting = self.facts().waiting
                self.outbox.offering(waiting.last)
                self.window.add(waiting.first, waiting.last)
                self._known_last = waiting.last
                self.ears.live()
                self._wake.set()
            case CommandReceived(None, metrics):
                self.ears.command(effect)
                self._node_command(metrics)
            case CommandReceived():
                self.ears.command(effect)
            case Refused(reason, topic):
                self.refusals.count("message_refused", f"{topic} {reason}")
            case _:  # Rebirthed: nothing to do, data may go on
                self._wake.set()

    def _node_command(self, metrics: Iterable[Metric]) -> None:
        for metric in metrics:
            if metric.name in (LEASES, INTERLOCKS, STOP_RELEASE):
                continue  # those who hear commands have it
            if metric.name == JOURNAL and isinstance(metric.value, str) and is_epoch(metric.value):
                self.ears.journal(metric.value)
                continue
            if metric.name != ACK:
                self.refusals.count("bad_command", f"node command {str(metric.name)[:80]}")
                continue
            try:
                ack = parse_ack(metric.value if isinstance(metric.value, str) else "")
            except BadAck as bad:
                self.refusals.count("bad_ack", "delivery", str(bad))
                continue
            if ack.epoch == self.outbox.epoch:
                self.acknowledged(ack)
                self.ears.acknowledged(ack)
            else:
                self.refusals.count("bad_ack", "delivery", "an acknowledgement of another outbox")

    def _send(self, batch: Batch, *, live: bool) -> bool:
        """Send a batch; False if it could not go, or not live though it was to."""
        fits = batch.device == NODE or self._fits(batch)
        if live and not fits:
            return False
        # what no birth can be made for is put aside like something sent, and tried again later
        if fits or self._bear_for(batch):
            device = None if batch.device == NODE else batch.device
            if not self._publish(self.session.data(device, batch.to_send(live=live), self.now_ms())):
                return False
        self.window.sent(batch.id, batch.device, asyncio.get_running_loop().time())
        return True

    def _hold(self, batch: Batch) -> None:
        """A new batch that could not go at once waits; a birth in the meantime knows its values."""
        self.window.add(batch.id, batch.id)
        if self._fits(batch):
            self.session.remember(batch.device, batch.metrics)

    def _publish(self, effects: Iterable[EdgeEffect]) -> bool:
        """Send QoS 0 messages now; False when the link is lost (whoever listens to it learns that by himself)."""
        try:
            for effect in effects:
                if isinstance(effect, Publish):
                    self.link.send(effect.topic, effect.payload, retain=effect.retain)
        except mqtt.LinkLost:
            return False
        return True

    def _fits(self, batch: Batch) -> bool:
        """Whether the device is born with these metrics in these types, and not as a ghost."""
        born = self._born.get(batch.device)
        if born is None:
            return False
        return all(born.types.get(metric.name or "") == metric.datatype for metric in batch.metrics)

    def _bear_for(self, batch: Batch) -> bool:
        """Have a device or point that is no more (or not now) born stale, to deliver what it said; False if refused."""
        now_ms = self.now_ms()
        known, born = self.devices.get(batch.device), self._born.get(batch.device)
        metrics = {} if known is None else self._metrics(known)
        earlier = {} if born is None else {name: Metric(name, None, kind) for name, kind in born.types.items()}
        extra = ghosts((*earlier.values(), *batch.metrics), now_ms)
        said = {metric.name: metric.datatype for metric in batch.metrics}
        merged = {**extra, **{name: m for name, m in metrics.items() if said.get(name, m.datatype) == m.datatype}}
        return self._declare(batch.device, merged, -1, ghost=True)

    def _metrics(self, known: KnownDevice) -> dict[str, Metric]:
        return device_metrics(known, self.devices.run, self.now_ms())

    def _declare(self, device: str, metrics: dict[str, Metric], version: int, *, ghost: bool) -> bool:
        try:
            effects = self.session.declare_device(device, tuple(metrics.values()), self.now_ms())
        except BadDeclaration as bad:
            self.refusals.count("undeliverable", device, str(bad))
            return False
        self._born[device] = Born(version, {name: metric.datatype for name, metric in metrics.items()}, ghost)
        self._publish(effects)
        return True

    def _lose(self, device: str) -> None:
        del self._born[device]
        self._publish(self.session.device_lost(device, self.now_ms()))

    def _lay_ghosts(self) -> None:
        """Nothing old waits any more: those born only to deliver die again, or are born as they are."""
        if not self.window.idle():
            return
        for device, born in list(self._born.items()):
            if born.ghost and not self.window.flying_to(device):
                known = self.devices.get(device)
                if known is not None and known.online:
                    self.device_changed(device)
                else:
                    self._lose(device)

    async def _send_backlog(self) -> bool:
        """Send a slice of what waits; return whether more may go at once."""
        wanted = self.window.next_backlog(BACKLOG_SLICE)
        if wanted is None:
            return False
        first, last, room = wanted
        try:
            batches = await self.outbox.read(first, last, room)
        except OutboxUnwritable as error:  # what waits goes on waiting
            self.refusals.count("outbox_unwritable", "outbox", str(error))
            return False
        if not self.session.live:
            return False
        for batch in batches:
            if not self._send(batch, live=False):
                return False
        self.window.taken(first, batches[-1].id if len(batches) == room else last)
        if not batches:
            self._lay_ghosts()
        await self.link.drain()
        return self.window.next_backlog(BACKLOG_SLICE) is not None

    def _report(self) -> None:
        """Tell what changed about the node itself."""
        now = self.facts().changing(self.now_ms())
        if now.keys() != self._told.keys():
            self._bear_again()
            return
        changed = [metric for name, metric in now.items() if metric.value != self._told[name].value]
        if changed and self._publish(self.session.data(None, changed, self.now_ms())):
            self._told = now

    def _bear_again(self) -> None:
        """The node has metrics that its birth did not name, or no longer has some: it is born anew in this session."""
        now_ms = self.now_ms()
        facts = self.facts()
        self.session.declare_node(facts.metrics(now_ms))
        self._told = facts.changing(now_ms)
        self._publish(self.session.rebirth(now_ms))

    def _pause_s(self, now_s: float) -> float:
        due_s = self.window.next_due_s()
        return REPORT_S if due_s is None else min(REPORT_S, max(0.0, due_s - now_s))
