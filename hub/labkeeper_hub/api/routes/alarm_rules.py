"""The rules of alarms: what each says, what it would have done on what was recorded, and how much they all ask."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from labkeeper_hub.accounts import Action, Scope
from labkeeper_hub.alarms.backtest import aggregate_of, back_test
from labkeeper_hub.alarms.catalogue import OverrideEntry, with_limits
from labkeeper_hub.alarms.kpis import Kpis, Period, kpis_of
from labkeeper_hub.alarms.rules import Level, Rule
from labkeeper_hub.api import validation
from labkeeper_hub.api.answers import Json, JsonAnswer
from labkeeper_hub.api.models import example_of, shape
from labkeeper_hub.api.needs import ReadsAlarms, Right
from labkeeper_hub.api.past import past_gates
from labkeeper_hub.api.problems import Refusal, wrong_field
from labkeeper_hub.api.routes.alarms import ONE, REFUSALS, AlarmAddress, demand_alarms
from labkeeper_hub.api.state import ApiHere
from labkeeper_hub.model import TYPE_NAMES, Aggregate, Lab, ReadingsQuery
from labkeeper_hub.ports import Parts, UnknownPoint
from labkeeper_sdk import Title, Value
from labkeeper_wire.descriptor import PointDescription

router = APIRouter(tags=["alarms"])
MOST_TRIED, PAGE_ROWS = 500_000, 50_000
STEPS = 250_000
"""How many steps a time is tried in that has more readings."""
MOST_COUNTED = 200_000
WEEK_MS = 7 * 86_400_000
SAID = {"zh": "二氧化碳偏高", "en": "CO2 high"}


class SaidShape(BaseModel):
    """A text in both languages."""

    model_config = shape(SAID)
    zh: str
    en: str


class LevelShape(BaseModel):
    """One limit of a rule, in the rule's unit; what is computed (`kind`) is compared with it on its `side`."""

    model_config = shape(
        {
            "name": "warn",
            "priority": "low",
            "kind": "mean",
            "side": ">",
            "limit": 1500.0,
            "deadband": 100.0,
            "window_ms": 600000,
            "on_delay_ms": 300000,
            "off_delay_ms": 0,
            "latch": False,
        }
    )
    name: str
    priority: str
    kind: str
    side: str
    limit: float
    deadband: float
    window_ms: int
    on_delay_ms: int
    off_delay_ms: int
    latch: bool


class OverrideShape(BaseModel):
    """What a school, or one of its labs (null: all), has otherwise, by level: limits, delays and deadbands, or nothing
    at all (`off`); who set it, why, and when. `at_ms` null: it is in the file `alarms.toml`, and is changed there.
    """

    model_config = shape(
        {
            "school": "minhang-3",
            "lab": "lab-301",
            "off": False,
            "limits": {"warn": 1200.0},
            "on_delay_ms": {"warn": 600000},
            "off_delay_ms": {},
            "deadband": {},
            "who": "Wang Li",
            "why": "small room, the sensor hangs beside the door",
            "at_ms": 1767225600000,
        }
    )
    school: str
    lab: str | None
    off: bool
    limits: dict[str, float]
    on_delay_ms: dict[str, int]
    off_delay_ms: dict[str, int]
    deadband: dict[str, float]
    who: str
    why: str
    at_ms: int | None


class RuleShape(BaseModel):
    """What a rule tells people, which points (and units; none: any) it watches, the gates without which it judges
    nothing, its levels from the mildest to the worst, and what is otherwise in the labs one may see.
    """

    model_config = shape(
        {
            "id": "co2",
            "title": SAID,
            "consequence": {"zh": "注意力下降、困倦、头痛。", "en": "Tiredness, headache, less attention."},
            "response": {"zh": "开窗。", "en": "Open windows."},
            "role": "teacher",
            "class": "environment",
            "source": {"zh": "GB/T 18883-2022（0.10 %）", "en": "GB/T 18883-2022 (0.10 %)"},
            "unit": "[ppm]",
            "points": ["carbon_dioxide", "co2"],
            "units": [],
            "gates": [],
            "levels": [example_of(LevelShape)],
            "overrides": [example_of(OverrideShape)],
        }
    )
    id: str
    title: SaidShape
    consequence: SaidShape
    response: SaidShape
    role: str
    alarm_class: Annotated[str, Field(alias="class")]
    source: SaidShape
    unit: str
    points: list[str]
    units: list[str]
    gates: list[str]
    levels: list[LevelShape]
    overrides: list[OverrideShape]


