"""Judges one stream by one rule, in the stream's own time: readings in, raises and clears out. Sans-IO.

Delays count while the verdict is the same and known: an unknown value or gate starts them anew, raises nothing and
clears nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from labkeeper_hub.alarms.rules import Level, Rule
from labkeeper_hub.alarms.windows import Window, window_of

JITTER_MS = 5_000  # a reading this much older than the last counts as simultaneous; an older one is not judged


@dataclass(frozen=True, slots=True)
class Verdict:
    """From `time_ms` on, the highest level that holds; None: none does."""

    time_ms: int
    level: Level | None
    value: float | None


@dataclass(slots=True)
class LevelJudge:
    """One level: its window, whether it is active, and since when the verdict would change that."""

    level: Level
    window: Window
    active: bool = False
    turning_ms: int | None = None
    value: float | None = None

    def look(self, time_ms: int, *, gate: bool | None) -> int | None:
        """Return when it turned active or inactive, if it did by now."""
        self.value = self.window.value(time_ms)
        wanted = self._wanted(gate)
        if wanted is None or wanted is self.active:
            self.turning_ms = None
            return None
        if self.turning_ms is None:
            self.turning_ms = time_ms
        due_ms = self.turning_ms + (self.level.on_delay_ms if wanted else self.level.off_delay_ms)
        if due_ms > time_ms:
            return None
        self.active, self.turning_ms = wanted, None
        return due_ms

    def _wanted(self, gate: bool | None) -> bool | None:  # noqa: FBT001 -- three-valued
        if gate is None or (gate and self.value is None):
            return None
        return gate and self.value is not None and self.level.holds(self.value, active=self.active)


@dataclass(slots=True)
class Judge:
    """One stream and one rule. Times of the stream's clock, which never goes back here."""

    rule: Rule
    gate: bool | None = True
    now_ms: int | None = None
    refused: int = 0
    _known_until_ms: int = 0
    _value: float | None = None
    _levels: list[LevelJudge] = field(default_factory=list)
    _told: Level | None = None

    def __post_init__(self) -> None:
        self._levels = [LevelJudge(level, window_of(level)) for level in self.rule.levels]

    @property
    def value(self) -> float | None:
        """What the stream is now; None: not known."""
        return self._value

    @property
    def told(self) -> Level | None:
        """The level told last."""
        return self._told

    def resume(self, level: str) -> None:
        """Take up an alarm that an earlier run raised: it is active until it is known not to be."""
        for judge in self._levels:
            if not judge.active:
                judge.active = True
                self._told = judge.level
            if judge.level.name == level:
                return

    def reading(self, time_ms: int, value: float | None) -> Iterator[Verdict]:
        """Take one reading; None says that nothing is known from now on."""
        if self.now_ms is not None and time_ms < self.now_ms - JITTER_MS:
            self.refused += 1
            return
        time_ms = max(time_ms, self.now_ms or time_ms)
        yield from self.until(time_ms)
        self._value, self._known_until_ms = value, time_ms + self.rule.hold_ms
        for judge in self._levels:
            judge.window.put(time_ms, value)
        yield from self._look(time_ms)

    def stands(self, time_ms: int) -> Iterator[Verdict]:
        """The device is there and has nothing new to say: its value is still what it was."""
        self._known_until_ms = max(self._known_until_ms, time_ms + self.rule.hold_ms)
        yield from self.until(time_ms)

    def gated(self, time_ms: int, *, gate: bool | None) -> Iterator[Verdict]:
        """A gate opened, closed, or is not known any more."""
        yield from self.until(time_ms)
        self.gate = gate
        yield from self._look(self.now_ms or time_ms)

    def until(self, time_ms: int) -> Iterator[Verdict]:
        """Let time pass."""
        if self.now_ms is None:
            self.now_ms = time_ms
        if self._value is not None and self.now_ms <= self._known_until_ms < time_ms:
            yield from self._pass(self._known_until_ms)
            self._value = None
            for judge in self._levels:
                judge.window.put(self._known_until_ms, None)
        yield from self._pass(time_ms)

    def _pass(self, time_ms: int) -> Iterator[Verdict]:
        before_ms = self.now_ms
        if before_ms is None or time_ms <= before_ms:
            return
        if self._value is not None:
            for judge in self._levels:
                judge.window.stand(before_ms, time_ms, self._value)
        self.now_ms = time_ms
        yield from self._look(time_ms)

    def _look(self, time_ms: int) -> Iterator[Verdict]:
        turned = [judge.look(time_ms, gate=self.gate) for judge in self._levels]
        times = [at_ms for at_ms in turned if at_ms is not None]
        if not times:
            return
        holding = next((judge for judge in reversed(self._levels) if judge.active), None)
        level = holding.level if holding else None
        if level is not self._told:
            value = (holding or self._levels[0]).value
            self._told = level
            yield Verdict(max(times), level, value)
