"""What all upkeep works with: the file, the threads, and how large everything is."""

import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from labkeeper_hub.timeseries.pace import UpkeepPace
from labkeeper_hub.timeseries.schema import open_for_reading
from labkeeper_hub.timeseries.threads import Threads
from labkeeper_hub.timeseries.writer import Writer

INCREMENTAL = 2  # SQLite's number for a file that can give pages back


class Size(NamedTuple):
    """The file at one moment, in pages."""

    page_bytes: int = 0
    pages: int = 0
    free: int = 0
    can_shrink: bool = False

    @property
    def used_bytes(self) -> int:
        return (self.pages - self.free) * self.page_bytes


@dataclass(slots=True)
class Workplace:
    """Shared by the jobs of one journal; `unrolled` counts sealed chunks only."""

    writer: Writer
    threads: Threads
    file: Path
    pace: UpkeepPace
    chunks: int
    unrolled: int
    size: Size = field(default_factory=Size)

    def connection(self) -> sqlite3.Connection:
        """Return the reading connection of the thread that calls."""
        local = self.threads.local
        if not hasattr(local, "connection"):
            local.connection = open_for_reading(self.file)
        connection: sqlite3.Connection = local.connection
        return connection

    async def look(self) -> Size:
        """See how large the file is."""
        self.size = await self.threads.keeping_up(self._look)
        return self.size

    def _look(self) -> Size:
        ask = self.connection().execute
        page_bytes, pages, free, kind = (
            ask(f"PRAGMA {name}").fetchone()[0] for name in ("page_size", "page_count", "freelist_count", "auto_vacuum")
        )
        return Size(page_bytes, pages, free, kind == INCREMENTAL)
