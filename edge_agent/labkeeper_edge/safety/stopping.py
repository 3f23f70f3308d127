"""Stop-all at a node: heard on a connection of its own, pressed at a button of its own. It is obeyed first and written
down after, and what is not written down the node does not say of itself.

What is heard there stops and never releases, for any node may write it. Who releases is the hub, by a command to this
node, which no other node can send.

A node that is stopped and cannot write it down is stopped all the same, and says nothing; what a restart then forgets,
the broker, which keeps the word, says again.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import uuid4

from labkeeper_edge.backoff import Backoff
from labkeeper_edge.outbox.outbox import Outbox, OutboxUnwritable
from labkeeper_edge.refusals import Refusals
from labkeeper_wire import mqtt
from labkeeper_wire.effects import CommandReceived
from labkeeper_wire.stop import RELEASE, BadStop, Latch, StopWord, hear, hear_anyone, release, topic

log = logging.getLogger(__name__)
KEY = "stop"
LONGEST_WAIT_S = 2.0
RETRY_S = 1.0
KEEPALIVE_S = 5


@dataclass(slots=True)
class Stopping:
    """The latch of this node. `obey` are called at once when it closes or opens, `say` when that is on disk: `kept`."""

    address: mqtt.Address
    school: str
    node: str
    outbox: Outbox
    refusals: Refusals
    now_ms: Callable[[], int]
    latch: Latch = field(default_factory=Latch)
    kept: Latch = field(default_factory=Latch)
    obey: list[Callable[[], None]] = field(default_factory=list)
    say: Callable[[], None] = lambda: None
    _ours: StopWord | None = None  # pressed here, and not yet with the broker
    _waiting: str = ""  # a latch that somebody says is released, and the hub has not
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _unsaved: asyncio.Event = field(default_factory=asyncio.Event)

    def recall(self) -> None:
        """Begin as the last process ended: a restart releases nothing. One that was pressed here is said again."""
        self.latch = self.kept = Latch.from_text(self.outbox.recalled.stop)
        if self.latch.word is not None and self.latch.word.by == self._button:
            self._ours = self.latch.word

    @property
    def stopped(self) -> bool:
        """Whether nothing may be commanded."""
        return self.latch.word is not None

    def press(self) -> None:
        """Somebody pressed a button at this node: stop here now, and everywhere as soon as the broker hears it."""
        if self.stopped:
            return
        word = StopWord(str(uuid4()), active=True, by=self._button, at_ms=self.now_ms())
        self._ours = word
        self._follow(hear(self.latch, word), word)
        self._news.set()

    def receive(self, command: CommandReceived) -> None:
        """Hear the hub release a stop."""
        for metric in command.metrics if command.device is None else ():
            if metric.name == RELEASE:
                try:
                    self._follow(hear(self.latch, word := release(metric.value)), word)
                except BadStop as bad:
                    self.refusals.count("bad_stop", "hub", str(bad))

    async def run(self) -> None:
        """Listen for the school's word, for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._write_down(), name="stop: disk")
            clock, backoff = asyncio.get_running_loop().time, Backoff(last_s=LONGEST_WAIT_S)
            while True:
                began_s = clock()
                try:
                    await self._connection()
                except* mqtt.MqttError as lost:
                    log.debug("stop: %s", lost.exceptions[0])
                mqtt.heed_cancellation()
                await asyncio.sleep(backoff.next_s(clock() - began_s))

    async def _connection(self) -> None:
        client_id = self.address.own(f"labkeeper-stop/{self.school}/{self.node}")
        async with mqtt.connect(self.address, client_id, keepalive_s=KEEPALIVE_S) as link:
            await link.subscribe((topic(self.school), 1))
            async with asyncio.TaskGroup() as group:
                telling = group.create_task(self._tell(link), name="stop: tell")
                async for message in link.messages():
                    self._take(message)
                telling.cancel()

    async def _tell(self, link: mqtt.Link) -> None:
        """Say what was pressed here until the broker has it."""
        while True:
            self._news.clear()
            if self._ours is not None and self._ours.latch == self.latch.name:
                await link.publish(topic(self.school), self._ours.to_payload(), qos=1, retain=True)
            self._ours = None
            await self._news.wait()

    def _take(self, message: mqtt.Message) -> None:
        try:
            word = StopWord.from_payload(message.payload)
        except BadStop as bad:
            self.refusals.count("bad_stop", message.topic, str(bad))
            return
        self._follow(hear_anyone(self.latch, word), word)
        if not word.active and word.latch == self.latch.name != self._waiting:
            self._waiting = word.latch
            log.info(
                "latch %s: a release where any node may write; the hub's command does it (not an old hub's)", word.latch
            )

    def _follow(self, latch: Latch, word: StopWord) -> None:
        """Obey what the word made of the latch, if it changed it."""
        if latch is self.latch:
            return
        self.latch = latch
        for act in self.obey:
            act()
        log.warning("%s by %s (latch %s)", "stopped" if self.stopped else "released", word.by, word.latch)
        self._unsaved.set()

    async def _write_down(self) -> None:
        while True:
            await self._unsaved.wait()
            self._unsaved.clear()
            latch = self.latch
            try:
                await self.outbox.keep_text(KEY, latch.to_text())
            except OutboxUnwritable as error:
                self.refusals.count("outbox_unwritable", "stop", str(error))
                await asyncio.sleep(RETRY_S)
                self._unsaved.set()
            else:
                self.kept = latch
                self.say()

    @property
    def _button(self) -> str:
        return f"node {self.node}"
