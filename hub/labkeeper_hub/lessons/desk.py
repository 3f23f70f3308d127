"""The desk where lessons are started and ended: lease first, then on disk, then what follows from it."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from labkeeper_hub.audit import Notes, Unheard
from labkeeper_hub.bus import EventBus
from labkeeper_hub.lessons.acting import Acting
from labkeeper_hub.lessons.count import Count
from labkeeper_hub.lessons.file import read_lessons, write_lessons
from labkeeper_hub.lessons.lesson import (
    Effect,
    Ended,
    Event,
    Hurried,
    Left,
    Lesson,
    LessonRefused,
    Lessons,
    Phase,
    Prolonged,
    Step,
    TakenOver,
    Tick,
    Undone,
    begin,
    lease_ms,
    step,
)
from labkeeper_hub.lessons.scenes import BEGIN, END, Outcome, Scene, Wish, scenes_of
from labkeeper_hub.model import HeldLease
from labkeeper_hub.ports import LeaseHolding
from labkeeper_wire.leases.book import LeaseRefused, Room, Scope

log = logging.getLogger(__name__)
TICK_S = 0.1
RETRY_S = 1.0
FOLLOW_S = 1.0  # a device that joins is in the record so long afterwards, with all it said since the lesson began


class Recorder(Protocol):
    """Keeps the record of a lesson; nothing raises, and nothing waits for anything but its own disk."""

    async def resume(self, lessons: Collection[Lesson]) -> None:
        """Close what is over; `lessons` are on, and started again after this."""

    async def start(self, lesson: Lesson) -> bool:
        """Begin the record, unless it has begun; return whether there is one."""

    async def follow(self, lesson: Lesson) -> None:
        """Take into the record what has joined the lab since it began."""

    async def hand(self, lesson: Lesson) -> None:
        """Write down who teaches on."""

    async def seal(self, lesson: Lesson) -> None:
        """Close it; a lesson without a record has nothing to close."""


class NoRecorder:
    """For a hub that records no lessons."""

    async def resume(self, lessons: Collection[Lesson]) -> None:
        """Do nothing."""

    async def start(self, lesson: Lesson) -> bool:  # noqa: ARG002 -- of the protocol
        """Nothing is to be recorded, so nothing is missing."""
        return True

    async def follow(self, lesson: Lesson) -> None:
        """Do nothing."""

    async def hand(self, lesson: Lesson) -> None:
        """Do nothing."""

    async def seal(self, lesson: Lesson) -> None:
        """Do nothing."""


@dataclass(slots=True, eq=False)
class LessonDesk:
    """The lessons that are on, by lab. `given` are the scenes that labs say themselves."""

    acting: Acting
    leases: LeaseHolding
    bus: EventBus
    data: Path
    now_ms: Callable[[], int]
    given: Mapping[Room, tuple[Scene, ...]] = field(default_factory=dict)
    recorder: Recorder = field(default_factory=NoRecorder)
    audit: Notes = field(default_factory=Unheard)
    signed_in: Callable[[str], bool] = lambda _: True  # whether somebody has a session anywhere
    on: dict[Room, Lesson] = field(default_factory=dict)
    counts: dict[Room, Count] = field(default_factory=dict)
    _undo: dict[Room, tuple[Wish, ...]] = field(default_factory=dict)
    _jobs: asyncio.Queue[tuple[Lesson, Effect]] = field(default_factory=asyncio.Queue)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _rooms: defaultdict[Room, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))

    async def resume(self) -> None:
        """Take up the lessons of the last run; raises BadConfiguration for a damaged file."""
        self.on = await asyncio.to_thread(read_lessons, self.data)

    # --- what people ask --------------------------------------------------------------------------------------------
    def lessons(self) -> Lessons:
        """Return all lessons that are on."""
        return Lessons(tuple((one, self.counts.get(room)) for room, one in sorted(self.on.items())))

    def is_on(self, school: str, lab: str) -> bool:
        """Tell whether a lesson is on in a lab."""
        return Room(school, lab) in self.on

    def scenes(self, room: Room) -> tuple[Scene, ...]:
        """Return the scenes of a lab."""
        devices = [one for one in self.acting.registry.devices(room.school) if one.lab == room.lab]
        return scenes_of(devices, self.given.get(room, ()))

    async def start(self, teacher: str, room: Room, for_ms: int) -> Lesson:
        """Begin a lesson, or return one's own; raises LessonRefused or LeaseRefused if somebody else has the lab."""
        async with self._turn:
            before = await self._make_way(room)
            if before is not None and before.teacher == teacher:
                return before
            if before is not None:
                raise LessonRefused("lesson_on", f"{before.teacher} has a lesson here")
            return await self._start(teacher, room, self.now_ms() + for_ms)

    async def take_over(self, teacher: str, room: Room, for_ms: int, reason: str) -> Lesson:
        """Teach on in somebody else's place, or begin whoever has the lab; raises LessonRefused or LeaseRefused."""
        async with self._turn:
            before = await self._make_way(room)
            if before is not None and before.teacher == teacher:
                return before
            await self._write(self.on)  # a disk that refuses says so while the lease is still the other's
            now_ms, known = self.now_ms(), self._fences()
            until_ms = now_ms + for_ms
            held = await self.leases.take_over(teacher, Scope(room), lease_ms(until_ms, now_ms), reason)
            async with self._or_given_back(held, known):
                if before is None:
                    return await self._begin(teacher, room, held.fence, until_ms)
                return await self._go_on(before, TakenOver(teacher, held.fence, until_ms))

    async def prolong(self, teacher: str, room: Room, for_ms: int) -> Lesson:
        """Let one's lesson end so long from now; raises LessonRefused or LeaseRefused."""
        async with self._turn:
            lesson, now_ms = self._at(room), self.now_ms()
            event = Prolonged(teacher, now_ms + for_ms)
            step(lesson, event, now_ms)
            await self.leases.renew(lesson.fence, teacher, lease_ms(event.until_ms, now_ms))
            return await self._go_on(lesson, event)

    async def end(self, teacher: str, room: Room) -> Lesson:
        """End one's lesson: the closing scene runs, and for ten seconds it can be undone; raises LessonRefused."""
        async with self._turn:
            return await self._go_on(self._at(room), Ended(teacher))

    async def undo(self, teacher: str, room: Room) -> Lesson:
        """Take the end of one's lesson back; raises LessonRefused or LeaseRefused."""
        async with self._turn:
            lesson, now_ms = self._at(room), self.now_ms()
            running = step(lesson, Undone(teacher), now_ms)[0] or lesson
            await self.leases.renew(lesson.fence, teacher, lease_ms(running.until_ms, now_ms))
            return await self._go_on(lesson, Undone(teacher))

    async def leave(self, teacher: str) -> None:
        """Follow somebody who signed out everywhere: what they hold ends, but for the leases of lessons, which wait for
        them; never raises. A lesson that the disk refuses to mark goes on to its time: nobody can command in it.
        """
        async with self._turn:
            theirs = [one for one in self.on.values() if one.teacher == teacher]
            self.leases.let_go(teacher, {one.fence for one in theirs})
            for lesson in theirs:
                with suppress(LessonRefused):
                    await self._go_on(lesson, Left(teacher))

    async def act(self, scene: str, wishes: Sequence[Wish], holder: str) -> Outcome:
        """Carry wishes out as one action, in a lesson or not."""
        return await self.acting.act(scene, wishes, holder)

    def change(self) -> Lessons:
        """Return the same for the live stream."""
        return self.lessons()

    # --- what happens -----------------------------------------------------------------------------------------------
    async def run(self) -> None:
        """Let time pass, and carry out what follows, for ever."""
        await self.recorder.resume(tuple(self.on.values()))
        for lesson in self.on.values():
            self._jobs.put_nowait((lesson, Effect.RECORD))
        async with asyncio.TaskGroup() as group:
            group.create_task(self._watch(), name="lessons: time")
            group.create_task(self._follow_on(), name="lessons: follow")
            while True:
                lesson, effect = await self._jobs.get()
                group.create_task(self._in_turn(lesson, effect), name=f"lessons: {effect.name}")

    async def _follow_on(self) -> None:
        """Have the records follow what joins the labs."""
        while True:
            await asyncio.sleep(FOLLOW_S)
            for room in list(self.on):
                async with self._rooms[room]:
                    if room in self.on:
                        await self.recorder.follow(self.on[room])

    async def _watch(self) -> None:
        while True:
            try:
                await self._tick()
            except LessonRefused:  # the disk; the lease ends at the nodes by itself
                await asyncio.sleep(RETRY_S)
            await asyncio.sleep(TICK_S)

    async def _tick(self) -> None:
        async with self._turn:
            for lesson in list(self.on.values()):
                leased = any(one.fence == lesson.fence for one in self.leases.held())
                back = bool(lesson.left_ms) and self.signed_in(lesson.teacher)
                after = step(lesson, Tick(leased, back), self.now_ms())
                await self._carry_out(lesson, after)
                self._note_end(lesson, after[0], leased=leased)

    def _note_end(self, lesson: Lesson, now: Lesson | None, *, leased: bool) -> None:
        """Record an end that nobody pressed: by its time, because its lease is no longer its own, or because its
        teacher signed out everywhere and did not come back.
        """
        if not leased:
            self.audit.note("hub", "end_lesson", "/".join(lesson.room), f"of {lesson.teacher}: its lease is gone")
        elif now is not None and now.phase is not lesson.phase:
            why = "signed out everywhere and not back" if lesson.ends_ms < lesson.until_ms else "its time is over"
            self.audit.note("hub", "end_lesson", "/".join(lesson.room), f"of {lesson.teacher}: {why}")

    async def _in_turn(self, lesson: Lesson, effect: Effect) -> None:
        """Do what belongs to a room in the order it was brought about."""
        async with self._rooms[lesson.room]:
            match effect:
                case Effect.RECORD:
                    await self._is_recorded(lesson, recorded=await self.recorder.start(lesson))
                case Effect.HAND:
                    await self.recorder.hand(lesson)
                case Effect.SEAL:
                    await self.recorder.seal(lesson)
                case _:
                    await self._scene(lesson, effect)

    async def _is_recorded(self, lesson: Lesson, *, recorded: bool) -> None:
        """Let everybody see whether a lesson is recorded; it goes on either way."""
        async with self._turn:
            now = self.on.get(lesson.room)
            if now is None or now.name != lesson.name or now.recorded == recorded:
                return
            self.audit.note("hub", "record_lesson", "/".join(lesson.room), "begun" if recorded else "not recorded")
            with suppress(LessonRefused):  # the disk: it is said in the log, and again after the next start
                await self._keep(lesson.room, replace(now, recorded=recorded))

    async def _scene(self, lesson: Lesson, effect: Effect) -> None:
        name = BEGIN if effect is Effect.OPEN else END
        if effect is Effect.RESTORE:
            wishes = self._undo.pop(lesson.room, ())
        else:
            wishes = next((one.wishes for one in self.scenes(lesson.room) if one.name == name), ())
        outcome = await self.acting.act("" if effect is Effect.RESTORE else name, wishes, lesson.teacher)
        if effect is Effect.CLOSE:
            self._undo[lesson.room] = outcome.undo
        self.counts[lesson.room] = outcome.count
        what = "undo_scene" if effect is Effect.RESTORE else "run_scene"
        self.audit.note(lesson.teacher, what, "/".join((*lesson.room, name)), outcome.count.words())
        self.bus.note(self)

    # --- inside -----------------------------------------------------------------------------------------------------
    def _at(self, room: Room) -> Lesson:
        lesson = self.on.get(room)
        if lesson is None:
            raise LessonRefused("no_lesson", "there is no lesson here")
        return lesson

    async def _make_way(self, room: Room) -> Lesson | None:
        """Return the lesson that is on; one that is ending is over for whoever wants the lab."""
        lesson = self.on.get(room)
        if lesson is None or lesson.phase is Phase.RUNNING:
            return lesson
        await self._carry_out(lesson, step(lesson, Hurried(), self.now_ms()))
        return None

    async def _start(self, teacher: str, room: Room, until_ms: int) -> Lesson:
        known = self._fences()
        held = await self.leases.take(teacher, Scope(room), lease_ms(until_ms, self.now_ms()))
        async with self._or_given_back(held, known):
            return await self._begin(teacher, room, held.fence, until_ms)

    def _fences(self) -> set[int]:
        return {one.fence for one in self.leases.held()}

    @asynccontextmanager
    async def _or_given_back(self, held: HeldLease, known: Collection[int]) -> AsyncIterator[None]:
        """Where the lesson of a lease cannot be written down, the lease goes, unless it was there before."""
        try:
            yield
        except LessonRefused:
            if held.fence not in known:
                with suppress(LeaseRefused):
                    await self.leases.release(held.fence, held.holder)
            raise

    async def _begin(self, teacher: str, room: Room, fence: int, until_ms: int) -> Lesson:
        lesson = Lesson(str(uuid4()), room, teacher, fence, self.now_ms(), until_ms)
        await self._carry_out(lesson, begin(lesson))
        return lesson

    async def _go_on(self, lesson: Lesson, event: Event) -> Lesson:
        """Carry out what does not end a lesson, and return it as it is then."""
        after = step(lesson, event, self.now_ms())
        await self._carry_out(lesson, after)
        return after[0] or lesson

    async def _carry_out(self, lesson: Lesson, after: Step) -> None:
        now, effects = after
        if now is not self.on.get(lesson.room):
            await self._keep(lesson.room, now)
        for effect in effects:
            if effect is Effect.RELEASE:
                await self._release(lesson)
            else:
                self._jobs.put_nowait((now or lesson, effect))

    async def _keep(self, room: Room, lesson: Lesson | None) -> None:
        """On disk, then in force, then told."""
        on = {where: one for where, one in self.on.items() if where != room} | (
            {} if lesson is None else {room: lesson}
        )
        await self._write(on)
        self.on = on
        if lesson is None:
            self.counts.pop(room, None)
        self.bus.note(self)

    async def _write(self, on: Mapping[Room, Lesson]) -> None:
        try:
            await asyncio.to_thread(write_lessons, self.data, on.values())
        except OSError as error:
            log.error("lessons cannot be written down: %s", error.strerror)  # noqa: TRY400 -- one line
            raise LessonRefused("hub_disk", "the hub cannot write it down") from error

    async def _release(self, lesson: Lesson) -> None:
        """Give the lease back. One that cannot be is over soon by itself: it outlives its lesson by half a minute."""
        try:
            await self.leases.release(lesson.fence, lesson.teacher)
        except LeaseRefused as refused:
            log.warning("the lease of a lesson in %s is left to end by itself: %s", "/".join(lesson.room), refused)
