"""What becomes of one alarm: two machines side by side, the core and its suppression. Pure: `(alarm, event) → alarm`.

The core runs on underneath whatever suppresses it, and there is no way from unacknowledged to normal but through
somebody who acknowledged.
"""

from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum
from typing import TypeAlias

from labkeeper_sdk import LabkeeperError

LONGEST_SHELF_MS = 24 * 3_600_000


class Core(StrEnum):
    """The states of ISA-18.2: whether the condition holds, somebody has seen it, and a person must reset it."""

    NORM = "norm"
    UNACK = "unack"
    ACK = "ack"
    RTN_UNACK = "rtn_unack"
    LATCHED_UNACK = "latched_unack"
    LATCHED_ACK = "latched_ack"


class Suppression(StrEnum):
    """Why an alarm is not annunciated although it may stand."""

    NOT_SUPPRESSED = "not_suppressed"
    SHELVED = "shelved"
    SUPPRESSED_BY_DESIGN = "suppressed_by_design"
    OUT_OF_SERVICE = "out_of_service"


class Priority(IntEnum):
    """How soon somebody must respond; NOTE is no alarm but an entry of the history."""

    NOTE = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3


ACTIVE = frozenset({Core.UNACK, Core.ACK})
UNACKNOWLEDGED = frozenset({Core.UNACK, Core.RTN_UNACK, Core.LATCHED_UNACK})
STANDING = frozenset({Core.UNACK, Core.ACK, Core.LATCHED_UNACK, Core.LATCHED_ACK})
"""Standing: the condition holds, or a person has not reset yet what it latched."""


class AlarmRefused(LabkeeperError):
    """Tell the person: `code` is short and stable."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Shelf:
    """Put aside by a person for a limited time."""

    who: str
    why: str
    until_ms: int


@dataclass(frozen=True, slots=True)
class Service:
    """Taken out of service for work; `second` is the other person where the class needs two."""

    who: str
    order: str
    second: str = ""


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm of one (rule, source). `since_ms` is when the core changed last; `version` counts every change.
    `called`: it has asked for somebody since it was acknowledged last. `rank`: the place of its level in the rule.
    `value`: what brought it to its level, which is what has to be explained afterwards.
    """

    core: Core = Core.NORM
    priority: Priority = Priority.NOTE
    latch: bool = False
    safety: bool = False
    since_ms: int = 0
    raised_ms: int = 0
    value: float | None = None
    shelf: Shelf | None = None
    design: str = ""
    service: Service | None = None
    version: int = 0
    called: bool = False
    rank: int = 0

    @property
    def severity(self) -> tuple[Priority, int]:
        """What a rise is measured by: of two levels of one priority the later is the worse."""
        return self.priority, self.rank

    @property
    def suppression(self) -> Suppression:
        """The one state shown; the facts under it are kept apart, so that ending one leaves the others."""
        if self.service is not None:
            return Suppression.OUT_OF_SERVICE
        if self.shelf is not None:
            return Suppression.SHELVED
        return Suppression.SUPPRESSED_BY_DESIGN if self.design else Suppression.NOT_SUPPRESSED

    @property
    def standing(self) -> bool:
        return self.core in STANDING

    @property
    def active(self) -> bool:
        return self.core in ACTIVE

    @property
    def unacknowledged(self) -> bool:
        return self.core in UNACKNOWLEDGED

    @property
    def annunciated(self) -> bool:
        """Whether it asks for somebody's attention: it stands, nobody has acknowledged, nothing suppresses it."""
        return self.standing and self.unacknowledged and self.suppression is Suppression.NOT_SUPPRESSED

    @property
    def shown(self) -> bool:
        """Whether anybody has anything to do with it: what came and went while it hung on something else has called
        nobody, and nobody has to acknowledge it.
        """
        waits = self.unacknowledged and self.called
        return self.standing or waits or self.shelf is not None or self.service is not None


# --- what can happen -------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Raised:
    """The condition holds, at this priority and level of the rule; `latch`: a person must reset it afterwards."""

    priority: Priority
    latch: bool = False
    value: float | None = None
    rank: int = 0

    @property
    def severity(self) -> tuple[Priority, int]:
        """How bad it is, for comparing."""
        return self.priority, self.rank


