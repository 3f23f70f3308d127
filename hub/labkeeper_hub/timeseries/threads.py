"""The journal's threads: one writes, one keeps up, two answer. A connection belongs to one of them."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Threads:
    """Where work goes that must not hold up the event loop; `local` is what each thread keeps for itself."""

    write: ThreadPoolExecutor
    upkeep: ThreadPoolExecutor
    read: ThreadPoolExecutor
    local: threading.local = field(default_factory=threading.local)

    async def writing(self, work: Callable[[], T]) -> T:
        """Run it in the thread that writes, after what was asked of it before."""
        return await asyncio.get_running_loop().run_in_executor(self.write, work)

    async def keeping_up(self, work: Callable[[], T]) -> T:
        """Run it in the thread of compaction, roll-ups and retention."""
        return await asyncio.get_running_loop().run_in_executor(self.upkeep, work)

    async def reading(self, work: Callable[[], T]) -> T:
        """Run it in a thread that answers questions."""
        return await asyncio.get_running_loop().run_in_executor(self.read, work)


@contextmanager
def open_threads() -> Iterator[Threads]:
    """Start them; end when their work is done."""
    with (
        ThreadPoolExecutor(1, "journal-write") as write,
        ThreadPoolExecutor(1, "journal-upkeep") as upkeep,
        ThreadPoolExecutor(2, "journal-read") as read,
    ):
        yield Threads(write, upkeep, read)
