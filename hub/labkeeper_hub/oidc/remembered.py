"""What a provider said of itself, for a while; and for a moment, that it said nothing."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from labkeeper_hub.oidc.reasons import ProviderFailed

AWAY_FOR_S = 3.0  # whoever comes meanwhile is told so at once, and does not queue for the next time-out
Said = TypeVar("Said")


@dataclass(slots=True)
class Remembered(Generic[Said]):
    """One answer, asked for by one at a time."""

    monotonic_s: Callable[[], float]
    _said: tuple[float, Said] | None = None
    _failed: tuple[float, ProviderFailed] | None = None
    _asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def get(self, look: Callable[[], Awaitable[Said]], at_most_s: float) -> Said:
        """Return what was said at most so long ago, or ask; raises ProviderFailed."""
        async with self._asking:
            now_s = self.monotonic_s()
            if self._said is not None and now_s - self._said[0] < at_most_s:
                return self._said[1]
            if self._failed is not None and now_s - self._failed[0] < AWAY_FOR_S:
                raise self._failed[1]
            try:
                said = await look()
            except ProviderFailed as failed:
                self._failed = (self.monotonic_s(), failed)
                raise
            self._said, self._failed = (now_s, said), None
            return said
