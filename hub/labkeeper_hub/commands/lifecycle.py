"""The life of a command: (course, event) → course and what to do. No clock, no wire, no database.

    queued → sent → accepted → done | rejected | failed | expired | unknown

The hub itself ends a command in three ways only: `rejected` before it was sent, `expired` if it never left, `unknown`
if it left and the node did not answer. A node's late word still corrects `unknown`: it knows.
"""

from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import TypeAlias

from labkeeper_hub.model import Command, Order, State
from labkeeper_wire.commands import EARLIER_RUN, CommandResult, CommandState

RESEND_MS = 1000  # without `accepted` so long, the same id is sent again
GRACE_MS = 500  # an answer given at the deadline may be under way so long


@dataclass(frozen=True, slots=True)
class Course:
    """A command and when it was last sent; `confirm_ms` is how long its device may take once it has accepted, `run` the
    run of its node it was first sent to ("": the node does not say).
    """

    command: Command
    fence: int = 0
    confirm_ms: int = 2000
    sent_ms: int | None = None
    run: str = ""

    @property
    def due_ms(self) -> int:
        """When the next `Tick` is worth it."""
        order, sent_ms = self.command.order, self.sent_ms
        if sent_ms is None or self.command.state is State.QUEUED:
            return order.deadline_ms
        if self.command.state is State.ACCEPTED:
            return order.deadline_ms + self.confirm_ms + GRACE_MS
        return min(sent_ms + RESEND_MS, order.deadline_ms + GRACE_MS)


class Effect(Enum):
    """What the shell has to do."""

    SEND = auto()  # the DCMD, with the time to live that is left


# --- what happens ----------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Dispatch:
    """The row is on disk: off with it. `online`: whether its device can be heard."""

    online: bool


@dataclass(frozen=True, slots=True)
class Undeliverable:
    """The order cannot be put on the wire as it is."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The node's word."""

    result: CommandResult


@dataclass(frozen=True, slots=True)
class NodeLost:
    """The node died."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed. `online`: whether its device can be heard."""

    online: bool


Event: TypeAlias = Dispatch | Undeliverable | Answer | NodeLost | Tick
Step: TypeAlias = tuple[Course, tuple[Effect, ...]]


def begin(order: Order, *, fence: int = 0, confirm_ms: int = 2000, run: str = "") -> Course:
    """Return a new command's course."""
    return Course(Command(order, State.QUEUED, "", "", order.created_ms), fence, confirm_ms, run=run)


def resume(course: Course, now_ms: int) -> Step:
    """Take up a command that an earlier run of the hub left open. Its state may be behind the truth: it may have been
    sent, and to a run of the node that is over.
    """
    if course.command.state is State.QUEUED:
        course = _moved(course, State.SENT, now_ms)
    return step(replace(course, sent_ms=now_ms, run=EARLIER_RUN), Tick(online=False), now_ms)


def step(course: Course, event: Event, now_ms: int) -> Step:
    """Return the course after the event, the same object if it changes nothing."""
    if isinstance(event, Answer):
        return _answered(course, event.result, now_ms), ()
    if course.command.state.final:
        return course, ()
    if isinstance(event, Undeliverable):
        return _moved(course, State.REJECTED, now_ms, event.code, event.message), ()
    if isinstance(event, NodeLost):
        return _lost(course, now_ms), ()
    if isinstance(event, Dispatch):
        return _dispatched(course, event, now_ms)
    return _ticked(course, event, now_ms)


def ttl_ms(course: Course, now_ms: int) -> int:
    """Return the time to live to send along: what is left, at least 1."""
    return max(1, course.command.order.deadline_ms - now_ms)


def _dispatched(course: Course, event: Dispatch, now_ms: int) -> Step:
    if course.command.state is not State.QUEUED:
        return course, ()
    if not event.online:
        return _moved(course, State.REJECTED, now_ms, "offline", "the device is offline"), ()
    if now_ms >= course.command.order.deadline_ms:
        return _moved(course, State.EXPIRED, now_ms, "not_sent", "the deadline passed before it could be sent"), ()
    return replace(_moved(course, State.SENT, now_ms), sent_ms=now_ms), (Effect.SEND,)


def _answered(course: Course, result: CommandResult, now_ms: int) -> Course:
    """The first final answer stands; `unknown` is none of the node's and gives way to one."""
    state = course.command.state
    if state.final and state is not State.UNKNOWN:
        return course
    if result.state is CommandState.ACCEPTED and state not in (State.QUEUED, State.SENT):
        return course
    return _moved(course, State(result.state), now_ms, result.code, result.message)


def _lost(course: Course, now_ms: int) -> Course:
    if course.command.state is State.QUEUED:
        return _moved(course, State.REJECTED, now_ms, "offline", "the node went away")
    return _moved(course, State.UNKNOWN, now_ms, "node_lost", "the node went away before it answered")


def _ticked(course: Course, event: Tick, now_ms: int) -> Step:
    command = course.command
    if now_ms < course.due_ms:
        return course, ()
    if command.state is State.QUEUED:
        return _moved(course, State.EXPIRED, now_ms, "not_sent", "the deadline passed before it could be sent"), ()
    if command.state is State.ACCEPTED or now_ms >= command.order.deadline_ms + GRACE_MS:
        return _moved(course, State.UNKNOWN, now_ms, "no_answer", "the node has not said what became of it"), ()
    again = replace(course, sent_ms=now_ms)
    return again, (Effect.SEND,) if event.online and now_ms < command.order.deadline_ms else ()


def _moved(course: Course, state: State, now_ms: int, code: str = "", message: str = "") -> Course:
    return replace(course, command=replace(course.command, state=state, code=code, message=message, updated_ms=now_ms))
