"""A device that talks by itself: readings of what it says, confirmations of writes, an end to too much nonsense."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import TypeVar

from labkeeper_drivers.confirmation import Waiting
from labkeeper_sdk import BadReading, DeviceUnreachable, Point, Reading, Value

NONSENSE_ALLOWED = 20  # in a row; the first after plugging in is often half a line
SELF = ""

Said = TypeVar("Said")


@dataclass(slots=True)
class Telling:
    """What one device says; `hint` ends the complaint about nonsense."""

    who: str
    hint: str = ""
    _waiting: Waiting = field(default_factory=Waiting)

    async def readings(
        self, said: AsyncIterator[Said], understood: Callable[[Said], Sequence[Reading]]
    ) -> AsyncIterator[Sequence[Reading]]:
        """Yield what each message means; writes under way fail when it ends. Raises DeviceUnreachable."""
        nonsense = 0
        try:
            async for each in said:
                try:
                    readings = understood(each)
                except BadReading as bad:
                    nonsense += 1
                    if nonsense > NONSENSE_ALLOWED:
                        raise DeviceUnreachable(f"{self.who}: {bad}{self.hint}") from bad
                    continue
                nonsense = 0
                self._waiting.saw(SELF, readings)
                if readings:
                    yield readings
        finally:
            self._waiting.give_up(f"the connection to {self.who} ended")

    def confirmation(self, point: Point, value: Value) -> AbstractAsyncContextManager[None]:
        """Send inside this context; leaving it means the device has said the value. Raises CommandFailed."""
        return self._waiting.confirmation(SELF, point, value, point.confirm_s)
