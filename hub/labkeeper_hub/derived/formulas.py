"""The formulas: sans-IO, asked once per step of event time and never backwards; None: not known.

`docs/reference/derived.md` has each with its source and its limits.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import log, sqrt
from typing import Protocol, TypeAlias

from labkeeper_hub.alarms.windows import Mean
from labkeeper_hub.derived.declarations import Declaration, FormulaKind
from labkeeper_hub.derived.fits import Line, fit

Known: TypeAlias = Mapping[str, tuple[float | None, ...]]
"""What every input's points are at one moment, by role; None: not known."""

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
LONGEST_LESSON_MS = 12 * HOUR_MS
SIMPLE_UP_TO_F = 80.0  # below that Rothfusz does not hold
OUTDOOR_PPM = 420.0  # background of CO2, NOAA Global Monitoring Laboratory, mean of 2023: 419.3 ppm
FIRST_EXCESS, LAST_EXCESS = 200.0, 50.0  # ppm above it at the start of a decay, and at its end: below that is noise
FALL_SHARE, DECAY_SAMPLES, DECAY_R2 = 0.2, 15, 0.9
REPLACED, BATTERY_SPAN_MS, BATTERY_FALL, MOST_DAYS = 5.0, 2 * DAY_MS, 1.0, 3650.0


class Formula(Protocol):
    """One derivation's state."""

    @property
    def past_ms(self) -> int:
        """How much of the past it depends on."""

    def stand(self, from_ms: int, to_ms: int, value: float) -> None:
        """A point of the first input had this value from one moment to another."""

    def value(self, time_ms: int, known: Known) -> float | None:
        """Return what is computed at this step."""


class _Stepwise:
    """A formula that looks at steps only."""

    def stand(self, from_ms: int, to_ms: int, value: float) -> None:
        """Nothing adds up between steps."""


@dataclass(slots=True)
class MeanOf:
    """The time-weighted mean of a window, as alarms have it: at least half of it must be known."""

    window_ms: int
    _window: Mean = field(init=False)

    def __post_init__(self) -> None:
        self._window = Mean(self.window_ms)

    @property
    def past_ms(self) -> int:
        return self.window_ms

    def stand(self, from_ms: int, to_ms: int, value: float) -> None:
        self._window.stand(from_ms, to_ms, value)

    def value(self, time_ms: int, known: Known) -> float | None:  # noqa: ARG002 -- it has what stood
        return self._window.value(time_ms)


class HeatIndex(_Stepwise):
    """What the air feels like, in °C."""

    past_ms = 0

    def value(self, time_ms: int, known: Known) -> float | None:  # noqa: ARG002 -- of this moment alone
        celsius, humidity = known["temperature"][0], known["humidity"][0]
        return None if celsius is None or humidity is None else heat_index(celsius, humidity)


@dataclass(slots=True)
class Decay(_Stepwise):
    """The fall of CO2 in a window as a line of ln(excess) over hours; `fit_only`: tell how well it fits instead."""

    window_ms: int
    fit_only: bool = False
    _samples: deque[tuple[int, float]] = field(default_factory=deque)

    @property
    def past_ms(self) -> int:
        return self.window_ms

    def value(self, time_ms: int, known: Known) -> float | None:
        ppm = known["co2"][0]
        if ppm is None:
            return None
        self._samples.append((time_ms, ppm - OUTDOOR_PPM))
        _drop(self._samples, time_ms - self.window_ms)
        line = decay(list(self._samples))
        if line is None:
            return None
        return line.r2 if self.fit_only else -line.slope


@dataclass(slots=True)
class LessonEnergy(_Stepwise):
    """What a counter went up since the lesson began: while it is on, and once more when it has ended."""

    past_ms = LONGEST_LESSON_MS
    _on: bool | None = None
    _used: float | None = None  # None: no lesson whose beginning was seen
    _counter: float | None = None

    def value(self, time_ms: int, known: Known) -> float | None:  # noqa: ARG002 -- counted by steps
        counter, lesson = known["counter"][0], known["lesson"][0]
        if counter is None or lesson is None:
            return None
        was_on, before = self._on, self._counter
        self._on, self._counter = bool(lesson), counter
        if self._on and was_on is False:
            self._used = 0.0
        if self._used is not None and before is not None and (was_on or self._on):
            self._used += counter - before if counter >= before else counter  # a counter that fell began anew
        used = self._used
        if not self._on:
            self._used = None
        return used


