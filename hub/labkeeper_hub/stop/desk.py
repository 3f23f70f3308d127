"""The desk where everything is stopped: a connection of its own to the broker, and nothing that waits before it.

What is heard there stops, for any node may write it, and releases only by a hub's mark. A release is a command to each
node; the word that is kept says it too, for older nodes and other hubs, and so that nobody who comes later is stopped.

A word goes on the wire at once, is written down meanwhile, and is told as pressed when it is written: one that no
broker has got yet survives the hub.
"""

import asyncio
import hmac
import logging
import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_urlsafe
from uuid import uuid4

from labkeeper_hub.bus import EventBus
from labkeeper_hub.ingest.host import NotConnected
from labkeeper_hub.model import NodeKey, PointKey, Stop, Stops
from labkeeper_hub.ports import StopRefused
from labkeeper_hub.registry.known import NODE_ITSELF, KnownDevice, KnownNode
from labkeeper_hub.registry.registry import HubRegistry
from labkeeper_hub.stop.file import Kept, read_stops
from labkeeper_hub.stop.keeping import Keeping
from labkeeper_wire import mqtt
from labkeeper_wire.host_session import UnknownTarget
from labkeeper_wire.payload import Metric
from labkeeper_wire.stop import (
    EVERY_SCHOOL,
    LATCH,
    LONGEST_NAME,
    MISSING,
    RELEASE,
    BadStop,
    Latch,
    StopWord,
    hear,
    hear_anyone,
    missing,
    reconciled,
    school_of,
    topic,
)

log = logging.getLogger(__name__)
KEEPALIVE_S = 5
RETRY_S = 0.5
COUNT_EVERY_S = 0.1
AGREE_S = 2.0  # so long after a word, or a connection, broker and nodes have said what they know
CONFIRM_MS = 30_000  # so long after the first step of a release the second is welcome


