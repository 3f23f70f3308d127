"""From drivers into the outbox: observations are sampled, committed in batches, and settled only then."""

import asyncio
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from labkeeper_edge.devices import Devices, KnownDevice
from labkeeper_edge.outbox.batches import DATATYPES, Batch, Draft, metric_of
from labkeeper_edge.outbox.heard import Heard
from labkeeper_edge.outbox.outbox import Outbox, OutboxUnwritable, Waiting
from labkeeper_edge.refusals import Refusals
from labkeeper_edge.sampler import Hold, Keep, Stamped, Trouble, Unfit, Verdict, release, sample, stamp
from labkeeper_sdk import (
    Availability,
    Found,
    GatewayEvent,
    Gone,
    Nonsense,
    Observation,
    Point,
    Quality,
    Reading,
    Report,
)
from labkeeper_wire.payload import Metric

# Mosquitto as it comes hands out only this many messages before it waits for us (max_inflight_messages).
MOST_UNSETTLED = 20
MOST_PENDING = 20_000  # readings in memory while the disk takes none; drivers wait beyond that
RETRY_S = 1.0
Committed = Callable[[list[Batch], Waiting], None]


@dataclass(slots=True)
class Pending:
    """What the next commit will store, and what may be settled after it."""

    metrics: dict[str, list[Metric]] = field(default_factory=dict)
    personal: dict[str, frozenset[str]] = field(default_factory=dict)
    identities: list[bytes] = field(default_factory=list)
    settles: list[Callable[[], None]] = field(default_factory=list)
    readings: int = 0

    def add(self, known: KnownDevice, metric: Metric) -> None:
        """Put a reading behind the others of its device."""
        device = known.info.id
        self.metrics.setdefault(device, []).append(metric)
        self.personal[device] = known.personal
        self.readings += 1

    def drafts(self) -> list[Draft]:
        """Return one draft for each device."""
        return [Draft(device, tuple(metrics), self.personal[device]) for device, metrics in self.metrics.items()]


