"""Upkeep: compaction, roll-ups, retention and giving free pages back, never two of them at once, in small slices.

A slice reckons in the upkeep's thread and writes in the writer's, in a transaction of milliseconds; then upkeep rests
four times as long as that took, so that no commit waits long behind it.
"""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from labkeeper_hub.status import UpkeepStatus
from labkeeper_hub.timeseries.compaction import Compactor
from labkeeper_hub.timeseries.jobs import GivingBack, Retiring, Rolling
from labkeeper_hub.timeseries.positions import positions
from labkeeper_hub.timeseries.trouble import Trouble
from labkeeper_hub.timeseries.workplace import Workplace
from labkeeper_hub.timeseries.writer import Compacted, Piece

T = TypeVar("T")


@dataclass(slots=True)
class Upkeep:
    """One job at a time: what one reckons from, no other changes before it has written."""

    place: Workplace
    rolling: Rolling
    retiring: Retiring
    giving_back: GivingBack
    retry_s: float
    compactions: int = 0
    compacted: int = 0
    pieces: int = 0
    longest_piece_s: float = 0.0
    compaction_s: float = 0.0
    trouble: Trouble = field(
        default_factory=lambda: Trouble(
            "journal: upkeep cannot go on (%s); it is tried again, readings are stored meanwhile",
            "journal: upkeep goes on",
        )
    )
    _alone: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def compact(self) -> None:
        """Turn all of the log into chunks now; what the disk refuses is tried again until it takes it."""
        async with self._alone:
            await self._compact()

    @asynccontextmanager
    async def at_rest(self) -> AsyncIterator[None]:
        """For the length of the block nothing is compacted, and nothing is half compacted."""
        place = self.place
        async with self._alone:
            if await place.threads.keeping_up(lambda: positions(place.connection()).ahead):
                await self._compact()
            yield

    async def _compact(self) -> None:
        place = self.place
        began_s, glance, start = time.monotonic(), place.writer.hot.look(), place.writer.hot.first
        if glance.end <= start:
            return
        compacted = await self._insist(
            lambda: place.threads.keeping_up(lambda: Compactor(place.connection()).compact(glance))
        )
        for piece in compacted.pieces(place.pace.compact_chunks):
            took_s = await self._write(piece)
            if not piece.last:
                await asyncio.sleep(place.pace.piece_rest_times * took_s)
        self._count(compacted, start, began_s)

    async def _write(self, piece: Piece) -> float:
        """Write a piece, and return the seconds that took; what waits for the writer's thread meanwhile, commits above
        all, has its turn after it.
        """
        began_s = time.monotonic()
        await self._insist(lambda: self.place.threads.writing(lambda: self.place.writer.replace(piece)))
        took_s = time.monotonic() - began_s
        self.pieces += 1
        self.longest_piece_s = max(self.longest_piece_s, took_s)
        return took_s

    async def run(self) -> None:
        """Do whatever there is to do, slice by slice."""
        pace = self.place.pace
        await self.place.look()
        while True:
            began_s = time.monotonic()
            worked = await self._try_a_slice()
            rest_s = max(pace.rest_s, pace.rest_times * (time.monotonic() - began_s))
            await asyncio.sleep(rest_s if worked else pace.look_s)

    async def slice(self) -> bool:
        """Do one slice of the first job that has any; False: none has."""
        for job in (self.rolling, self.retiring, self.giving_back):
            async with self._alone:
                began_s = time.monotonic()
                worked = await job.slice()
                job.seconds += time.monotonic() - began_s if worked else 0.0
            if worked:
                return True
        return False

    def status(self) -> UpkeepStatus:
        """Return what it has done since the start, and what there is to do."""
        size = self.place.size
        return UpkeepStatus(
            compactions=self.compactions,
            compacted=self.compacted,
            compaction_pieces=self.pieces,
            longest_piece_s=self.longest_piece_s,
            compaction_s=self.compaction_s,
            rolled=self.rolling.readings,
            roll_s=self.rolling.seconds,
            unrolled_chunks=self.place.unrolled,
            retired=tuple(self.retiring.gone.values()),
            rules=self.retiring.sizes(),
            retire_s=self.retiring.seconds,
            pages_given_back=self.giving_back.pages,
            vacuum_s=self.giving_back.seconds,
            file_bytes=size.pages * size.page_bytes,
            free_bytes=size.free * size.page_bytes,
            failing=self.trouble.problem,
        )

    async def _try_a_slice(self) -> bool:
        try:
            worked = await self.slice()
        except sqlite3.OperationalError as error:
            self.trouble.is_there(str(error))
            return False
        self.trouble.is_over()
        return worked

    async def _insist(self, work: Callable[[], Awaitable[T]]) -> T:
        while True:
            try:
                done = await work()
            except sqlite3.OperationalError as error:
                self.trouble.is_there(str(error))
                await asyncio.sleep(self.retry_s)
            else:
                self.trouble.is_over()
                return done

    def _count(self, compacted: Compacted, start: int, began_s: float) -> None:
        self.compactions += 1
        self.compacted += compacted.end - start
        self.compaction_s += time.monotonic() - began_s
        self.place.chunks += compacted.added
        self.place.unrolled += compacted.sealed
