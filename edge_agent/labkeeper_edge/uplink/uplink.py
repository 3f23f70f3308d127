"""The node's way to the hub: one conversation after the other, and what must not be forgotten between them."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from labkeeper_edge.backoff import Backoff
from labkeeper_edge.devices import Devices
from labkeeper_edge.outbox.batches import Batch
from labkeeper_edge.outbox.outbox import Outbox, OutboxUnwritable, Waiting
from labkeeper_edge.refusals import Refusals
from labkeeper_edge.uplink.births import NodeFacts
from labkeeper_edge.uplink.conversation import Conversation, Ears
from labkeeper_sdk import Title
from labkeeper_wire import mqtt
from labkeeper_wire.commands import CommandResult
from labkeeper_wire.delivery import Ack
from labkeeper_wire.edge_session import EdgeSession
from labkeeper_wire.effects import CommandReceived

log = logging.getLogger(__name__)

SETTLE_EVERY_S = 0.5  # between two writes that note acknowledgements: what is lost with one comes again
LONGEST_WAIT_S = 5.0  # between attempts to reach the broker
MOST_OWED = 1000  # results kept for a hub that does not listen


class TellLink(Protocol):
    """Hears whether the hub hears us."""

    def __call__(self, *, up: bool) -> None: ...


@dataclass(frozen=True, slots=True)
class Identity:
    """Who this node is, and to whom it speaks."""

    address: mqtt.Address
    school: str
    node: str
    primary_host: str
    lab: str
    lab_title: Title = Title()
    aliases: bool = False
    rejoin_spread_s: float = 1.0


@dataclass(slots=True)
class Uplink:
    """Connects, converses, and connects again. `commands` and `links` are called with commands and with up or down."""

    identity: Identity
    devices: Devices
    outbox: Outbox
    refusals: Refusals
    now_ms: Callable[[], int]
    waiting: Waiting
    drivers: Mapping[str, str]
    safe_writes: Callable[[], int] = int
    fence: Callable[[], int] = int
    stop: Callable[[], tuple[str, tuple[str, ...]]] = lambda: ("", ())  # the latch, and who is not safe yet
    driver_sets: Callable[[], Mapping[str, bytes]] = dict
    commands: list[Callable[[CommandReceived], None]] = field(default_factory=list)
    links: list[TellLink] = field(default_factory=list)
    _talk: Conversation | None = None
    _host_state_ms: int | None = None
    _owed: deque[tuple[str, CommandResult]] = field(default_factory=lambda: deque(maxlen=MOST_OWED))
    _acks: list[Ack] = field(default_factory=list)
    _met: str = ""
    _hub_spoke: asyncio.Event = field(default_factory=asyncio.Event)
    _said: str = ""

    # --- tasks ------------------------------------------------------------------------------------------------------
    async def run(self) -> None:
        """Keep a conversation going, for ever; cancelled, it says goodbye first."""
        clock = asyncio.get_running_loop().time
        backoff = Backoff(last_s=LONGEST_WAIT_S)
        while True:
            began_s, trouble = clock(), ""
            try:
                trouble = await self._connection()
            except* mqtt.MqttError as lost:
                trouble = str(lost.exceptions[0])
            mqtt.heed_cancellation()
            self._talk = None
            self._link(up=False)
            self._state(f"no session: {trouble}")
            await asyncio.sleep(backoff.next_s(clock() - began_s))

    async def run_settling(self) -> None:
        """Carry out in the outbox what the hub says it has, and that it has another journal than before."""
        while True:
            await self._hub_spoke.wait()
            self._hub_spoke.clear()
            acks, self._acks = self._acks, []
            journal, self._met = self._met, ""
            try:
                self._settled(await self.outbox.acknowledge(acks))
                if journal:
                    self._settled(await self.outbox.meet(journal))
            except OutboxUnwritable as error:  # what is not noted is sent again and acknowledged again
                self.refusals.count("outbox_unwritable", "outbox", str(error))
            await asyncio.sleep(SETTLE_EVERY_S)

    def _settled(self, waiting: Waiting) -> None:
        self.waiting, again = waiting, waiting.again
        if again:
            log.warning("uplink: the hub lost what it had stored; batches %d to %d go again", again[0][0], again[-1][1])
            if self._talk is not None:
                self._talk.offer_again(waiting)

    # --- what others tell -------------------------------------------------------------------------------------------
    def committed(self, batches: list[Batch], waiting: Waiting) -> None:
        """Batches are on disk."""
        self.waiting = waiting
        if self._talk is not None:
            self._talk.committed(batches, waiting)

    def device_changed(self, device: str) -> None:
        """A device came, changed, answered or fell silent."""
        if self._talk is not None:
            self._talk.device_changed(device)
            self._pay(device)

    def report(self) -> None:
        """Tell the hub at once what changed about the node itself."""
        if self._talk is not None:
            self._talk.report()

    def say(self, device: str, result: CommandResult) -> None:
        """Send a command's result at once, or as soon as the hub listens to that device again."""
        metric = result.to_metric(self.now_ms())
        if self._talk is None or not self._talk.say(device, metric):
            self._owed.append((device, result))

    def facts(self) -> NodeFacts:
        """Return what the node says about itself."""
        return NodeFacts(
            self.identity.lab,
            self.identity.lab_title,
            self.outbox.epoch,
            self.outbox.journal,
            self.waiting,
            self.refusals.total(),
            self.drivers,
            self.safe_writes(),
            self.fence(),
            *self.stop(),
            self.driver_sets(),
        )

    # --- inside -----------------------------------------------------------------------------------------------------
    async def _connection(self) -> str:
        """Hold one conversation; return why it ended."""
        session = await self._session()
        will = mqtt.Will(session.will.topic, session.will.payload, session.will.qos, session.will.retain)
        client_id = self.identity.address.own(f"labkeeper/{self.identity.school}/{self.identity.node}")
        ended = ""
        stopped = False
        async with mqtt.connect(self.identity.address, client_id, will=will) as link:
            link.on_oversized = lambda topic, _: self.refusals.count("message_refused", f"{topic} too_large")
            self._talk = self._conversation(session, link)
            try:
                async with asyncio.TaskGroup() as group:
                    pump = group.create_task(self._talk.pump(), name="uplink pump")
                    ended = await self._talk.listen()
                    pump.cancel()
            except asyncio.CancelledError:
                await self._talk.leave()
                stopped = True
            finally:
                self._host_state_ms = session.host_state_ms
        if stopped:
            raise asyncio.CancelledError
        return ended

    async def _session(self) -> EdgeSession:
        return EdgeSession(
            self.identity.school,
            self.identity.node,
            bd_seq=await self._bd_seq(),
            primary_host=self.identity.primary_host or None,
            aliases=self.identity.aliases,
            host_state_ms=self._host_state_ms,
        )

    async def _bd_seq(self) -> int:
        try:
            return await self.outbox.take_bd_seq()
        except OutboxUnwritable as error:
            raise mqtt.MqttError(f"the outbox takes no bdSeq: {error}") from error

    def _conversation(self, session: EdgeSession, link: mqtt.Link) -> Conversation:
        return Conversation(
            session,
            link,
            self.devices,
            self.outbox,
            self.refusals,
            Ears(self._command, self._acknowledged, self._journal, self._live),
            self.facts,
            self.now_ms,
            self.identity.rejoin_spread_s,
        )

    def _command(self, command: CommandReceived) -> None:
        for hear in self.commands:
            hear(command)

    def _acknowledged(self, ack: Ack) -> None:
        self._acks.append(ack)
        self._hub_spoke.set()

    def _journal(self, identity: str) -> None:
        self._met = identity
        self._hub_spoke.set()

    def _live(self) -> None:
        self._state("live")
        self._link(up=True)
        for device in {device for device, _ in self._owed}:
            self._pay(device)

    def _pay(self, device: str) -> None:
        """Send what is owed to the hub about a device."""
        if not self._owed or self._talk is None or not self._talk.knows(device):
            return
        owed = [(to, result) for to, result in self._owed if to == device]
        self._owed = deque((pair for pair in self._owed if pair[0] != device), MOST_OWED)
        for to, result in owed:
            self.say(to, result)

    def _link(self, *, up: bool) -> None:
        for tell in self.links:
            tell(up=up)

    def _state(self, state: str) -> None:
        """Log a new state once, not per attempt."""
        if state != self._said:
            self._said = state
            log.log(logging.INFO if state == "live" else logging.WARNING, "uplink: %s", state)
