"""The recordings there are: whatever somebody does to one is on disk before they are told."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from uuid import uuid4

from sqlalchemy.exc import DBAPIError

from labkeeper_hub.audit import Notes, Unheard
from labkeeper_hub.export.exports import Export, ExportFailed, TooManyExports
from labkeeper_hub.export.order import FileFormat, OrderedPoint
from labkeeper_hub.model import Aggregate, NodeKey, ReadingsQuery
from labkeeper_hub.recordings import recording as rules
from labkeeper_hub.recordings.files import Files
from labkeeper_hub.recordings.lesson_record import Happened, Hashed, digest_of, record_of
from labkeeper_hub.recordings.recording import Delivered, Mark, Plan, Recording, RecordingRefused, Seal, Stage
from labkeeper_hub.recordings.records import RecordingRecords
from labkeeper_hub.timeseries.journal import Journal
from labkeeper_hub.timeseries.pins import DiskRefuses, Pinned, Pins

log = logging.getLogger(__name__)
LOOK_S = 1.0
SEALED_BY_HUB = "hub"
SEALING = "seal_recording"
COUNT_REST = 20.0  # a count is good for so many times as long as it took


class Writing(Notes, Protocol):
    """The record of who did what."""

    async def save(self) -> None:
        """Return when what was noted is written, unless the disk refuses."""


class Sources(Protocol):
    """What the hub knows beside the journal."""

    def delivered(self) -> Mapping[NodeKey, Delivered]:
        """Return what is known of every node's outbox."""

    async def happened(self, recording: Recording) -> Happened:
        """Return what people and rules did in the lab while it ran."""


@dataclass(slots=True)
class Counted:
    """How many samples there were, and until when that is good enough."""

    samples: int
    good_until_s: float


