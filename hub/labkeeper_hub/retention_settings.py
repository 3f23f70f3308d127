"""How long what is kept, as it stands in the settings: days per level, rules for some points, and a limit in bytes."""

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, model_validator

from labkeeper_hub.timeseries.retention import READINGS, Ages, Retention, Rule
from labkeeper_hub.timeseries.rollup import HOUR_MS, MINUTE_MS, QUARTER_MS

DAY_MS: Final = 86_400_000
FOREVER: Final = 0
Days = Annotated[float, Field(ge=0, le=100_000)]
LEVELS: Final = {"raw_days": READINGS, "minute_days": MINUTE_MS, "quarter_days": QUARTER_MS, "hour_days": HOUR_MS}


class RetentionRule(BaseModel):
    """Other ages for the points whose `school/node/device/point` fits `match`; what is left out is as for all.

    `max_bytes`: how many their readings and roll-ups may take together, 0 without a limit of their own.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    match: str = Field(min_length=1)
    raw_days: Days | None = None
    minute_days: Days | None = None
    quarter_days: Days | None = None
    hour_days: Days | None = None
    max_bytes: int = Field(default=0, ge=0)


class RetentionSettings(BaseModel):
    """Days for which readings and roll-ups are kept, 0 for ever, and bytes of the journal, 0 without limit."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    raw_days: Days = 400  # a school year and its holidays
    minute_days: Days = 5 * 365
    quarter_days: Days = 10 * 365
    hour_days: Days = FOREVER
    max_bytes: int = Field(default=0, ge=0)
    points: tuple[RetentionRule, ...] = ()

    @model_validator(mode="after")
    def _coarser_stay_longer(self) -> "RetentionSettings":
        for days in (self._days(None), *(self._days(rule) for rule in self.points)):
            kept = [days[name] or float("inf") for name in LEVELS]
            if kept != sorted(kept):
                raise ValueError("a coarser level cannot be kept for less long than a finer one")
        return self

    def retention(self) -> Retention:
        """Return the same in milliseconds."""
        rules = tuple(Rule(one.match, _ages(self._days(one)), one.max_bytes or None) for one in self.points)
        return Retention(_ages(self._days(None)), rules, self.max_bytes or None)

    def _days(self, rule: RetentionRule | None) -> dict[str, float]:
        own = {name: None if rule is None else getattr(rule, name) for name in LEVELS}
        return {name: getattr(self, name) if days is None else days for name, days in own.items()}


def _ages(days: dict[str, float]) -> Ages:
    return {LEVELS[name]: round(kept * DAY_MS) for name, kept in days.items() if kept != FOREVER}
