"""From which time the journal has everything it ever stored of a point: before it, another store may know more."""

from typing import Protocol

from labkeeper_hub.model import PointKey


class Horizon(Protocol):
    """What the journal promises to have; the journal itself is one."""

    async def complete_from(self, key: PointKey, every_ms: int | None = None) -> int | None:
        """Return the time in ms from which nothing of a point was removed that a question for buckets of `every_ms`
        (None: for readings) needs; None: the journal has nothing of it.
        """
