"""Which batches are on their way, which wait, and which must go again. Pure: the clock is an argument."""

from bisect import insort
from collections import Counter
from dataclasses import dataclass, field

from labkeeper_wire.delivery import Ack

LIVE_LIMIT = 512  # unacknowledged batches, beyond which even new ones wait
BACKLOG_LIMIT = 64  # unacknowledged batches, up to which old ones are added
FIRST_TIMEOUT_S = 2.0
LAST_TIMEOUT_S = 30.0
MOST_DOUBLINGS = 4


@dataclass(frozen=True, slots=True)
class Flight:
    """A batch that was sent and is not acknowledged."""

    device: str
    due_s: float


@dataclass(slots=True)
class Window:
    """The sending state of one session. Ids that wait are kept as ranges: a backlog of a week is one of them."""

    live_limit: int = LIVE_LIMIT
    backlog_limit: int = BACKLOG_LIMIT
    _waiting: list[tuple[int, int]] = field(default_factory=list)
    _flying: dict[int, Flight] = field(default_factory=dict)
    _tries: Counter[int] = field(default_factory=Counter)

    def add(self, first: int, last: int) -> None:
        """Let these ids (both ends in, none of them known yet) wait for their turn."""
        if first > last:
            return
        if self._waiting and self._waiting[-1][1] + 1 == first:
            self._waiting[-1] = (self._waiting[-1][0], last)
        else:
            insort(self._waiting, (first, last))

    def may_send_live(self) -> bool:
        """Whether a new batch may go at once."""
        return len(self._flying) < self.live_limit

    def sent(self, batch: int, device: str, now_s: float) -> None:
        """The batch went out."""
        timeout_s = min(FIRST_TIMEOUT_S * 2 ** min(self._tries[batch], MOST_DOUBLINGS), LAST_TIMEOUT_S)
        self._tries[batch] += 1
        self._flying[batch] = Flight(device, now_s + timeout_s)

    def acknowledged(self, ack: Ack) -> int:
        """The hub has stored these; return how many were on their way."""
        stored = [batch for batch in self._flying if ack.covers(batch)]
        for batch in stored:
            del self._flying[batch], self._tries[batch]
        return len(stored)

    def expire(self, now_s: float) -> int:
        """What stayed unacknowledged too long waits again; return how many."""
        late = [batch for batch, flight in self._flying.items() if flight.due_s <= now_s]
        for batch in late:
            del self._flying[batch]
            insort(self._waiting, (batch, batch))
        return len(late)

    def next_backlog(self, most: int) -> tuple[int, int, int] | None:
        """Return (first id, last id, how many of them) to read and send next, None if nothing may go now."""
        room = min(most, self.backlog_limit - len(self._flying))
        if not self._waiting or room <= 0:
            return None
        return (*self._waiting[0], room)

    def taken(self, first: int, through: int) -> None:
        """These ids were read: sent, or no longer there. Ids that came to wait while they were read wait on."""
        waiting, self._waiting = self._waiting, []
        for low, high in waiting:
            rest = ((low, min(high, first - 1)), (max(low, through + 1), high))
            self._waiting += [part for part in rest if part[0] <= part[1]]
            if first <= low and high <= through:
                self._forget(low, high)

    def idle(self) -> bool:
        """Whether nothing waits (what is on its way may still be)."""
        return not self._waiting

    def flying_to(self, device: str) -> bool:
        """Whether a batch of this device is on its way."""
        return any(flight.device == device for flight in self._flying.values())

    def next_due_s(self) -> float | None:
        """Return when the first batch on its way is late."""
        return min((flight.due_s for flight in self._flying.values()), default=None)

    def _forget(self, first: int, last: int) -> None:
        """Drop the tries of an id that was waiting again and is gone."""
        if first == last and first not in self._flying:
            self._tries.pop(first, None)
