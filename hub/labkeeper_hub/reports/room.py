"""A lab's day or week on a page: air, light, noise, use, energy, alarms."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from labkeeper_hub.alarms.catalogue import shipped
from labkeeper_hub.alarms.entry import AlarmEntry
from labkeeper_hub.export.order import OrderedPoint
from labkeeper_hub.model import PointKey, ReadingsQuery, Row
from labkeeper_hub.ports import Readings, UnknownPoint
from labkeeper_hub.reports.document import Document, Fact, Language, Plot, Section, Table
from labkeeper_hub.reports.svg import number
from labkeeper_hub.reports.traces import Trace, trace_of
from labkeeper_hub.reports.words import hours, moment, point_word, say, sign, titled
from labkeeper_hub.steps import DAY_MS, HOUR_MS, MINUTE_MS
from labkeeper_sdk import Title


def watched(*rules: str) -> frozenset[str]:
    """Return the names of the points that these rules of the catalogue watch."""
    return frozenset(name for rule in rules for name in shipped().rules[rule].match.points)


AIR: Final = watched("co2", "pm25", "pm10", "hcho", "tvoc", "co", "temperature_high", "humidity_high", "gas") | {
    *("pm1", "voc_index", "ch4", "gas_concentration", "gas_lel", "gas_value")
}
LIGHT: Final = watched("light_desk", "light_board") | {"illuminance_lux", "light"}
NOISE: Final = watched("noise") | {"noise_level", "sound"}
PRESENCE: Final = frozenset(("occupancy", "presence", "people", "person_count"))
COUNTERS: Final = {"kW.h": 1.0, "W.h": 0.001}
HOLD_MS: Final = DAY_MS  # a state is said when it changes; one that nobody repeats for longer is not known any more
MOST_PLOTS = 8  # of a section: one page stays readable
MOST_ALARMS = 60
RAISED: Final = frozenset(("raised", "risen"))


@dataclass(frozen=True, slots=True)
class Asked:
    """Which time of a lab, for whom."""

    language: Language
    offset_min: int
    from_ms: int
    to_ms: int
    days: int
    lab: str
    now_ms: int

    @property
    def every_ms(self) -> int:
        """Steps of ten minutes in a day, of an hour in a week."""
        return 10 * MINUTE_MS if self.days == 1 else HOUR_MS

    def moment(self, time_ms: int) -> str:
        """Return a time on their clock, to the minute."""
        return moment(time_ms, self.offset_min)[:16]

    def say(self, key: str, **parts: object) -> str:
        """Return a sentence in their language."""
        return say(self.language, key, **parts)


async def document(
    readings: Readings,
    points: Sequence[OrderedPoint],
    alarms: Sequence[AlarmEntry],
    asked: Asked,
    rules: Mapping[str, Title] | None = None,
) -> Document:
    """Read what the report needs, and compose it; `rules` names alarms for people."""
    drawn = [await _plots(readings, asked, name, chosen(points, name)) for name in ("air", "light", "noise")]
    drawn += [await _use(readings, asked, points), await _energy(readings, asked, points)]
    day = asked.moment(asked.from_ms)[:10]
    return Document(
        language=asked.language,
        title=asked.say("room_day" if asked.days == 1 else "room_week", lab=asked.lab, day=day),
        subtitle=f"{asked.moment(asked.from_ms)} – {asked.moment(asked.to_ms)} · "
        + asked.say("made", time=asked.moment(asked.now_ms)),
        sections=(*drawn, _alarms(alarms, asked, {_key(one): _name(one, asked) for one in points}, rules or {})),
        foot=asked.say("room_foot"),
        print_word=asked.say("print"),
        offset_min=asked.offset_min,
    )


def chosen(points: Sequence[OrderedPoint], section: str) -> list[OrderedPoint]:
    """Return the measures that belong into a section; points of a name stand together."""
    names = {"air": AIR, "light": LIGHT, "noise": NOISE}[section]
    found = (one for one in points if one.kind == "measure" and _leaf(one) in names and one.type != "str")
    return sorted(found, key=lambda one: (_leaf(one), one.device))


def on_ms(row: Row, until_ms: int, from_ms: int) -> int:
    """Return how long a state was on after `from_ms`: it holds until the next reading, and for HOLD_MS at most."""
    return max(0, min(until_ms, row.time_ms + HOLD_MS) - max(row.time_ms, from_ms)) if row.value else 0


def used(trace: Trace) -> float:
    """Return what a counter went up by; where it fell it was set back, and begins anew."""
    steps = [max(0.0, two - one) for one, two in pairwise((trace.low[0], *trace.high))] if trace.times else []
    return sum(steps)


async def _plots(readings: Readings, asked: Asked, name: str, points: Sequence[OrderedPoint]) -> Section:
    traces = await asyncio.gather(*(_trace(readings, asked, one) for one in points))
    found = [(point, trace) for point, trace in zip(points, traces, strict=True) if trace.times]
    plots = tuple(
        Plot(
            title=_name(point, asked),
            summary=_summary(point, trace, asked),
            from_ms=asked.from_ms,
            to_ms=asked.to_ms,
            line=trace.line(),
        )
        for point, trace in found[:MOST_PLOTS]
    )
    rows = tuple(
        (f"{_name(point, asked)} {sign(point.unit)}".strip(), *_numbers(trace)) for point, trace in found[MOST_PLOTS:]
    )
    header = tuple(asked.say(one) for one in ("point", "lowest", "mean", "highest"))
    empty = asked.say("no_points") if not found else ""
    tables = () if plots and not rows else (Table(title="", header=header, rows=rows, empty=empty),)
    return Section(title=asked.say(name), plots=plots, tables=tables)


async def _use(readings: Readings, asked: Asked, points: Sequence[OrderedPoint]) -> Section:
    seen = [one for one in points if _leaf(one) in PRESENCE and one.type != "str"]
    switches = [one for one in points if one.kind == "switch" and one.type == "bool"]
    facts = [await _on(readings, asked, point, "used_for") for point in seen]
    facts += [await _on(readings, asked, point, "switched_on_for") for point in switches]
    told = tuple(one for one in facts if one is not None)
    table = () if told else (Table(title="", header=("",), rows=(), empty=asked.say("no_points")),)
    return Section(title=asked.say("use"), facts=told, tables=table)


async def _on(readings: Readings, asked: Asked, point: OrderedPoint, word: str) -> Fact | None:
    """Reckon from before the window, for what was on at its beginning was said before it."""
    told_ms, before = 0, None
    end_ms = min(asked.to_ms, asked.now_ms)
    try:
        async for row in _rows(readings, ReadingsQuery(_key(point), asked.from_ms - HOLD_MS, end_ms)):
            told_ms += 0 if before is None else on_ms(before, row.time_ms, asked.from_ms)
            before = row
    except UnknownPoint:
        return None
    if before is None:
        return None
    told_ms += on_ms(before, end_ms, asked.from_ms)
    return Fact(name=f"{_name(point, asked)} · {asked.say(word)}", value=hours(asked.language, told_ms))


async def _rows(readings: Readings, query: ReadingsQuery) -> AsyncIterator[Row]:
    """Yield every row, page after page."""
    while True:
        page = await readings.page(query)
        for row in page.rows:
            yield row
        if page.after is None:
            return
        query = replace(query, after=page.after)


async def _energy(readings: Readings, asked: Asked, points: Sequence[OrderedPoint]) -> Section:
    counters = [one for one in points if one.unit in COUNTERS and one.kind == "measure"]
    powers = [one for one in points if one.unit in ("W", "kW") and one.kind == "measure"]
    traces = await asyncio.gather(*(_trace(readings, asked, one) for one in counters))
    facts = tuple(
        Fact(name=f"{_name(one, asked)} · {asked.say('used')}", value=f"{used(trace) * COUNTERS[one.unit]:.2f} kWh")
        for one, trace in zip(counters, traces, strict=True)
        if trace.times
    )
    drawn = await _plots(readings, asked, "energy", powers)
    return drawn.model_copy(update={"facts": facts, "tables": () if facts else drawn.tables})


def _alarms(
    alarms: Sequence[AlarmEntry], asked: Asked, names: Mapping[PointKey, str], rules: Mapping[str, Title]
) -> Section:
    raised = [one for one in alarms if one.kind in RAISED and not one.late]
    rows = [
        (
            moment(one.at_ms, asked.offset_min),
            titled(asked.language, rule.zh, rule.en, one.key.rule),
            names.get(one.key.source) or _place(one.key.source),
            "" if one.value is None else number(one.value),
        )
        for one, rule in ((one, rules.get(one.key.rule, Title())) for one in raised)
    ]
    header = tuple(asked.say(name) for name in ("time", "rule", "where", "value"))
    left = len(rows) - MOST_ALARMS
    shown = [*rows[:MOST_ALARMS], *([(asked.say("and_more", n=left),)] if left > 0 else [])]
    table = Table(title="", header=header, rows=tuple(shown), empty=asked.say("no_alarms"))
    facts = (Fact(name=asked.say("alarms_raised"), value=str(len(raised))),)
    return Section(title=asked.say("alarms"), facts=facts, tables=(table,))


def _place(source: PointKey) -> str:
    return " ".join(part for part in source[2:] if part) or source.node


async def _trace(readings: Readings, asked: Asked, point: OrderedPoint) -> Trace:
    return await trace_of(readings, _key(point), asked.from_ms, asked.to_ms, asked.every_ms)


def _summary(point: OrderedPoint, trace: Trace, asked: Asked) -> str:
    low, mean, high = _numbers(trace)
    return asked.say("summary", low=low, mean=mean, high=high, unit=sign(point.unit)).strip()


def _numbers(trace: Trace) -> tuple[str, str, str]:
    low, mean, high = (f"{one:.4g}" for one in (min(trace.low), trace.average, max(trace.high)))
    return low, mean, high


def _name(point: OrderedPoint, asked: Asked) -> str:
    device = titled(asked.language, point.device_title_zh, point.device_title_en, point.device or point.node)
    return f"{device} · {point_word(asked.language, point.point, point.title_zh, point.title_en)}"


def _leaf(point: OrderedPoint) -> str:
    return point.point.rsplit("/", 1)[-1]


def _key(point: OrderedPoint) -> PointKey:
    return PointKey(point.school, point.node, point.device, point.point)


def day_window(day_ms: int, days: int, offset_min: int) -> tuple[int, int]:
    """Return the days from that day's midnight where the report is read; `day_ms` is midnight UTC of its date."""
    from_ms = day_ms - offset_min * MINUTE_MS
    return from_ms, from_ms + days * DAY_MS
