"""Limits out of the hub's catalogue of alarms: what is drawn is what raises an alarm where nobody set another limit."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from labkeeper_dashboards.drawing import ALARM, CRITICAL, GOOD, NOTE, WARN, Limits
from labkeeper_hub.alarms.catalogue import shipped
from labkeeper_hub.alarms.names import ELSEWHERE, OF_THE_MACHINE, SAID_WITH, SPELLINGS
from labkeeper_hub.alarms.rules import Kind, Level, Rule, Side
from labkeeper_hub.alarms.states import Priority
from labkeeper_sdk import Title

COLOURS: Final = {Priority.NOTE: NOTE, Priority.LOW: WARN, Priority.MEDIUM: ALARM, Priority.HIGH: CRITICAL}
WORDS: Final = {
    Priority.NOTE: Title("提示", "note"),
    Priority.LOW: Title("低优先级", "low priority"),
    Priority.MEDIUM: Title("中优先级", "medium priority"),
    Priority.HIGH: Title("高优先级", "high priority"),
}
UNITS: Mapping[str, str] = {
    "[ppm]": "ppm", "ug/m3": "µg/m³", "mg/m3": "mg/m³", "Cel": "°C", "%": "%", "lx": "lx", "dB[SPL]": "dB(A)",
    "%{LEL}": "% LEL", "": "",
}  # fmt: skip
"""How people write the units of rules that are drawn."""
BELOW = (Side.BELOW, Side.AT_MOST)
NUMBERED = "[0-9_.-]*"
"""What may follow the name of a component: `temperature100`, `ESP32`."""
NOT_THE_ROOM = "|".join(sorted(OF_THE_MACHINE | ELSEWHERE))
OTHERS = Title("本校另设的限值不在图上。", "Limits that a school has set itself are not drawn.")
NOTHING: Final = Title("", "")


def of_rules(*names: str, remark: Title = NOTHING) -> Limits:
    """Return the levels of these rules, which are about one quantity, as colours: those of their priorities."""
    rules = [shipped().rules[name] for name in names]
    low = sorted((level for level in _levels(rules) if level.side in BELOW), key=_limit)
    high = sorted((level for level in _levels(rules) if level.side not in BELOW), key=_limit)
    colours = [*(COLOURS[level.priority] for level in low), GOOD]
    steps = zip((level.limit for level in low), colours[1:], strict=True)
    above = ((level.limit, COLOURS[level.priority]) for level in high)
    return Limits(colours[0], (*steps, *above), _source(rules, remark))


def points_of(*names: str) -> tuple[str, ...]:
    """Return the names by which these rules know their quantity, sorted."""
    return tuple(sorted(frozenset().union(*(shipped().rules[name].match.points for name in names))))


def watched(*quantities: str) -> str:
    """Return the condition for points that rules would know by these names, whatever their driver calls them
    (`labkeeper_hub.alarms.names`); what can be set to a number is no measurement.
    """
    spoken = (spelling for spelling, quantity in SPELLINGS.items() if quantity in quantities)
    names = "|".join(name.replace(".", "\\.").replace("_", "[_-]") for name in (*quantities, *spoken))
    pairs = (f"{kind}{NUMBERED}\\/{last}" for (kind, last), quantity in SAID_WITH.items() if quantity in quantities)
    known = "|".join((f"([^\\/]*\\/)?({names})", *pairs))
    return (
        f'"point" =~ /(?i)^({known})$/ AND "point" !~ /(?i)^({NOT_THE_ROOM}){NUMBERED}\\// AND "kind" != \'setpoint\''
    )


def inside(quantity: str) -> str:
    """Return the condition for what a machine's own components say of a quantity."""
    return f'"point" =~ /(?i)(^|\\/)({"|".join(sorted(OF_THE_MACHINE))}){NUMBERED}\\/{quantity}$/'


def limit_of(name: str) -> float:
    """Return the mildest limit of a rule."""
    return shipped().rules[name].levels[0].limit


def _levels(rules: Iterable[Rule]) -> Iterable[Level]:
    return (level for rule in rules for level in rule.levels)


def _limit(level: Level) -> float:
    return level.limit


def _source(rules: Sequence[Rule], remark: Title) -> Title:
    said = [_level(level, UNITS[rule.unit]) for rule in rules for level in rule.levels]
    sources = dict.fromkeys(rule.source for rule in rules)
    zh = f"报警限值：{'，'.join(one.zh for one in said)}。依据：{'；'.join(one.zh for one in sources)}。"
    en = f"Limits of alarms: {', '.join(one.en for one in said)}. Source: {'; '.join(one.en for one in sources)}."
    return Title(zh + remark.zh + OTHERS.zh, " ".join(filter(None, (en, remark.en, OTHERS.en))))


def _level(level: Level, unit: str) -> Title:
    limit = f"{level.side} {level.limit:g} {unit}".strip()
    word, window = WORDS[level.priority], _window(level.window_ms)
    if level.kind is Kind.MEAN:
        return Title(f"{limit}（{word.zh}，{window.zh}平均）", f"{limit} ({word.en}, mean of {window.en})")
    return Title(f"{limit}（{word.zh}）", f"{limit} ({word.en})")


def _window(window_ms: int) -> Title:
    minutes = window_ms // 60_000
    if minutes % 60:
        return Title(f"{minutes} 分钟", f"{minutes} min")
    return Title(f"{minutes // 60} 小时", f"{minutes // 60} h")
