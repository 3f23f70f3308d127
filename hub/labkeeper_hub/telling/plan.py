"""Who is told of what: rules that pick alarms, and the steps until somebody acknowledges. Pure."""

from dataclasses import dataclass, field
from typing import NamedTuple

from labkeeper_hub.alarms.rules import AlarmClass, Role
from labkeeper_hub.alarms.states import Priority
from labkeeper_hub.model import AlarmKey
from labkeeper_hub.telling.hours import ALWAYS, Hours

MINUTE_MS = 60_000


class Cause(NamedTuple):
    """What one message is about: a rule of the catalogue in a lab. Of the safety class and of the hub itself, `at` is
    the very source: those are never told together.
    """

    rule: str
    school: str
    lab: str
    at: str = ""


@dataclass(frozen=True, slots=True)
class Calling:
    """An alarm that asks for somebody's attention now, and whom by its catalogue; `rank`: the place of its level."""

    key: AlarmKey
    lab: str
    priority: Priority
    alarm_class: AlarmClass
    role: Role
    rank: int = 0

    @property
    def safety(self) -> bool:
        return self.alarm_class is AlarmClass.SAFETY

    @property
    def cause(self) -> Cause:
        source = self.key.source
        at = "/".join(filter(None, source[1:])) if self.safety or not source.school else ""
        return Cause(self.key.rule, source.school, self.lab, at)


@dataclass(frozen=True, slots=True)
class Picks:
    """Which alarms a rule is for: what is empty picks all."""

    schools: frozenset[str] = frozenset()
    labs: frozenset[str] = frozenset()
    classes: frozenset[AlarmClass] = frozenset()
    roles: frozenset[Role] = frozenset()
    priority: Priority = Priority.LOW

    def __call__(self, one: Calling) -> bool:
        return one.priority >= self.priority and all(
            not wanted or have in wanted
            for wanted, have in (
                (self.schools, one.key.source.school),
                (self.labs, one.lab),
                (self.classes, one.alarm_class),
                (self.roles, one.role),
            )
        )


@dataclass(frozen=True, slots=True)
class Step:
    """Whom to tell so long after the alarm called first, and when they are there."""

    channel: str
    after_ms: int = 0
    hours: Hours = ALWAYS


@dataclass(frozen=True, slots=True)
class TellingRule:
    """Alarms it is for, and its steps, the soonest first; the newest step told is told again every `repeat_ms` (0:
    never).
    """

    name: str
    steps: tuple[Step, ...]
    picks: Picks = field(default_factory=Picks)
    repeat_ms: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """All of it. At most `per_hour` messages go through a channel in an hour; what is more comes together in a digest
    every `digest_ms`. The safety class goes through at once, whatever its number and the hour.
    """

    rules: tuple[TellingRule, ...] = ()
    per_hour: int = 12
    digest_ms: int = 15 * MINUTE_MS
    url: str = ""

    def rule(self, name: str) -> TellingRule | None:
        """Return a rule by its name."""
        return next((one for one in self.rules if one.name == name), None)

    def channels(self) -> frozenset[str]:
        """Return the channels it tells through."""
        return frozenset(step.channel for rule in self.rules for step in rule.steps)
