"""A week of readings through the hub's own judges, states, causes and numbers, on event time: `(series) → history`."""

import heapq
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from benchmarks.weeks.school import MINUTE_MS, MONDAY_MS, SCHOOL, WEEK_MS, Lab, Series, gates
from labkeeper_hub.alarms.catalogue import Catalogue
from labkeeper_hub.alarms.causes import cause_of
from labkeeper_hub.alarms.entry import AlarmEntry
from labkeeper_hub.alarms.judge import Judge, Verdict
from labkeeper_hub.alarms.kpis import Group, Kpis, Period, kpis_of
from labkeeper_hub.alarms.rules import AlarmClass, Gate, Rule
from labkeeper_hub.alarms.states import Acknowledged, Alarm, Cleared, Designed, Event, Priority, Raised, Reset, step
from labkeeper_hub.alarms.words import kind_of, value_of, words_of
from labkeeper_hub.model import AlarmKey, AlarmNow

LOOK_MS = 5 * MINUTE_MS
"""How often time is let pass while nothing comes; a hub does it each second."""
PRESENCE = {"#node_offline": "node_lost", "#device_offline": "device_lost", "#broker_offline": "broker_lost"}
PERIOD = Period(MONDAY_MS, MONDAY_MS + WEEK_MS)


class Finding(NamedTuple):
    """One verdict of one stream."""

    time_ms: int
    key: AlarmKey
    lab: str
    verdict: Verdict


def findings(catalogue: Catalogue, series: Iterable[Series]) -> list[Finding]:
    """Return what every judge found, in order of time."""
    found = [
        Finding(verdict.time_ms, _key(rule, one), one.lab.name if one.key.school else "", verdict)
        for one in series
        for rule in _rules(catalogue, one)
        for verdict in _judged(rule, one)
    ]
    return sorted(found, key=lambda finding: finding.time_ms)


def _rules(catalogue: Catalogue, series: Series) -> Iterator[Rule]:
    for name, rule in catalogue.rules.items():
        if rule.match(series.key.point, series.unit):
            found = catalogue.rule_for(name, SCHOOL, series.lab.name)
            if found is not None:
                yield found


def _key(rule: Rule, series: Series) -> AlarmKey:
    of_whole = series.key.point in PRESENCE
    return AlarmKey(rule.id, series.key._replace(point="") if of_whole else series.key)


def _judged(rule: Rule, series: Series) -> Iterator[Verdict]:
    judge = Judge(rule, gate=None if rule.gates else True)
    events: Iterable[tuple[int, dict[Gate, bool] | None, float | None]] = heapq.merge(
        ((at_ms, gate, None) for at_ms, gate in _gates(rule, series.lab)),
        ((sample.time_ms, None, sample.value) for sample in series.samples),
        key=lambda event: event[0],
    )
    for (time_ms, gate, value), (next_ms, *_) in pairwise([*events, (PERIOD.to_ms, None, None)]):
        if gate is None:
            yield from judge.reading(time_ms, value)
        else:
            yield from judge.gated(time_ms, gate=all(gate[wanted] for wanted in rule.gates))
        yield from _stands(judge, next_ms)


def _gates(rule: Rule, lab: Lab) -> Iterable[tuple[int, dict[Gate, bool]]]:
    return gates(lab) if rule.gates else ()


def _stands(judge: Judge, to_ms: int) -> Iterator[Verdict]:
    """Nothing comes: a value that is known stays so, since its device is there."""
    while judge.now_ms is not None and judge.now_ms < to_ms:
        time_ms = min(to_ms, judge.now_ms + LOOK_MS)
        yield from judge.until(time_ms) if judge.value is None else judge.stands(time_ms)


