"""How often alarms call, and what is said in a flood: pure, the clock is an argument.

EEMUA 191 calls ten alarms in ten minutes a flood: nobody reads them one by one any more. Then what is of the safety
class is still said at once and by itself, and the rest in one notice for each ten seconds.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from labkeeper_hub.model import AlarmKey

FLOOD = 10
FLOOD_WINDOW_MS = 600_000
GROUP_MS = 10_000
HOUR_MS, DAY_MS = 3_600_000, 86_400_000


@dataclass(frozen=True, slots=True)
class Notice:
    """What people are told at one moment: one alarm, or in a flood several at once."""

    alarms: tuple[AlarmKey, ...]
    flood: bool = False


@dataclass(slots=True)
class Announcer:
    """Takes what is annunciated, gives notices, and remembers a day of times."""

    raised_ms: deque[int] = field(default_factory=deque)
    _waiting: dict[AlarmKey, None] = field(default_factory=dict)
    _said_ms: int = -GROUP_MS

    def count(self, time_ms: int) -> None:
        """Note one alarm raised."""
        self.raised_ms.append(time_ms)

    def say(self, key: AlarmKey, time_ms: int, *, safety: bool) -> Sequence[Notice]:
        """Return what is said now about an alarm that is annunciated."""
        if safety or not self.flood(time_ms):
            return (Notice((key,)),)
        self._waiting[key] = None
        return self.due(time_ms)

    def due(self, time_ms: int) -> Sequence[Notice]:
        """Return what waited and is said now, in one notice."""
        if not self._waiting or time_ms - self._said_ms < GROUP_MS:
            return ()
        waiting, self._waiting = tuple(self._waiting), {}
        self._said_ms = time_ms
        return (Notice(waiting, flood=True),)

    def flood(self, time_ms: int) -> bool:
        """Whether so many came that nobody can read them one by one."""
        return len(self.raised_ms) >= FLOOD and self.raised_ms[-FLOOD] > time_ms - FLOOD_WINDOW_MS

    def recent(self, time_ms: int, window_ms: int = FLOOD_WINDOW_MS) -> int:
        """Return how many were raised within a window up to now."""
        while self.raised_ms and self.raised_ms[0] <= time_ms - DAY_MS:
            self.raised_ms.popleft()
        count = 0
        for raised_ms in reversed(self.raised_ms):
            if raised_ms <= time_ms - window_ms:
                break
            count += 1
        return count

    def peak_hour(self, time_ms: int) -> int:
        """Return the most that were raised in any hour of the last day."""
        self.recent(time_ms, 0)
        return most(tuple(self.raised_ms), HOUR_MS)


def most(times_ms: Sequence[int], window_ms: int) -> int:
    """Return the most within any stretch of that length; times in order."""
    first = peak = 0
    for last, time_ms in enumerate(times_ms):
        while times_ms[first] <= time_ms - window_ms:
            first += 1
        peak = max(peak, last - first + 1)
    return peak
