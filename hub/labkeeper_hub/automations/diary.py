"""The diary of runs: noted in memory, written behind, so that nothing that acts waits for the record of it."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy.exc import DBAPIError

from labkeeper_hub.automations.records import RunRecords
from labkeeper_hub.automations.trace import Trace
from labkeeper_hub.trouble import Trouble

log = logging.getLogger(__name__)
SAVE_S = 0.5
FORGET_S = 24 * 3600.0
MOST_UNSAVED = 10_000  # runs in memory while the disk refuses; beyond them the oldest go


@dataclass(slots=True)
class Diary:
    """Runs, on disk and on their way there."""

    records: RunRecords
    now_ms: Callable[[], int]
    _unsaved: list[Trace] = field(default_factory=list)
    _saving: asyncio.Lock = field(default_factory=asyncio.Lock)
    _saving_trouble: Trouble = field(
        default_factory=lambda: Trouble(log, "automations: runs cannot be saved (%s); trying again")
    )

    def note(self, traces: Iterable[Trace]) -> None:
        """Take notes; never waits."""
        self._unsaved = [*self._unsaved, *traces][-MOST_UNSAVED:]

    async def newest(self, most: int, automation: str | None = None) -> Sequence[Trace]:
        """Return the newest first."""
        await self.save()
        return await self.records.newest(most, automation)

    async def save(self) -> None:
        """Return when everything up to now is written; raises DBAPIError."""
        async with self._saving:
            unsaved, self._unsaved = self._unsaved, []
            try:
                if unsaved:
                    await self.records.add(unsaved)
            except BaseException:
                self._unsaved = unsaved + self._unsaved
                raise

    async def run(self) -> None:
        """Write behind, and forget what is old, for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._forget(), name="automations: upkeep")
            while True:
                await asyncio.sleep(SAVE_S)
                await self._try_saving()

    async def _try_saving(self) -> None:
        try:
            await self.save()
        except DBAPIError as error:
            self._saving_trouble.begun(error.orig)
        else:
            self._saving_trouble.over()

    async def _forget(self) -> None:
        while True:
            try:
                await self.records.forget(self.now_ms())
            except DBAPIError as error:
                log.warning("automations: old runs cannot be forgotten (%s)", error.orig)
            await asyncio.sleep(FORGET_S)
