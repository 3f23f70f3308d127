"""How often, when and how long a rule would have alarmed on what was recorded: the same judge, without its alarm."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from labkeeper_hub.alarms.judge import Judge, Verdict
from labkeeper_hub.alarms.rules import Kind, Level, Rule, Side
from labkeeper_hub.model import Aggregate


@dataclass(frozen=True, slots=True)
class Spell:
    """One stretch at one level; `open_end`: it held until the recording ended."""

    level: str
    from_ms: int
    to_ms: int
    open_end: bool = False


@dataclass(frozen=True, slots=True)
class Trial:
    """What a rule would have done: its spells in order, a new one wherever the level changed."""

    spells: Sequence[Spell]

    def of(self, level: str) -> list[Spell]:
        """Return the spells at one level."""
        return [spell for spell in self.spells if spell.level == level]


def aggregate_of(rule: Rule) -> Aggregate:
    """Return how readings may be taken together where there are too many: their mean where only means are judged, else
    what is worst for the rule, so that no peak is lost.
    """
    judged = [level for level in rule.levels if level.kind is not Kind.MEAN]
    if not judged:
        return Aggregate.MEAN
    return Aggregate.MAX if judged[0].side in (Side.ABOVE, Side.AT_LEAST) else Aggregate.MIN


def back_test(
    rule: Rule, readings: Iterable[tuple[int, float | None]], end_ms: int, turns: Sequence[tuple[int, bool]] = ()
) -> Trial:
    """Judge recorded readings, in order of time, up to `end_ms`. `turns`: since when its gates were open or not, in
    order of time; before the first, and without any, they are open.
    """
    judge = Judge(rule)
    return Trial(tuple(_spells(_verdicts(judge, readings, deque(turns), end_ms), end_ms)))


def _verdicts(
    judge: Judge, readings: Iterable[tuple[int, float | None]], turns: deque[tuple[int, bool]], end_ms: int
) -> Iterator[Verdict]:
    for time_ms, value in readings:
        yield from _gated(judge, turns, time_ms)
        yield from judge.reading(time_ms, value)
    yield from _gated(judge, turns, end_ms)
    yield from judge.until(end_ms)


def _gated(judge: Judge, turns: deque[tuple[int, bool]], time_ms: int) -> Iterator[Verdict]:
    while turns and turns[0][0] <= time_ms:
        at_ms, is_open = turns.popleft()
        yield from judge.gated(at_ms, gate=is_open)


def _spells(verdicts: Iterable[Verdict], end_ms: int) -> Iterator[Spell]:
    level: Level | None = None
    since_ms = 0
    for verdict in verdicts:
        if level is not None:
            yield Spell(level.name, since_ms, verdict.time_ms)
        level, since_ms = verdict.level, verdict.time_ms
    if level is not None:
        yield Spell(level.name, since_ms, end_ms, open_end=True)