class LightWasted(_Stepwise):
    """1 while the lamp is on and nobody is there, else 0: a mean is a share of time."""

    past_ms = 0

    def value(self, time_ms: int, known: Known) -> float | None:  # noqa: ARG002 -- of this moment alone
        lamp, presence = known["lamp"][0], known["presence"]
        if lamp is None or not presence:
            return None
        if not lamp or any(presence):
            return 0.0
        return None if None in presence else 1.0


@dataclass(slots=True)
class BatteryDays(_Stepwise):
    """Days until the line through the battery's percentages meets zero; a battery that was changed begins anew."""

    window_ms: int
    _samples: deque[tuple[int, float]] = field(default_factory=deque)

    @property
    def past_ms(self) -> int:
        return self.window_ms

    def value(self, time_ms: int, known: Known) -> float | None:
        percent = known["battery"][0]
        if percent is None:
            return None
        if self._samples and percent > self._samples[-1][1] + REPLACED:
            self._samples.clear()
        self._samples.append((time_ms, percent))
        _drop(self._samples, time_ms - self.window_ms)
        return days_left(list(self._samples))


def formula_of(declaration: Declaration) -> Formula:
    """Return a new state of what a declaration computes."""
    match declaration.formula:
        case FormulaKind.MEAN:
            return MeanOf(declaration.window_ms)
        case FormulaKind.HEAT_INDEX:
            return HeatIndex()
        case FormulaKind.AIR_CHANGES | FormulaKind.AIR_CHANGES_FIT:
            return Decay(declaration.window_ms, declaration.formula is FormulaKind.AIR_CHANGES_FIT)
        case FormulaKind.LESSON_ENERGY:
            return LessonEnergy()
        case FormulaKind.LIGHT_WASTED:
            return LightWasted()
        case _:
            return BatteryDays(declaration.window_ms)


def heat_index(celsius: float, humidity: float) -> float:
    """Return the heat index in °C of a temperature in °C and a relative humidity in % (NOAA, Rothfusz 1990)."""
    t, r = celsius * 9 / 5 + 32, humidity
    simple = 0.5 * (t + 61.0 + (t - 68.0) * 1.2 + r * 0.094)
    felt = (simple + t) / 2
    if felt >= SIMPLE_UP_TO_F:
        felt = _rothfusz(t, r) + _adjustment(t, r)
    return (felt - 32) * 5 / 9


def _rothfusz(t: float, r: float) -> float:
    return (
        -42.379
        + 2.04901523 * t
        + 10.14333127 * r
        - 0.22475541 * t * r
        - 0.00683783 * t * t
        - 0.05481717 * r * r
        + 0.00122874 * t * t * r
        + 0.00085282 * t * r * r
        - 0.00000199 * t * t * r * r
    )


def _adjustment(t: float, r: float) -> float:
    if r < 13 and 80 <= t <= 112:  # noqa: PLR2004 -- NOAA's
        return -(13 - r) / 4 * sqrt((17 - abs(t - 95)) / 17)
    if r > 85 and 80 <= t <= 87:  # noqa: PLR2004 -- NOAA's
        return (r - 85) / 10 * (87 - t) / 5
    return 0.0


def decay(excess: list[tuple[int, float]]) -> Line | None:
    """Return ln(excess) over hours as a line, if these samples (ms, ppm above outdoors) are a decay worth the name."""
    if len(excess) < DECAY_SAMPLES or min(ppm for _, ppm in excess) < LAST_EXCESS:
        return None
    first, last = excess[0][1], excess[-1][1]
    if first < FIRST_EXCESS or last > first * (1 - FALL_SHARE):
        return None
    begin_ms = excess[0][0]
    line = fit([((time_ms - begin_ms) / HOUR_MS, log(ppm)) for time_ms, ppm in excess])
    return line if line is not None and line.r2 >= DECAY_R2 and line.slope < 0 else None


def days_left(samples: list[tuple[int, float]]) -> float | None:
    """Return in how many days the line through the samples (ms, %) is at zero; None if it hardly falls, or too few."""
    now_ms = samples[-1][0]
    if now_ms - samples[0][0] < BATTERY_SPAN_MS:
        return None
    line = fit([((time_ms - now_ms) / DAY_MS, percent) for time_ms, percent in samples])
    if line is None or line.at((samples[0][0] - now_ms) / DAY_MS) - line.at(0) < BATTERY_FALL:
        return None
    return min(MOST_DAYS, max(0.0, line.at(0) / -line.slope))


def _drop(samples: deque[tuple[int, float]], oldest_ms: int) -> None:
    while samples[0][0] <= oldest_ms:
        samples.popleft()
