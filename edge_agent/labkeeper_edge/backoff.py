"""Waiting before another attempt: longer each time, up to a limit, and never all nodes at the same moment."""

import random
from dataclasses import dataclass

FIRST_WAIT_S = 0.25
LAST_WAIT_S = 1.0
STEADY_S = 10.0  # a connection that lasted this long was a good one: the next wait is short again


@dataclass(slots=True)
class Backoff:
    """Growing, jittered waits: twice as long each time, up to a limit, and never all nodes at once."""

    first_s: float = FIRST_WAIT_S
    last_s: float = LAST_WAIT_S
    _failures: int = 0

    def next_s(self, lasted_s: float) -> float:
        """Return how long to wait after a connection that lasted `lasted_s`."""
        self._failures = 0 if lasted_s >= STEADY_S else self._failures + 1
        longest = min(self.first_s * 2 ** min(self._failures, 16), self.last_s)
        return random.uniform(longest / 2, longest)