@dataclass(slots=True)
class Intake:
    """Where every driver's observations arrive. `committed` hears of the batches that are on disk."""

    devices: Devices
    refusals: Refusals
    outbox: Outbox
    heard: Heard
    committed: Committed
    commit_every_s: float
    now_ms: Callable[[], int]
    stop: Callable[[], None] = lambda: None  # somebody pressed a stop button
    overhear: Callable[[str, Stamped], None] = lambda *_: None  # the interlocks: every reading, before it is sampled
    _pending: Pending = field(default_factory=Pending)
    _due_ms: dict[tuple[str, str], int] = field(default_factory=dict)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _room: asyncio.Event = field(default_factory=asyncio.Event)
    _hurry: bool = False

    async def take(self, instance: str, observation: Observation) -> None:
        """Take over one observation; returns at once unless the disk is far behind."""
        while self._pending.readings >= MOST_PENDING:
            self._tell_at_least(instance, observation)
            self._room.clear()
            await self._room.wait()
        if not self._heard_before(instance, observation):
            before = self._pending.readings
            for event in observation.events:
                self._apply(instance, event)
            self._remember(instance, observation, stored=self._pending.readings > before)
        self._wake.set()

    def hurry(self) -> None:
        """Commit what is pending at once: a person waits for it."""
        self._hurry = True
        self._wake.set()

    async def run(self) -> None:
        """Commit for ever, at most every `commit_every_s`, sooner when a window is full or somebody hurries."""
        last_s = 0.0
        while True:
            await self._wait(last_s)
            last_s = time.monotonic()
            self._release_held()
            await self.flush()

    async def flush(self) -> None:
        """Commit what is pending now; while the disk takes nothing, keep it and try again."""
        pending, self._pending, self._hurry = self._pending, Pending(), False
        while pending.readings:
            try:
                batches, waiting = await self.outbox.commit(pending.drafts(), pending.identities)
            except OutboxUnwritable as error:
                self.refusals.count("outbox_unwritable", "outbox", str(error))
                await asyncio.sleep(RETRY_S)
            else:
                self.refusals.clear("outbox")
                self.heard.stored(pending.identities)
                self.committed(batches, waiting)
                break
        self._room.set()
        for settle in pending.settles:
            settle()

    async def _wait(self, last_s: float) -> None:
        """Return when there is something to commit and it is time."""
        while True:
            self._wake.clear()
            delay = self._delay(last_s)
            if delay == 0:
                return
            try:
                async with asyncio.timeout(delay):
                    await self._wake.wait()
            except TimeoutError:
                return

    def _delay(self, last_s: float) -> float | None:
        pending = self._pending
        if pending.settles or pending.readings:
            if self._hurry or len(pending.settles) >= MOST_UNSETTLED or not pending.readings:
                return 0
            return max(0.0, last_s + self.commit_every_s - time.monotonic())
        if self._due_ms:
            return max(0.001, (min(self._due_ms.values()) - self.now_ms()) / 1000)
        return None

    def _heard_before(self, instance: str, observation: Observation) -> bool:
        """A redelivered message is not stored twice; it is settled once its first delivery is."""
        if not (observation.again and observation.identity):
            return False
        if not self.heard.knows(instance, observation.identity):
            return False
        self._pending.settles.append(observation.settle)
        return True

    def _remember(self, instance: str, observation: Observation, *, stored: bool) -> None:
        self._pending.settles.append(observation.settle)
        if stored and observation.identity:
            self._pending.identities.append(self.heard.pending(instance, observation.identity))

    def _apply(self, instance: str, event: GatewayEvent) -> None:
        match event:
            case Report(device, readings):
                self._report(instance, device, readings)
            case Found(info):
                self.devices.found(instance, info)
            case Gone(device):
                self.devices.gone(instance, device)
            case Availability(device, online):
                self.devices.available(instance, device, online=online)
            case Nonsense(device, reason, detail):
                self.refusals.count("device_nonsense", f"{device} {reason}", detail)

    def _report(self, instance: str, device: str, readings: Iterable[Reading]) -> None:
        known = self.devices.get(device)
        if known is None or known.instance != instance:
            self.refusals.count(Trouble.UNKNOWN_DEVICE, f"{instance}/{device}")
            return
        now_ms = self.now_ms()
        for reading in readings:
            self._reading(known, reading, now_ms)

    def _reading(self, known: KnownDevice, reading: Reading, now_ms: int) -> None:
        device = known.info.id
        source = f"{device}/{reading.point}"
        point = known.points.get(reading.point)
        if point is None:
            self.refusals.count(Trouble.UNKNOWN_POINT, source)
            return
        try:
            stamped = stamp(point, reading, now_ms)
        except Unfit as unfit:
            self.refusals.count(unfit.trouble, source, repr(reading.value))
            if not reading.historical:
                self.overhear(device, Stamped(reading.point, None, now_ms, int(Quality.STALE)))
            return
        if stamped.mended is None:
            self.refusals.clear(source)
        else:
            self.refusals.count(stamped.mended, source, str(reading.time_ms))
        if stamped.historical:  # was so once: nothing is done about it now
            self._pending.add(known, metric_of(stamped, DATATYPES[point.type]))
            return
        if point.stops and stamped.value not in (None, False):
            self.stop()
        self.overhear(device, stamped)
        memory, verdict = sample(point, known.memory(point.name), stamped, now_ms)
        known.memories[point.name] = memory
        self._keep(known, point, verdict)

    def _tell_at_least(self, instance: str, observation: Observation) -> None:
        """A disk that takes nothing must not make the interlocks deaf."""
        for event in observation.events:
            known = self.devices.get(event.device) if isinstance(event, Report) else None
            if known is None or known.instance != instance or not isinstance(event, Report):
                continue
            for reading in event.readings:
                if not reading.historical and (point := known.points.get(reading.point)) is not None:
                    with suppress(Unfit):
                        self.overhear(event.device, stamp(point, reading, self.now_ms()))

    def _keep(self, known: KnownDevice, point: Point, verdict: Verdict) -> None:
        key = (known.info.id, point.name)
        if isinstance(verdict, Keep):
            metric = metric_of(verdict.reading, DATATYPES[point.type])
            known.last[point.name] = metric
            self._pending.add(known, metric)
            self._due_ms.pop(key, None)
        elif isinstance(verdict, Hold):
            self._due_ms[key] = verdict.due_ms

    def _release_held(self) -> None:
        now_ms = self.now_ms()
        for (device, name), due_ms in list(self._due_ms.items()):
            if due_ms <= now_ms:
                del self._due_ms[(device, name)]
                self._release(device, name, now_ms)

    def _release(self, device: str, name: str, now_ms: int) -> None:
        known = self.devices.get(device)
        if known is not None and name in known.points:
            memory, verdict = release(known.points[name], known.memory(name), now_ms)
            known.memories[name] = memory
            self._keep(known, known.points[name], verdict)
