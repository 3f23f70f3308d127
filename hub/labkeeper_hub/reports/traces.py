"""Readings of one point for a plot: mean, lowest and highest of each step, asked as the page's charts ask."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from labkeeper_hub.model import Aggregate, PointKey, ReadingsQuery
from labkeeper_hub.ports import Readings, UnknownPoint
from labkeeper_hub.reports.document import Line
from labkeeper_hub.steps import every_for

STEPS = 360
GAP_STEPS = 3


@dataclass(frozen=True, slots=True)
class Trace:
    """Times and values of the steps that have any."""

    times: tuple[int, ...] = ()
    mean: tuple[float, ...] = ()
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    counts: tuple[int, ...] = ()
    every_ms: int = 1

    @property
    def average(self) -> float:
        """The mean of all readings."""
        weighed = sum(mean * count for mean, count in zip(self.mean, self.counts, strict=True))
        return weighed / max(1, sum(self.counts))

    def line(self, *, stepped: bool = False) -> Line:
        """Return what is drawn."""
        gap_ms = max(GAP_STEPS * self.every_ms, 3 * _usual(self.times))
        return Line(times=self.times, values=self.mean, low=self.low, high=self.high, gap_ms=gap_ms, stepped=stepped)


async def trace_of(readings: Readings, key: PointKey, from_ms: int, to_ms: int, every_ms: int | None = None) -> Trace:
    """Return a point's numbers; nothing for text, or where there is nothing."""
    every_ms = every_ms or every_for(from_ms, to_ms, STEPS)
    wanted = (Aggregate.MEAN, Aggregate.MIN, Aggregate.MAX, Aggregate.COUNT)
    try:
        pages = [await readings.page(ReadingsQuery(key, from_ms, to_ms, every_ms, one)) for one in wanted]
    except (UnknownPoint, ValueError):
        return Trace(every_ms=every_ms)
    return _together([{row.time_ms: row.value for row in page.rows} for page in pages], every_ms)


def _together(columns: Sequence[dict[int, object]], every_ms: int) -> Trace:
    mean, low, high, count = columns
    times = tuple(sorted(time_ms for time_ms, value in mean.items() if isinstance(value, int | float)))
    mean_of, low_of, high_of = (tuple(_number(one.get(time_ms)) for time_ms in times) for one in (mean, low, high))
    return Trace(times, mean_of, low_of, high_of, tuple(int(_number(count.get(one))) for one in times), every_ms)


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _usual(times: Sequence[int]) -> int:
    apart = sorted(two - one for one, two in pairwise(times))
    return apart[len(apart) // 2] if apart else 0
