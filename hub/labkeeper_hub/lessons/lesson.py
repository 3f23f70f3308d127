"""The life of a lesson: (lesson, event) → lesson and what to do. No clock, no wire, no disk.

    started → running ⇄ ending → over

A lesson that is over is None. It ends by a press, by its time, or when its lease is no longer its own; while it is
ending its closing scene has run and its lease is still held, so that all of it can be taken back.
"""

from dataclasses import dataclass, replace
from enum import Enum, StrEnum, auto
from typing import TypeAlias

from labkeeper_hub.lessons.count import Count
from labkeeper_wire.leases.book import Room

UNDO_MS = 10_000  # so long can an end be taken back
RETURN_MS = 5 * 60_000  # so long does a lesson wait for a teacher who signed out everywhere
AGAIN_MS = 5 * 60_000  # what is left at least after that, or a lesson that ended by time would end at once again
GRACE_MS = 30_000  # the lease outlives the lesson so long: for the closing scene, and for a hub that starts again


class LessonRefused(Exception):
    """Nothing was changed: `code` is lesson_on, no_lesson, not_the_teacher, not_running or not_ending."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Phase(StrEnum):
    """Where a lesson is."""

    RUNNING = "running"
    ENDING = "ending"


class Effect(Enum):
    """What the shell has to do, in the order given."""

    RECORD = auto()  # start the record
    HAND = auto()  # write into the record who teaches on
    OPEN = auto()  # run the opening scene
    CLOSE = auto()  # run the closing scene
    RESTORE = auto()  # take the closing scene back
    RELEASE = auto()  # give the lease back: what has a safe value goes to it
    SEAL = auto()  # seal the record


@dataclass(frozen=True, slots=True)
class Lesson:
    """A lesson that is on: `fence` is its lease, `teacher` a pseudonym, `before` who was taken over from ("": nobody).
    `ending_ms`: over for good from then on (0 while it runs), `ended_by` who ended it ("": its time).
    Not `recorded`: its record could not be begun. `left_ms`: its teacher signed out everywhere then, and has not come
    back (0: no).
    """

    name: str
    room: Room
    teacher: str
    fence: int
    started_ms: int
    until_ms: int
    before: str = ""
    phase: Phase = Phase.RUNNING
    ending_ms: int = 0
    ended_by: str = ""
    recorded: bool = True
    left_ms: int = 0

    @property
    def ends_ms(self) -> int:
        """Return when it ends by itself: by its time, or sooner where its teacher does not come back."""
        return min(self.until_ms, self.left_ms + RETURN_MS) if self.left_ms else self.until_ms


# --- what happens ----------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class TakenOver:
    """Somebody else has its lease now and teaches on."""

    teacher: str
    fence: int
    until_ms: int


@dataclass(frozen=True, slots=True)
class Prolonged:
    """It is to last until then."""

    by: str
    until_ms: int


@dataclass(frozen=True, slots=True)
class Ended:
    """Its teacher ends it."""

    by: str


@dataclass(frozen=True, slots=True)
class Undone:
    """Its teacher takes the end back."""

    by: str


@dataclass(frozen=True, slots=True)
class Left:
    """Its teacher signed out everywhere."""

    by: str


@dataclass(frozen=True, slots=True)
class Hurried:
    """Somebody waits for the lab: what is ending is over now."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed. `leased`: the lease is still the lesson's; `back`: its teacher is signed in."""

    leased: bool
    back: bool = False


Event: TypeAlias = TakenOver | Prolonged | Ended | Undone | Left | Hurried | Tick
Step: TypeAlias = tuple[Lesson | None, tuple[Effect, ...]]


@dataclass(frozen=True, slots=True)
class Lessons:
    """All lessons that are on, each with what its last scene came to; a change of one tells all."""

    lessons: tuple[tuple[Lesson, Count | None], ...]

    @property
    def key(self) -> str:
        return "lessons"


def begin(lesson: Lesson) -> Step:
    """Return a new lesson, whose lease has been taken, and what its start brings about."""
    return lesson, (Effect.RECORD, Effect.OPEN)


def lease_ms(until_ms: int, now_ms: int) -> int:
    """Return how long the lease of a lesson that lasts until then is to be."""
    return max(0, until_ms - now_ms) + UNDO_MS + GRACE_MS


def step(lesson: Lesson, event: Event, now_ms: int) -> Step:
    """Return the lesson after the event, the same object if it changes nothing; raises LessonRefused."""
    match event:
        case Tick():
            return _ticked(lesson, event, now_ms)
        case Hurried():
            _demand(lesson, Phase.ENDING)
            return _over()
        case TakenOver(teacher, fence, until_ms):
            _demand(lesson, Phase.RUNNING)
            theirs = replace(lesson, teacher=teacher, fence=fence, until_ms=until_ms, before=lesson.teacher)
            return replace(theirs, left_ms=0), (Effect.HAND,)
        case _:
            return _wished(lesson, event, now_ms)


def _wished(lesson: Lesson, event: Prolonged | Ended | Undone | Left, now_ms: int) -> Step:
    """Carry out what only its teacher may wish."""
    if event.by != lesson.teacher:
        raise LessonRefused("not_the_teacher", f"{lesson.teacher} has the lesson")
    match event:
        case Prolonged(_, until_ms):
            _demand(lesson, Phase.RUNNING)
            return replace(lesson, until_ms=until_ms), ()
        case Ended(by):
            _demand(lesson, Phase.RUNNING)
            return _ending(lesson, by, now_ms)
        case Left():
            return (replace(lesson, left_ms=now_ms) if lesson.phase is Phase.RUNNING else lesson), ()
        case _:
            _demand(lesson, Phase.ENDING)
            until_ms = max(lesson.until_ms, now_ms + AGAIN_MS)
            running = replace(lesson, phase=Phase.RUNNING, ending_ms=0, ended_by="", until_ms=until_ms)
            return running, (Effect.RESTORE,)


def _ticked(lesson: Lesson, tick: Tick, now_ms: int) -> Step:
    if not tick.leased:
        return None, (Effect.SEAL,)
    if lesson.left_ms and tick.back:
        lesson = replace(lesson, left_ms=0)
    if lesson.phase is Phase.RUNNING:
        return (lesson, ()) if now_ms < lesson.ends_ms else _ending(lesson, "", now_ms)
    return (lesson, ()) if now_ms < lesson.ending_ms else _over()


def _ending(lesson: Lesson, by: str, now_ms: int) -> Step:
    ending = replace(lesson, phase=Phase.ENDING, ending_ms=now_ms + UNDO_MS, ended_by=by, left_ms=0)
    return ending, (Effect.CLOSE,)


def _over() -> Step:
    return None, (Effect.RELEASE, Effect.SEAL)


def _demand(lesson: Lesson, phase: Phase) -> None:
    if lesson.phase is not phase:
        raise LessonRefused(f"not_{phase}", f"the lesson is {lesson.phase}")
