"""How late the event loop wakes up: what every person in front of a page waits at least."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

BEAT_S = 0.25
SILENT_S = 10.0


@dataclass(slots=True)
class LoopLag:
    """Beats in the loop and tells how late each beat was, in seconds."""

    observe: Callable[[float], object]
    clock: Callable[[], float] = time.monotonic
    last_s: float = 0.0
    beat_s: float = field(default=0.0)

    async def beat(self) -> None:
        """Beat for ever."""
        self.beat_s = self.clock()
        while True:
            due_s = self.clock() + BEAT_S
            await asyncio.sleep(BEAT_S)
            self.beat_s = self.clock()
            self.last_s = max(0.0, self.beat_s - due_s)
            self.observe(self.last_s)

    @property
    def beating(self) -> bool:
        """Return whether the last beat is recent: the workers beside the server are alive."""
        return self.beat_s > 0 and self.clock() - self.beat_s < SILENT_S
