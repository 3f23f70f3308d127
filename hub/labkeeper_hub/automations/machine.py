"""The life of an automation: (state, event) → (state, effects). No clock, no wire, no disk.

Its trigger becomes true: it is due. It stays due until it was done or the trigger is no longer true, so that what a
lesson held up is done after the lesson if it is still wanted. Not known makes nothing due and does nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from labkeeper_hub.automations.rules import Automation, Occasion
from labkeeper_hub.automations.trace import Outcome, Part, Trace, Why, parts_of
from labkeeper_hub.telling.hours import Calendar, Hours
from labkeeper_wire.conditions.evaluate import Look, Memory, Truth
from labkeeper_wire.payload import Scalar

HOUR_MS = 3_600_000
NOTE_EVERY_MS = 600_000  # the same obstacle is told again after so long


@dataclass(frozen=True, slots=True)
class State:
    """`was`: the trigger as last known; `told_ms`: when which obstacle was told; `acted_ms`: runs that still count."""

    trigger: Memory = field(default_factory=Memory)
    needs: Memory = field(default_factory=Memory)
    was: Truth = None
    due: bool = False
    acting: bool = False
    told_ms: Mapping[Why, int] = field(default_factory=dict)
    acted_ms: tuple[int, ...] = ()


# --- what happens ----------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Looked:
    """What is known at a time; `obstacle`: a stop, a lesson, or somebody else's lease."""

    now_ms: int
    values: Mapping[str, Scalar]
    calendar: Calendar
    obstacle: Why | None = None

    @property
    def now_s(self) -> float:
        return self.now_ms / 1000


@dataclass(frozen=True, slots=True)
class Ended:
    """Its commands have ended."""


@dataclass(frozen=True, slots=True)
class Beaten:
    """Somebody was quicker: nothing was commanded, and it is due as before."""

    now_ms: int
    why: Why


Event: TypeAlias = Looked | Ended | Beaten


# --- what follows ----------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Act:
    """Take the lease and command; `parts` is what it was decided by."""

    at_ms: int
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Note:
    """Write down why it was held up."""

    trace: Trace


Effect: TypeAlias = Act | Note
Step: TypeAlias = tuple[State, tuple[Effect, ...]]


def remembered_ms(automation: Automation) -> int:
    """Return how long a run counts: an hour, or its rest after a run where that is longer."""
    return max(HOUR_MS, automation.limits.cool_down_ms)


def step(automation: Automation, state: State, event: Event) -> Step:
    """Return the state after the event, and what follows."""
    match event:
        case Ended():
            return replace(state, acting=False), ()
        case Beaten(now_ms, why):
            before = replace(state, acting=False, due=True, acted_ms=state.acted_ms[:-1])
            return _held(automation, before, now_ms, why, ())
        case _:
            return _looked(automation, state, event)


def _looked(automation: Automation, before: State, event: Looked) -> Step:
    occasion = automation.occasion
    truth, trigger = _trigger(occasion, before, event)
    needs, memory = _needs(occasion, before, event)
    due = truth is not False and (before.due or (truth is True and before.was is False))
    was = before.was if truth is None else truth
    kept_ms = remembered_ms(automation)
    recent = tuple(at_ms for at_ms in before.acted_ms if event.now_ms - at_ms < kept_ms)
    state = replace(before, trigger=trigger, needs=memory, was=was, due=due, acted_ms=recent)
    if not due or truth is not True or state.acting:
        return state, ()
    why = next(_obstacles(automation, state, event, needs), None)
    parts = _parts(occasion, before, event)
    if why is not None:
        return _held(automation, state, event.now_ms, why, parts)
    state = replace(state, due=False, acting=True, told_ms={}, acted_ms=(*recent, event.now_ms))
    return state, (Act(event.now_ms, parts),)


def _trigger(occasion: Occasion, before: State, event: Looked) -> tuple[Truth, Memory]:
    if isinstance(occasion.trigger, Hours):
        return event.calendar.is_open(occasion.trigger, event.now_ms), before.trigger
    look = Look(event.values, event.now_s, before.trigger)
    return look.at(occasion.trigger), look.memory


def _needs(occasion: Occasion, before: State, event: Looked) -> tuple[Truth, Memory]:
    if occasion.needs is None:
        return True, before.needs
    look = Look(event.values, event.now_s, before.needs)
    return look.at(occasion.needs), look.memory


def _obstacles(automation: Automation, state: State, event: Looked, needs: Truth) -> Iterator[Why]:
    """Yield what is in the way, in the order of Why."""
    limits = automation.limits
    if needs is not True:
        yield Why.NEEDS
    if not event.calendar.is_open(automation.occasion.hours, event.now_ms):
        yield Why.HOURS
    if event.obstacle is not None:
        yield event.obstacle
    if state.acted_ms and event.now_ms - state.acted_ms[-1] < limits.cool_down_ms:
        yield Why.COOL_DOWN
    if sum(event.now_ms - at_ms < HOUR_MS for at_ms in state.acted_ms) >= limits.most_an_hour:
        yield Why.TOO_OFTEN


def _held(automation: Automation, state: State, now_ms: int, why: Why, parts: tuple[Part, ...]) -> Step:
    told_ms = state.told_ms.get(why)
    if told_ms is not None and now_ms - told_ms < NOTE_EVERY_MS:
        return state, ()
    trace = Trace(automation.id, now_ms, Outcome.HELD, why, parts)
    return replace(state, told_ms={**state.told_ms, why: now_ms}), (Note(trace),)


def _parts(occasion: Occasion, before: State, event: Looked) -> tuple[Part, ...]:
    """Return what it was decided by: the parts of the trigger, then those of what is needed."""
    found: tuple[Part, ...] = ()
    if not isinstance(occasion.trigger, Hours):
        found = parts_of(occasion.trigger, event.values, event.now_s, before.trigger)
    if occasion.needs is not None:
        found += parts_of(occasion.needs, event.values, event.now_s, before.needs)
    return found
