"""Devices that somebody has signed in from: whoever guesses behind the same address must not hold them up. No IO."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

from labkeeper_hub.accounts.tokens import make_token

Mark: TypeAlias = Callable[[str], str]
"""Returns what tells a text from others and nobody but the hub can reckon, in hex."""
LASTS_S = 180 * 86_400  # after its first sign-in; then it is a stranger once
MOST_LOGINS = 16  # of one device: the teachers of a lab's tablet
MARK_DIGITS = 32  # 128 bits


@dataclass(frozen=True, slots=True)
class Device:
    """A browser by the cookie it keeps. `id` is when it was first known, in seconds since the epoch, and something
    random; `marks` are one for each login that came in from it, the newest first. They name nobody.
    """

    id: str
    marks: tuple[str, ...] = ()

    def knows(self, login: str, mark: Mark) -> bool:
        """Return whether somebody came in from here as this login."""
        return self._mark(login, mark) in self.marks

    def after(self, login: str, mark: Mark) -> "Device":
        """Return the device after somebody came in as this login."""
        own = self._mark(login, mark)
        others = tuple(one for one in self.marks if one != own)
        return replace(self, marks=(own, *others)[:MOST_LOGINS])

    def text(self) -> str:
        """Return what the browser keeps."""
        return ".".join((self.id, *self.marks))

    def _mark(self, login: str, mark: Mark) -> str:
        return mark(f"device\n{self.id}\n{login}")[:MARK_DIGITS]


@dataclass(frozen=True, slots=True)
class Devices:
    """All devices there are: nothing is kept of them here, the browsers bring it."""

    mark: Mark
    now_ms: Callable[[], int]

    def known(self, text: str, login: str) -> str | None:
        """Return the id of a browser that this login came in from before, None for a stranger's."""
        device = read_device(text, self._now_s())
        return device.id if device is not None and device.knows(login, self.mark) else None

    def after(self, text: str, login: str) -> str:
        """Return what a browser keeps after somebody came in from it as this login."""
        device = read_device(text, self._now_s()) or Device(f"{self._now_s()}-{make_token()}")
        return device.after(login, self.mark).text()

    def _now_s(self) -> int:
        return self.now_ms() // 1000


def read_device(text: str, now_s: int) -> Device | None:
    """Return the device of a cookie, None where there is none or it is too old. Who makes one up has no mark that is
    right.
    """
    identity, *marks = text.split(".", MOST_LOGINS + 1)[: MOST_LOGINS + 1]
    since, _, _ = identity.partition("-")
    if not (since.isascii() and since.isdecimal()) or not 0 <= now_s - int(since[:20]) < LASTS_S:
        return None
    return Device(identity, tuple(marks))
