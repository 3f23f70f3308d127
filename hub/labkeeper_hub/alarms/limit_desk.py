"""The desk where limits are set for a school or a lab: on disk first, then in force, without a restart."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from labkeeper_hub.alarms.catalogue import Catalogue, OverrideEntry
from labkeeper_hub.alarms.desk import AlarmDesk
from labkeeper_hub.alarms.limit_file import read_limits, write_limits
from labkeeper_hub.alarms.limits import MOST, LimitRefused, SetOverride, check, with_set


@dataclass(slots=True)
class LimitDesk:
    """What people set; changes return when they are on disk and in force, and raise LimitRefused. `base` is the
    catalogue with what the file says.
    """

    alarms: AlarmDesk
    base: Catalogue
    data: Path
    now_ms: Callable[[], int]
    kept: tuple[SetOverride, ...] = ()
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def resume(self) -> None:
        """Put in force what earlier runs were told; raises BadConfiguration."""
        self._in_force(await asyncio.to_thread(read_limits, self.data))

    async def put(self, entry: OverrideEntry) -> SetOverride:
        """Set it, in the place of what was set for the same rule and place."""
        async with self._turn:
            others = [one for one in self.kept if one.place != entry.place]
            check(with_set(self.base, others), entry)
            if len(others) >= MOST:
                raise LimitRefused("too_many_limits", f"A hub has at most {MOST}")
            fresh = SetOverride(**entry.model_dump(), at_ms=self.now_ms())
            await self._keep((*others, fresh))
        return fresh

    async def remove(self, place: tuple[str, str, str | None]) -> SetOverride:
        """Take back what was set there, and return it; what the file says of the place holds again."""
        async with self._turn:
            found = next((one for one in self.kept if one.place == place), None)
            if found is None:
                raise LimitRefused("unknown_limit", "Nothing is set there, or it is in the file alarms.toml")
            await self._keep([one for one in self.kept if one is not found])
        return found

    async def _keep(self, kept: Sequence[SetOverride]) -> None:
        try:
            await asyncio.to_thread(write_limits, self.data, kept)
        except OSError as error:
            raise LimitRefused("hub_disk", "The hub cannot write it down") from error
        self._in_force(kept)

    def _in_force(self, kept: Sequence[SetOverride]) -> None:
        self.kept = tuple(kept)
        self.alarms.catalogue = with_set(self.base, kept)