@dataclass(slots=True, eq=False)
class StopDesk:
    """What the broker keeps about each school, and what is not with the broker yet."""

    address: mqtt.Address
    host_id: str
    registry: HubRegistry
    bus: EventBus
    data: Path
    write: Callable[[NodeKey, str | None, Sequence[Metric]], None]
    now_ms: Callable[[], int]
    latches: dict[str, Latch] = field(default_factory=dict)
    _unsaid: dict[str, StopWord] = field(default_factory=dict)
    _releases: dict[str, tuple[str, int]] = field(default_factory=dict)  # by latch: the step's word, until when
    _kept: dict[str, str] = field(default_factory=dict)  # by school: the latch that holds it at the broker
    _heard_s: dict[str, float] = field(default_factory=dict)  # by school: when a word was said or heard last
    _again: dict[str, tuple[str, bool]] = field(default_factory=dict)  # by school: what was repeated last
    _forged: str = ""  # a latch that somebody else says is released
    _linked_s: float = math.inf
    _told: Stops | None = None
    _said: asyncio.Event = field(default_factory=asyncio.Event)
    _unwritten: set[str] = field(default_factory=set)  # latches that are pressed, and not on disk yet
    _keeping: Keeping = field(init=False)

    def __post_init__(self) -> None:
        self._keeping = Keeping(self.data, self._known)

    async def resume(self) -> None:
        """Take up what the last run knew, and what it could not say; raises BadConfiguration for a damaged file."""
        for school, kept in (await asyncio.to_thread(read_stops, self.data)).items():
            self.latches[school] = kept.latch
            if kept.unsaid is not None:
                self._unsaid[school] = kept.unsaid

    # --- what people ask --------------------------------------------------------------------------------------------
    async def stop(self, by: str, schools: Collection[str] | None = None) -> Stops:
        """Stop these schools (None: every one there is), at once; one that is stopped is told again under its latch.

        Without a broker it is said as soon as there is one again, by the next hub if need be: a stop does not expire.
        """
        known = {node.key.school for node in self.registry.known.values() if not node.key.of_hub} | {*self.latches}
        stopped = sorted(known if schools is None else known & {*schools})
        for school in stopped:
            latch = self.latches.get(school, Latch())
            fresh = StopWord(str(uuid4()), active=True, by=by, at_ms=self.now_ms())
            if latch.word is None:
                self._unwritten.add(fresh.latch)
            self._say(school, latch.word or fresh)
        log.warning("everything in %s is stopped by %s", ", ".join(stopped) or "no school", by)
        try:
            await self._keeping.written()
        finally:
            self._unwritten -= {latch.name for latch in self.latches.values()}
            self.bus.note(self)
        return self.stops()

    def ask_release(self, latch: str) -> str:
        """Take the first step of releasing a stop; return the word that the second needs. Raises StopRefused."""
        self._school_of(latch)
        word = token_urlsafe(16)
        self._releases[latch] = (word, self.now_ms() + CONFIRM_MS)
        return word

    async def release(self, latch: str, word: str, by: str) -> Stops:
        """Take the second step; nothing starts by that. Raises StopRefused."""
        school = self._school_of(latch)
        expected, until_ms = self._releases.pop(latch, ("", 0))
        if not expected or word != expected or self.now_ms() > until_ms:
            raise StopRefused("release_not_asked", "ask for the release first, then confirm it within half a minute")
        log.warning("the stop of %s is released by %s", school, by)
        self._say(school, StopWord(latch, active=False, by=by, at_ms=self.now_ms()))
        await self._keeping.written()
        return self.stops()

    def stops(self) -> Stops:
        """Return what is stopped, and who has confirmed it."""
        words = ((school, latch.word) for school, latch in sorted(self.latches.items()) if latch.word is not None)
        return Stops(tuple(self._count(school, word) for school, word in words if word.latch not in self._unwritten))

    def stopped(self) -> Mapping[str, bool]:
        """Return the schools of which broker or nodes have told, and whether each is stopped; others are not known."""
        return {school: latch.word is not None for school, latch in self.latches.items()}

    def change(self) -> Stops:
        """Return the same for the live stream."""
        return self.stops()

    # --- what happens -----------------------------------------------------------------------------------------------
    async def run(self) -> None:
        """Keep the connection, and count what the nodes confirm, for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._count_on(), name="stop: count")
            group.create_task(self._agree_on(), name="stop: agree")
            group.create_task(self._keeping.run(), name="stop: keep")
            while True:
                try:
                    await self._connection()
                except* mqtt.MqttError as lost:
                    log.debug("stop: %s", lost.exceptions[0])
                self._linked_s = math.inf
                mqtt.heed_cancellation()
                await asyncio.sleep(RETRY_S)

    async def _connection(self) -> None:
        client_id = self.address.own(f"labkeeper-stop-{self.host_id}")
        async with mqtt.connect(self.address, client_id, keepalive_s=KEEPALIVE_S) as link:
            self._kept.clear()
            await link.subscribe((EVERY_SCHOOL, 1))
            self._linked_s = asyncio.get_running_loop().time()
            async with asyncio.TaskGroup() as group:
                telling = group.create_task(self._tell(link), name="stop: tell")
                async for message in link.messages():
                    self._take(message)
                telling.cancel()

    async def _tell(self, link: mqtt.Link) -> None:
        """Say what is not said yet, until the broker has it."""
        while True:
            self._said.clear()
            for school, word in list(self._unsaid.items()):
                await link.publish(topic(school), word.to_payload(), qos=1, retain=True)
                if self._unsaid.get(school) == word:
                    del self._unsaid[school]
                    self._keeping.changed()
                    self.bus.note(self)
            if not self._unsaid:
                await self._said.wait()

    def _say(self, school: str, word: StopWord) -> None:
        if not word.active:
            word = word._replace(mark=self._mark(school, word))
        self._unsaid[school] = word
        self._kept.pop(school, None)
        self._follow(school, hear(self.latches.get(school, Latch()), word))
        self._keeping.changed()
        self._said.set()
        if not word.active:
            self._release_nodes(school, word)

    def _release_nodes(self, school: str, word: StopWord) -> None:
        """Command it to every node that knows the command; who misses it says so by its latch, and is told again."""
        order = Metric(
            RELEASE, word.to_payload().decode()
        )  # its type is the birth's: without one there is no such order
        for node in self.registry.known.values():
            if node.key.school == school and node.online:
                with suppress(NotConnected, mqtt.LinkLost, UnknownTarget):
                    self.write(node.key, None, (order,))

    def _take(self, message: mqtt.Message) -> None:
        try:
            school = school_of(message.topic)
            word = StopWord.from_payload(message.payload) if message.payload else None
        except BadStop as bad:
            log.warning("%s: no word about a stop: %s", message.topic, bad)
            return
        self._kept[school] = word.latch if word is not None and word.active else ""
        latch = self.latches.get(school, Latch())
        if word is not None:
            latch = (hear if self._is_a_hubs(school, word) else hear_anyone)(latch, word)
        if latch.word is not None and not self._kept[school]:
            self._contradict(school, latch.word)
        elif word is not None:
            self._follow(school, latch)

    def _mark(self, school: str, word: StopWord) -> str:
        """Return what nobody can write without our account's secret."""
        return self.address.own(f"release/{school}/{word.latch}").rpartition("/")[2]

    def _is_a_hubs(self, school: str, word: StopWord) -> bool:
        return hmac.compare_digest(word.mark.encode(), self._mark(school, word).encode())

    def _contradict(self, school: str, held: StopWord) -> None:
        """Somebody took the stop off the broker and it was not this hub: say it again before anybody misses it."""
        if self._forged != held.latch:
            log.warning("%s: somebody took the stop %s off the broker; it holds, and is said again", school, held.latch)
        self._forged = held.latch
        self._say(school, held)

    def _follow(self, school: str, latch: Latch) -> None:
        before = self.latches.get(school)
        self._heard_s[school] = asyncio.get_running_loop().time()
        self.latches[school] = latch
        if latch is not before:
            self._keeping.changed()
        self.bus.note(self)

    async def _agree_on(self) -> None:
        """Say again what a killed broker forgot or a node missed, and learn what only the nodes still know."""
        while True:
            await asyncio.sleep(RETRY_S)
            now_s = asyncio.get_running_loop().time()
            for school, heard in self._heard_of().items():
                quiet_s = now_s - max(self._linked_s, self._heard_s.get(school, 0.0))
                if quiet_s < AGREE_S:
                    continue
                word = next(self._missing_words(school, heard), None)
                if word is not None:
                    self._say_again(school, word)
                else:  # a broker that forgot says nothing, and the nodes are held by nothing: that is known, then
                    self.latches.setdefault(school, Latch())

    def _say_again(self, school: str, word: StopWord) -> None:
        """Repeat a word, or say a learned one; a node that will not hear is one line in the log, not one each time."""
        said = (word.latch, word.active)
        if self._again.get(school) != said:
            log.warning("the stop %s of %s is said again (active: %s)", word.latch, school, word.active)
        self._again[school] = said
        self._say(school, word)

    def _missing_words(self, school: str, heard: Mapping[str, str]) -> Iterator[StopWord]:
        latch = self.latches.get(school, Latch())
        words = (reconciled(latch, said, by, self.now_ms()) for by, said in heard.items())
        return (word for word in words if word is not None)

    def _heard_of(self) -> dict[str, dict[str, str]]:
        """Return by school what holds it: as the broker keeps it, and as each node here says that says it at all."""
        heard = {school: {"hub": self._kept.get(school, "")} for school in self.latches}
        for key, node in self.registry.known.items():
            said = self._said_by(node, LATCH)
            if node.online and isinstance(said, str) and len(said) <= LONGEST_NAME:
                heard.setdefault(key.school, {})[f"node {key.node}"] = said
        return heard

    async def _count_on(self) -> None:
        while True:
            await asyncio.sleep(COUNT_EVERY_S)
            now = self.stops()
            if now != self._told:
                self._told = now
                self.bus.note(self)

    def _known(self) -> dict[str, Kept]:
        return {school: Kept(latch, self._unsaid.get(school)) for school, latch in self.latches.items()}

    # --- inside -----------------------------------------------------------------------------------------------------
    def _school_of(self, latch: str) -> str:
        for school, known in self.latches.items():
            if known.name == latch:
                return school
        raise StopRefused("unknown_latch", "nothing is stopped under this latch, or no longer")

    def _count(self, school: str, word: StopWord) -> Stop:
        nodes = [node for key, node in self.registry.known.items() if key.school == school and not key.of_hub]
        actuators = [(node, device) for node in nodes for device in node.devices.values() if _is_actuator(device)]
        open_ = tuple(sorted(device.key for node, device in actuators if not self._confirmed(node, device, word.latch)))
        sent = school not in self._unsaid
        return Stop(school, word.latch, word.by, word.at_ms, len(actuators), len(actuators) - len(open_), open_, sent)

    def _confirmed(self, node: KnownNode, device: KnownDevice, latch: str) -> bool:
        if not (node.online and device.online) or self._said_by(node, LATCH) != latch:
            return False
        return device.key.device not in missing(self._said_by(node, MISSING))

    def _said_by(self, node: KnownNode, name: str) -> object:
        point = self.registry.point(PointKey(*node.key, NODE_ITSELF, name))
        return None if point is None else point.value


def _is_actuator(device: KnownDevice) -> bool:
    """Tell whether a stop has anything to do there."""
    points = (point.description for point in device.points.values())
    return any(point.writable and point.safe_value is not None for point in points)
