"""One writer for what is known of stops: it writes the newest, and whoever pressed waits for it, but not for ever."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from labkeeper_hub.stop.file import Kept, write_stops

log = logging.getLogger(__name__)
RETRY_S = 1.0
WAIT_S = 2.0  # so long a disk that hangs keeps anybody waiting: the word is on the wire meanwhile


@dataclass(slots=True)
class Keeping:
    """Puts `known` on disk after each change. A disk that refuses is tried again, and stops nobody from stopping."""

    data: Path
    known: Callable[[], Mapping[str, Kept]]
    _changes: int = 0
    _tried: int = 0
    _refused: bool = False
    _turn: asyncio.Condition = field(default_factory=asyncio.Condition)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def changed(self) -> None:
        """Have what is known now written."""
        self._changes += 1
        self._news.set()

    async def written(self) -> None:
        """Wait until all that has changed is on disk, or the disk has refused it or hangs."""
        wanted = self._changes
        with suppress(TimeoutError):
            async with asyncio.timeout(WAIT_S), self._turn:
                await self._turn.wait_for(lambda: self._tried >= wanted)

    async def run(self) -> None:
        """Write, for ever."""
        while True:
            await self._news.wait()
            self._news.clear()
            changes, kept = self._changes, await self._write()
            async with self._turn:
                self._tried = changes
                self._turn.notify_all()
            if not kept:
                self._news.set()
                await asyncio.sleep(RETRY_S)

    async def _write(self) -> bool:
        """Write what is known now; a disk that refuses is one line in the log, not one each time."""
        try:
            await asyncio.to_thread(write_stops, self.data, self.known())
        except OSError as error:
            if not self._refused:
                log.warning("stops cannot be written down: %s", error)
            self._refused = True
            return False
        self._refused = False
        return True
