"""The catalogue: rules out of TOML, what a school adds to them, and what it or a lab overrides; a mistake is named by
its place.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Final, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from labkeeper_hub.alarms.flood import DAY_MS
from labkeeper_hub.alarms.rules import AlarmClass, Gate, Kind, Level, Match, Response, Role, Rule, Side
from labkeeper_hub.alarms.states import Priority
from labkeeper_sdk import BadConfiguration, Title

UNITS_MS: Final = {"s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
DURATION = re.compile(r"(\d+(?:\.\d+)?) ?(s|min|h|d)")
EVERY = "*"
"""Of every rule that watches points."""
RULE_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
NEED_WINDOW = (Kind.MEAN, Kind.MAX, Kind.MIN, Kind.RATE, Kind.COUNT)


def duration_ms(said: object) -> object:
    """Return the milliseconds of `10 min`; raises ValueError for anything but such a text."""
    found = DURATION.fullmatch(said) if isinstance(said, str) else None
    if found is None:
        raise ValueError("is no duration: a number and s, min, h or d, as in '10 min'")
    return round(float(found[1]) * UNITS_MS[found[2]])


def _priority(said: object) -> object:
    names = [priority.name.lower() for priority in Priority]
    if said not in names:
        raise ValueError(f"is none of {', '.join(names)}")
    return Priority[str(said).upper()]


Duration: TypeAlias = Annotated[int, BeforeValidator(duration_ms)]
ShortDuration: TypeAlias = Annotated[int, BeforeValidator(duration_ms), Field(le=DAY_MS)]
DelayMs: TypeAlias = Annotated[int, Field(ge=0, le=DAY_MS)]
"""Of a place that has others than the rule: a day at most."""
Deadband: TypeAlias = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Text: TypeAlias = Annotated[str, Field(min_length=1, max_length=500)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Both(_Strict):
    """A text in both languages."""

    zh: Text
    en: Text

    def title(self) -> Title:
        return Title(self.zh, self.en)


def _in_both(said: object) -> object:
    """A source that is the number of a standard reads the same in both languages."""
    return {"zh": said, "en": said} if isinstance(said, str) else said


class LevelEntry(_Strict):
    """One level as the file says it."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
    limit: Annotated[float, Field(allow_inf_nan=False)]
    priority: Annotated[Priority, BeforeValidator(_priority)]
    side: Side = Side.ABOVE
    kind: Kind = Kind.VALUE
    window: Duration = 0
    on_delay: Duration = 0
    off_delay: Duration = 0
    deadband: Deadband = 0.0
    latch: bool = False

    @model_validator(mode="after")
    def _window_where_needed(self) -> "LevelEntry":
        if (self.kind in NEED_WINDOW) is not (self.window > 0):
            raise ValueError(f"kind '{self.kind}' {'needs a' if self.kind in NEED_WINDOW else 'has no'} window")
        return self

    def level(self) -> Level:
        return Level(
            self.name,
            self.limit,
            self.priority,
            self.side,
            self.kind,
            self.window,
            self.on_delay,
            self.off_delay,
            self.deadband,
            self.latch,
        )


class RuleEntry(_Strict):
    """One rule as the file says it."""

    title: Both
    consequence: Both
    response: Both
    role: Role
    class_: Annotated[AlarmClass, Field(alias="class")]
    source: Annotated[Both, BeforeValidator(_in_both)]
    unit: str
    points: list[Text] = []
    of: list[Text] = []
    units: list[str] = []
    gates: list[Gate] = []
    hold: Duration = 30 * 60_000
    levels: Annotated[list[LevelEntry], Field(min_length=1)]

    @model_validator(mode="after")
    def _watches_something(self) -> "RuleEntry":
        if bool(self.points) is bool(self.of):
            raise ValueError("needs either points, or rules whose points it watches (of)")
        return self

    @model_validator(mode="after")
    def _levels_in_order(self) -> "RuleEntry":
        if len({level.name for level in self.levels}) < len(self.levels):
            raise ValueError("two levels have one name")
        priorities = [level.priority for level in self.levels]
        if priorities != sorted(priorities):
            raise ValueError("levels come from the mildest to the worst")
        return self

    def rule(self, name: str) -> Rule:
        told = Response(self.title.title(), self.consequence.title(), self.response.title(), self.role)
        match = Match(frozenset(self.points), frozenset(self.units))
        levels = tuple(entry.level() for entry in self.levels)
        gates = frozenset(self.gates)
        return Rule(name, told, self.class_, match, levels, self.source.title(), self.unit, gates, self.hold)


