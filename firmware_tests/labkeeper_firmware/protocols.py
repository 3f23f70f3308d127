"""What a check can do to a device and its surroundings, one small protocol each; how is in `drivers`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Said:
    """One message of the device, or one level of a pin. `at_s` is the event loop's time, at which it arrived."""

    at_s: float
    name: str  # node/property, or $state and the like
    payload: bytes
    retained: bool = False

    @property
    def text(self) -> str:
        """Return the payload as text."""
        return self.payload.decode(errors="replace")


class Power(Protocol):
    """The device's power."""

    async def off(self) -> None:
        """Cut it, without a goodbye."""

    async def on(self) -> None:
        """Give it back."""


class Witness(Protocol):
    """Somebody who sees what the pins really do, whatever the device says."""

    @property
    def levels(self) -> Sequence[Said]:
        """Return every level seen, in order."""
        ...

    @property
    def latest(self) -> Mapping[str, Said]:
        """Return the last level of each pin."""
        ...
