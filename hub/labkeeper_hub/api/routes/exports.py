"""Exports: any window of any points as one CSV or Parquet file, and how far each is."""

from collections.abc import Sequence
from http import HTTPStatus
from itertools import chain
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, field_validator, model_validator
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from labkeeper_hub.api import validation
from labkeeper_hub.api.answers import Json, JsonAnswer
from labkeeper_hub.api.documented import PROBLEMS
from labkeeper_hub.api.models import shape
from labkeeper_hub.api.needs import ExportsReadings, Right
from labkeeper_hub.api.problems import Refusal
from labkeeper_hub.api.state import Api, ApiHere
from labkeeper_hub.api.undescribed import figure, ordered, undescribed
from labkeeper_hub.export.exports import Export, ExportFailed, IdTaken, TooManyExports
from labkeeper_hub.export.order import FileFormat, Order, OrderedPoint
from labkeeper_hub.model import Device, PointKey
from labkeeper_hub.recordings.plans import ordered_points
from labkeeper_hub.timeseries.digest import DAY_MS, Span
from labkeeper_hub.turns import listed

router = APIRouter(tags=["readings"])
MOST_SELECTORS = 200
MOST_POINTS = 10_000
RETRY_S = 10
MEDIA: dict[FileFormat, str] = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}
LINES = "time,school,lab,node,device,point,kind,unit,value,quality\r\n"
LINE = "2026-01-01T00:00:00.000Z,demo,lab-301,lab-301,0x00158d0001a2b3c4,temperature,measure,Cel,21.5,192\r\n"
Selector = Annotated[str, Field(min_length=1, max_length=1024)]


class ExportRequest(validation.Query):
    """Which readings, from <= time < to, and as what.

    `point` is an address, `school/node/device/point`, or its beginning: `demo/lab-301` is everything of that node. It
    may be repeated; without it everything is exported. Who may see everything also gets points with readings that
    nobody describes any more (kind and unit empty), and the hub's figures by the name of their node, `demo/#hub`.
    `id`, a uuid of yours, lets you ask how far the export is.
    """

    since: validation.Time = Field(alias="from", examples=["2026-01-01T00:00:00Z"])
    to: validation.Time = Field(examples=[1767312000000])
    format: Literal["csv", "parquet"] = "csv"
    point: Annotated[list[Selector], Field(default_factory=list, max_length=MOST_SELECTORS)]
    id: UUID | None = None

    @field_validator("point")
    @classmethod
    def _are_addresses(cls, selectors: list[str]) -> list[str]:
        if any(not one.split("/", 3)[0] for one in selectors):
            raise ValueError("a point's address is school/node/device/point, or its beginning")
        return selectors

    @model_validator(mode="after")
    def _makes_sense(self) -> "ExportRequest":
        if self.since > self.to:
            raise ValueError("from is after to")
        return self


class ExportShape(BaseModel):
    """How far an export is: `done` of `total` readings looked at, `rows` written so far, `size` bytes sent so far.

    What is older than the journal comes from InfluxDB, where there is one; `total` grows where that cannot count.
    `incomplete_before_ms`: readings of the window from before this time may not be in the file, because of `reason`,
    which is short and stable. `retired`: retention has removed some, and no InfluxDB is configured that may have them.
    `influx_…`: InfluxDB may have them and could not be asked. The `reason` of a failed export is what ended it.
    """

    model_config = shape(
        {
            "id": "7d3f6c1e-5c0e-4b7e-8d53-0d6b1f0f2a77",
            "format": "parquet",
            "state": "running",
            "total": 5000000,
            "done": 1200000,
            "rows": 1199000,
            "size": 9400000,
            "incomplete_before_ms": None,
            "reason": None,
        }
    )
    id: str
    format: Literal["csv", "parquet"]
    state: Literal["running", "done", "ended", "failed"]
    total: int
    done: int
    rows: int
    size: int
    incomplete_before_ms: int | None
    reason: str | None


class ExportAnswer(StreamingResponse):
    """The file while it is made; whatever ends the answer ends the making."""

    def __init__(self, export: Export, name: str) -> None:
        headers = {
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Labkeeper-Export": export.id,
            "X-Labkeeper-Readings": str(export.total),
        }
        if export.incomplete_before_ms is not None:
            headers["X-Labkeeper-Incomplete-Before"] = str(export.incomplete_before_ms)
            headers["X-Labkeeper-Incomplete-Reason"] = export.reason or ""
        super().__init__(export.content(), media_type=MEDIA[export.order.format], headers=headers)
        self.export = export

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self.export.end()


