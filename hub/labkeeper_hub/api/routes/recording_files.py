"""What a recording can be taken away as: readings, the sealed record, a report; and whether it is what was sealed."""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from labkeeper_hub.accounts import Scope
from labkeeper_hub.api import validation
from labkeeper_hub.api.answers import Json, JsonAnswer
from labkeeper_hub.api.documented import PROBLEMS
from labkeeper_hub.api.models import shape
from labkeeper_hub.api.needs import ExportsReadings, ReadsReadings, Right
from labkeeper_hub.api.reported import PDF, Reported, at_the_press, drawn, printed
from labkeeper_hub.api.routes.exports import MEDIA, ExportAnswer
from labkeeper_hub.api.routes.recordings import done, refusal, seen
from labkeeper_hub.api.state import Api, ApiHere
from labkeeper_hub.export.order import OrderedPoint
from labkeeper_hub.model import PointKey
from labkeeper_hub.recordings.comparison import Pair, origin_ms, pairs_of
from labkeeper_hub.recordings.recording import MOST_MARKS, Recording, RecordingRefused
from labkeeper_hub.recordings.report import Reader, document, told
from labkeeper_hub.recordings.verification import Verdict, verify
from labkeeper_hub.reports.document import Document
from labkeeper_hub.reports.traces import Trace, trace_of
from labkeeper_hub.steps import every_for

router = APIRouter(tags=["recordings"])
MOST_STEPS = 1_000
MOST_PAIRS = 20
ZIP = "application/zip"
VERDICT = {"holds": True, "record": True, "readings": True, "audit": True, "rows": 1200, "rows_now": 1200}
RUN = {"times": [0, 1000], "mean": [21.5, 21.6], "low": [21.4, 21.5], "high": [21.6, 21.7]}
COMPARED = {
    "point": "temperature",
    "unit": "Cel",
    "title": {"zh": "温度", "en": "Temperature"},
    "device_title": {"zh": "气候箱", "en": "Climate chamber"},
    "every_ms": 1000,
    "one": RUN,
    "other": RUN,
}


class FileRequest(validation.Query):
    """As what."""

    format: Literal["csv", "parquet"] = "csv"


class CompareRequest(validation.Query):
    """Where the common time begins in each run: at its start, or at a mark by its number, from 1."""

    mark: Annotated[int, Field(ge=1, le=MOST_MARKS)] | None = None
    other_mark: Annotated[int, Field(ge=1, le=MOST_MARKS)] | None = None
    steps: Annotated[int, Field(ge=10, le=MOST_STEPS)] = 400


class VerdictShape(BaseModel):
    """What holds: the record against its digest, the readings against theirs, and the entry in the record of acts."""

    model_config = shape(VERDICT)
    holds: bool
    record: bool
    readings: bool
    audit: bool
    rows: int
    rows_now: int


class RunShape(BaseModel):
    """Milliseconds since the common time, and what each step has."""

    model_config = shape(RUN)
    times: list[int]
    mean: list[float]
    low: list[float]
    high: list[float]


class Titled(BaseModel):
    """A name in both languages."""

    model_config = shape({"zh": "温度", "en": "Temperature"})
    zh: str
    en: str


class ComparedPoint(BaseModel):
    """A point that both runs have."""

    model_config = shape(COMPARED)
    point: str
    unit: str
    title: Titled
    device_title: Titled
    every_ms: int
    one: RunShape
    other: RunShape


class Comparison(BaseModel):
    """Two runs beside each other; at most 20 points, `more` are left out."""

    model_config = shape({"points": [COMPARED], "more": 0})
    points: list[ComparedPoint]
    more: int


def _file(media: str, *more: int) -> dict[int | str, dict[str, Any]]:
    told: dict[str, Any] = {"content": {media: {"schema": {"type": "string", "format": "binary"}, "example": "…"}}}
    return {200: told, **{status: PROBLEMS[status] for status in (404, 409, 429, 503, *more)}}


@router.get("/recordings/{identity}/readings", response_class=Response, responses=_file(MEDIA["csv"]))
async def readings(
    api: ApiHere, right: ExportsReadings, identity: str, asked: Annotated[FileRequest, Query()]
) -> Response:
    """Give its readings, as exports do; of one that runs, those up to now. The CSV of a sealed one has its hash."""
    found = exported(api, right, identity, f"readings {asked.format}")
    export = await done(api.parts.recordings.readings_file(found, asked.format))
    return ExportAnswer(export, f"{_name(found)}.{asked.format}")


@router.get("/recordings/{identity}/record", response_class=Response, responses=_file(ZIP))
async def record(api: ApiHere, right: ExportsReadings, identity: str) -> Response:
    """Give a sealed one as a ZIP of record.json, seal.json and readings.csv: what `labkeeper record verify` reads."""
    found = exported(api, right, identity, "record")
    export = await done(api.parts.recordings.record_file(found))
    answer = ExportAnswer(export, f"{_name(found)}.zip")
    answer.headers["Content-Type"] = ZIP
    return answer


