"""Who held up the event loop, and for how long, not counting the time in which the machine let us wait."""

import asyncio
import selectors
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from labkeeper_sdk.whose import frames

LONGEST_STEP_S = 0.05
LOOK_EVERY_S = 0.01
SCHEDSTAT = Path("/proc/thread-self/schedstat")


@dataclass(frozen=True, slots=True)
class Block:
    """One turn of the loop that took too long, and the line of the driver that was seen in it."""

    lasted_s: float
    where: str


@dataclass(slots=True)
class Meter:
    """Watches one loop while it is told to; `folder` is where the driver's own code lies."""

    folder: Path
    blocks: list[Block] = field(default_factory=list)
    _watching: bool = False
    _turn_s: float = 0.0  # when the present turn began, 0 while the loop waits
    _waited_s: float = 0.0
    _seen: str = ""
    _thread: int = 0

    def turn_begins(self) -> None:
        """The loop has something to do."""
        self._turn_s, self._waited_s, self._seen = time.monotonic(), _waited_s(), ""

    def turn_ends(self) -> None:
        """The loop has done it."""
        if not self._watching or not self._turn_s:
            return
        lasted_s = time.monotonic() - self._turn_s - (_waited_s() - self._waited_s)
        if lasted_s > LONGEST_STEP_S and self._seen:
            self.blocks.append(Block(lasted_s, self._seen))
        self._turn_s = 0.0

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch the loop of this thread while inside."""
        self._watching, self._thread = True, threading.get_ident()
        over = threading.Event()
        looker = threading.Thread(target=self._look, args=(over,), name="meter", daemon=True)
        looker.start()
        try:
            yield
        finally:
            self._watching = False
            over.set()
            looker.join()

    def _look(self, over: threading.Event) -> None:
        while not over.wait(LOOK_EVERY_S):
            began_s = self._turn_s
            if began_s and time.monotonic() - began_s > LONGEST_STEP_S / 2 and not self._seen:
                seen = self._line()
                if began_s == self._turn_s:
                    self._seen = seen

    def _line(self) -> str:
        """Return the innermost line of the driver's own code, "" where none of it is running."""
        for frame in frames(self._thread):
            path = Path(frame.f_code.co_filename)
            if path.is_relative_to(self.folder):
                return f"{path.name}:{frame.f_lineno}, in {frame.f_code.co_name}"
        return ""


class _MeteredSelector(selectors.DefaultSelector):
    def __init__(self, meter: Meter) -> None:
        super().__init__()
        self._meter = meter

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self._meter.turn_ends()
        ready = super().select(timeout)
        self._meter.turn_begins()
        return ready


def metered_loop(meter: Meter) -> asyncio.AbstractEventLoop:
    """Return an event loop whose turns the meter measures."""
    return asyncio.SelectorEventLoop(_MeteredSelector(meter))


def _waited_s() -> float:
    """Return how long this thread has stood in the machine's queue so far; 0 where the system does not tell."""
    try:
        return int(SCHEDSTAT.read_text(encoding="ascii").split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0
