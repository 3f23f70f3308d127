"""An event loop whose time jumps to the next deadline whenever nothing else is left to do.

For time-outs of drivers: ten minutes of waiting pass at once and in order. Sockets inside this process work as always;
what happens in other processes and threads takes real time, of which this clock knows nothing.
"""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
GRACE_S = 0.001  # real time in which bytes on their way through the kernel may still arrive before time jumps


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """Starts at 0; `time()` moves only when every task waits."""

    def __init__(self) -> None:
        self._now_s = 0.0
        super().__init__(_JumpingSelector(self))

    def time(self) -> float:
        """Return the virtual seconds since the loop was made."""
        return self._now_s

    def jump(self, by_s: float) -> None:
        """Let time pass at once."""
        self._now_s += by_s


class _JumpingSelector(selectors.DefaultSelector):
    """Looks for events, and where there are none lets the loop's time jump as far as it wanted to wait."""

    def __init__(self, loop: VirtualTimeLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= 0:
            return list(super().select(timeout))
        ready = list(super().select(GRACE_S))
        if not ready:
            self._loop.jump(timeout)
        return ready


def run_virtual(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in a loop of virtual time; return what it returns."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(work)
