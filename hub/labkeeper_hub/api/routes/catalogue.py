"""The catalogue: of every point what it is, since when it is recorded, how much, and how complete each day is."""

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from orjson import Fragment
from pydantic import BaseModel, Field

from labkeeper_hub.api import validation
from labkeeper_hub.api.answers import Json, JsonAnswer, encode
from labkeeper_hub.api.models import ADDRESS, Kind, Title, Value, shape
from labkeeper_hub.api.needs import ReadsReadings
from labkeeper_hub.api.state import ApiHere
from labkeeper_hub.api.undescribed import figure, ordered, undescribed
from labkeeper_hub.export.order import OrderedPoint
from labkeeper_hub.model import DeviceKey, PointKey
from labkeeper_hub.ports import Registry
from labkeeper_hub.recordings.plans import ordered_points
from labkeeper_hub.timeseries.catalogue import GivenUp, Inventory, Stock
from labkeeper_hub.timeseries.digest import DAY_MS, HOUR_MS, Completeness, Picture, Slots, Span, completeness
from labkeeper_hub.turns import listed

router = APIRouter(tags=["readings"])
MOST_DAYS = 31
MOST_GAPS = 50  # named per point; `gaps_left_out` counts the rest
NOTHING = Completeness(0, (), ())
EXAMPLE_DAY = {
    "day": "2026-01-01",
    "good": 8630,
    "stale": 4,
    "bad": 0,
    "no_value": 2,
    "expected": 1440,
    "present": 1438,
    "completeness": 0.9986,
}
EXAMPLE_POINT: dict[str, Any] = ADDRESS | {
    "lab": "lab-301",
    "device_title": {"zh": "气候箱", "en": "Climate chamber"},
    "point": "temperature",
    "title": {"zh": "温度", "en": "Temperature"},
    "kind": "measure",
    "type": "float",
    "unit": "Cel",
    "minimum": -20.0,
    "maximum": 80.0,
    "first_ms": 1767225600000,
    "last_ms": 1767311990000,
    "readings": 8636,
    "described": True,
    "removed": 0,
    "removed_before_ms": None,
    "interval_ms": 10000,
    "slot_ms": 60000,
    "days": [EXAMPLE_DAY],
    "gaps": [[1767261600000, 1767261720000]],
    "gaps_left_out": 0,
}


class CatalogueRequest(validation.Query):
    """Which points (all, without school, node and device), and which days.

    The last day is that of `until` (without it: today), in the zone `offset_h` hours ahead of UTC.
    """

    school: validation.Id | None = None
    node: validation.Id | None = None
    device: validation.Id | None = None
    days: Annotated[int, Field(ge=1, le=MOST_DAYS)] = 7
    until: validation.Time | None = None
    offset_h: Annotated[int, Field(ge=-12, le=14)] = 0

    def span(self, now_ms: int) -> Span:
        """Return the days asked for."""
        last = ((now_ms if self.until is None else self.until) + self.offset_h * HOUR_MS) // DAY_MS
        return Span(max(0, last - self.days + 1), self.days, self.offset_h)

    def wants(self, device: DeviceKey) -> bool:
        """Tell whether a device's points are asked for."""
        asked = (self.school, self.node, self.device)
        return all(one in (None, own) for one, own in zip(asked, device, strict=True))


class DayShape(BaseModel):
    """One day of one point: readings by quality, and slots: `completeness` = `present` / `expected`."""

    model_config = shape(EXAMPLE_DAY)
    day: str
    good: int
    stale: int
    bad: int
    no_value: int
    expected: int | None = Field(description="slots from the point's first reading until now; null: none are defined")
    present: int | None = Field(description="those with at least one good reading")
    completeness: float | None


class CataloguePoint(BaseModel):
    """A point and what is stored of it.

    Completeness is counted in slots. `interval_ms` is the median distance of good readings in these days; a slot is the
    shortest of 1, 5, 15, 60 and 360 minutes that holds four of them, and it is present when it holds one good reading.
    Only points of kind `measure` have slots: others speak when something changes, and silence says nothing of them.

    `described` false: there are readings, and nobody says any more what they are; kind and type are null. Only who may
    see everything is told of these; of the hub's figures only where `node` names theirs. `removed` readings, all from
    before `removed_before_ms`, were taken by retention.
    """

    model_config = shape(EXAMPLE_POINT)
    school: str
    node: str
    device: str
    lab: str
    device_title: Title
    point: str
    title: Title
    kind: Kind | None
    type: str | None
    unit: str
    minimum: Value | None
    maximum: Value | None
    first_ms: int | None
    last_ms: int | None
    readings: int
    described: bool
    removed: int
    removed_before_ms: int | None
    interval_ms: int | None
    slot_ms: int | None
    days: list[DayShape]
    gaps: list[tuple[int, int]] = Field(description="times without a good reading, in whole slots")
    gaps_left_out: int


