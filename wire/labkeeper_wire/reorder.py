"""Messages that came before their turn, per node."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from labkeeper_wire.sequence import SEQ_MASK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labkeeper_wire.payload import Payload
    from labkeeper_wire.topics import Kind

LIMIT = 128
"""Messages held per node. MQTT keeps the order of one publisher, so a longer gap is a loss, not a delay."""


class Arrival(NamedTuple):
    """A sequenced message as it came; `seq` is its payload's."""

    kind: Kind
    device: str | None
    topic: str
    payload: Payload
    seq: int


class Reorder:
    """The next `expected` seq of a node, what came ahead of it, and until when the missing is waited for."""

    __slots__ = ("_timeout_ms", "deadline_ms", "expected", "held")

    def __init__(self, timeout_ms: int) -> None:
        self.expected = 0
        self.held: dict[int, Arrival] = {}
        self.deadline_ms: int | None = None
        self._timeout_ms = timeout_ms

    @property
    def full(self) -> bool:
        """Whether waiting any longer would hold too much."""
        return len(self.held) >= LIMIT

    def hold(self, arrival: Arrival, now_ms: int) -> bool:
        """Keep a message until its turn and start the timer with the first; False if that seq is held already."""
        if arrival.seq in self.held:
            return False
        self.held[arrival.seq] = arrival
        if self.deadline_ms is None:
            self.deadline_ms = now_ms + self._timeout_ms
        return True

    def ready(self) -> Iterator[Arrival]:
        """Yield held messages whose turn has come; the timer stops with the last gap."""
        while self.expected in self.held:
            arrival = self.held.pop(self.expected)
            self.expected = (self.expected + 1) & SEQ_MASK
            yield arrival
        if not self.held:
            self.deadline_ms = None

    def contradicts(self, sent_ms: int | None) -> bool:
        """Tell whether something held was sent before a message whose turn is earlier: then an NBIRTH went missing."""
        if sent_ms is None:
            return False
        times = (arrival.payload.time_ms for arrival in self.held.values())
        return any(time_ms is not None and time_ms < sent_ms for time_ms in times)

    def give_up(self) -> list[Arrival]:
        """Return all that is held in the order of sending, within a millisecond of seq; expect what follows it."""
        arrivals = sorted(self.held.values(), key=self._sent_order)
        if arrivals:
            self.expected = (arrivals[-1].seq + 1) & SEQ_MASK
        self.held.clear()
        self.deadline_ms = None
        return arrivals

    def _sent_order(self, arrival: Arrival) -> tuple[int, int]:
        return arrival.payload.time_ms or 0, (arrival.seq - self.expected) & SEQ_MASK

    def restart(self, seq: int, since_ms: int | None, now_ms: int) -> list[Arrival]:
        """Begin anew behind an NBIRTH of this seq: return what was held from before it.

        What was sent at since_ms or later (None: nothing) waits for its turn behind the birth.
        """
        before = []
        for arrival in self.give_up():
            if _sent_since(arrival, since_ms):
                self.hold(arrival, now_ms)
            else:
                before.append(arrival)
        self.expected = (seq + 1) & SEQ_MASK
        return before


def _sent_since(arrival: Arrival, since_ms: int | None) -> bool:
    sent_ms = arrival.payload.time_ms
    return sent_ms is not None and since_ms is not None and sent_ms >= since_ms
