"""The lessons on disk: replaced whole, or not at all, before anything follows from them."""

from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from labkeeper_hub.lessons.lesson import Lesson, Phase
from labkeeper_hub.private_files import read_private, replace_private
from labkeeper_wire.leases.book import Room

FILE = "lessons.json"


class _Lesson(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    school: str
    lab: str
    teacher: str
    fence: int
    started_ms: int
    until_ms: int
    before: str
    phase: Phase
    ending_ms: int
    ended_by: str
    recorded: bool = True
    left_ms: int = 0


class _Lessons(BaseModel):
    model_config = ConfigDict(extra="forbid")
    lessons: list[_Lesson]


def read_lessons(data: Path) -> dict[Room, Lesson]:
    """Return the lessons of the last run, none at the first; raises BadConfiguration for a damaged file."""
    advice = "delete it: the leases are kept elsewhere, and a lesson can be started again"
    stored = read_private(data / FILE, _Lessons, "lessons", advice)
    return {} if stored is None else {lesson.room: lesson for lesson in map(_lesson, stored.lessons)}


def write_lessons(data: Path, lessons: Iterable[Lesson]) -> None:
    """Keep the lessons; raises OSError, and then nothing has changed."""
    replace_private(data / FILE, _Lessons(lessons=[_stored(one) for one in lessons]).model_dump_json())


def _lesson(one: _Lesson) -> Lesson:
    told = one.model_dump(exclude={"school", "lab", "phase"})
    return Lesson(room=Room(one.school, one.lab), phase=one.phase, **told)


def _stored(one: Lesson) -> _Lesson:
    return _Lesson(
        name=one.name,
        **one.room._asdict(),
        teacher=one.teacher,
        fence=one.fence,
        started_ms=one.started_ms,
        until_ms=one.until_ms,
        before=one.before,
        phase=one.phase,
        ending_ms=one.ending_ms,
        ended_by=one.ended_by,
        recorded=one.recorded,
        left_ms=one.left_ms,
    )
