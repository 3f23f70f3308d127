"""What a condition is now: true, false, or not known. Pure.

Not known is neither: `not` of it is not known, `and` is false only with a part that is false, `or` true only with one
that is true. So nothing that is missing can ever make a condition true, but `stale`. Nothing is skipped: every part
remembers what it has seen.
"""

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias

from labkeeper_wire.conditions.expression import (
    SECONDS,
    And,
    Compare,
    Expression,
    For,
    Is,
    Moving,
    Not,
    Or,
    Stale,
)
from labkeeper_wire.payload import Scalar

Truth: TypeAlias = bool | None
Lows: TypeAlias = tuple[tuple[int, float], ...]  # by sixtieth of the window: the lowest value in it
PARTS = 60
EPSILON = 1e-9  # of the step: 8.2 - 0.2 is 8 to a person, and less to a float
OPERATORS: Mapping[str, Callable[[object, object], bool]] = MappingProxyType(
    {
        "<": operator.lt,  # type: ignore[dict-item] # the checker has seen that both sides can be compared
        "<=": operator.le,  # type: ignore[dict-item] # the checker has seen that both sides can be compared
        ">": operator.gt,  # type: ignore[dict-item] # the checker has seen that both sides can be compared
        ">=": operator.ge,  # type: ignore[dict-item] # the checker has seen that both sides can be compared
        "==": operator.eq,
        "!=": operator.ne,
    }
)


@dataclass(frozen=True, slots=True)
class Memory:
    """What the parts of a condition remember, by their place: since when they are so, and what they saw lately."""

    since_s: Mapping[int, float] = field(default_factory=dict)
    lows: Mapping[int, Lows] = field(default_factory=dict)


@dataclass(slots=True)
class Look:
    """One look at a condition at `now_s`: `values` are the inputs that are known. `due_s` is when to look again."""

    values: Mapping[str, Scalar]
    now_s: float
    before: Memory
    due_s: float = float("inf")
    _since_s: dict[int, float] = field(default_factory=dict)
    _lows: dict[int, Lows] = field(default_factory=dict)

    @property
    def memory(self) -> Memory:
        """What is to be given to the next look."""
        return Memory(self._since_s, self._lows)

    def at(self, expression: Expression) -> Truth:
        """Return whether it is so."""
        match expression:
            case Stale(name):
                return name not in self.values
            case Not(of):
                inner = self.at(of)
                return None if inner is None else not inner
            case And(parts):
                return all_of([self.at(part) for part in parts])
            case Or(parts):
                return any_of([self.at(part) for part in parts])
            case For():
                return self._lasting(expression)
            case _:
                return self._leaf(expression, self.values.get(expression.input))

    def _leaf(self, leaf: "Is | Compare | Moving", value: Scalar | None) -> Truth:
        if value is None:
            return None
        match leaf:
            case Is():
                return value is True
            case Compare(_, sign, quantity):
                return OPERATORS[sign](value, quantity.value)
            case _:
                return self._moved(leaf, float(value))

    def _lasting(self, part: For) -> Truth:
        inner = self.at(part.of)
        if inner is not True:
            return inner
        since_s = self._since_s[part.at] = self.before.since_s.get(part.at, self.now_s)
        if self.now_s >= since_s + part.seconds:
            return True
        self.due_s = min(self.due_s, since_s + part.seconds)
        return False

    def _moved(self, part: Moving, value: float) -> bool:
        """Compare with the lowest of the last window (for falling: of the negated values)."""
        up = value if part.rising else -value
        step_s = SECONDS[part.per] / PARTS
        bucket = int(self.now_s // step_s)
        lows = dict(pair for pair in self.before.lows.get(part.at, ()) if bucket - pair[0] <= PARTS)
        lows[bucket] = min(up, lows.get(bucket, up))
        self._lows[part.at] = tuple(lows.items())
        self.due_s = min(self.due_s, (bucket + 1) * step_s) if len(lows) > 1 else self.due_s
        return up - min(lows.values()) >= part.by * (1 - EPSILON)


def all_of(truths: Iterable[Truth]) -> Truth:
    """Return whether all are so."""
    found = set(truths)
    return False if False in found else None if None in found else True


def any_of(truths: Iterable[Truth]) -> Truth:
    """Return whether any is so."""
    found = set(truths)
    return True if True in found else None if None in found else False


def missing(needs: Expression, look: Look) -> str:
    """Say which parts of what is needed are not so, each with what is known of its input."""
    parts = needs.parts if isinstance(needs, And) else (needs,)
    return "; ".join(str(part) for part in parts if look.at(part) is not True)