class _Override(_Strict):
    rule: Text
    school: Text
    lab: Text | None = None
    who: Text
    why: Text
    off: bool = False
    limits: dict[str, Annotated[float, Field(allow_inf_nan=False)]] = {}
    deadband: dict[str, Deadband] = {}


class OverrideEntry(_Override):
    """What one school, or one lab of it, changes in one rule, by level; who decided it, and why."""

    on_delay_ms: dict[str, DelayMs] = {}
    off_delay_ms: dict[str, DelayMs] = {}

    @property
    def changes(self) -> Mapping[str, Mapping[str, float]]:
        """What is otherwise, each by level."""
        every = {one: getattr(self, one) for one in ("limits", "on_delay_ms", "off_delay_ms", "deadband")}
        return {what: levels for what, levels in every.items() if levels}

    @property
    def place(self) -> tuple[str, str, str | None]:
        """What it is about: of one rule there is one in a school, and one in each of its labs."""
        return self.rule, self.school, self.lab


class _FileOverride(_Override):
    """An override as the file says it."""

    on_delay: dict[str, ShortDuration] = {}
    off_delay: dict[str, ShortDuration] = {}

    def entry(self) -> OverrideEntry:
        said = self.model_dump(exclude={"on_delay", "off_delay"})
        return OverrideEntry(**said, on_delay_ms=self.on_delay, off_delay_ms=self.off_delay)


class _Site(_Strict):
    rule: dict[str, RuleEntry] = {}
    override: list[_FileOverride] = []


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The rules, and the overrides in the order of the file."""

    rules: Mapping[str, Rule]
    overrides: Sequence[OverrideEntry] = ()

    def watching(self, point: str, unit: str, *, writable: bool) -> Iterator[str]:
        """Yield the names of the rules that watch a point of this name and unit."""
        return (name for name, rule in self.rules.items() if rule.match(point, unit, writable=writable))

    def priority_of(self, name: str, level: str) -> Priority:
        """Return the priority of a level; of a rule that is no more, low."""
        rule = self.rules.get(name)
        return rule.levels[rule.rank(level)].priority if rule else Priority.LOW

    def rule_for(self, name: str, school: str, lab: str) -> Rule | None:
        """Return the rule as it holds in a lab: a lab's override beats its school's; None: it is off there."""
        rule: Rule | None = self.rules[name]
        for override in sorted(self.overrides, key=lambda entry: entry.lab is not None):
            if (override.rule, override.school) == (name, school) and override.lab in (None, lab):
                rule = None if override.off else overridden(self.rules[name] if rule is None else rule, override)
        return rule


def with_limits(rule: Rule, limits: Mapping[str, float]) -> Rule:
    """Return the rule with other limits, by level."""
    levels = (replace(level, limit=limits.get(level.name, level.limit)) for level in rule.levels)
    return replace(rule, levels=tuple(levels))


def overridden(rule: Rule, entry: OverrideEntry) -> Rule:
    """Return the rule as an override has it."""
    changed = with_limits(rule, entry.limits)
    return replace(changed, levels=tuple(_delayed(level, entry) for level in changed.levels))


def _delayed(level: Level, entry: OverrideEntry) -> Level:
    return replace(
        level,
        on_delay_ms=entry.on_delay_ms.get(level.name, level.on_delay_ms),
        off_delay_ms=entry.off_delay_ms.get(level.name, level.off_delay_ms),
        deadband=entry.deadband.get(level.name, level.deadband),
    )


def unknown_levels(rule: Rule, entry: OverrideEntry) -> list[tuple[str, str]]:
    """Return what is said of levels that the rule has not: what, and of which."""
    known = {level.name for level in rule.levels}
    return [(what, name) for what, levels in entry.changes.items() for name in sorted(set(levels) - known)]


def looser_levels(rule: Rule, entry: OverrideEntry) -> list[tuple[str, str]]:
    """Return what may not be said of a rule of the safety class, and of which level: a limit that is passed later, a
    longer delay before it is raised, a shorter one or a narrower deadband before it is over.
    """
    if not rule.safety:
        return []
    found = []
    for level in rule.levels:
        after = _delayed(replace(level, limit=entry.limits.get(level.name, level.limit)), entry)
        found += [(what, level.name) for what in LOOSER if LOOSER[what](level, after)]
    return found


LOOSER: Final[Mapping[str, Callable[[Level, Level], bool]]] = {
    "limits": lambda level, after: level.looser(after.limit),
    "on_delay_ms": lambda level, after: after.on_delay_ms > level.on_delay_ms,
    "off_delay_ms": lambda level, after: after.off_delay_ms < level.off_delay_ms,
    "deadband": lambda level, after: after.deadband < level.deadband,
}


@cache
def shipped() -> Catalogue:
    """Return the catalogue of this version, which nobody changes: read once."""
    text = files("labkeeper_hub.alarms").joinpath("catalogue.toml").read_text(encoding="utf-8")
    return parse(text, "catalogue.toml")


def parse(text: str, source: str) -> Catalogue:
    """Read a catalogue; raises BadConfiguration that names the rule and the key."""
    entries = {}
    for name, said in _toml(text, source).items():
        try:
            entries[name] = RuleEntry.model_validate(said)
        except ValidationError as error:
            raise _bad(error, source, name) from error
    return Catalogue(_rules(entries, source))


def _rules(entries: Mapping[str, RuleEntry], source: str, prefix: str = "") -> dict[str, Rule]:
    """Return the rules; those that watch the sensors of others get their points, in any unit."""
    rules = {name: entry.rule(name) for name, entry in entries.items()}
    measured = [name for name, entry in entries.items() if not entry.of and not _seen_by_hub(entry.points)]
    for name, entry in entries.items():
        others = measured if entry.of == [EVERY] else entry.of
        unknown = sorted(set(others) - {*measured})
        if unknown:
            raise BadConfiguration(f"{prefix}{name}.of", f"'{unknown[0]}' is no rule here that watches points", source)
        if others:
            points = frozenset().union(*(rules[other].match.points for other in others))
            rules[name] = replace(rules[name], match=Match(points))
    return rules


def _seen_by_hub(points: Iterable[str]) -> bool:
    return any(point.startswith("#") for point in points)


def load_site(catalogue: Catalogue, file: Path) -> Catalogue:
    """Return the catalogue with a school's rules and overrides; a file that is not there changes nothing."""
    if not file.exists():
        return catalogue
    return with_site(catalogue, file.read_text(encoding="utf-8"), str(file))