@dataclass(slots=True)
class Week:
    """The alarms of a week and the people who respond to each, if it is `tended`: minutes while somebody is there, else
    in the morning.
    """

    catalogue: Catalogue
    rng: random.Random
    alarms: dict[AlarmKey, AlarmNow] = field(default_factory=dict)
    history: list[AlarmEntry] = field(default_factory=list)
    tended: bool = True
    _people: list[tuple[int, AlarmKey]] = field(default_factory=list)

    def run(self, found: Iterable[Finding]) -> "Week":
        for finding in found:
            self._respond(finding.time_ms)
            self._take(finding)
            self._group(finding.time_ms)
        self._respond(PERIOD.to_ms)
        return self

    def kpis(self) -> Mapping[Group, Kpis]:
        """Return EEMUA's numbers, as the hub counts them."""
        return kpis_of(self.history, list(self.alarms.values()), self.catalogue.rules, PERIOD)

    def _take(self, finding: Finding) -> None:
        key, verdict, level = finding.key, finding.verdict, finding.verdict.level
        if level is None or level.priority is Priority.NOTE:
            return self._happens(key, Cleared(verdict.value), finding)
        cause = self._cause(key)
        if cause:
            self._happens(key, Designed(cause), finding)
        rank = self.catalogue.rules[key.rule].rank(level.name)
        return self._happens(key, Raised(level.priority, level.latch, verdict.value, rank), finding)

    def _happens(self, key: AlarmKey, event: Event, finding: Finding) -> None:
        level = finding.verdict.level
        safety = self.catalogue.rules[key.rule].safety
        before = self.alarms.get(key) or AlarmNow(key, finding.lab, "", Alarm(safety=safety))
        self._step(before, event, finding.time_ms, level.name if level else before.level)
        if isinstance(event, Raised) and self.tended:
            heapq.heappush(self._people, (self._answered_ms(finding.time_ms), key))

    def _step(self, before: AlarmNow, event: Event, time_ms: int, level: str) -> None:
        after = step(before.state, event, time_ms)
        if after is before.state:
            return
        now = self.alarms[before.key] = AlarmNow(before.key, before.lab, level, after)
        who, why = words_of(event)
        kind = kind_of(before.state, event)
        value = value_of(after, event)
        self.history.append(AlarmEntry(now.key, now.lab, kind, level, time_ms, time_ms, value, who, why))

    def _group(self, time_ms: int) -> None:
        for now in list(self.alarms.values()):
            if now.state.shown and self._hangs(now.key) and now.state.design != self._cause(now.key):
                self._step(now, Designed(self._cause(now.key)), time_ms, now.level)

    def _hangs(self, key: AlarmKey) -> bool:
        return self.catalogue.rules[key.rule].alarm_class is AlarmClass.SYSTEM

    def _cause(self, key: AlarmKey) -> str:
        return cause_of(key, self._active) if self._hangs(key) else ""

    def _active(self, key: AlarmKey) -> bool:
        return key in self.alarms and self.alarms[key].state.active

    def _respond(self, time_ms: int) -> None:
        """Let people acknowledge what they have come to by now, and reset what may be."""
        while self._people and self._people[0][0] <= time_ms:
            at_ms, key = heapq.heappop(self._people)
            if self.alarms[key].state.annunciated:
                self._step(self.alarms[key], Acknowledged("somebody"), at_ms, self.alarms[key].level)
            if self.alarms[key].state.core == "latched_ack":
                self._step(self.alarms[key], Reset("somebody"), at_ms, self.alarms[key].level)
            elif self.alarms[key].state.latch and self.alarms[key].state.standing:
                heapq.heappush(self._people, (at_ms + 30 * MINUTE_MS, key))

    def _answered_ms(self, time_ms: int) -> int:
        """Return when somebody has seen what is raised now."""
        day, minute = divmod((time_ms - MONDAY_MS) // MINUTE_MS, 24 * 60)
        there = day < 5 and 7.5 * 60 <= minute < 17 * 60
        if there:
            return time_ms + round(self.rng.uniform(1, 8) * MINUTE_MS)
        days = day if minute < 7.5 * 60 else day + 1
        return MONDAY_MS + round(((days if days < 5 else 7) * 24 + 7.5) * 60 * MINUTE_MS)


def lived(catalogue: Catalogue, series: Sequence[Series], rng: random.Random) -> Week:
    """Return the week as it went."""
    return Week(catalogue, rng).run(findings(catalogue, series))
