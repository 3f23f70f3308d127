"""The jobs of upkeep beside compaction: each does a slice at a time and counts what it did."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from labkeeper_hub.model import PointKey
from labkeeper_hub.status import Retired, RuleSize
from labkeeper_hub.timeseries.budgets import Budget, budgets, enough
from labkeeper_hub.timeseries.retention import READINGS, Ages, Retention, Retirement, Retirer
from labkeeper_hub.timeseries.rollup import Roller
from labkeeper_hub.timeseries.upkeep_writer import UpkeepWriter
from labkeeper_hub.timeseries.workplace import Workplace


@dataclass(slots=True)
class Rolling:
    """Brings sealed chunks into the roll-ups."""

    place: Workplace
    readings: int = 0
    seconds: float = 0.0

    async def slice(self) -> bool:
        """Roll some chunks; False: none wait."""
        place = self.place
        rolled = await place.threads.keeping_up(lambda: Roller(place.connection()).roll(place.pace.roll_chunks))
        if rolled is None:
            return False
        await place.threads.writing(lambda: UpkeepWriter(place.writer.connection).roll(rolled))
        self.readings += rolled.readings
        place.unrolled -= len(rolled.chunks)
        return True


@dataclass(slots=True)
class Retiring:
    """Deletes what is too old, once an hour, and what is too much, whenever it is."""

    place: Workplace
    retention: Retention
    series: Mapping[PointKey, int]
    now_ms: Callable[[], int]
    gone: dict[tuple[str, int], Retired] = field(default_factory=dict)
    seconds: float = 0.0
    _due_s: float = 0.0
    _run_ms: int = 0
    _to_visit: list[tuple[int, Ages]] = field(default_factory=list)
    _budgets: tuple[Budget, ...] = ()
    _sizes: dict[str, RuleSize] = field(default_factory=dict)
    _sealed: bool = False

    async def slice(self) -> bool:
        """Delete some; False: nothing is to go."""
        self._begin_when_due()
        return await self._visit() or await self._fit() or await self._make_room()

    def sizes(self) -> tuple[RuleSize, ...]:
        """Return what the points of each rule with a limit take, as of the last look."""
        return tuple(self._sizes.values())

    def _begin_when_due(self) -> None:
        if time.monotonic() >= self._due_s:
            self._due_s = time.monotonic() + self.place.pace.retire_s
            self._run_ms = self.now_ms()
            self._to_visit = [(number, ages) for key, number in self.series.items() if (ages := self.retention.of(key))]
            self._budgets = tuple(budgets(self.retention, self.series))

    async def _visit(self) -> bool:
        """Look at some series: seal what waits in vain, delete what is too old; False: there are no more to look at."""
        if not self._to_visit:
            return False
        place, run_ms, some = self.place, self._run_ms, self._to_visit[: self.place.pace.retire_series]
        sealable = await place.threads.keeping_up(lambda: Retirer(place.connection()).to_seal(some, run_ms))
        if sealable:
            await place.threads.writing(lambda: UpkeepWriter(place.writer.connection).seal(sealable))
            place.unrolled += len(sealable)
            self._sealed = True
        most = place.pace.retire_chunks
        found = await place.threads.keeping_up(lambda: Retirer(place.connection()).aged(some, most, run_ms))
        if found is None:
            self._visited(len(some))
            return bool(self._to_visit)
        await self._retire(found)
        return True

    def _visited(self, count: int) -> None:
        """Go on to other series; after the last, begin anew if something was sealed, which is rolled by then."""
        del self._to_visit[:count]
        if not self._to_visit and self._sealed:
            self._sealed, self._due_s = False, 0.0

    async def _fit(self) -> bool:
        """Delete the oldest of a rule whose points take more than it allows; False: none does, or nothing may go."""
        for budget in self._budgets:
            if budget.used_bytes is None:
                await self._weigh(budget)
            if budget.excess and await self._shrink(budget):
                return True
        return False

    async def _weigh(self, budget: Budget) -> None:
        place = self.place
        budget.used_bytes = await place.threads.keeping_up(lambda: Retirer(place.connection()).weighed(budget.series))
        self._note(budget)

    async def _shrink(self, budget: Budget) -> bool:
        place, most = self.place, self.place.pace.retire_chunks
        oldest = place.threads.keeping_up(lambda: Retirer(place.connection()).oldest_of(budget.series, most))
        level, found = await oldest
        gone = enough(found, budget.excess)
        if gone:
            await self._retire(Retirement(self._run_ms, "rule_bytes", level, gone))
        budget.took(gone)
        self._note(budget)
        return bool(gone)

    def _note(self, budget: Budget) -> None:
        self._sizes[budget.match] = RuleSize(budget.match, budget.used_bytes or 0, budget.max_bytes)

    async def _make_room(self) -> bool:
        """Delete the oldest while the file is beyond its limit."""
        place, limit, run_ms = self.place, self.retention.max_bytes, self._run_ms
        if limit is None or (await place.look()).used_bytes <= limit:
            return False
        most = place.pace.retire_chunks
        found = await place.threads.keeping_up(lambda: Retirer(place.connection()).oldest(most, run_ms))
        if found is not None:
            await self._retire(found)
        return found is not None

    async def _retire(self, found: Retirement) -> None:
        place, gone = self.place, found.gone
        await place.threads.writing(lambda: UpkeepWriter(place.writer.connection).retire(found))
        before = self.gone.get((found.reason, found.level), Retired(found.reason, found.level))
        self.gone[found.reason, found.level] = Retired(
            found.reason,
            found.level,
            before.chunks + len(gone),
            before.rows + sum(one.rows for one in gone),
            before.bytes + sum(one.bytes for one in gone),
        )
        if found.level == READINGS:
            place.chunks -= len(gone)


@dataclass(slots=True)
class GivingBack:
    """Gives free pages back to the disk, those beyond what new readings will soon take."""

    place: Workplace
    pages: int = 0
    seconds: float = 0.0

    async def slice(self) -> bool:
        """Give some back; False: there are too few, or the file was made by a version whose files cannot shrink."""
        place, pace, size = self.place, self.place.pace, await self.place.look()
        pages = min(size.free - max(pace.free_pages, size.pages // pace.free_part), pace.vacuum_pages)
        if not size.can_shrink or pages <= 0:
            return False
        await place.threads.writing(lambda: UpkeepWriter(place.writer.connection).give_back(pages))
        self.pages += pages
        return True