class GivenUpShape(BaseModel):
    """Readings that a node had to give up, by its own record."""

    model_config = shape(
        {"school": "demo", "node": "lab-301", "from_ms": 1767225600000, "to_ms": 1767229200000, "readings": 3600}
    )
    school: str
    node: str
    from_ms: int
    to_ms: int
    readings: int


class CatalogueAnswer(BaseModel):
    """The catalogue. `pending` stored pieces (of up to 4,096 readings) are not counted yet: ask again in a while."""

    model_config = shape(
        {
            "from_ms": 1767225600000,
            "to_ms": 1767312000000,
            "pending": 0,
            "points": [EXAMPLE_POINT],
            "given_up": [],
        }
    )
    from_ms: int
    to_ms: int
    pending: int
    points: list[CataloguePoint]
    given_up: list[GivenUpShape]


@router.get("/catalogue", response_model=CatalogueAnswer)
async def catalogue(api: ApiHere, right: ReadsReadings, asked: Annotated[CatalogueRequest, Query()]) -> JsonAnswer:
    """Tell what is recorded of every point, day by day."""
    now_ms = time.time_ns() // 1_000_000
    span = asked.span(now_ms)
    inventory = await api.parts.stocktaking.inventory(span)
    sight = right.sight(api.parts.registry)
    devices = [device for device in sight.devices() if asked.wants(device.key)]
    found = await listed(point for device in devices for point in ordered_points(device))
    if sight.everything:
        found += await _nobodys(api.parts.registry, asked, inventory)
    points = await asyncio.to_thread(_points, found, inventory, span, now_ms)
    given_up = [
        _given_up(one)
        for one in inventory.given_up
        if asked.school in (None, one.node.school)
        and asked.node in (None, one.node.node)
        and sight.node_called(one.node)
    ]
    told = {"from_ms": span.from_ms, "to_ms": span.to_ms, "pending": inventory.pending}
    return JsonAnswer({**told, "points": Fragment(points), "given_up": given_up})


def _given_up(noun: GivenUp) -> dict[str, Json]:
    times: dict[str, Json] = {"from_ms": noun.from_ms, "to_ms": noun.to_ms}
    return {"school": noun.node.school, "node": noun.node.node, **times, "readings": noun.readings}


async def _nobodys(registry: Registry, asked: CatalogueRequest, inventory: Inventory) -> list[OrderedPoint]:
    keys = await undescribed(registry, (key for key in inventory.stock if asked.wants(key.of_device)))
    return list(ordered(registry, (key for key in keys if asked.node == key.node or not figure(key))))


def _points(found: list[OrderedPoint], inventory: Inventory, span: Span, now_ms: int) -> bytes:
    """Return the JSON of all points, encoded one by one: a long call would hold the interpreter."""
    return b"[" + b",".join(encode(_point(one, inventory, span, now_ms)) for one in found) + b"]"


def _point(one: OrderedPoint, inventory: Inventory, span: Span, now_ms: int) -> dict[str, Json]:
    key = PointKey(one.school, one.node, one.device, one.point)
    stock, removed = inventory.stock.get(key), inventory.removed.get(key)
    picture = stock.picture if stock else Picture.empty(span)
    whole = completeness(picture, stock.first_ms, now_ms) if stock and one.kind == "measure" else NOTHING
    return {
        **key._asdict(),
        "lab": one.lab,
        "device_title": {"zh": one.device_title_zh, "en": one.device_title_en},
        "title": {"zh": one.title_zh, "en": one.title_en},
        "kind": one.kind or None,
        "type": one.type or None,
        "unit": one.unit,
        "minimum": one.minimum,
        "maximum": one.maximum,
        **_stored(stock),
        "described": bool(one.kind),
        "removed": removed.readings if removed else 0,
        "removed_before_ms": removed.before_ms if removed else None,
        "interval_ms": picture.interval_ms or None,
        "slot_ms": whole.slot_ms or None,
        "days": list(_days(picture, whole)),
        "gaps": [list(gap) for gap in whole.gaps[:MOST_GAPS]],
        "gaps_left_out": max(0, len(whole.gaps) - MOST_GAPS),
    }


def _stored(stock: Stock | None) -> dict[str, Json]:
    if stock is None:
        return {"first_ms": None, "last_ms": None, "readings": 0}
    return {"first_ms": stock.first_ms, "last_ms": stock.last_ms, "readings": stock.readings}


def _days(picture: Picture, whole: Completeness) -> Iterator[dict[str, Json]]:
    for at, counts in enumerate(picture.counts.tolist()):
        slots = whole.days[at] if whole.slot_ms else None
        yield {
            "day": datetime.fromtimestamp((picture.span.first + at) * DAY_MS / 1000, UTC).date().isoformat(),
            **dict(zip(("good", "stale", "bad", "no_value"), counts, strict=True)),
            "expected": slots.expected if slots else None,
            "present": slots.present if slots else None,
            "completeness": _share(slots),
        }


def _share(slots: Slots | None) -> float | None:
    return round(slots.present / slots.expected, 4) if slots and slots.expected else None