def with_site(catalogue: Catalogue, text: str, source: str) -> Catalogue:
    """Return the catalogue with a school's rules and overrides; raises BadConfiguration that names one and its key."""
    try:
        site = _Site.model_validate(_toml(text, source))
    except ValidationError as error:
        raise _bad(error, source) from error
    for name in site.rule:
        if name in catalogue.rules or not RULE_NAME.fullmatch(name):
            raise BadConfiguration(f"rule.{name}", "is the name of a rule that is there, or none (a-z, 0-9, _)", source)
    both = Catalogue({**catalogue.rules, **_rules(site.rule, source, "rule.")})
    overrides = tuple(said.entry() for said in site.override)
    for number, entry in enumerate(overrides):
        _check(both, entry, f"override.{number}", source)
    return replace(both, overrides=overrides)


def _check(catalogue: Catalogue, entry: OverrideEntry, place: str, source: str) -> None:
    rule = catalogue.rules.get(entry.rule)
    if rule is None:
        raise BadConfiguration(f"{place}.rule", f"there is no rule '{entry.rule}'", source)
    if entry.off and rule.safety:
        raise BadConfiguration(f"{place}.off", "a rule of the safety class cannot be switched off", source)
    for what, name in unknown_levels(rule, entry):
        raise BadConfiguration(_key(place, what, name), f"'{entry.rule}' has no such level", source)
    for what, name in looser_levels(rule, entry):
        raise BadConfiguration(_key(place, what, name), "a rule of the safety class is not made looser", source)


def _key(place: str, what: str, level: str) -> str:
    return f"{place}.{what.removesuffix('_ms')}.{level}"


def _toml(text: str, source: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadConfiguration("alarms", f"is not TOML: {error}", source) from error


def _bad(error: ValidationError, source: str, *prefix: str) -> BadConfiguration:
    first = error.errors()[0]
    return BadConfiguration(".".join((*prefix, *(str(part) for part in first["loc"]))), first["msg"], source)
