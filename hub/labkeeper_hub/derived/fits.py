"""Straight lines through samples: pure."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """y = at_zero + slope · x; `r2` is the share of y's variance that it explains (0 to 1)."""

    slope: float
    at_zero: float
    r2: float

    def at(self, x: float) -> float:
        return self.at_zero + self.slope * x


def fit(samples: Sequence[tuple[float, float]]) -> Line | None:
    """Return the line of least squares; None for fewer than two different x."""
    count = len(samples)
    if count == 0:
        return None
    mean_x, mean_y = sum(x for x, _ in samples) / count, sum(y for _, y in samples) / count
    xx = sum((x - mean_x) ** 2 for x, _ in samples)
    if xx == 0:
        return None
    yy = sum((y - mean_y) ** 2 for _, y in samples)
    xy = sum((x - mean_x) * (y - mean_y) for x, y in samples)
    r2 = 1.0 if yy == 0 else min(1.0, xy * xy / (xx * yy))
    return Line(xy / xx, mean_y - xy / xx * mean_x, r2)
