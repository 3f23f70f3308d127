"""The record of a lesson: a recording of its whole lab, under the lesson's own name, so that it is found again."""

import logging
from collections.abc import Awaitable, Collection
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError

from labkeeper_hub.lessons.lesson import Lesson
from labkeeper_hub.recordings.recorder import LabKey, Recorder
from labkeeper_hub.recordings.recording import OF_LESSON, RecordingRefused
from labkeeper_hub.timeseries.pins import DiskRefuses

log = logging.getLogger(__name__)
TITLE = "课堂 · Lesson"
HANDED = "接管 · Taken over"
BY_HUB = "hub"


@dataclass(frozen=True, slots=True)
class LessonRecord:
    """Records lessons. One that cannot be recorded goes on without: teaching comes first; log and page say so."""

    recorder: Recorder

    async def resume(self, lessons: Collection[Lesson]) -> None:
        """End what was recorded of a lesson that is over."""
        on = {record_name(one) for one in lessons}
        for identity in list(self.recorder.running()):
            if identity.startswith(OF_LESSON) and identity not in on:
                await _kept(self.recorder.stop(identity, BY_HUB), identity)

    async def start(self, lesson: Lesson) -> bool:
        """Begin the record, unless it has begun; a lab with nothing to record misses nothing."""
        name = record_name(lesson)
        return await _kept(self.recorder.start(LabKey(*lesson.room), None, lesson.teacher, TITLE, name), name)

    async def follow(self, lesson: Lesson) -> None:
        """Record what has joined the lab meanwhile; a record that could not be begun is not begun by that."""
        name = record_name(lesson)
        if name in self.recorder.running():
            await _kept(self.recorder.follow(name), name)
        elif lesson.recorded and self.recorder.anything(LabKey(*lesson.room)):
            await self.start(lesson)

    async def hand(self, lesson: Lesson) -> None:
        """Mark it for whoever teaches on: from then on it is theirs, too."""
        name = record_name(lesson)
        if name in self.recorder.running():
            await _kept(self.recorder.mark(name, HANDED, lesson.teacher), name)

    async def seal(self, lesson: Lesson) -> None:
        """End it; it is sealed by itself when the nodes have delivered."""
        name = record_name(lesson)
        if name in self.recorder.running():
            await _kept(self.recorder.follow(name), name)
            await _kept(self.recorder.stop(name, lesson.ended_by or BY_HUB), name)


def record_name(lesson: Lesson) -> str:
    """Return the id of a lesson's recording."""
    return OF_LESSON + lesson.name.replace("-", "")


async def _kept(work: Awaitable[object], name: str) -> bool:
    try:
        await work
    except (RecordingRefused, DiskRefuses, DBAPIError) as error:
        log.warning("the record %s of a lesson is not kept as it should be: %s", name, error)
        return isinstance(error, RecordingRefused) and error.code == "no_points"
    return True
