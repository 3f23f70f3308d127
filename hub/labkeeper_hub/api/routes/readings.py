"""Readings: the journal, as JSON in pages or as CSV in one stream."""

import asyncio
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query
from orjson import Fragment
from pydantic import BaseModel, Field, field_validator, model_validator
from starlette.responses import Response, StreamingResponse

from labkeeper_hub.api import validation
from labkeeper_hub.api.answers import JsonAnswer, encode
from labkeeper_hub.api.documented import PROBLEMS
from labkeeper_hub.api.models import ADDRESS, Value, shape
from labkeeper_hub.api.needs import ReadsReadings
from labkeeper_hub.api.problems import Refusal, wrong_field
from labkeeper_hub.api.state import ApiHere
from labkeeper_hub.csv_rows import HEADER, csv_rows
from labkeeper_hub.model import Aggregate, Cursor, Page, PointKey, ReadingsQuery, Row
from labkeeper_hub.ports import Parts, Readings, UnknownPoint
from labkeeper_hub.steps import every_for

router = APIRouter(tags=["readings"])
MOST_ROWS = 100_000
MOST_POINTS = 2_000  # what a chart can show
CSV_PAGE = 5_000  # rows in memory while streaming
ENCODED_AT_ONCE = 2_000  # rows per call of the encoder, which holds the interpreter meanwhile
LONGEST_EVERY_MS = 366 * 86_400_000
EXAMPLE_ROWS = {"every": None, "aggregate": None, "rows": [[1767225600000, 21.5]], "next": None, "missing": []}


class ReadingsRequest(validation.Query):
    """Which readings: from <= time < to. `every` makes one row per bucket that has readings."""

    school: validation.Id
    node: validation.Id
    device: validation.DeviceId
    point: validation.Id
    since: validation.Time = Field(alias="from", examples=["2026-01-01T00:00:00Z"])
    to: validation.Time = Field(examples=[1767312000000])
    every: Annotated[int, Field(ge=1, le=LONGEST_EVERY_MS)] | Literal["auto"] | None = Field(
        None, description="milliseconds of a bucket; `auto`: the finest that gives at most `points` of them"
    )
    points: Annotated[int, Field(ge=1, le=MOST_POINTS)] | None = Field(
        None, description=f"at most so many buckets, {MOST_POINTS} if left out; means `every=auto`"
    )
    aggregate: Aggregate | None = None
    limit: Annotated[int, Field(ge=1, le=MOST_ROWS)] | None = None
    after: Annotated[str, Field(max_length=40)] | None = Field(None, description="`next` of the page before")
    format: Literal["json", "csv"] = "json"

    @field_validator("after")
    @classmethod
    def _is_cursor(cls, text: str | None) -> str | None:
        cursor = None if text is None else Cursor.parse(text)
        if cursor and not (0 <= cursor.time_ms <= validation.LAST_MS and 0 <= cursor.given < 2**31):
            raise ValueError("is not a `next` of ours")
        return text

    @model_validator(mode="after")
    def _makes_sense(self) -> "ReadingsRequest":
        if self.since > self.to:
            raise ValueError("from is after to")
        if self.points is not None and isinstance(self.every, int):
            raise ValueError("points and every exclude each other, but for every=auto")
        if self.aggregate is not None and self.every_ms is None:
            raise ValueError("aggregate needs every")
        return self

    @property
    def every_ms(self) -> int | None:
        """The buckets asked for, or chosen."""
        if self.every == "auto" or self.points is not None:
            return every_for(self.since, self.to, self.points or MOST_POINTS)
        return self.every

    def query(self) -> ReadingsQuery:
        """Return the question to the journal."""
        return ReadingsQuery(
            key=PointKey(self.school, self.node, self.device, self.point),
            from_ms=self.since,
            to_ms=self.to,
            every_ms=self.every_ms,
            aggregate=self.aggregate or Aggregate.MEAN,
            limit=self.limit or MOST_ROWS,
            after=None if self.after is None else Cursor.parse(self.after),
        )


class BrokenOff(Exception):
    """The rest of a stream cannot be had: the answer ends without its end, which is how HTTP tells."""


class MissingShape(BaseModel):
    """The rows do not cover from <= time < to; `reason` is short and stable.

    `retired`: retention has removed readings of these times, and no InfluxDB is configured that may have them; it is
    said with the first page. `influx_…`: InfluxDB may have readings of these times and could not be asked.
    """

    model_config = shape({"from_ms": 1735689600000, "to_ms": 1767225600000, "reason": "influx_unreachable"})
    from_ms: int
    to_ms: int
    reason: str