@dataclass(slots=True)
class RecordingDesk:
    """Recordings by id, the oldest first. `audit` is put in when it is open."""

    records: RecordingRecords
    journal: Journal
    pins: Pins
    files: Files
    sources: Sources
    now_ms: Callable[[], int]
    audit: Writing = field(default_factory=Unheard)
    rest_times: float = COUNT_REST
    _known: dict[str, Recording] = field(default_factory=dict)
    _counts: dict[str, Counted] = field(default_factory=dict)
    _changing: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def load(self) -> None:
        """Take up what earlier runs left; what they recorded stays pinned."""
        self._known = {one.id: one for one in await self.records.load()}

    # --- what there is ----------------------------------------------------------------------------------------------
    def all(self) -> tuple[Recording, ...]:
        """Return every recording, the newest first."""
        return tuple(reversed(self._known.values()))

    def get(self, identity: str) -> Recording:
        """Return one; raises RecordingRefused."""
        try:
            return self._known[identity]
        except KeyError as error:
            raise RecordingRefused("unknown_recording", "There is no such recording") from error

    async def samples(self, recording: Recording) -> int:
        """Return how many samples it has: exactly when it is sealed, before that as of a moment ago."""
        if recording.seal is not None:
            return recording.seal.rows
        kept = self._counts.get(recording.id)
        if kept is None or time.monotonic() >= kept.good_until_s:
            began_s = time.monotonic()
            found = await self._count(recording)
            took_s = time.monotonic() - began_s
            kept = self._counts[recording.id] = Counted(found, time.monotonic() + self.rest_times * took_s)
        return kept.samples

    async def record(self, recording: Recording) -> str:
        """Return the record of a sealed one; "" before."""
        return await self.records.record(recording.id)

    # --- what people do ---------------------------------------------------------------------------------------------
    async def start(self, plan: Plan, by: str, identity: str = "") -> Recording:
        """Begin one now, under a name of one's own or a new one; raises RecordingRefused, DiskRefuses."""
        async with self._changing:
            begun = rules.begin(identity or str(uuid4()), plan, by, self.now_ms(), self.all())
            await self.pins.put(begun.id, _pinned(begun))
            await self.records.add(begun)
            self._known[begun.id] = begun
        self.audit.note(by, "start_recording", begun.id, f"{plan.school}/{plan.lab} {len(plan.points)} points")
        return begun

    async def follow(self, identity: str, points: Sequence[OrderedPoint]) -> Recording:
        """Record these points besides; raises RecordingRefused, DiskRefuses."""
        async with self._changing:
            before = self.get(identity)
            grown = rules.follow(before, points)
            if grown is before:
                return before
            await self.pins.put(identity, _pinned(grown))
            await self._change(grown)
        self.audit.note("hub", "follow_recording", identity, f"{len(grown.plan.points) - len(before.plan.points)} more")
        return grown

    async def mark(self, identity: str, text: str, by: str, time_ms: int | None = None) -> Recording:
        """Mark a moment of a running one, now or a moment ago; raises RecordingRefused."""
        async with self._changing:
            running, now_ms = self.get(identity), self.now_ms()
            asked_ms = now_ms if time_ms is None else min(now_ms, max(time_ms, running.started_ms))
            marked = rules.mark(running, Mark(asked_ms, by, text))
            await self._change(marked)
        self.audit.note(by, "mark_recording", identity, "ok")
        return marked

    async def stop(self, identity: str, by: str) -> Recording:
        """End one now; raises RecordingRefused."""
        async with self._changing:
            ended = rules.stop(self.get(identity), by, self.now_ms())
            await self._change(ended)
            await self._repin(self.pins.put(identity, _pinned(ended)))
        self.audit.note(by, "stop_recording", identity, "ok")
        return ended

    async def seal(self, identity: str, by: str) -> Recording:
        """Seal a stopped one as it stands; raises RecordingRefused, TooManyExports, ExportFailed."""
        recording = self.get(identity)
        rules.demand_sealable(recording)
        hashed = await self.files.hashed(recording)
        record = record_of(recording, hashed, await self.sources.happened(recording))
        made = Seal(digest_of(record), hashed.rows, hashed.sha256, self.now_ms(), by)
        async with self._changing:
            sealed = rules.seal(self.get(identity), made)
            self.audit.note(by, SEALING, identity, made.digest)
            await self.audit.save()
            await self._change(sealed, record)
        return sealed

    async def remove(self, identity: str, by: str) -> None:
        """Forget one and let its readings go when they are old; the sealed digest stays in the record of acts."""
        async with self._changing:
            if self.get(identity).stage is Stage.RUNNING:
                raise RecordingRefused("still_running", "Stop the recording first")
            await self.records.remove(identity)
            del self._known[identity]
            self._counts.pop(identity, None)
            await self._repin(self.pins.take_away(identity))
        self.audit.note(by, "remove_recording", identity, "ok")

    async def hashed_now(self, recording: Recording) -> Hashed:
        """Return what its readings would be sealed as now; raises TooManyExports, ExportFailed."""
        return await self.files.hashed(recording)

    async def readings_file(self, recording: Recording, form: FileFormat) -> Export:
        """Start a file of its readings up to now; the caller ends it. Raises TooManyExports, ExportFailed."""
        return await self.files.readings(recording, form, self.now_ms())

    async def record_file(self, recording: Recording) -> Export:
        """Start the record of a sealed one as a file; the caller ends it. Raises RecordingRefused as well."""
        if recording.seal is None:
            raise RecordingRefused("not_sealed", "The recording has no seal yet")
        return await self.files.record(recording, await self.record(recording))

    async def happened(self, recording: Recording) -> Happened:
        """Return what people and rules did in the lab while it ran, or does until now."""
        return await self.sources.happened(recording)

    # --- what happens by itself -------------------------------------------------------------------------------------
    async def run(self) -> None:
        """Pin what is recorded, then seal whatever has settled, for ever."""
        pinned = False
        while True:
            pinned = pinned or await self._pin_all()
            await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Seal what has settled."""
        stopped = [one for one in self._known.values() if one.stage is Stage.STOPPED]
        nodes = self.sources.delivered() if stopped else {}
        for one in stopped:
            if rules.settled(one, nodes, self.now_ms()):
                await self._try_sealing(one)

    async def _try_sealing(self, recording: Recording) -> None:
        try:
            await self.seal(recording.id, SEALED_BY_HUB)
        except (RecordingRefused, TooManyExports):
            return  # somebody was quicker, or it is tried again
        except (ExportFailed, DBAPIError) as error:
            log.warning("recording %s cannot be sealed yet (%s)", recording.id, error)

    async def _pin_all(self) -> bool:
        async with self._changing:
            return await self._repin(self.pins.put_all({one.id: _pinned(one) for one in self._known.values()}))

    # --- inside -----------------------------------------------------------------------------------------------------
    async def _change(self, recording: Recording, record: str | None = None) -> None:
        await self.records.change(recording, record)
        self._known[recording.id] = recording
        self._counts.pop(recording.id, None)

    async def _repin(self, pinning: Awaitable[None]) -> bool:
        """Do it, or leave what is pinned as it is: that keeps rather too much."""
        try:
            await pinning
        except DiskRefuses:
            log.warning("recordings: the journal cannot write down yet what is kept; it keeps what it kept")
            return False
        return True

    async def _count(self, recording: Recording) -> int:
        plan, end_ms = recording.plan, min(recording.end_ms, self.now_ms() + 1)
        if plan.every_ms is None:
            return await self.journal.count(plan.keys, recording.started_ms, end_ms)
        window = (recording.started_ms, end_ms, plan.every_ms, Aggregate.COUNT)
        return sum([len((await self.journal.page(ReadingsQuery(key, *window))).rows) for key in plan.keys])


def _pinned(recording: Recording) -> Pinned:
    return Pinned(recording.plan.keys, recording.started_ms, recording.end_ms)
