"""What a condition is made of, and how it is written: printed and parsed again it is the same. Pure.

`at` is the place in the text, for mistakes and for what a condition remembers; trees that differ only in it are equal.
"""

import json
from dataclasses import dataclass, field
from typing import TypeAlias

from labkeeper_wire.payload import Scalar

SECONDS = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0}
COMPARISONS = ("<=", ">=", "==", "!=", "<", ">")


class Mistake(ValueError):
    """What is wrong with a text, and where in it."""

    def __init__(self, at: int, problem: str) -> None:
        super().__init__(problem)
        self.at, self.problem = at, problem


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its UCUM unit, a text, or true and false."""

    value: Scalar
    unit: str = ""

    def __str__(self) -> str:
        if isinstance(self.value, bool):
            return str(self.value).lower()
        if isinstance(self.value, str):
            return json.dumps(self.value, ensure_ascii=False)
        return f"{plain(self.value)} {self.unit}".rstrip()


@dataclass(frozen=True, slots=True)
class Is:
    """An input that is itself true or false."""

    input: str
    at: int = field(default=0, compare=False)

    def __str__(self) -> str:
        return self.input


@dataclass(frozen=True, slots=True)
class Compare:
    """An input against a quantity."""

    input: str
    operator: str
    quantity: Quantity
    at: int = field(default=0, compare=False)

    def __str__(self) -> str:
        return f"{self.input} {self.operator} {self.quantity}"


@dataclass(frozen=True, slots=True)
class Moving:
    """An input that rose (or fell) by at least so much within the last `per` (s, min or h)."""

    input: str
    rising: bool
    by: float
    unit: str
    per: str
    at: int = field(default=0, compare=False)

    def __str__(self) -> str:
        unit = f"{self.unit}/{self.per}"
        return f"{self.input} {'rising' if self.rising else 'falling'} by {plain(self.by)} {unit}"


@dataclass(frozen=True, slots=True)
class Stale:
    """Whether nothing good and recent enough is known of an input; never unknown itself."""

    input: str
    at: int = field(default=0, compare=False)

    def __str__(self) -> str:
        return f"stale({self.input})"


@dataclass(frozen=True, slots=True)
class Not:
    """The contrary."""

    of: "Expression"
    at: int = field(default=0, compare=False)

    def __str__(self) -> str:
        return f"not {_within(self.of, And, Or)}"


@dataclass(frozen=True, slots=True)
class For:
    """What has been so without a break for so long."""

    of: "Expression"
    number: float
    unit: str
    at: int = field(default=0, compare=False)

    @property
    def seconds(self) -> float:
        """How long."""
        return self.number * SECONDS[self.unit]

    def __str__(self) -> str:
        return f"{_within(self.of, And, Or, Not, For)} for {plain(self.number)} {self.unit}"


@dataclass(frozen=True, slots=True)
class And:
    """All of them."""

    parts: tuple["Expression", ...]
    at: int = field(default=0, compare=False)

    def __str__(self) -> str:
        return " and ".join(_within(part, And, Or) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Or:
    """Any of them."""

    parts: tuple["Expression", ...]
    at: int = field(default=0, compare=False)

    def __str__(self) -> str:
        return " or ".join(_within(part, Or) for part in self.parts)


Leaf: TypeAlias = Is | Compare | Moving | Stale
Expression: TypeAlias = Leaf | Not | For | And | Or


def plain(number: float) -> str:
    """Return a number as people write it, and exactly that number when it is read again."""
    return str(int(number)) if float(number).is_integer() and abs(number) < 1e15 else repr(float(number))  # noqa: PLR2004 -- beyond it a float is not every integer


def _within(part: "Expression", *weaker: type) -> str:
    return f"({part})" if isinstance(part, weaker) else str(part)
