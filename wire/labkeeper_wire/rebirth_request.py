"""When a host asks one node for its births, and how often."""

from __future__ import annotations

LONGEST_PAUSE = 16
"""Pauses double up to this many intervals."""

TRIES = 6
"""Unanswered requests before the host waits for another reason to ask."""


class RebirthRequest:
    """At once when first wanted, then with doubling pauses until answered: never twice within `interval_ms`."""

    __slots__ = ("_asked_ms", "_interval_ms", "_pause_ms", "_tries", "due_ms")

    def __init__(self, interval_ms: int) -> None:
        self.due_ms: int | None = None
        self._interval_ms = interval_ms
        self._pause_ms = 0
        self._asked_ms: int | None = None
        self._tries = 0

    def want(self, now_ms: int) -> None:
        """There is a reason to ask; one that keeps coming back is asked about less and less often."""
        if self.due_ms is not None:
            return
        if self._asked_ms is None or now_ms - self._asked_ms > 2 * LONGEST_PAUSE * self._interval_ms:
            self._pause_ms = 0
            self.due_ms = now_ms
        else:
            self.due_ms = max(now_ms, self._asked_ms + self._pause_ms)

    def take(self, now_ms: int) -> bool:
        """Say whether to ask now, and plan the next time."""
        if self.due_ms is None or now_ms < self.due_ms:
            return False
        self._tries += 1
        self._asked_ms = now_ms
        self._pause_ms = min(2 * self._pause_ms, LONGEST_PAUSE * self._interval_ms) or self._interval_ms
        self.due_ms = None if self._tries >= TRIES else now_ms + self._pause_ms
        return True

    def settle(self) -> None:
        """Stop asking: the births came, or the node died."""
        self.due_ms = None
        self._tries = 0
