"""Why an automation did something, or did not: what it saw, part by part, and what became of each command. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from labkeeper_hub.lessons.count import Missed
from labkeeper_hub.lessons.scenes import Wish
from labkeeper_hub.model import PointKey, State
from labkeeper_sdk import Value
from labkeeper_wire.conditions.checking import leaves
from labkeeper_wire.conditions.evaluate import Look, Memory, Truth
from labkeeper_wire.conditions.expression import And, Expression, Or
from labkeeper_wire.payload import Scalar


class Outcome(StrEnum):
    """What it came to."""

    DONE = "done"  # every command is confirmed
    PARTLY = "partly"  # not every one
    HELD = "held"  # it was due, and something was in its way


class Why(StrEnum):
    """What is in the way of what is due, the first in this order."""

    NEEDS = "needs"  # its condition is not true, or not known
    HOURS = "hours"
    STOP = "stop"
    LESSON = "lesson"
    LEASED = "leased"  # somebody holds what it is for
    COOL_DOWN = "cool_down"
    TOO_OFTEN = "too_often"
    NOTHING = "nothing"  # there is nothing there that it could command
    HUB_DISK = "hub_disk"  # its lease cannot be written down


class Part(NamedTuple):
    """A part of a condition: whether it was so (None: not known), and the values it was judged by."""

    text: str
    truth: Truth
    seen: tuple[tuple[str, Value], ...] = ()


class Result(NamedTuple):
    """What became of one command: its state, why no further, and that in words."""

    school: str
    node: str
    device: str
    point: str
    value: Value
    state: str
    code: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Trace:
    """One run, or why there was none."""

    automation: str
    at_ms: int
    outcome: Outcome
    why: Why | None = None
    parts: tuple[Part, ...] = ()
    results: tuple[Result, ...] = ()

    def words(self) -> str:
        """Return it for the record of who did what."""
        done = sum(one.state == State.DONE for one in self.results)
        return f"{self.outcome} ({self.why})" if self.why else f"{self.outcome}, {done} of {len(self.results)}"


def parts_of(expression: Expression, values: Mapping[str, Scalar], now_s: float, before: Memory) -> tuple[Part, ...]:
    """Return each part of a condition as it is at a look, with the values seen of its inputs."""
    return tuple(_part(one, Look(values, now_s, before)) for one in _parts(expression))


def _parts(expression: Expression) -> Iterator[Expression]:
    match expression:
        case And(parts) | Or(parts):
            for part in parts:
                yield from _parts(part)
        case _:
            yield expression


def _part(one: Expression, look: Look) -> Part:
    names = dict.fromkeys(leaf.input for leaf in leaves(one))
    seen = tuple((name, look.values[name]) for name in names if name in look.values)
    return Part(str(one), look.at(one), seen)


def results_of(wishes: Iterable[Wish], missed: Iterable[Missed]) -> tuple[Result, ...]:
    """Return what became of each wish: what was not missed is done."""
    states = {PointKey(*one[:4]): (one.state, one.code, one.message) for one in missed}
    return tuple(Result(*target, value, *states.get(target, (State.DONE.value,))) for target, value in wishes)