class ReadingsAnswer(BaseModel):
    """Readings in order of time; ask again with `after` = `next` until `next` is null."""

    model_config = shape(ADDRESS | {"point": "temperature", "unit": "Cel"} | EXAMPLE_ROWS)
    school: str
    node: str
    device: str
    point: str
    unit: str
    every: int | None
    aggregate: str | None
    rows: list[tuple[int, Value | None]]
    next: str | None
    missing: list[MissingShape] = Field(
        description="older readings that retention removed, or that InfluxDB may have and did not tell"
    )


CSV_TOLD = {"schema": {"type": "string"}, "example": "time,value\r\n2026-01-01T00:00:00.000Z,21.5\r\n"}


@router.get(
    "/readings",
    response_model=ReadingsAnswer,
    responses={404: PROBLEMS[404], 200: {"content": {"text/csv": CSV_TOLD}}},
)
async def readings(api: ApiHere, right: ReadsReadings, asked: Annotated[ReadingsRequest, Query()]) -> Response:
    """Give a point's readings. CSV is UTF-8 with BOM and, without `limit`, everything in one stream.

    What is older than the journal is asked of InfluxDB, if there is one. When that cannot tell, `missing` says which
    times the rows do not cover (CSV: the header `Labkeeper-Missing`; a stream that has begun breaks off).
    """
    query = asked.query()
    right.demand_point(api.parts.registry, query.key)
    if asked.format == "csv":
        return await _csv(api.parts.readings, query, asked.limit)
    page = await _page(api.parts.readings, query)
    rows = await asyncio.to_thread(_encode_rows, page.rows)
    school, node, device, point = query.key
    return JsonAnswer(
        {
            "school": school,
            "node": node,
            "device": device,
            "point": point,
            "unit": _unit(api.parts, query.key),
            "every": query.every_ms,
            "aggregate": query.aggregate.value if query.every_ms else None,
            "rows": Fragment(rows),
            "next": str(page.after) if page.after else None,
            "missing": [one._asdict() for one in page.missing],
        }
    )


async def _page(source: Readings, query: ReadingsQuery) -> Page:
    try:
        return await source.page(query)
    except UnknownPoint as error:
        raise Refusal(HTTPStatus.NOT_FOUND, "unknown_point", "There is no such point") from error
    except ValueError as error:
        raise wrong_field("not_a_number", "query.aggregate", str(error)) from error


def _encode_rows(rows: tuple[Row, ...]) -> bytes:
    slices = (rows[start : start + ENCODED_AT_ONCE] for start in range(0, len(rows), ENCODED_AT_ONCE))
    return b"[" + b",".join(encode([tuple(row) for row in part])[1:-1] for part in slices) + b"]"


def _unit(parts: Parts, key: PointKey) -> str:
    device = parts.registry.device(key.of_device)
    return next((one.unit for one in device.points if one.name == key.point), "") if device else ""


async def _csv(source: Readings, query: ReadingsQuery, limit: int | None) -> Response:
    first = await _page(source, _continued(query, query.after, limit))
    name = quote(f"{query.key.device}-{query.key.point}.csv".replace("/", "-"), safe="")
    headers = {"Content-Disposition": f"attachment; filename=\"readings.csv\"; filename*=UTF-8''{name}"}
    if first.missing:
        headers["Labkeeper-Missing"] = ", ".join(f"{one.from_ms}-{one.to_ms} {one.reason}" for one in first.missing)
    return StreamingResponse(
        _stream(source, query, first, limit), media_type="text/csv; charset=utf-8", headers=headers
    )


async def _stream(source: Readings, query: ReadingsQuery, page: Page, left: int | None) -> AsyncIterator[bytes]:
    yield HEADER
    while True:
        yield await asyncio.to_thread(csv_rows, page.rows)
        left = None if left is None else left - len(page.rows)
        if page.after is None or left == 0:
            return
        page = await source.page(_continued(query, page.after, left))
        if page.missing:
            raise BrokenOff(page.missing[0].reason)


def _continued(query: ReadingsQuery, after: Cursor | None, left: int | None) -> ReadingsQuery:
    rows = CSV_PAGE if left is None else min(left, CSV_PAGE)
    return ReadingsQuery(query.key, query.from_ms, query.to_ms, query.every_ms, query.aggregate, rows, after)
