"""Who held up everybody: a driver that blocks the loop instead of awaiting is named in the log and counted."""

import asyncio
import selectors
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from labkeeper_edge.refusals import Refusals
from labkeeper_sdk.whose import frames

BEAT_S = 0.05
LONGEST_STEP_S = 0.25  # one step of one task; a command is to be through in a hundredth of it
NOBODY = "the loop itself"


def _queued_s() -> float:
    """Return how long this thread has waited for a processor: a machine that is too busy is nobody's fault."""
    try:
        return int(Path("/proc/thread-self/schedstat").read_text().split()[1]) / 1e9  # proc(5): ns in the run queue
    except (OSError, IndexError):
        return 0.0


@dataclass(frozen=True, slots=True)
class Seen:
    """What ran while everybody waited: the task, "" for a callback, and the files of its code, innermost first."""

    task: str = ""
    files: tuple[str, ...] = ()


@dataclass(slots=True)
class Watchdog:
    """A task that beats in the loop, and a thread that looks at what runs when the beat stays away.

    `whose` may know better than the task's name who that was: a driver makes tasks and callbacks of its own. `blame`
    hears each name.
    """

    refusals: Refusals
    blame: Callable[[str], None] = lambda _: None
    whose: Callable[[Seen], Sequence[str]] = lambda _: ()
    longest_s: float = LONGEST_STEP_S
    _beat_s: float = field(default_factory=time.monotonic)
    _seen: Seen = Seen()
    _ended: threading.Event = field(default_factory=threading.Event)

    async def run(self) -> None:
        """Beat for ever, and say afterwards who stood in the way."""
        with self._looking(asyncio.get_running_loop()):
            while True:
                self._beat_s, queued_s = time.monotonic(), _queued_s()
                await asyncio.sleep(BEAT_S)
                late_s = time.monotonic() - self._beat_s - BEAT_S
                seen, self._seen = self._seen, Seen()
                if late_s > self.longest_s:
                    ours = late_s - (_queued_s() - queued_s) > self.longest_s
                    for culprit in self.whose(seen) or (seen.task or NOBODY,):
                        self.refusals.count("loop_blocked", culprit, f"for {late_s:.2f} s")
                        if ours:
                            self.blame(culprit)

    @contextmanager
    def _looking(self, loop: asyncio.AbstractEventLoop) -> Iterator[None]:
        thread = threading.Thread(target=self._look, args=(loop, threading.get_ident()), name="watchdog", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()

    def _look(self, loop: asyncio.AbstractEventLoop, thread: int) -> None:
        while not self._ended.wait(self.longest_s / 4):
            if not self._seen.files and time.monotonic() - self._beat_s > self.longest_s / 2 + BEAT_S:
                task = asyncio.current_task(loop)
                files = tuple(frame.f_code.co_filename for frame in frames(thread))
                if files[:1] != (selectors.__file__,):  # the loop waits: it is over, and will be told of in a moment
                    self._seen = Seen("" if task is None else task.get_name(), files)