class LimitPlace(BaseModel):
    """A school, or one of its labs (null: all)."""

    model_config = shape({"school": "demo", "lab": "lab-301"})
    school: str
    lab: str | None


class RuleList(BaseModel):
    """Every rule of the catalogue, and the places where one may set other limits."""

    model_config = shape({"rules": [example_of(RuleShape)], "settable": [example_of(LimitPlace)]})
    rules: list[RuleShape]
    settable: list[LimitPlace]


class WatchedPoint(BaseModel):
    """One point that a rule watches."""

    model_config = shape({"school": "demo", "node": "pi-301", "device": "air", "point": "co2", "lab": "lab-301"})
    school: str
    node: str
    device: str
    point: str
    lab: str


class WatchedPoints(BaseModel):
    """The points that a rule watches, of those that one may see."""

    model_config = shape({"points": [example_of(WatchedPoint)]})
    points: list[WatchedPoint]


class KpisShape(BaseModel):
    """The numbers of EEMUA 191 for one group: `by` is all, role or lab. Shares are 0 to 1, None without any alarm."""

    model_config = shape(
        {
            "by": "role",
            "of": "teacher",
            "raised": 12,
            "per_10min": 0.01,
            "peak_10min": 3,
            "peak_hour": 4,
            "flood_share": 0.0,
            "mix": {"low": 0.8, "medium": 0.15, "high": 0.05},
            "standing": 1,
            "stale": 0,
            "chattering": 0,
            "acknowledge_s": 41.5,
            "within": True,
        }
    )
    by: str
    of: str
    raised: int
    per_10min: float
    peak_10min: int
    peak_hour: int
    flood_share: float
    mix: dict[str, float] | None
    standing: int
    stale: int
    chattering: int
    acknowledge_s: float | None
    within: bool


class KpisAnswer(BaseModel):
    """How much alarms ask of people: of everybody together, of each role, in each lab."""

    model_config = shape({"from_ms": 1767225600000, "to_ms": 1767830400000, "groups": [example_of(KpisShape)]})
    from_ms: int
    to_ms: int
    groups: list[KpisShape]


class KpisQuery(validation.Query):
    """Since when, up to now; without it, of the last seven days."""

    since: validation.Time | None = Field(None, alias="from")