@dataclass(frozen=True, slots=True)
class Cleared:
    """The condition is known not to hold any more; the value that says so is the history's."""

    value: float | None = None


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Somebody has seen it."""

    who: str


@dataclass(frozen=True, slots=True)
class Reset:
    """Somebody ends a latch."""

    who: str


@dataclass(frozen=True, slots=True)
class Shelved:
    """Somebody puts it aside until a moment."""

    shelf: Shelf


@dataclass(frozen=True, slots=True)
class Unshelved:
    """Somebody takes it back, or its time is over (`who` "")."""

    who: str = ""


@dataclass(frozen=True, slots=True)
class Designed:
    """Logic suppresses it because of `cause`, or no longer (cause "")."""

    cause: str = ""


@dataclass(frozen=True, slots=True)
class TakenOut:
    """Somebody takes it out of service."""

    service: Service


@dataclass(frozen=True, slots=True)
class Returned:
    """Somebody puts it back into service."""

    who: str


Event: TypeAlias = Raised | Cleared | Acknowledged | Reset | Shelved | Unshelved | Designed | TakenOut | Returned

AFTER_CLEARING = {Core.UNACK: Core.RTN_UNACK, Core.ACK: Core.NORM}
AFTER_LATCHED_CLEARING = {Core.UNACK: Core.LATCHED_UNACK, Core.ACK: Core.LATCHED_ACK}
AFTER_ACKNOWLEDGING = {
    Core.UNACK: Core.ACK,
    Core.RTN_UNACK: Core.NORM,
    Core.LATCHED_UNACK: Core.LATCHED_ACK,
}


def step(alarm: Alarm, event: Event, time_ms: int) -> Alarm:
    """Return the alarm after the event; the very same object if it changes nothing. Raises AlarmRefused."""
    after = _after(alarm, event, time_ms)
    if after == alarm:
        return alarm
    since_ms = alarm.since_ms if after.core is alarm.core else time_ms
    called = after.annunciated or (alarm.called and after.unacknowledged)
    return replace(after, since_ms=since_ms, version=alarm.version + 1, called=called)


def due(alarm: Alarm, time_ms: int) -> Event | None:
    """Return what time alone brings about."""
    return Unshelved() if alarm.shelf is not None and alarm.shelf.until_ms <= time_ms else None


def _after(alarm: Alarm, event: Event, time_ms: int) -> Alarm:  # noqa: PLR0911 -- one line an event reads best
    match event:
        case Raised():
            return _raised(alarm, event, time_ms)
        case Cleared():
            return _cleared(alarm)
        case Acknowledged():
            return replace(alarm, core=AFTER_ACKNOWLEDGING.get(alarm.core, alarm.core))
        case Reset():
            return _reset(alarm)
        case Shelved(shelf):
            return _shelved(alarm, shelf, time_ms)
        case Unshelved():
            return replace(alarm, shelf=None)
        case Designed(cause):
            return replace(alarm, design=cause)
        case TakenOut(service):
            return _taken_out(alarm, service)
        case _:
            return replace(alarm, service=None)


def _raised(alarm: Alarm, event: Raised, time_ms: int) -> Alarm:
    if not alarm.active:
        return replace(
            alarm,
            core=Core.UNACK,
            priority=event.priority,
            rank=event.rank,
            latch=alarm.latch or event.latch,
            raised_ms=time_ms,
            value=event.value,
        )
    rises = event.severity > alarm.severity
    core = Core.UNACK if rises else alarm.core  # a rise is news, whoever acknowledged what was before
    value = event.value if event.severity != alarm.severity else alarm.value
    latch = alarm.latch or event.latch
    return replace(alarm, core=core, priority=event.priority, rank=event.rank, latch=latch, value=value)


def _cleared(alarm: Alarm) -> Alarm:
    if not alarm.active:
        return alarm
    after = AFTER_LATCHED_CLEARING if alarm.latch else AFTER_CLEARING
    return replace(alarm, core=after[alarm.core])


def _reset(alarm: Alarm) -> Alarm:
    if alarm.active:
        raise AlarmRefused("still_active", "The condition still holds; it can be reset once it has gone")
    if alarm.core is Core.LATCHED_UNACK:
        raise AlarmRefused("not_acknowledged", "Acknowledge it before it is reset")
    return replace(alarm, core=Core.NORM, latch=False) if alarm.core is Core.LATCHED_ACK else alarm


def _shelved(alarm: Alarm, shelf: Shelf, time_ms: int) -> Alarm:
    if alarm.safety:
        raise AlarmRefused("safety_class", "An alarm of the safety class cannot be shelved")
    if not shelf.why.strip():
        raise AlarmRefused("no_reason", "Say why it is shelved")
    if not time_ms < shelf.until_ms <= time_ms + LONGEST_SHELF_MS:
        raise AlarmRefused("bad_end", "A shelf ends in the future, within 24 hours")
    return replace(alarm, shelf=shelf)


def _taken_out(alarm: Alarm, service: Service) -> Alarm:
    if not service.order.strip():
        raise AlarmRefused("no_work_order", "Name the work order")
    if alarm.safety and service.second in ("", service.who):
        raise AlarmRefused("second_person", "An alarm of the safety class needs a second person, who is somebody else")
    return replace(alarm, service=service)
