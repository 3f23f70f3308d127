"""Windows of series that retention leaves alone, in the journal's own file: nothing that deletes can overlook them."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from labkeeper_hub.model import PointKey
from labkeeper_hub.timeseries.journal import Journal

WAIT_S = 10.0  # for a disk that refuses
ADD = "INSERT OR REPLACE INTO pins (holder, series, from_ms, to_ms) VALUES (?, ?, ?, ?)"


class DiskRefuses(Exception):
    """The journal's disk takes nothing at the moment."""


class Pinned(NamedTuple):
    """from_ms <= time < to_ms of these points is kept."""

    keys: tuple[PointKey, ...]
    from_ms: int
    to_ms: int


@dataclass(frozen=True, slots=True)
class Pins:
    """Each holder has one window; durable when a call returns. Raises DiskRefuses."""

    journal: Journal

    async def put(self, holder: str, pinned: Pinned) -> None:
        """Keep a window, in the place of the holder's one before."""
        rows = list(self._rows(holder, pinned))
        await self._write(lambda connection: _replace(connection, holder, rows))

    async def take_away(self, holder: str) -> None:
        """Keep it no longer."""
        await self._write(lambda connection: _replace(connection, holder, ()))

    async def put_all(self, pinned: Mapping[str, Pinned]) -> None:
        """Keep these windows and no others."""
        rows = [row for holder, window in pinned.items() for row in self._rows(holder, window)]

        def put(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM pins")
            connection.executemany(ADD, rows)

        await self._write(put)

    def _rows(self, holder: str, pinned: Pinned) -> Iterable[tuple[str, int, int, int]]:
        return ((holder, self.journal.series_of(key), pinned.from_ms, pinned.to_ms) for key in pinned.keys)

    async def _write(self, work: Callable[[sqlite3.Connection], None]) -> None:
        try:
            async with asyncio.timeout(WAIT_S):
                await self.journal.write(work)
        except TimeoutError as late:
            raise DiskRefuses from late


def _replace(connection: sqlite3.Connection, holder: str, rows: Iterable[tuple[str, int, int, int]]) -> None:
    connection.execute("DELETE FROM pins WHERE holder = ?", (holder,))
    connection.executemany(ADD, rows)
