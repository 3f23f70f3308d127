"""The two weeks, and what is said of them."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from benchmarks.weeks.readings import week_of
from benchmarks.weeks.replay import Week, findings, lived
from benchmarks.weeks.school import Lab, Sample, Series, at, labs
from benchmarks.weeks.troubles import Trouble, bad, normal
from labkeeper_hub.alarms.calls import calls, in_order
from labkeeper_hub.alarms.catalogue import shipped
from labkeeper_hub.alarms.causes import OF_BROKER
from labkeeper_hub.alarms.kpis import Group
from labkeeper_hub.alarms.states import Priority

ALL = Group("all", "")


def normal_week(seed: int) -> Week:
    """Live through a week in which only the usual goes wrong."""
    rng = random.Random(seed)
    school = labs(rng)
    return _lived(school, list(normal(school, rng)), rng)


def bad_week(seed: int) -> Week:
    """Live through a week in which everything goes wrong besides."""
    rng = random.Random(seed)
    school = labs(rng)
    return _lived(school, [*normal(school, rng), *bad(school)], rng)


def untended(seed: int) -> tuple[Week, Sequence[Series]]:
    """Return the bad week with nobody who responds, and what was measured in it."""
    rng = random.Random(seed)
    school = labs(rng)
    series = _series(school, [*normal(school, rng), *bad(school)], rng)
    return Week(shipped(), rng, tended=False).run(findings(shipped(), series)), series


def _lived(school: Sequence[Lab], troubles: Sequence[Trouble], rng: random.Random) -> Week:
    return lived(shipped(), _series(school, troubles, rng), rng)


def _series(school: Sequence[Lab], troubles: Sequence[Trouble], rng: random.Random) -> Sequence[Series]:
    return [_broker(school[0], troubles), *(one for lab in school for one in week_of(lab, troubles, rng))]


def _broker(lab: Lab, troubles: Sequence[Trouble]) -> Series:
    spans = (one.span for one in troubles if one.what == "broker down")
    samples = [Sample(at(minute), on) for span in spans for minute, on in ((span.start, 1.0), (span.end, 0.0))]
    return Series(lab, OF_BROKER.source._replace(point="#broker_offline"), "", [Sample(at(0), 0.0), *samples])


def worst(weeks: Sequence[Week]) -> dict[str, Any]:
    """Return the highest of each number over some weeks, and the mix of all their alarms."""
    found = [week.kpis()[ALL] for week in weeks]
    names = ("raised", "per_10min", "peak_10min", "peak_hour", "flood_share", "stale", "chattering", "acknowledge_s")
    counts = Counter(_priorities(weeks))
    return {
        "weeks": len(weeks),
        "within": all(one.within for one in found),
        **{name: max(getattr(one, name) or 0 for one in found) for name in names},
        **{f"share_{one.name.lower()}": round(counts[one] / counts.total(), 3) for one in list(Priority)[1:]},
    }


def _priorities(weeks: Sequence[Week]) -> Iterator[Priority]:
    for week in weeks:
        for entry in calls(in_order(week.history)):
            levels = week.catalogue.rules[entry.key.rule].levels
            yield next(level.priority for level in levels if level.name == entry.level)


def causes_of(week: Week) -> list[dict[str, Any]]:
    """Return the alarms that called, one of each rule: how often and where, what follows, what to do, who does it."""
    called = list(calls(in_order(week.history)))
    counts = Counter(entry.key.rule for entry in called)
    return [
        {
            "rule": rule,
            "calls": count,
            "labs": sorted({entry.lab for entry in called if entry.key.rule == rule}),
            **_told(week, rule),
        }
        for rule, count in counts.most_common()
    ]


def _told(week: Week, rule: str) -> dict[str, str]:
    told = week.catalogue.rules[rule].told
    words = {"title": told.title, "consequence": told.consequence, "response": told.response}
    return {
        "role": told.role.value,
        **{
            f"{name}_{language}": getattr(title, language) for name, title in words.items() for language in ("zh", "en")
        },
    }


def rows(usual: Week, worse: Week) -> Iterator[str]:
    """Yield both weeks as rows of `docs/reference/alarms.md`: the numbers, then the alarms of the bad one."""
    numbers = [worst([usual]), worst([worse])]
    for name, (said, asked) in NUMBERS.items():
        yield f"| {said} | {asked} | {numbers[0][name]:g} | {numbers[1][name]:g} |"
    for one in causes_of(worse):
        yield f"| `{one['rule']}` | {one['calls']} | {len(one['labs'])} | {one['role']} |"


NUMBERS = {
    "raised": ("alarms that called", ""),
    "per_10min": ("mean of ten minutes", "≤ 1"),
    "peak_10min": ("most within ten minutes", "< 10"),
    "peak_hour": ("most within an hour", "≤ 15"),
    "flood_share": ("share of time in a flood", "0"),
    "share_high": ("share of high priority", "0.05"),
    "share_medium": ("share of medium priority", "0.15"),
    "share_low": ("share of low priority", "0.8"),
    "stale": ("standing for more than 24 h", "0"),
    "chattering": ("chattering", "0"),
    "acknowledge_s": ("median wait for an acknowledgement, s", ""),
}
