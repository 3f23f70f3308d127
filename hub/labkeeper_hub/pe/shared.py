"""What of a class leaves the desk: once a minute, figures of at least five bands together, rounded. Pure.

Docs: docs/decisions/0049-class-figures.md says what these figures can and cannot tell of one child.
"""

from collections.abc import Collection
from dataclasses import dataclass

FEWEST = 5
"""A group of fewer tells nothing: the "cell size of five" of health data, one chance in five to guess a person. Source:
El Emam, Guide to the De-Identification of Personal Health Information (2013), chapter "Cell Size Precedents".
"""
MINUTE_MS = 60_000
STEP_BANDS, STEP_SHARE = 5, 0.05


@dataclass(frozen=True, slots=True)
class Minute:
    """A minute that runs; `fewest`: the fewest bands known at any moment of it (None: no moment yet)."""

    began_ms: int
    fewest: int | None = None
    rate_ms: int = 0
    moving_ms: int = 0
    band_ms: int = 0


@dataclass(frozen=True, slots=True)
class SoFar:
    """What a class came to since it began: shares, and how often anybody was to slow down or to be looked at."""

    group_density: float
    each_density: float
    minutes: int
    eased: int
    looked: int


@dataclass(frozen=True, slots=True)
class ClassMinute:
    """A class in one minute. `bands`: at least so many were known in all of it, in steps of five; `mean`: beats a
    minute, whole; shares in steps of 0.05.
    """

    school: str
    lab: str
    bands: int
    mean: int
    moving: float
    so_far: SoFar


def grown(minute: Minute, rates: Collection[int], moving: int, for_ms: int) -> Minute:
    """Return the minute after a time in which these rates were known and so many bands moved."""
    fewest = len(rates) if minute.fewest is None else min(minute.fewest, len(rates))
    return Minute(
        minute.began_ms,
        fewest,
        minute.rate_ms + sum(rates) * for_ms,
        minute.moving_ms + moving * for_ms,
        minute.band_ms + len(rates) * for_ms,
    )


def told(minute: Minute, school: str, lab: str, so_far: SoFar) -> ClassMinute | None:
    """Return what may be told of a minute that is over; None: at some moment fewer than five bands were known."""
    if minute.fewest is None or minute.fewest < FEWEST or not minute.band_ms:
        return None
    return ClassMinute(
        school,
        lab,
        minute.fewest // STEP_BANDS * STEP_BANDS,
        round(minute.rate_ms / minute.band_ms),
        in_steps(minute.moving_ms / minute.band_ms),
        so_far,
    )


def in_steps(share: float) -> float:
    """Return a share rounded to 0.05."""
    return round(round(share / STEP_SHARE) * STEP_SHARE, 2)
