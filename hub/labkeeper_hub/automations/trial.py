"""What an automation would have done on what was recorded: the same machine, in the recorded time. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from labkeeper_hub.automations.machine import Act, Ended, Looked, State, step
from labkeeper_hub.automations.rules import Automation
from labkeeper_hub.automations.seeing import Sight, given, known
from labkeeper_hub.automations.trace import Outcome, Trace, Why
from labkeeper_hub.model import PointKey
from labkeeper_hub.telling.hours import Calendar
from labkeeper_sdk import Value

TICK_MS = 15_000  # how finely time passes where nothing was read


class Span(NamedTuple):
    """A stretch of time: from_ms <= time < to_ms."""

    from_ms: int
    to_ms: int

    def has(self, time_ms: int) -> bool:
        """Tell whether a time is in it."""
        return self.from_ms <= time_ms < self.to_ms


class Read(NamedTuple):
    """A recorded reading."""

    time_ms: int
    key: PointKey
    value: Value | None


@dataclass(frozen=True, slots=True)
class Past:
    """What was recorded: the points there are (values of none are known yet), their readings by time, the lessons, the
    stops, when a person held the whole lab. `known_ms`: from when on the last two are on record (None: never).
    """

    span: Span
    points: Sequence[Sight]
    readings: Sequence[Read]
    lessons: Sequence[Span]
    stops: Sequence[Span] = ()
    held: Sequence[Span] = ()
    known_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """Its runs and what held it up, in order; on so many readings. `known_ms`: as of the past."""

    traces: tuple[Trace, ...]
    readings: int
    known_ms: int | None = None


def try_out(automation: Automation, past: Past, calendar: Calendar) -> Trial:
    """Return what it would have done. Holders of benches and devices are not on record; commands count as confirmed."""
    return Trial(tuple(_traces(automation, past, calendar)), len(past.readings), past.known_ms)


def _traces(automation: Automation, past: Past, calendar: Calendar) -> Iterator[Trace]:
    state = State()
    for now_ms, sights in _moments(past):
        lesson = any(span.has(now_ms) for span in past.lessons)
        values = {**known(automation.occasion.inputs, sights, now_ms), **given(sights, lesson=lesson)}
        looked = Looked(now_ms, values, calendar, _obstacle(past, now_ms, lesson=lesson))
        state, effects = step(automation, state, looked)
        for effect in effects:
            if isinstance(effect, Act):
                yield Trace(automation.id, effect.at_ms, Outcome.DONE, parts=effect.parts)
                state, _ = step(automation, state, Ended())
            else:
                yield effect.trace


def _obstacle(past: Past, now_ms: int, *, lesson: bool) -> Why | None:
    """Return what was in the way, in the order in which it is asked when it is for real."""
    if any(span.has(now_ms) for span in past.stops):
        return Why.STOP
    if lesson:
        return Why.LESSON
    return Why.LEASED if any(span.has(now_ms) for span in past.held) else None


def _moments(past: Past) -> Iterator[tuple[int, Sequence[Sight]]]:
    """Yield each time at which something may have changed, with what was known then."""
    sights: dict[PointKey, Sight] = {sight.key: sight for sight in past.points}
    for time_ms, reads in _by_time(past):
        for one in reads:
            if one.key in sights:
                sights[one.key] = sights[one.key]._replace(value=one.value, time_ms=one.time_ms)
        yield time_ms, tuple(sights.values())


def _by_time(past: Past) -> Iterator[tuple[int, Iterable[Read]]]:
    moments: dict[int, list[Read]] = {at: [] for at in range(past.span.from_ms, past.span.to_ms, TICK_MS)}
    for one in past.readings:
        if one.time_ms < past.span.to_ms:
            moments.setdefault(max(one.time_ms, past.span.from_ms), []).append(one)
    return iter(sorted(moments.items()))
