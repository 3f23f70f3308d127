"""The class register: which class and course each lesson was, for the ledger. It keeps lessons as a recorder does."""

import logging
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field

from sqlalchemy.exc import DBAPIError

from labkeeper_hub.lessons.desk import Recorder
from labkeeper_hub.lessons.lesson import UNDO_MS, Lesson
from labkeeper_hub.timetable.ledger import Taught
from labkeeper_hub.timetable.records import TimetableRecords
from labkeeper_hub.timetable.slots import Occurrence
from labkeeper_hub.timetable.year import PERIOD_MS

log = logging.getLogger(__name__)
BEGUN_FOR_MS = 24 * 3_600_000
LATELY_MS = 60 * 24 * 3_600_000  # a holiday may lie between two lessons
MOST_LATELY = 6  # choices that are read at a glance


@dataclass(slots=True, eq=False)
class Register:
    """What is taught now, by the lesson's name. `fits` finds what a lesson is by the timetable."""

    records: TimetableRecords
    fits: Callable[[Lesson], Occurrence | None]
    now_ms: Callable[[], int]
    on: dict[str, Taught] = field(default_factory=dict)
    begun: set[str] = field(default_factory=set)

    async def load(self) -> None:
        """Read what the last run left open."""
        self.on = {one.lesson: one for one in await self.records.going_on()}
        self.begun = await self.records.begun(self.now_ms() - BEGUN_FOR_MS)

    async def resume(self, lessons: Collection[Lesson]) -> None:
        """Close what is over: how long it was is not known, so it counts as one period at most."""
        names = {one.name for one in lessons}
        for taught in [one for one in self.on.values() if one.lesson not in names]:
            ended_ms = min(self.now_ms(), taught.started_ms + PERIOD_MS)
            await self._kept(self._end(taught._replace(ended_ms=ended_ms)))
        for one in lessons:
            await self.start(one)

    async def start(self, lesson: Lesson) -> bool:
        """Write a lesson down as what the timetable says it is, unless it is written down. Of its readings nothing is
        missing for that.
        """
        if lesson.name not in self.on:
            await self._kept(self._begin(lesson))
        return True

    async def say(self, lesson: Lesson, class_name: str, course: str) -> Taught:
        """Say what a lesson is, in the place of what the timetable says."""
        taught = self.on.get(lesson.name) or await self._begin(lesson)
        self.on[lesson.name] = said = taught._replace(class_name=class_name, course=course)
        await self.records.change_taught(said)
        return said

    async def lately(self, teacher: str) -> list[tuple[str, str]]:
        """Return the classes and courses that a teacher had last, each once, the last first."""
        found = await self.records.taught_by(teacher, self.now_ms() - LATELY_MS)
        return list(dict.fromkeys((one.class_name, one.course) for one in found if one.class_name or one.course))[
            :MOST_LATELY
        ]

    async def follow(self, lesson: Lesson) -> None:
        """A lesson is filed once, whatever joins it."""

    async def hand(self, lesson: Lesson) -> None:
        """A lesson is filed as of whoever ends it."""

    async def seal(self, lesson: Lesson) -> None:
        """Close a lesson: it was over when it was ended, not when its undo was."""
        taught = self.on.get(lesson.name)
        if taught is not None:
            ended_ms = lesson.ending_ms - UNDO_MS if lesson.ending_ms else self.now_ms()
            await self._kept(self._end(taught._replace(ended_ms=ended_ms, teacher=lesson.teacher)))

    async def _begin(self, lesson: Lesson) -> Taught:
        fit = self.fits(lesson)
        what = (fit.what.class_name, fit.what.course) if fit else ("", "")
        name = fit.name if fit else ""
        taught = Taught(lesson.name, *lesson.room, *what, lesson.teacher, lesson.started_ms, None, name)
        self.on[lesson.name] = taught
        self.begun.add(name)
        await self.records.add_taught(taught)
        return taught

    async def _end(self, taught: Taught) -> None:
        self.on.pop(taught.lesson, None)
        await self.records.change_taught(taught)

    async def _kept(self, work: Awaitable[object]) -> None:
        try:
            await work
        except DBAPIError as error:  # teaching comes first
            log.warning("the register of lessons is not kept as it should be: %s", error.orig)


@dataclass(frozen=True, slots=True)
class Both:
    """Two recorders as one."""

    one: Recorder
    other: Recorder

    async def resume(self, lessons: Collection[Lesson]) -> None:
        """Go on where the last run ended."""
        await self.one.resume(lessons)
        await self.other.resume(lessons)

    async def start(self, lesson: Lesson) -> bool:
        """Begin both records."""
        begun = (await self.one.start(lesson), await self.other.start(lesson))
        return all(begun)

    async def follow(self, lesson: Lesson) -> None:
        """Have both follow the lab."""
        await self.one.follow(lesson)
        await self.other.follow(lesson)

    async def hand(self, lesson: Lesson) -> None:
        """Tell both who teaches on."""
        await self.one.hand(lesson)
        await self.other.hand(lesson)

    async def seal(self, lesson: Lesson) -> None:
        """Close both."""
        await self.one.seal(lesson)
        await self.other.seal(lesson)
