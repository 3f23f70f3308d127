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


class Talk(Protocol):
    """The way to the device and back: by a broker, or over a serial line."""

    @property
    def latest(self) -> Mapping[str, Said]:
        """Return what it said last, by name."""
        ...

    def since(self, at_s: float, name: str = "") -> Sequence[Said]:
        """Return what was said live since a time, of one name where it is given."""
        ...

    def text(self, name: str) -> str:
        """Return what it last said under a name, "" for nothing."""
        ...

    async def send(self, name: str, payload: bytes | str, *, qos: int = 0, retain: bool = False) -> None:
        """Say something to it."""

    async def kept(self) -> set[str]:
        """Return the names whose values who comes later is told."""
        ...

    async def there(self) -> bool:
        """Whether it answers, as far as that can only be seen by asking."""
        ...


class Link(Protocol):
    """What lies between, to be broken and mended."""

    async def cut(self) -> None:
        """Let it end."""

    async def hush(self) -> None:
        """Let it fall silent."""

    async def restore(self) -> None:
        """Mend it."""


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
