"""What the hub's workers are at, so that one that hangs is seen and not only one that dies."""

import time
from bisect import bisect_left
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from labkeeper_hub.status import DURATION_BOUNDS_S, Durations
from labkeeper_hub.timeseries.group import Group
from labkeeper_hub.timeseries.journal import Accounts

HANGING_S = 60.0  # no single turn of a worker takes a tenth of this, a stuck disk or a deadlock all of it


@dataclass(slots=True)
class Pulse:
    """One worker: idle, or at the same piece of work since a moment."""

    worker: str
    clock: Callable[[], float] = time.monotonic
    _since_s: float | None = None

    def begin(self) -> None:
        """A piece of work begins."""
        self._since_s = self.clock()

    def end(self) -> float:
        """It is done; return how long it took (s)."""
        took_s = 0.0 if self._since_s is None else self.clock() - self._since_s
        self._since_s = None
        return took_s

    @contextmanager
    def working(self) -> Iterator[None]:
        """Be busy inside the block."""
        self.begin()
        try:
            yield
        finally:
            self.end()

    @property
    def hanging(self) -> bool:
        """Whether it has been at one piece of work for longer than any takes."""
        return self._since_s is not None and self.clock() - self._since_s >= HANGING_S


@dataclass(slots=True)
class CommitTimes:
    """How long commits took."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(DURATION_BOUNDS_S) + 1))
    sum_s: float = 0.0

    def observe(self, took_s: float) -> None:
        """Count one."""
        self.counts[bisect_left(DURATION_BOUNDS_S, took_s)] += 1
        self.sum_s += took_s

    def durations(self) -> Durations:
        """Return them as a noun."""
        return Durations(tuple(self.counts), self.sum_s)


@dataclass(frozen=True, slots=True)
class WatchedAccounts:
    """The accounts, and beside them how long every commit takes from its closing to its end."""

    accounts: Accounts
    pulse: Pulse
    times: CommitTimes = field(default_factory=CommitTimes)

    def close(self, group: Group) -> None:
        """A commit begins."""
        self.pulse.begin()
        self.accounts.close(group)

    def committed(self, group: Group) -> None:
        """It is on disk."""
        self.times.observe(self.pulse.end())
        self.accounts.committed(group)