@router.get(
    "/recordings/{identity}/verify",
    response_model=VerdictShape,
    responses={status: PROBLEMS[status] for status in (404, 409, 429, 503)},
)
async def verified(api: ApiHere, right: ExportsReadings, identity: str) -> JsonAnswer:
    """Hash everything again and compare it with the seal."""
    found = exported(api, right, identity, "verify")
    verdict = await done(verify(api.parts.recordings, found, api.parts.settings.data))
    return JsonAnswer(_verdict(verdict))


@router.get("/recordings/{identity}/report", response_class=Response, responses=_file("text/html"))
async def report(api: ApiHere, right: ExportsReadings, identity: str, asked: Annotated[Reported, Query()]) -> Response:
    """Draw one page to print: curves with markers, commands, alarms. It loads nothing from anywhere."""
    found = exported(api, right, identity, "report")
    return await drawn(api, await _document(api, right, found, asked))


@router.get("/recordings/{identity}/report.pdf", response_class=Response, responses=_file(PDF, 501))
async def report_file(
    api: ApiHere, right: ExportsReadings, identity: str, asked: Annotated[Reported, Query()], request: Request
) -> Response:
    """Make the same page a PDF, where the hub has what that takes; `GET /api/v1/reports` says so."""
    found = exported(api, right, identity, "report pdf")
    async with at_the_press(api):
        return await printed(api, request, await _document(api, right, found, asked), f"{_name(found)}.pdf")


@router.get("/recordings/{identity}/compare/{other}", response_model=Comparison, responses={404: PROBLEMS[404]})
async def compare(
    api: ApiHere, right: ReadsReadings, identity: str, other: str, asked: Annotated[CompareRequest, Query()]
) -> JsonAnswer:
    """Give two runs on a common time: what both recorded, the same point or one of the same name."""
    runs = seen(api, right, identity), seen(api, right, other)
    try:
        origins = origin_ms(runs[0], asked.mark), origin_ms(runs[1], asked.other_mark)
    except RecordingRefused as refused:
        raise refusal(refused) from refused
    every_ms = every_for(0, max(_length_ms(one, right.now_ms) for one in runs), asked.steps)
    pairs = pairs_of(*runs)
    told = [await _compared(api, right, pair, runs, origins, every_ms) for pair in pairs[:MOST_PAIRS]]
    return JsonAnswer({"points": told, "more": max(0, len(pairs) - MOST_PAIRS)})


def exported(api: Api, right: Right, identity: str, what: str) -> Recording:
    """Return a recording that somebody may take away, and note that they do."""
    found = seen(api, right, identity)
    right.demand(Scope(found.plan.school, found.plan.lab))
    api.audit.note(right.person.name, "export_recording", found.id, what)
    return found


async def _document(api: Api, right: Right, found: Recording, asked: Reported) -> Document:
    room, now_ms = api.parts.recordings, right.now_ms
    happened, samples = await room.happened(found), await room.samples(found)
    content = await told(api.parts.readings, found, samples, happened, now_ms)
    reader = Reader(asked.language, asked.offset_min, now_ms)
    return document(content, asked.lab_name(api, found.plan.school, found.plan.lab), reader)


async def _compared(
    api: Api,
    right: Right,
    pair: Pair,
    runs: tuple[Recording, Recording],
    origins: tuple[int, int],
    every_ms: int,
) -> dict[str, Json]:
    points = (pair.one, pair.other)
    traces = [
        await trace_of(api.parts.readings, _key(point), run.started_ms, min(run.end_ms, right.now_ms), every_ms)
        for point, run in zip(points, runs, strict=True)
    ]
    one, other = (_run(trace, origin) for trace, origin in zip(traces, origins, strict=True))
    return {
        "point": pair.one.point,
        "unit": pair.one.unit,
        "title": {"zh": pair.one.title_zh, "en": pair.one.title_en},
        "device_title": {"zh": pair.one.device_title_zh, "en": pair.one.device_title_en},
        "every_ms": every_ms,
        "one": one,
        "other": other,
    }


def _run(trace: Trace, origin: int) -> dict[str, Json]:
    times = [time_ms - origin for time_ms in trace.times]
    return {"times": times, "mean": list(trace.mean), "low": list(trace.low), "high": list(trace.high)}


def _length_ms(recording: Recording, now_ms: int) -> int:
    return max(1, min(recording.end_ms, now_ms) - recording.started_ms)


def _verdict(verdict: Verdict) -> dict[str, Json]:
    return {"holds": verdict.holds, **asdict(verdict)}


def _name(recording: Recording) -> str:
    return f"labkeeper-recording-{recording.id[:8]}"


def _key(point: OrderedPoint) -> PointKey:
    return PointKey(point.school, point.node, point.device, point.point)
