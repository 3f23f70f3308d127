"""How finely to ask, where the asker leaves it to us."""

from typing import Final

SECOND_MS: Final = 1000
MINUTE_MS: Final = 60 * SECOND_MS
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS
STEPS_MS: Final = (
    *(1, 2, 5, 10, 20, 50, 100, 200, 500),
    *(SECOND_MS * seconds for seconds in (1, 2, 5, 10, 15, 30)),
    *(MINUTE_MS * minutes for minutes in (1, 2, 5, 10, 15, 30)),
    *(HOUR_MS * hours for hours in (1, 2, 3, 6, 12)),
    *(DAY_MS * days for days in (1, 2, 7, 14, 28)),
)
"""Steps people can name; from a minute on roll-ups have them."""


def every_for(from_ms: int, to_ms: int, points: int) -> int:
    """Return the finest step of which at most so many touch the window; beyond all steps, whole multiples of a day."""
    for step_ms in STEPS_MS:
        if _touched(from_ms, to_ms, step_ms) <= points:
            return step_ms
    days = 2
    while _touched(from_ms, to_ms, days * DAY_MS) > points:
        days *= 2
    return days * DAY_MS


def _touched(from_ms: int, to_ms: int, step_ms: int) -> int:
    """Return how many steps, counted from the epoch, lie at least partly in the window."""
    return -(-to_ms // step_ms) - from_ms // step_ms
