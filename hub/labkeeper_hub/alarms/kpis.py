"""How much alarms asked of people in a time, by EEMUA 191: of everybody, of each role, in each lab. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

from labkeeper_hub.alarms.calls import calls, in_order
from labkeeper_hub.alarms.entry import AlarmEntry
from labkeeper_hub.alarms.flood import DAY_MS, FLOOD, FLOOD_WINDOW_MS, HOUR_MS, most
from labkeeper_hub.alarms.rules import Rule
from labkeeper_hub.alarms.states import Priority
from labkeeper_hub.alarms.tallies import CHATTERING
from labkeeper_hub.model import AlarmKey, AlarmNow

MOST_PER_10MIN, MOST_PEAK_HOUR = 1.0, 15
ALARMS = (Priority.LOW, Priority.MEDIUM, Priority.HIGH)


class Group(NamedTuple):
    """Whose numbers: `by` all (of ""), role or lab."""

    by: str
    of: str


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of the hub's time."""

    from_ms: int
    to_ms: int


@dataclass(frozen=True, slots=True)
class Kpis:
    """One group's numbers. `flood_share`: the share of ten-minute slots with a flood; `chattering`: alarms that came
    three times within ten minutes; `acknowledge_s`: the median wait, None without any.
    """

    raised: int
    per_10min: float
    peak_10min: int
    peak_hour: int
    flood_share: float
    mix: Mapping[Priority, float] | None
    standing: int
    stale: int
    chattering: int
    acknowledge_s: float | None

    @property
    def within(self) -> bool:
        """Whether a person can keep up: EEMUA's limits of rate, peak and flood, wherever its ten minutes lie."""
        return self.per_10min <= MOST_PER_10MIN and self.peak_hour <= MOST_PEAK_HOUR and self.peak_10min < FLOOD


def kpis_of(
    entries: Sequence[AlarmEntry], shown: Sequence[AlarmNow], rules: Mapping[str, Rule], period: Period
) -> Mapping[Group, Kpis]:
    """Return every group's numbers; entries in any order. What came late or was suppressed does not count: it
    called nobody.
    """
    lines: dict[Group, list[AlarmEntry]] = defaultdict(list)
    standing: dict[Group, list[AlarmNow]] = defaultdict(list)
    for entry in in_order(entries):
        for group in _groups(entry.key, entry.lab, rules):
            lines[group].append(entry)
    for now in (one for one in shown if one.state.standing):
        for group in _groups(now.key, now.lab, rules):
            standing[group].append(now)
    groups = {Group("all", ""), *lines, *standing}
    return {group: _kpis(lines[group], standing[group], rules, period) for group in sorted(groups)}


def _groups(key: AlarmKey, lab: str, rules: Mapping[str, Rule]) -> Iterator[Group]:
    yield Group("all", "")
    if key.rule in rules:
        yield Group("role", rules[key.rule].told.role.value)
    if lab:
        yield Group("lab", lab)


def _kpis(lines: Sequence[AlarmEntry], standing: Sequence[AlarmNow], rules: Mapping[str, Rule], period: Period) -> Kpis:
    raised = list(calls(lines))
    slots = max(1, (period.to_ms - period.from_ms) // FLOOD_WINDOW_MS)
    each = Counter((one.at_ms - period.from_ms) // FLOOD_WINDOW_MS for one in raised)
    times = [one.at_ms for one in raised]
    waits = list(_waits_ms(lines))
    return Kpis(
        raised=len(raised),
        per_10min=round(len(raised) / slots, 4),
        peak_10min=most(times, FLOOD_WINDOW_MS),
        peak_hour=most(times, HOUR_MS),
        flood_share=round(sum(count >= FLOOD for count in each.values()) / slots, 4),
        mix=_mix(raised, rules),
        standing=len(standing),
        stale=sum(period.to_ms - now.state.raised_ms > DAY_MS for now in standing),
        chattering=_chattering(raised),
        acknowledge_s=median(waits) / 1000 if waits else None,
    )


def _mix(raised: Iterable[AlarmEntry], rules: Mapping[str, Rule]) -> Mapping[Priority, float] | None:
    priorities = {(rule.id, level.name): level.priority for rule in rules.values() for level in rule.levels}
    counts = Counter(priorities.get((one.key.rule, one.level), Priority.LOW) for one in raised)
    whole = counts.total()
    return {priority: round(counts[priority] / whole, 4) for priority in ALARMS} if whole else None


def _chattering(raised: Iterable[AlarmEntry]) -> int:
    times: dict[AlarmKey, list[int]] = defaultdict(list)
    for one in raised:
        times[one.key].append(one.at_ms)
    return sum(most(own, FLOOD_WINDOW_MS) >= CHATTERING for own in times.values())


def _waits_ms(lines: Iterable[AlarmEntry]) -> Iterator[int]:
    """Yield how long each acknowledged alarm had waited for it."""
    asked: dict[AlarmKey, int] = {}
    for one in lines:
        if one.kind in ("raised", "risen"):
            asked[one.key] = one.at_ms
        elif one.kind == "acknowledged" and one.key in asked:
            yield one.at_ms - asked.pop(one.key)
