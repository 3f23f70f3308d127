"""The plan as people write it and as it is kept: checked strictly, minutes for milliseconds, names for numbers."""

from datetime import time
from typing import Annotated

from pydantic import (
    AnyHttpUrl,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    field_validator,
    model_validator,
)

from labkeeper_hub.alarms.rules import AlarmClass, Role
from labkeeper_hub.alarms.states import Priority
from labkeeper_hub.telling.hours import ALWAYS, Hours
from labkeeper_hub.telling.machine import State
from labkeeper_hub.telling.plan import MINUTE_MS, Picks, Plan, Step, TellingRule

MOST = 100
LONGEST_MIN = 7 * 24 * 60
STATE: TypeAdapter[State] = TypeAdapter(State)
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]
Minutes = Annotated[float, Field(ge=0, le=LONGEST_MIN, allow_inf_nan=False)]
Ids = Annotated[list[Annotated[str, Field(min_length=1, max_length=256)]], Field(max_length=MOST)]
Clock = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


def _priority(said: object) -> object:
    names = [one.name.lower() for one in Priority if one > Priority.NOTE]
    if said not in names:
        raise ValueError(f"is none of {', '.join(names)}")
    return said


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class HoursBody(_Strict):
    """Days of the week (1 is Monday) and times of day; an end that is not after the start is on the next day."""

    days: Annotated[list[Annotated[int, Field(ge=1, le=7)]], Field(min_length=1, max_length=7)] = [1, 2, 3, 4, 5, 6, 7]
    start: Clock = "00:00"
    end: Clock = "00:00"
    holidays: bool = False

    def noun(self) -> Hours:
        return Hours(frozenset(self.days), time.fromisoformat(self.start), time.fromisoformat(self.end), self.holidays)


class StepBody(_Strict):
    """A channel, how many minutes after the alarm, and when somebody is there (without `hours`: always)."""

    channel: Name
    after_min: Minutes = 0
    hours: HoursBody | None = None

    def noun(self) -> Step:
        return Step(self.channel, _ms(self.after_min), self.hours.noun() if self.hours else ALWAYS)


class RuleBody(_Strict):
    """Which alarms (what is empty picks all), and the steps; `repeat_min` 0: the last is not told again."""

    name: Name
    schools: Ids = []
    labs: Ids = []
    classes: list[AlarmClass] = []
    roles: list[Role] = []
    priority: Annotated[str, BeforeValidator(_priority)] = "low"
    steps: Annotated[list[StepBody], Field(min_length=1, max_length=10)]
    repeat_min: Minutes = 0

    @model_validator(mode="after")
    def _in_order(self) -> "RuleBody":
        times = [step.after_min for step in self.steps]
        if times != sorted(times):
            raise ValueError("steps come in the order of their minutes")
        return self

    def noun(self) -> TellingRule:
        """Return the noun."""
        places = (frozenset(self.schools), frozenset(self.labs))
        picks = Picks(*places, frozenset(self.classes), frozenset(self.roles), Priority[self.priority.upper()])
        return TellingRule(self.name, tuple(step.noun() for step in self.steps), picks, _ms(self.repeat_min))


class PlanBody(_Strict):
    """Who is told of what. `url` is the page's address for the links. Holidays, days that are worked instead and the
    time zone are those of each school's year.
    """

    rules: Annotated[list[RuleBody], Field(max_length=MOST)] = []
    per_hour: Annotated[int, Field(ge=1, le=1000)] = 12
    digest_min: Annotated[float, Field(ge=1, le=1440, allow_inf_nan=False)] = 15
    url: AnyHttpUrl | None = None

    @model_validator(mode="before")
    @classmethod
    def _no_days(cls, said: object) -> object:
        days = sorted({"zone", "holidays", "workdays"} & said.keys()) if isinstance(said, dict) else []
        if days:
            raise ValueError(f"{', '.join(days)}: these are the school year's now (PUT /api/v1/timetables/{{school}})")
        return said

    @field_validator("rules")
    @classmethod
    def _names_once(cls, rules: list[RuleBody]) -> list[RuleBody]:
        if len({rule.name for rule in rules}) < len(rules):
            raise ValueError("two rules have one name")
        return rules

    def noun(self) -> Plan:
        """Return the noun."""
        rules = tuple(rule.noun() for rule in self.rules)
        return Plan(rules, self.per_hour, _ms(self.digest_min), str(self.url or ""))


def _ms(minutes: float) -> int:
    return round(minutes * MINUTE_MS)
