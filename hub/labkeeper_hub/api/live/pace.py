"""How fast one client may talk: a bucket of messages that fills again."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

BURST = 1000.0
PER_S = 200.0


@dataclass(slots=True)
class Pace:
    """Tells how many seconds to wait before the next message is heard; waiting is what slows the sender down."""

    clock: Callable[[], float] = time.monotonic
    left: float = BURST
    since_s: float = field(default=0.0)

    def __post_init__(self) -> None:
        self.since_s = self.clock()

    def take(self) -> float:
        """Take one message out of the bucket; return the seconds until it was there."""
        now_s = self.clock()
        self.left = min(BURST, self.left + (now_s - self.since_s) * PER_S) - 1.0
        self.since_s = now_s
        return max(0.0, -self.left / PER_S)
