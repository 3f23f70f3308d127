"""When the node itself drives actuators to their safe values. Pure: events in, drives out, the clock an argument."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from labkeeper_sdk import Point, Value


class Cause(StrEnum):
    """Why a safe value is driven."""

    START = "start"
    LINK_LOSS = "link_loss"
    STOPPED = "stopped"
    LEASE_END = "lease_end"
    FLOOR_END = "floor_end"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Drive:
    """Drive this point to this value now."""

    device: str
    point: str
    value: Value
    cause: Cause


@dataclass(frozen=True, slots=True)
class Guarded:
    """A point with a safe value; `link_loss_s` None holds it when the link is lost."""

    device: str
    point: str
    value: Value
    link_loss_s: float | None

    def drive(self, cause: Cause) -> Drive:
        """Return the order for it."""
        return Drive(self.device, self.point, self.value, cause)


class Mark(NamedTuple):
    """Who was given a point and set it last, and to what."""

    group: str
    value: Value


@dataclass(slots=True)
class SafeValues:
    """Each guarded point is driven once when its device is first online in this process, once in every link loss
    that lasts longer than the point holds, once after the process itself stood still for so long (nobody then knows
    what the hub would have wanted), and once when its lease ends and nobody else has one; while the device is offline
    the drive waits for it. While everything is stopped, each is driven once more, and again when its device was away.
    A point that holds when the link is lost holds when its lease ends.

    What a group set to whom the point was given is driven when it no longer has the point with that value, unless
    somebody else has written it since; until then a drive that failed is due again.
    """

    _guarded: dict[tuple[str, str], Guarded] = field(default_factory=dict)
    _online: set[str] = field(default_factory=set)
    _started: set[tuple[str, str]] = field(default_factory=set)
    _lost: set[tuple[str, str]] = field(default_factory=set)  # driven in the present link loss
    _owed: dict[tuple[str, str], Cause] = field(default_factory=dict)  # to be driven for what has happened
    _leased: set[tuple[str, str]] = field(default_factory=set)
    _marks: dict[tuple[str, str], Mark] = field(default_factory=dict)  # what groups have set, and nobody since
    _ungiven: set[tuple[str, str]] = field(default_factory=set)  # of these, what no longer is theirs
    _halting: bool = False
    _halted: dict[tuple[str, str], bool] = field(default_factory=dict)  # driven since the stop: confirmed?
    _down_since_s: float | None = None

    def device(self, device: str, points: Iterable[Point], *, online: bool) -> None:
        """The device has these points now and answers or not."""
        for key in [key for key in self._guarded if key[0] == device]:
            del self._guarded[key]
        for point in points:
            if point.writable and point.safe_value is not None:
                guarded = Guarded(device, point.name, point.safe_value, point.link_loss_s)
                self._guarded[(device, point.name)] = guarded
        if online:
            self._online.add(device)
        else:
            self._online.discard(device)
            self._halted = {key: done for key, done in self._halted.items() if key[0] != device}

    def stop(self) -> None:
        """Everything is to be safe, now and until `release`."""
        self._halting = True
        self._halted.clear()

    def release(self) -> None:
        """Nothing is driven for the stop any more, and nothing is started by that."""
        self._halting = False
        self._halted.clear()

    def missing(self) -> tuple[str, ...]:
        """Return the devices whose safe values are not all confirmed since the stop; none while there is no stop."""
        if not self._halting:
            return ()
        return tuple(sorted({key[0] for key in self._guarded if not self._halted.get(key)}))

    def done(self, drive: Drive) -> None:
        """The device has confirmed."""
        key = (drive.device, drive.point)
        self._forget(key)
        if key in self._halted and drive.cause is Cause.STOP:
            self._halted[key] = True

    def link_up(self) -> None:
        """The hub hears us: the next loss counts anew."""
        self._down_since_s = None
        self._lost.clear()

    def link_down(self, now_s: float) -> None:
        """The hub does not hear us, since now if it did before."""
        if self._down_since_s is None:
            self._down_since_s = now_s

    def stood_still(self, for_s: float) -> None:
        """This process did nothing for so long: it was stopped, or somebody held up its event loop."""
        for key, guarded in self._guarded.items():
            if guarded.link_loss_s is not None and for_s >= guarded.link_loss_s:
                self._owed[key] = Cause.STOPPED

    def leased(self, covers: Callable[[str, str], bool]) -> None:
        """Look which points (device, point) are covered by a lease now."""
        for key, guarded in self._guarded.items():
            if covers(*key):
                self._leased.add(key)
                if self._owed.get(key) is Cause.LEASE_END:
                    del self._owed[key]
            elif key in self._leased:
                self._leased.discard(key)
                if guarded.link_loss_s is not None:
                    self._owed.setdefault(key, Cause.LEASE_END)

    def writing(self, device: str, point: str, value: Value, group: str | None) -> Callable[[], None]:
        """Somebody is about to write a point; `group` is whom it was given to, None: who holds the lease, or nobody.
        Return what is to be called if the write fails. What a group tried may have been done all the same.
        """
        key = (device, point)
        before = self._marks.get(key)
        self._forget(key)
        if group is not None:
            self._marks[key] = Mark(group, value)
            return _nothing
        return _nothing if before is None else lambda: self._restore(key, before)

    def given(self, has: Callable[[str, str, Mark], bool]) -> None:
        """Look which points (device, point) the groups that set them still have, with what they set."""
        for key, mark in self._marks.items():
            if key in self._ungiven or has(*key, mark):
                continue
            self._ungiven.add(key)
            guarded = self._guarded.get(key)
            if guarded is not None and guarded.link_loss_s is not None:
                self._owed.setdefault(key, Cause.FLOOR_END)

    def _forget(self, key: tuple[str, str]) -> None:
        """What a group set there is no more."""
        self._marks.pop(key, None)
        self._ungiven.discard(key)
        if self._owed.get(key) is Cause.FLOOR_END:
            del self._owed[key]

    def _restore(self, key: tuple[str, str], mark: Mark) -> None:
        """It still is: the write in its place has failed."""
        self._marks.setdefault(key, mark)

    def due(self, now_s: float) -> list[Drive]:
        """Return what is to be driven now; each is returned once, unless `failed` gives it back."""
        drives = []
        for key, guarded in self._guarded.items():
            if guarded.device not in self._online:
                continue
            if self._halting and key not in self._halted:
                self._started.add(key)
                self._owed.pop(key, None)
                self._halted[key] = False
                drives.append(guarded.drive(Cause.STOP))
            elif key not in self._started:
                self._started.add(key)
                self._owed.pop(key, None)
                drives.append(guarded.drive(Cause.START))
            elif key in self._owed:
                drives.append(guarded.drive(self._owed.pop(key)))
            elif key not in self._lost and self._loss_s(guarded, now_s) <= 0:
                self._lost.add(key)
                drives.append(guarded.drive(Cause.LINK_LOSS))
        return drives

    def failed(self, drive: Drive) -> None:
        """The drive did not succeed: it is due again."""
        key = (drive.device, drive.point)
        match drive.cause:
            case Cause.START:
                self._started.discard(key)
            case Cause.LINK_LOSS:
                self._lost.discard(key)
            case Cause.STOP:
                self._halted.pop(key, None)
            case Cause.FLOOR_END if key not in self._ungiven:  # somebody has written it meanwhile
                pass
            case _:
                self._owed.setdefault(key, drive.cause)

    def next_due_s(self, now_s: float) -> float | None:
        """Return in how many seconds something is due, None if nothing is foreseeable."""
        waits = [
            0.0 if self._waits(key) else self._loss_s(guarded, now_s)
            for key, guarded in self._guarded.items()
            if guarded.device in self._online and (self._waits(key) or key not in self._lost)
        ]
        finite = [wait for wait in waits if wait != float("inf")]
        return max(0.0, min(finite)) if finite else None

    def _waits(self, key: tuple[str, str]) -> bool:
        """Tell whether the point is to be driven for what has happened already."""
        return key not in self._started or key in self._owed or (self._halting and key not in self._halted)

    def _loss_s(self, guarded: Guarded, now_s: float) -> float:
        """Return the seconds until the link is lost too long for this point; infinity while it is not lost."""
        if self._down_since_s is None or guarded.link_loss_s is None:
            return float("inf")
        return self._down_since_s + guarded.link_loss_s - now_s


def _nothing() -> None:
    """Nothing is to be done if the write fails."""
