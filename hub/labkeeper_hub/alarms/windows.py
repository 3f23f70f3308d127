"""What is computed of one stream in its own time: sans-IO, constant memory, time only goes forward.

A value stands from its reading until the next one, at most for the hold; beyond that nothing is known, and what is not
known counts for nothing.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Protocol

from labkeeper_hub.alarms.rules import MINUTE_MS, Kind, Level

BUCKETS = 60  # of a window: its edge moves in sixtieths, so that memory does not grow with the rate of readings
KNOWN_SHARE = 0.5  # of a mean's window that must be known


class Window(Protocol):
    """Takes values and the time in between; `value` None: not known."""

    def put(self, time_ms: int, value: float | None) -> None:
        """The stream has this value from now on; None: it is unknown from now on."""

    def stand(self, from_ms: int, to_ms: int, value: float) -> None:
        """The value stood from one moment to another."""

    def value(self, time_ms: int) -> float | None:
        """Return what is computed, at this moment."""


@dataclass(slots=True)
class Newest:
    """The newest value itself."""

    newest: float | None = None

    def put(self, time_ms: int, value: float | None) -> None:  # noqa: ARG002 -- the newest needs no time
        self.newest = value

    def stand(self, from_ms: int, to_ms: int, value: float) -> None:
        """Nothing adds up."""

    def value(self, time_ms: int) -> float | None:  # noqa: ARG002 -- as above
        return self.newest


@dataclass(slots=True)
class Mean:
    """The time-weighted mean of a window."""

    window_ms: int
    _buckets: deque[list[float]] = field(default_factory=deque)  # number, integral, known ms
    _closed: tuple[int, float, float, float] = (0, 0.0, 0.0, 0.0)  # how many but the last, their first, their sums

    def put(self, time_ms: int, value: float | None) -> None:
        """A value weighs by how long it stands."""

    def stand(self, from_ms: int, to_ms: int, value: float) -> None:
        width = max(1, self.window_ms // BUCKETS)
        from_ms = max(from_ms, to_ms - self.window_ms - width)  # what is older would fall out at once
        while from_ms < to_ms:
            number = from_ms // width
            end_ms = min(to_ms, (number + 1) * width)
            if not self._buckets or self._buckets[-1][0] != number:
                self._buckets.append([number, 0.0, 0])
            self._buckets[-1][1] += value * (end_ms - from_ms)
            self._buckets[-1][2] += end_ms - from_ms
            from_ms = end_ms

    def value(self, time_ms: int) -> float | None:
        _drop(self._buckets, time_ms, self.window_ms)
        if not self._buckets:
            return None
        integral, known_ms = self._sums()
        return None if known_ms < KNOWN_SHARE * self.window_ms else integral / known_ms

    def _sums(self) -> tuple[float, float]:
        """Add up anew only when a bucket came or went: between two readings mostly none has."""
        buckets = self._buckets
        count, first = len(buckets) - 1, buckets[0][0]
        if self._closed[:2] != (count, first):
            closed = list(buckets)[:-1]
            sums = sum(bucket[1] for bucket in closed), sum(bucket[2] for bucket in closed)
            self._closed = (count, first, *sums)
        _, _, integral, known_ms = self._closed
        return integral + buckets[-1][1], known_ms + buckets[-1][2]


@dataclass(slots=True)
class Extremes:
    """Lowest and highest of a window, and from them `max`, `min` or `rate`."""

    window_ms: int
    kind: Kind
    _buckets: deque[list[float]] = field(default_factory=deque)  # number, lowest, highest
    _newest: float | None = None

    def put(self, time_ms: int, value: float | None) -> None:
        self._newest = value
        if value is not None:
            self._take(time_ms, value)

    def stand(self, from_ms: int, to_ms: int, value: float) -> None:  # noqa: ARG002 -- only where it still is counts
        self._take(to_ms, value)

    def _take(self, time_ms: int, value: float) -> None:
        number = time_ms // max(1, self.window_ms // BUCKETS)
        if self._buckets and self._buckets[-1][0] == number:
            last = self._buckets[-1]
            last[1], last[2] = min(last[1], value), max(last[2], value)
        else:
            self._buckets.append([number, value, value])

    def value(self, time_ms: int) -> float | None:
        _drop(self._buckets, time_ms, self.window_ms)
        if self._newest is None or not self._buckets:
            return None
        if self.kind is Kind.MAX:
            return max(bucket[2] for bucket in self._buckets)
        lowest = min(bucket[1] for bucket in self._buckets)
        return lowest if self.kind is Kind.MIN else (self._newest - lowest) * MINUTE_MS / self.window_ms


@dataclass(slots=True)
class Count:
    """How often the stream became true (other than 0) within the window."""

    window_ms: int
    _times: deque[list[float]] = field(default_factory=deque)  # number, count
    _newest: float | None = None

    def put(self, time_ms: int, value: float | None) -> None:
        if value and self._newest == 0:
            number = time_ms // max(1, self.window_ms // BUCKETS)
            if not self._times or self._times[-1][0] != number:
                self._times.append([number, 0])
            self._times[-1][1] += 1
        self._newest = value

    def stand(self, from_ms: int, to_ms: int, value: float) -> None:
        """Standing is no becoming."""

    def value(self, time_ms: int) -> float | None:
        _drop(self._times, time_ms, self.window_ms)
        return None if self._newest is None else float(sum(bucket[1] for bucket in self._times))


@dataclass(slots=True)
class Age:
    """Seconds since the value was last known (`stale`), or last differed (`stuck`)."""

    stuck: bool
    _since_ms: int | None = None
    _newest: float | None = None

    def put(self, time_ms: int, value: float | None) -> None:
        same = value == self._newest if self.stuck else value is None
        if self._since_ms is None or not same:
            self._since_ms = time_ms
        self._newest = value

    def stand(self, from_ms: int, to_ms: int, value: float) -> None:  # noqa: ARG002 -- only that it is known counts
        if not self.stuck:
            self._since_ms = to_ms

    def value(self, time_ms: int) -> float | None:
        if self._since_ms is None or (self.stuck and self._newest is None):
            return None
        return max(0, time_ms - self._since_ms) / 1000


def window_of(level: Level) -> Window:
    """Return the window a level needs."""
    match level.kind:
        case Kind.VALUE:
            return Newest()
        case Kind.MEAN:
            return Mean(level.window_ms)
        case Kind.MAX | Kind.MIN | Kind.RATE:
            return Extremes(level.window_ms, level.kind)
        case Kind.COUNT:
            return Count(level.window_ms)
        case _:
            return Age(stuck=level.kind is Kind.STUCK)


def _drop(buckets: deque[list[float]], time_ms: int, window_ms: int) -> None:
    oldest = (time_ms - window_ms) // max(1, window_ms // BUCKETS)
    while buckets and buckets[0][0] <= oldest:
        buckets.popleft()