class TryRequest(validation.Body):
    """Which rule to try on which point's readings, from <= time < to; `limits` by level instead of those that hold."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"alarm": ONE, "from": 1767225600000, "to": 1767312000000, "limits": {"warn": 1200.0}},
            ]
        }
    )

    alarm: AlarmAddress
    since: validation.Time = Field(alias="from")
    to: validation.Time
    limits: Annotated[dict[str, float], Field(max_length=16, default_factory=dict)]


class SpellShape(BaseModel):
    """One stretch at one level; `open_end`: it held until the recording ended."""

    model_config = shape({"level": "warn", "from_ms": 1767225600000, "to_ms": 1767227400000, "open_end": False})
    level: str
    from_ms: int
    to_ms: int
    open_end: bool


class TrialAnswer(BaseModel):
    """What the rule would have done on so many readings. `replayed`: gates that were judged as they were, by the lab's
    lessons, its presence sensors, its lamps and the calendar; `gates`: those that counted as open, for all or a part of
    the time, because nothing on record tells (no sensor, no lesson ever recorded). `every_ms`: there were too many
    readings, so what was judged is the worst (of means: the mean) of each step of this length; null: each reading.
    """

    model_config = shape(
        {
            "readings": 1440,
            "every_ms": None,
            "gates": [],
            "replayed": ["lesson"],
            "spells": [example_of(SpellShape)],
        }
    )
    readings: int
    every_ms: int | None
    gates: list[str]
    replayed: list[str]
    spells: list[SpellShape]


@router.get("/alarms/rules", response_model=RuleList)
async def rules(api: ApiHere, right: ReadsAlarms) -> JsonAnswer:
    """List what alarms mean: consequence, response, who responds, limits."""
    catalogue, labs = api.parts.alarms.catalogue, right.sight(api.parts.registry).labs()
    seen = {(one.school, lab) for one in labs for lab in (None, one.lab)}
    overrides = [one for one in catalogue.overrides if (one.school, one.lab) in seen]
    told: list[Json] = [_rule(rule, overrides) for rule in catalogue.rules.values()]
    return JsonAnswer({"rules": told, "settable": _settable(right.to(Action.SET_LIMITS), labs)})


@router.get("/alarms/rules/{rule}/points", response_model=WatchedPoints, responses=REFUSALS)
async def watched(api: ApiHere, right: ReadsAlarms, rule: validation.Id) -> JsonAnswer:
    """List the points that a rule watches, where it is not off."""
    catalogue, sight = api.parts.alarms.catalogue, right.sight(api.parts.registry)
    if rule not in catalogue.rules:
        raise Refusal(HTTPStatus.NOT_FOUND, "unknown_rule", "There is no such rule")
    return JsonAnswer(
        {
            "points": [
                {**one.key._asdict(), "point": point.name, "lab": one.lab}
                for one in sight.devices()
                if catalogue.rule_for(rule, one.key.school, one.lab) is not None
                for point in one.points
                if _watches(catalogue.rules[rule], point)
            ]
        }
    )


def _settable(right: Right, labs: Iterable[Lab]) -> list[Json]:
    """Return where one may set limits: schools first, then labs."""
    places = dict.fromkeys((one.school, lab) for one in labs for lab in (None, one.lab))
    found = sorted(places, key=lambda place: (place[0], place[1] or ""))
    return [{"school": school, "lab": lab} for school, lab in found if right.covers(Scope(school, lab))]


def _watches(rule: Rule, point: PointDescription) -> bool:
    judged = TYPE_NAMES[point.datatype] != "str"
    return judged and rule.match(point.name, point.unit, writable=point.writable)


@router.get("/alarms/kpis", response_model=KpisAnswer)
async def kpis(api: ApiHere, right: ReadsAlarms, query: Annotated[KpisQuery, Query()]) -> JsonAnswer:
    """Tell how much alarms asked of people, by the numbers of EEMUA 191."""
    sight, alarms = right.sight(api.parts.registry), api.parts.alarms
    period = Period(right.now_ms - WEEK_MS if query.since is None else query.since, right.now_ms)
    entries = await alarms.history(limit=MOST_COUNTED, since_ms=period.from_ms)
    seen = [one for one in entries if sight.point(one.key.source)]
    shown = [one for one in alarms.shown() if sight.point(one.key.source)]
    groups = await asyncio.to_thread(kpis_of, seen, shown, alarms.catalogue.rules, period)
    return JsonAnswer({**asdict(period), "groups": [_kpis(*group, found) for group, found in groups.items()]})


@router.post("/alarms/try", response_model=TrialAnswer, responses=REFUSALS)
async def try_rule(api: ApiHere, right: ReadsAlarms, asked: TryRequest) -> JsonAnswer:
    """Tell how often, when and how long a rule would have alarmed on what was recorded; it alarms nobody."""
    demand_alarms(api, right, asked.alarm.key)
    rule = _tried(api.parts, asked)
    query = ReadingsQuery(asked.alarm.key.source, asked.since, asked.to, limit=PAGE_ROWS)
    readings = await _recorded(api.parts, query)
    if len(readings) > MOST_TRIED:
        query = replace(query, every_ms=-(-(asked.to - asked.since) // STEPS))
        readings = await _in_steps(api.parts, query, rule)
    past = await past_gates(api.parts, rule.gates, asked.alarm.key.source, asked.since, asked.to)
    trial = await asyncio.to_thread(back_test, rule, readings, asked.to, past.turns)
    spells: list[Json] = [asdict(spell) for spell in trial.spells]
    told = {"readings": len(readings), "every_ms": query.every_ms, "gates": sorted(past.assumed)}
    return JsonAnswer({**told, "replayed": sorted(past.recorded), "spells": spells})


def _tried(parts: Parts, asked: TryRequest) -> Rule:
    """Return the rule as it holds where the point is, with the limits asked for."""
    key = asked.alarm.key
    device = parts.registry.device(key.source.of_device)
    catalogue, lab = parts.alarms.catalogue, device.lab if device else ""
    rule = catalogue.rule_for(key.rule, key.source.school, lab) if key.rule in catalogue.rules else None
    if rule is None:
        raise Refusal(HTTPStatus.NOT_FOUND, "unknown_rule", "There is no such rule, or it is off there")
    unknown = sorted(set(asked.limits) - {level.name for level in rule.levels})
    if unknown:
        raise wrong_field("unknown_level", f"body.limits.{unknown[0]}", "the rule has no such level")
    return with_limits(rule, asked.limits)


async def _recorded(parts: Parts, query: ReadingsQuery) -> list[tuple[int, float | None]]:
    """Return what was recorded, or so much of it that it is clear that it is too much."""
    found: list[tuple[int, float | None]] = []
    try:
        while len(found) <= MOST_TRIED:
            page = await parts.readings.page(query)
            found += [(row.time_ms, _number(row.value)) for row in page.rows]
            if page.after is None:
                break
            query = replace(query, after=page.after)
    except UnknownPoint as error:
        raise Refusal(HTTPStatus.NOT_FOUND, "unknown_point", "There is no such point") from error
    return found


async def _in_steps(parts: Parts, query: ReadingsQuery, rule: Rule) -> list[tuple[int, float | None]]:
    try:
        return await _recorded(parts, replace(query, aggregate=aggregate_of(rule)))
    except ValueError:  # there are texts among them, which have no mean
        return await _recorded(parts, replace(query, aggregate=Aggregate.LAST))


def _number(value: Value | None) -> float | None:
    return float(value) if isinstance(value, bool | int | float) else None


def _rule(rule: Rule, overrides: Iterable[OverrideEntry]) -> dict[str, Json]:
    told = rule.told
    return {
        "id": rule.id,
        **{name: _said(text) for name, text in _texts(rule).items()},
        "role": told.role.value,
        "class": rule.alarm_class.value,
        "unit": rule.unit,
        "points": sorted(rule.match.points),
        "units": sorted(rule.match.units),
        "gates": sorted(rule.gates),
        "levels": [_level(level) for level in rule.levels],
        "overrides": [override(one) for one in overrides if one.rule == rule.id],
    }


def override(one: OverrideEntry) -> dict[str, Json]:
    """Return an override as the reference tells it."""
    return {"at_ms": None, **one.model_dump(exclude={"rule"})}


def _texts(rule: Rule) -> Mapping[str, Title]:
    return {
        "title": rule.told.title,
        "consequence": rule.told.consequence,
        "response": rule.told.response,
        "source": rule.source,
    }


def _said(text: Title) -> dict[str, Json]:
    return {"zh": text.zh, "en": text.en}


def _level(level: Level) -> dict[str, Json]:
    plain = ("name", "limit", "deadband", "window_ms", "on_delay_ms", "off_delay_ms", "latch")
    said = {"priority": level.priority.name.lower(), "kind": level.kind.value, "side": level.side.value}
    return {**{name: getattr(level, name) for name in plain}, **said}


def _kpis(by: str, of: str, found: Kpis) -> dict[str, Json]:
    mix: Json = None if found.mix is None else {one.name.lower(): share for one, share in found.mix.items()}
    return {"by": by, "of": of, **asdict(found), "mix": mix, "within": found.within}