TOLD: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            "text/csv": {"schema": {"type": "string"}, "example": LINES + LINE},
            MEDIA["parquet"]: {"schema": {"type": "string", "format": "binary"}, "example": "PAR1…PAR1"},
        },
        "headers": {
            "X-Labkeeper-Export": {"schema": {"type": "string"}, "description": "the export's id"},
            "X-Labkeeper-Readings": {
                "schema": {"type": "integer"},
                "description": "readings to look at, as far as they could be counted; not less than rows",
            },
            "X-Labkeeper-Incomplete-Before": {
                "schema": {"type": "integer"},
                "description": "ms since 1970: readings of the window from before this time may be missing",
            },
            "X-Labkeeper-Incomplete-Reason": {
                "schema": {"type": "string"},
                "description": "why: `retired`, or `influx_…` where InfluxDB could not be asked",
            },
        },
    },
    **{status: PROBLEMS[status] for status in (404, 409, 503)},
}


@router.get("/export", response_class=Response, responses=TOLD)
async def export(api: ApiHere, right: ExportsReadings, asked: Annotated[ExportRequest, Query()]) -> Response:
    """Give readings as one file, in one stream, point by point and each in order of time.

    It has what the journal has and, of older times, what InfluxDB has, if there is one. Where that cannot be asked, or
    retention has removed readings and there is none, a header says before when and why. At most two are made at a time.
    Hang up, and the hub stops working on it. A connection that ends early is an error, never a shorter file: the
    chunked transfer has no end then.
    """
    points = await _ordered(api, right, asked)
    if not points:
        raise Refusal(HTTPStatus.NOT_FOUND, "unknown_point", "There is no such point")
    if len(points) > MOST_POINTS:
        detail = f"{len(points)} points at once; at most {MOST_POINTS}"
        raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "too_many_points", detail)
    journal = str(api.parts.settings.journal_file.absolute())
    order = Order(
        journal=journal,
        format=asked.format,
        from_ms=asked.since,
        to_ms=asked.to,
        points=points,
        influx=api.parts.settings.influx,
    )
    try:
        started = await api.exports.start(str(asked.id or uuid4()), order)
    except TooManyExports as error:
        detail = "Other exports are being made; try again in a while"
        raise Refusal(HTTPStatus.TOO_MANY_REQUESTS, "too_many_exports", detail, retry_after_s=RETRY_S) from error
    except IdTaken as error:
        raise Refusal(HTTPStatus.CONFLICT, "id_taken", "There is an export of this id already") from error
    except ExportFailed as error:
        detail = "The export could not be started; the hub's log says why"
        raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "export_failed", detail) from error
    api.audit.note(right.person.name, "export", f"{len(points)} points from {asked.since} to {asked.to}", started.id)
    return ExportAnswer(started, f"labkeeper-readings.{asked.format}")


@router.get("/exports/{identity}", response_model=ExportShape, responses={404: PROBLEMS[404]})
async def how_far(api: ApiHere, right: ExportsReadings, identity: UUID) -> JsonAnswer:
    """Tell how far an export is; one that ended is remembered for a while."""
    found, sight = api.exports.known.get(str(identity)), right.sight(api.parts.registry)
    if found is None or not all(sight.point(PointKey(*_address(one))) for one in found.order.points):
        raise Refusal(HTTPStatus.NOT_FOUND, "unknown_export", "There is no such export, or it ended long ago")
    return JsonAnswer(_shape(found))


def _shape(export: Export) -> dict[str, Json]:
    return {
        "id": export.id,
        "format": export.order.format,
        "state": export.state.value,
        "total": export.total,
        "done": export.done,
        "rows": export.rows,
        "size": export.size,
        "incomplete_before_ms": export.incomplete_before_ms,
        "reason": export.reason,
    }


async def _ordered(api: Api, right: Right, asked: ExportRequest) -> tuple[OrderedPoint, ...]:
    """Return what is selected, each point once, sorted by address; behind it what nobody describes any more."""
    registry, sight = api.parts.registry, right.sight(api.parts.registry)
    wanted = [tuple(one.split("/", 3)) for one in asked.point] or [()]
    described = chain.from_iterable(await listed(_wanted(device, wanted) for device in sight.devices()))
    if not sight.everything:
        return tuple(described)
    inventory = await api.parts.stocktaking.inventory(Span(right.now_ms // DAY_MS, 1, 0))
    keys = [key for key in await undescribed(registry, inventory.stock) if _selected(key, asked.point)]
    return (*described, *ordered(registry, keys))


def _selected(key: PointKey, selectors: list[str]) -> bool:
    """Tell whether a point is wanted that nobody describes; a figure of the hub is where its node is named."""
    address = "/".join(key) + "/"
    wanted = [one for one in selectors if address.startswith(one.rstrip("/") + "/")]
    return any("#" in one for one in wanted) if figure(key) else bool(wanted) or not selectors


def _wanted(device: Device, wanted: Sequence[tuple[str, ...]]) -> list[OrderedPoint]:
    """Return the points of a device whose address begins with one of these."""
    points = ((point, _address(point)) for point in ordered_points(device))
    return [point for point, address in points if any(address[: len(one)] == one for one in wanted)]


def _address(point: OrderedPoint) -> tuple[str, ...]:
    return point.school, point.node, point.device, point.point
