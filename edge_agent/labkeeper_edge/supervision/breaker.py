"""The circuit breaker of one driver: one that keeps breaking is left alone for longer and longer. Pure.

What is out of reach is not broken: a broker that is away is tried for all the time, whatever this says.
"""

from dataclasses import dataclass, field
from enum import StrEnum

TRIP_AFTER = 5  # connections in a row that ended in a fault before they had lasted
FIRST_REST_S = 10.0
LONGEST_REST_S = 300.0


class Circuit(StrEnum):
    """The breaker's states, by their usual names."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


@dataclass(slots=True)
class Breaker:
    """`faulted` and `lasted` are told; `rest_s` says how long to leave the driver alone, 0 while closed."""

    trip_after: int = TRIP_AFTER
    first_rest_s: float = FIRST_REST_S
    longest_rest_s: float = LONGEST_REST_S
    state: Circuit = Circuit.CLOSED
    rest_s: float = field(default=0.0, init=False)
    _faults: int = field(default=0, init=False)
    _rests: int = field(default=0, init=False)

    def faulted(self) -> None:
        """The driver broke soon after it was tried."""
        self._faults += 1
        if self.state is Circuit.HALF_OPEN or self._faults >= self.trip_after:
            self.state = Circuit.OPEN
            self.rest_s = min(self.first_rest_s * 2 ** min(self._rests, 16), self.longest_rest_s)
            self._rests += 1

    def rested(self) -> None:
        """The rest is over: one try decides."""
        self.state, self.rest_s = Circuit.HALF_OPEN, 0.0

    def lasted(self) -> None:
        """A connection lasted: the driver works, whatever ended it."""
        self.state, self.rest_s = Circuit.CLOSED, 0.0
        self._faults = self._rests = 0
