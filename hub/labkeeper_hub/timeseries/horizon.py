"""From which time the journal has everything it ever stored of a point: before it, another store may know more."""

from dataclasses import dataclass
from typing import Protocol

from labkeeper_hub.model import PointKey
from labkeeper_hub.timeseries.journal import Journal


class Horizon(Protocol):
    """What the journal promises to have."""

    async def complete_from(self, key: PointKey) -> int | None:
        """Return the time in ms from which nothing of a point was removed; None: the journal has nothing of it."""


@dataclass(frozen=True, slots=True)
class OldestReading:
    """The horizon of a journal that removes whole chunks, the oldest first: where its oldest chunk begins."""

    journal: Journal

    async def complete_from(self, key: PointKey) -> int | None:
        """Return the oldest time in chunks; in the log, for a point that has no chunk yet."""
        return await self.journal.oldest_ms(key)
