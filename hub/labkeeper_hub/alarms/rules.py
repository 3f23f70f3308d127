"""What a rule of the catalogue says: frozen nouns, no logic beyond telling what they match."""

from dataclasses import dataclass, field
from enum import StrEnum

from labkeeper_hub.alarms.names import names_of, unit_of
from labkeeper_hub.alarms.states import Priority
from labkeeper_sdk import Title

MINUTE_MS = 60_000


class Kind(StrEnum):
    """What is computed of a stream and compared with the limit."""

    VALUE = "value"  # the newest value
    MEAN = "mean"  # time-weighted, over the window; unknown while less than half of the window is known
    MAX = "max"
    MIN = "min"
    RATE = "rate"  # rise above the lowest of the window, per minute
    COUNT = "count"  # how often it became true within the window
    STALE = "stale"  # seconds since the value was last known
    STUCK = "stuck"  # seconds since the value last differed


class Side(StrEnum):
    """Which side of the limit is wrong."""

    ABOVE = ">"
    AT_LEAST = ">="
    BELOW = "<"
    AT_MOST = "<="


class Gate(StrEnum):
    """What must be so for a rule to mean anything; while a gate is not known, the rule judges nothing."""

    LESSON = "lesson"
    EMPTY = "empty"
    USED = "used"  # somebody is in the room
    LIGHTS = "lights"
    SUMMER = "summer"
    WINTER = "winter"


class AlarmClass(StrEnum):
    """How an alarm is treated; `safety` cannot be shelved and needs two persons to be taken out of service."""

    SAFETY = "safety"
    HEALTH = "health"
    ENVIRONMENT = "environment"
    SYSTEM = "system"


class Role(StrEnum):
    """Who responds."""

    TEACHER = "teacher"
    FACILITY = "facility"
    IT = "it"


@dataclass(frozen=True, slots=True)
class Level:
    """One limit of a rule, in the rule's unit; the mildest comes first. `deadband`: how far back it goes to clear."""

    name: str
    limit: float
    priority: Priority
    side: Side = Side.ABOVE
    kind: Kind = Kind.VALUE
    window_ms: int = 0
    on_delay_ms: int = 0
    off_delay_ms: int = 0
    deadband: float = 0.0
    latch: bool = False

    def looser(self, limit: float) -> bool:
        """Return whether another limit in the place of this one would be passed later."""
        return limit > self.limit if self.side in (Side.ABOVE, Side.AT_LEAST) else limit < self.limit

    def holds(self, value: float, *, active: bool) -> bool:
        """Return whether the limit is passed; once it is, until the value is beyond the deadband."""
        slack = self.deadband if active else 0.0
        match self.side:
            case Side.ABOVE:
                return value > self.limit - slack
            case Side.AT_LEAST:
                return value >= self.limit - slack
            case Side.BELOW:
                return value < self.limit + slack
            case _:
                return value <= self.limit + slack


@dataclass(frozen=True, slots=True)
class Response:
    """What people are told: what it means, what follows if nobody does anything, what to do, by whom."""

    title: Title
    consequence: Title
    response: Title
    role: Role


@dataclass(frozen=True, slots=True)
class Match:
    """Which points a rule watches: by any of the names they may be known by, and by unit (UCUM) where names mean
    several things. A name that begins with `*/` is that of the last part, whatever it is of.
    """

    points: frozenset[str]
    units: frozenset[str] = frozenset()

    def __call__(self, point: str, unit: str, *, writable: bool = False) -> bool:
        """What can be written is what somebody wants, not what is measured: that is watched by its own name only."""
        known = point in self.points if writable else not self.points.isdisjoint(names_of(point))
        return known and (not self.units or unit_of(point, unit) in self.units)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; its levels are judged together and make one alarm of the highest that holds."""

    id: str
    told: Response
    alarm_class: AlarmClass
    match: Match
    levels: tuple[Level, ...]
    source: Title
    unit: str = ""
    gates: frozenset[Gate] = field(default_factory=frozenset)
    hold_ms: int = 30 * MINUTE_MS

    @property
    def safety(self) -> bool:
        return self.alarm_class is AlarmClass.SAFETY

    def rank(self, level: str) -> int:
        """Return the place of a level, the mildest 0; one that an update renamed counts as that."""
        return next((place for place, one in enumerate(self.levels) if one.name == level), 0)
