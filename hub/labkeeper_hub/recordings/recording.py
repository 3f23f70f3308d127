"""What a recording is, and what may become of it: `(recording, event) → recording`, without a clock or a disk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from labkeeper_hub.export.order import OrderedPoint
from labkeeper_hub.model import NodeKey, PointKey
from labkeeper_sdk import LabkeeperError

OF_LESSON: Final = "l-"  # how the id of a lesson's record begins; no recording of a person is named so
MOST_POINTS: Final = 10_000  # what one export takes: a lesson records its whole lab, and 200 devices have thousands
MOST_MARKS: Final = 2_000
MOST_RUNNING: Final = 8  # of one lab
SETTLE_MS: Final = 3_000  # a node's batch is closed after 0.25 s; the rest is for the way
DERIVED_MS = 180_000  # where derived points are recorded: their rows come after the readings they come from
OPEN_END_MS: Final = 1 << 62


class RecordingRefused(LabkeeperError):
    """A recording cannot be so: `code` says why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Stage(StrEnum):
    """How far a recording is."""

    RUNNING = "running"
    STOPPED = "stopped"  # late readings may still come
    SEALED = "sealed"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is recorded: points of one lab as the registry describes them now, each reading or one every `every_ms`."""

    school: str
    lab: str
    title: str
    points: tuple[OrderedPoint, ...]
    every_ms: int | None = None

    @property
    def keys(self) -> tuple[PointKey, ...]:
        return tuple(PointKey(one.school, one.node, one.device, one.point) for one in self.points)


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment somebody marked."""

    time_ms: int
    by: str
    text: str


@dataclass(frozen=True, slots=True)
class End:
    """When a recording was stopped, and by whom."""

    time_ms: int
    by: str


@dataclass(frozen=True, slots=True)
class Seal:
    """What nobody can change unseen: `digest` is the SHA-256 of the record, which names the readings' own."""

    digest: str
    rows: int
    sha256: str
    at_ms: int
    by: str


@dataclass(frozen=True, slots=True)
class Recording:
    """An interval over points. `by` is a pseudonym; from started_ms <= time < end."""

    id: str
    plan: Plan
    by: str
    started_ms: int
    end: End | None = None
    marks: tuple[Mark, ...] = ()
    seal: Seal | None = None

    @property
    def stage(self) -> Stage:
        if self.seal is not None:
            return Stage.SEALED
        return Stage.RUNNING if self.end is None else Stage.STOPPED

    @property
    def of_lesson(self) -> bool:
        """Whether it is the record of a lesson."""
        return self.id.startswith(OF_LESSON)

    def is_of(self, name: str) -> bool:
        """Tell whether it is this person's: they, or a program of theirs, began, marked or ended it."""
        people = (self.by, *(one.by for one in self.marks), self.end.by if self.end else "")
        return name.partition(":")[0] in {one.partition(":")[0] for one in people}

    @property
    def end_ms(self) -> int:
        return OPEN_END_MS if self.end is None else self.end.time_ms


@dataclass(frozen=True, slots=True)
class Delivered:
    """What is known of a node's outbox: whether it can be asked now, and whether nothing waits there."""

    online: bool
    empty: bool


def begin(identity: str, plan: Plan, by: str, now_ms: int, others: Sequence[Recording] = ()) -> Recording:
    """Return a recording that runs; raises RecordingRefused."""
    if not plan.points:
        raise RecordingRefused("no_points", "A recording needs at least one point")
    if len(plan.points) > MOST_POINTS:
        raise RecordingRefused("too_many_points", f"{len(plan.points)} points at once; at most {MOST_POINTS}")
    if sum(_runs_beside(one, plan) for one in others) >= MOST_RUNNING:
        raise RecordingRefused("too_many_recordings", f"{MOST_RUNNING} recordings run in this lab already")
    return Recording(identity, plan, by, now_ms)


def follow(recording: Recording, points: Sequence[OrderedPoint]) -> Recording:
    """Return the recording with these points besides, as many as fit, from its start on: the same object if none is
    new. Raises RecordingRefused.
    """
    _demand_running(recording)
    known = set(recording.plan.points)
    fresh = [one for one in points if one not in known][: MOST_POINTS - len(known)]
    if not fresh:
        return recording
    return replace(recording, plan=replace(recording.plan, points=(*recording.plan.points, *fresh)))


def mark(recording: Recording, what: Mark) -> Recording:
    """Return the recording with one mark more; raises RecordingRefused."""
    _demand_running(recording)
    if len(recording.marks) >= MOST_MARKS:
        raise RecordingRefused("too_many_marks", f"A recording has at most {MOST_MARKS} marks")
    return replace(recording, marks=(*recording.marks, what))


def stop(recording: Recording, by: str, now_ms: int) -> Recording:
    """Return the recording with its end; raises RecordingRefused."""
    _demand_running(recording)
    return replace(recording, end=End(max(now_ms, recording.started_ms + 1), by))


def seal(recording: Recording, sealed: Seal) -> Recording:
    """Return the recording with its seal; raises RecordingRefused."""
    demand_sealable(recording)
    return replace(recording, seal=sealed)


def demand_sealable(recording: Recording) -> None:
    """Raise RecordingRefused unless it has stopped and has no seal."""
    if recording.stage is Stage.RUNNING:
        raise RecordingRefused("still_running", "Stop the recording first")
    if recording.stage is Stage.SEALED:
        raise RecordingRefused("sealed", "The recording has its seal already")


def settled(recording: Recording, nodes: Mapping[NodeKey, Delivered], now_ms: int) -> bool:
    """Return whether everything of a stopped recording has arrived, as far as its nodes can tell."""
    of_nodes = {key.of_node for key in recording.plan.keys}
    wait_ms = DERIVED_MS if any(node.derived for node in of_nodes) else SETTLE_MS
    if recording.stage is not Stage.STOPPED or now_ms < recording.end_ms + wait_ms:
        return False
    return all(_has_delivered(nodes.get(node.measured)) for node in of_nodes)


def _has_delivered(node: Delivered | None) -> bool:
    return node is not None and node.online and node.empty


def _runs_beside(other: Recording, plan: Plan) -> bool:
    return other.stage is Stage.RUNNING and (other.plan.school, other.plan.lab) == (plan.school, plan.lab)


def _demand_running(recording: Recording) -> None:
    if recording.stage is not Stage.RUNNING:
        raise RecordingRefused("not_running", "The recording has stopped")
