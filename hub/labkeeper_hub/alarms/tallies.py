"""The numbers of EEMUA 191 and IEC 62682, from what stands and what happened: pure."""

from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import NamedTuple

from labkeeper_hub.alarms.flood import DAY_MS, FLOOD_WINDOW_MS, HOUR_MS, Announcer
from labkeeper_hub.alarms.states import Alarm, Priority, Suppression
from labkeeper_hub.model import AlarmKey, AlarmNow

CHATTERING = 3  # raises of one alarm within ten minutes
MOST_CALLS = 10_000  # remembered with their names; the newest, where a day has more


class Call(NamedTuple):
    """One alarm that began to call, with the priority it had then."""

    time_ms: int
    key: AlarmKey
    priority: Priority = Priority.LOW


class Wait(NamedTuple):
    """One acknowledgement: when, of which alarm, and how long that had waited for it."""

    time_ms: int
    key: AlarmKey
    waited_ms: int


@dataclass(frozen=True, slots=True)
class AlarmTallies:
    """What is counted of alarms. `acknowledge_s`: the median of the last hour's acknowledgements, None without any.
    `called`: what called within the last day, at most MOST_CALLS; `waits`: what was acknowledged within the last hour.
    """

    standing: int = 0
    unacknowledged: int = 0
    shelved: int = 0
    out_of_service: int = 0
    stale: int = 0
    chattering: int = 0
    raised_10min: int = 0
    peak_hour: int = 0
    flood: bool = False
    raised: Mapping[Priority, int] = field(default_factory=dict)
    notices: Mapping[bool, int] = field(default_factory=dict)
    acknowledge_s: float | None = None
    called: Sequence[Call] = ()
    waits: Sequence[Wait] = ()


@dataclass(slots=True)
class Tally:
    """Counts as things happen, by the hub's clock."""

    announcer: Announcer = field(default_factory=Announcer)
    raised: Counter[Priority] = field(default_factory=Counter)
    notices: Counter[bool] = field(default_factory=Counter)  # by whether they were those of a flood
    _acknowledged: list[Wait] = field(default_factory=list)
    _lately: deque[Call] = field(default_factory=lambda: deque(maxlen=MOST_CALLS))

    def raise_of(self, key: AlarmKey, priority: Priority, time_ms: int) -> None:
        """Count one raised, or risen."""
        self.raised[priority] += 1
        self.remember(Call(time_ms, key, priority))

    def remember(self, call: Call) -> None:
        """Take up one that called, in this run of the hub or in an earlier one."""
        self.announcer.count(call.time_ms)
        while self._lately and self._lately[0].time_ms <= call.time_ms - DAY_MS:
            self._lately.popleft()
        self._lately.append(call)

    def acknowledgement(self, key: AlarmKey, time_ms: int, waited_ms: int) -> None:
        """Count one acknowledged, and how long it had waited."""
        self._acknowledged = [one for one in self._acknowledged if one.time_ms > time_ms - HOUR_MS]
        self._acknowledged.append(Wait(time_ms, key, max(0, waited_ms)))

    def tallies(self, shown: Sequence[AlarmNow], now_ms: int) -> AlarmTallies:
        """Return the present numbers."""
        standing = [now.state for now in shown if now.state.standing]
        waits = [wait for wait in self._acknowledged if wait.time_ms > now_ms - HOUR_MS]
        called = tuple(call for call in self._lately if call.time_ms > now_ms - DAY_MS)
        return AlarmTallies(
            standing=len(standing),
            unacknowledged=sum(state.unacknowledged for state in standing),
            shelved=_suppressed(shown, Suppression.SHELVED),
            out_of_service=_suppressed(shown, Suppression.OUT_OF_SERVICE),
            stale=stale(standing, now_ms),
            chattering=chattering(called, now_ms),
            raised_10min=self.announcer.recent(now_ms),
            peak_hour=self.announcer.peak_hour(now_ms),
            flood=self.announcer.flood(now_ms),
            raised=dict(self.raised),
            notices=dict(self.notices),
            acknowledge_s=median_s(waits),
            called=called,
            waits=tuple(waits),
        )


def stale(standing: Iterable[Alarm], now_ms: int) -> int:
    """Return how many have stood for more than a day."""
    return sum(now_ms - state.raised_ms > DAY_MS for state in standing)


def chattering(called: Iterable[Call], now_ms: int) -> int:
    """Return how many alarms came and went within the last ten minutes."""
    times = Counter(call.key for call in called if call.time_ms > now_ms - FLOOD_WINDOW_MS)
    return sum(count >= CHATTERING for count in times.values())


def median_s(waits: Sequence[Wait]) -> float | None:
    """Return the median wait for an acknowledgement, None without any."""
    return median(wait.waited_ms for wait in waits) / 1000 if waits else None


def _suppressed(shown: Iterable[AlarmNow], how: Suppression) -> int:
    return sum(now.state.suppression is how for now in shown)
