"""One derived point: readings in, rows out, by the readings' own time. Sans-IO.

The row of a step comes from the readings before it, whenever they arrived: readings wait until one is newer by
`disorder_ms`, and one that comes after that is late. It changes nothing that was said: a recompute counts it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import NamedTuple

from labkeeper_hub.derived.declarations import Declaration, Input
from labkeeper_hub.derived.formulas import Formula, formula_of

DISORDER_MS = 5_000  # within one device
SKEW_MS = 60_000  # between points of several clocks


class Reading(NamedTuple):
    """A point of this series has this value from then on; None: it is not known from then on."""

    time_ms: int
    series: int
    value: float | None


class DerivedRow(NamedTuple):
    """What was computed for one step."""

    time_ms: int
    value: float


class Sources(NamedTuple):
    """Which series an input of the declaration has."""

    input: Input
    series: tuple[int, ...]


@dataclass(slots=True)
class Held:
    """A source's value, counted up to `at_ms`; it stands until `until_ms`."""

    hold_ms: int
    first: bool
    value: float | None = None
    at_ms: int = 0
    until_ms: int = 0

    def known(self, time_ms: int) -> float | None:
        return self.value if time_ms <= self.until_ms else None

    def passes(self, time_ms: int, formula: Formula) -> None:
        """Let time pass."""
        to_ms = min(time_ms, self.until_ms)
        if self.value is not None and to_ms > self.at_ms:
            if self.first:
                formula.stand(self.at_ms, to_ms, self.value)
            self.at_ms = to_ms

    def changes(self, time_ms: int, value: float | None) -> None:
        self.value, self.at_ms, self.until_ms = value, time_ms, time_ms + self.hold_ms


@dataclass(slots=True)
class Machine:
    """`at_ms`: every step up to there is done (None: nothing came yet). `late_ms`: the first and last late reading."""

    declaration: Declaration
    sources: tuple[Sources, ...]
    at_ms: int | None = None
    late: int = 0
    late_ms: tuple[int, int] | None = None
    _formula: Formula = field(init=False)
    _held: dict[int, Held] = field(init=False)
    _newest_ms: int = 0
    _waiting: list[tuple[int, int, bool, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._formula = formula_of(self.declaration)
        self._held = {
            series: Held(one.input.hold_ms, place == 0)
            for place, one in reversed(list(enumerate(self.sources)))
            for series in one.series
        }

    @property
    def past_ms(self) -> int:
        """How much of the past a row depends on."""
        return self._formula.past_ms + max(one.input.hold_ms for one in self.sources)

    @property
    def disorder_ms(self) -> int:
        """How late a reading may be and still count."""
        return DISORDER_MS if len(self._held) == 1 else SKEW_MS

    def take(self, reading: Reading) -> Iterator[DerivedRow]:
        """Take one reading of one of the sources."""
        time_ms, series, value = reading
        if self.at_ms is not None and time_ms < self.at_ms:
            self.late += 1
            before = self.late_ms or (time_ms, time_ms)
            self.late_ms = (min(before[0], time_ms), max(before[1], time_ms))
            return
        heappush(self._waiting, (time_ms, series, value is not None, value or 0.0))
        self._newest_ms = max(self._newest_ms, time_ms)
        yield from self.until(self._newest_ms - self.disorder_ms)

    def until(self, time_ms: int) -> Iterator[DerivedRow]:
        """Do the steps up to a moment: whatever comes from before it is late."""
        while self._waiting and self._waiting[0][0] < time_ms:
            at_ms, series, known, value = heappop(self._waiting)
            yield from self._steps(at_ms)
            held = self._held[series]
            held.passes(at_ms, self._formula)
            held.changes(at_ms, value if known else None)
        if self.at_ms is not None:
            yield from self._steps(time_ms)

    def _steps(self, time_ms: int) -> Iterator[DerivedRow]:
        """Give the rows of the steps that end by then; steps at which nothing is known are passed over at once."""
        every_ms = self.declaration.every_ms
        at_ms = time_ms if self.at_ms is None else self.at_ms
        first_ms = (at_ms // every_ms + 1) * every_ms
        if first_ms <= time_ms:  # most readings end no step
            known_ms = max((held.until_ms for held in self._held.values()), default=0)
            for step_ms in range(first_ms, min(time_ms, known_ms) + 1, every_ms):
                value = self._value(step_ms)
                if value is not None:
                    yield DerivedRow(step_ms, value)
        self.at_ms = max(at_ms, time_ms)

    def _value(self, step_ms: int) -> float | None:
        for held in self._held.values():
            held.passes(step_ms, self._formula)
        known: Mapping[str, tuple[float | None, ...]] = {
            one.input.role: tuple(self._held[series].known(step_ms) for series in one.series) for one in self.sources
        }
        return self._formula.value(step_ms, known)


def computed(machine: Machine, readings: Iterable[Reading], end_ms: int) -> Iterator[DerivedRow]:
    """Return the rows of history, in order of time, of readings in any order within the allowed disorder."""
    for reading in readings:
        yield from machine.take(reading)
    yield from machine.until(end_ms)
