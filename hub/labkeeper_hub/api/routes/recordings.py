"""Recordings: begin, mark, end, seal, and take away."""

from collections.abc import Awaitable
from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, field_validator
from starlette.responses import Response

from labkeeper_hub.accounts import Action, Scope
from labkeeper_hub.api import validation
from labkeeper_hub.api.answers import Json, JsonAnswer
from labkeeper_hub.api.documented import PROBLEMS
from labkeeper_hub.api.models import shape
from labkeeper_hub.api.needs import ReadsReadings, Records, Right
from labkeeper_hub.api.problems import Refusal
from labkeeper_hub.api.state import Api, ApiHere
from labkeeper_hub.export.exports import ExportFailed, TooManyExports
from labkeeper_hub.model import PointKey
from labkeeper_hub.recordings.plans import planned
from labkeeper_hub.recordings.recording import MOST_POINTS, Recording, RecordingRefused, Stage
from labkeeper_hub.timeseries.pins import DiskRefuses

T = TypeVar("T")
router = APIRouter(tags=["recordings"])
FASTEST_MS, SLOWEST_MS = 10, 86_400_000
RETRY_S = 10
MISSING = frozenset({"unknown_recording", "unknown_point", "unknown_mark"})
POINT = {
    "school": "demo",
    "node": "lab-301",
    "device": "0x00158d0001a2b3c4",
    "point": "temperature",
    "kind": "measure",
    "type": "float",
    "unit": "Cel",
    "title": {"zh": "温度", "en": "Temperature"},
    "device_title": {"zh": "气候箱", "en": "Climate chamber"},
}
MARK = {"time_ms": 1767225660000, "by": "p-1", "text": "lamp on"}
SEAL = {"digest": "5f70…", "rows": 1200, "sha256": "9b74…", "at_ms": 1767229206000, "by": "hub"}
EXAMPLE: dict[str, Any] = {
    "id": "7d3f6c1e-5c0e-4b7e-8d53-0d6b1f0f2a77",
    "school": "demo",
    "lab": "lab-301",
    "title": "cooling curve",
    "stage": "sealed",
    "by": "p-1",
    "started_ms": 1767225600000,
    "stopped_ms": 1767229200000,
    "stopped_by": "p-1",
    "every_ms": None,
    "points": [POINT],
    "marks": [MARK],
    "samples": 1200,
    "seal": SEAL,
    "mine": True,
}


class RecordingRequest(validation.Body):
    """What to record of a lab.

    `points` are addresses, `school/node/device/point`; without them it is every point but actions. `every_ms` makes one
    sample of each step of the clock: the mean of numbers, the last of anything else; without it every reading is one.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "school": "demo",
                    "lab": "lab-301",
                    "title": "cooling curve",
                    "points": ["demo/lab-301/0x00158d0001a2b3c4/temperature"],
                    "every_ms": None,
                }
            ]
        }
    )

    school: validation.Id
    lab: validation.Id
    title: Annotated[str, Field(max_length=200)] = ""
    points: Annotated[list[validation.Text], Field(max_length=MOST_POINTS)] | None = None
    every_ms: Annotated[int, Field(ge=FASTEST_MS, le=SLOWEST_MS)] | None = None

    @field_validator("points")
    @classmethod
    def _are_addresses(cls, points: list[str] | None) -> list[str] | None:
        if any(len(one.split("/", 3)) != len(PointKey._fields) for one in points or ()):
            raise ValueError("a point's address is school/node/device/point")
        return points

    @property
    def keys(self) -> list[PointKey] | None:
        return None if self.points is None else [PointKey(*one.split("/", 3)) for one in self.points]


class MarkRequest(validation.Body):
    """What to write beside this moment; `time_ms`: beside a moment ago."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": "lamp on"}]})
    text: Annotated[str, Field(max_length=200)] = ""
    time_ms: Annotated[int, Field(ge=0, le=validation.LAST_MS)] | None = None


class Titles(BaseModel):
    """A name in both languages."""

    model_config = shape({"zh": "温度", "en": "Temperature"})
    zh: str
    en: str


class RecordedPoint(BaseModel):
    """A point as it was described when the recording began."""

    model_config = shape(POINT)
    school: str
    node: str
    device: str
    point: str
    kind: str
    type: str
    unit: str
    title: Titles
    device_title: Titles


class MarkShape(BaseModel):
    """A moment somebody marked."""

    model_config = shape(MARK)
    time_ms: int
    by: str
    text: str


class SealShape(BaseModel):
    """`digest`: SHA-256 of the record; `sha256`: of the readings as CSV; `rows`: its lines without the header."""

    model_config = shape(SEAL)
    digest: str
    rows: int
    sha256: str
    at_ms: int
    by: str


class RecordingShape(BaseModel):
    """A recording. `samples`: as of a moment ago until it is sealed; null in lists before that. `mine`: the asker may
    mark, end, seal and remove it.
    """

    model_config = shape(EXAMPLE)
    id: str
    school: str
    lab: str
    title: str
    stage: Literal["running", "stopped", "sealed"]
    by: str
    started_ms: int
    stopped_ms: int | None
    stopped_by: str
    every_ms: int | None
    points: list[RecordedPoint]
    marks: list[MarkShape]
    samples: int | None
    seal: SealShape | None
    mine: bool


class RecordingList(BaseModel):
    """Recordings, the newest first."""

    model_config = shape({"recordings": [EXAMPLE]})
    recordings: list[RecordingShape]


class ListRequest(validation.Query):
    """Of which lab; of all without."""

    school: validation.Id | None = None
    lab: validation.Id | None = None


REFUSALS: dict[int | str, dict[str, Any]] = {status: PROBLEMS[status] for status in (404, 409, 413, 503)}


@router.post("/recordings", status_code=HTTPStatus.CREATED, response_model=RecordingShape, responses=REFUSALS)
async def start(api: ApiHere, right: Records, asked: RecordingRequest) -> JsonAnswer:
    """Begin to record; answered when it is on disk. The hub records, whatever becomes of the page."""
    if (asked.school, asked.lab) not in [(one.school, one.lab) for one in api.parts.registry.labs()]:
        raise Refusal(HTTPStatus.NOT_FOUND, "unknown_lab", "There is no such lab")
    right.demand(Scope(asked.school, asked.lab))
    room, title = (asked.school, asked.lab), asked.title.strip()
    try:
        plan = planned(api.parts.registry, *room, asked.keys, title=title, every_ms=asked.every_ms)
    except RecordingRefused as refused:
        raise refusal(refused) from refused
    begun = await done(api.parts.recordings.start(plan, right.person.name))
    return JsonAnswer(await _shape(api, right, begun), HTTPStatus.CREATED)


@router.get("/recordings", response_model=RecordingList)
async def recordings(api: ApiHere, right: ReadsReadings, asked: Annotated[ListRequest, Query()]) -> JsonAnswer:
    """List recordings of labs that one sees wholly; of lessons those that one taught, or that one looks after."""
    wanted = [
        one
        for one in api.parts.recordings.all()
        if asked.school in (None, one.plan.school) and asked.lab in (None, one.plan.lab) and _sees(api, right, one)
    ]
    return JsonAnswer({"recordings": [_listed(api, right, one) for one in wanted]})


@router.get("/recordings/{identity}", response_model=RecordingShape, responses={404: PROBLEMS[404]})
async def recording(api: ApiHere, right: ReadsReadings, identity: str) -> JsonAnswer:
    """Show one, with how many samples it has by now."""
    return JsonAnswer(await _shape(api, right, seen(api, right, identity)))


@router.post("/recordings/{identity}/marks", response_model=RecordingShape, responses=REFUSALS)
async def mark(api: ApiHere, right: Records, identity: str, asked: MarkRequest) -> JsonAnswer:
    """Mark this moment."""
    mine(api, right, identity)
    marked = await done(api.parts.recordings.mark(identity, asked.text.strip(), right.person.name, asked.time_ms))
    return JsonAnswer(await _shape(api, right, marked))


@router.post("/recordings/{identity}/stop", response_model=RecordingShape, responses=REFUSALS)
async def stop(api: ApiHere, right: Records, identity: str) -> JsonAnswer:
    """End it now. The hub seals it when its nodes have delivered everything."""
    mine(api, right, identity)
    return JsonAnswer(await _shape(api, right, await done(api.parts.recordings.stop(identity, right.person.name))))


@router.post("/recordings/{identity}/seal", response_model=RecordingShape, responses=REFUSALS | {429: PROBLEMS[429]})
async def seal(api: ApiHere, right: Records, identity: str) -> JsonAnswer:
    """Seal it as it stands, without waiting for nodes that are away."""
    mine(api, right, identity)
    return JsonAnswer(await _shape(api, right, await done(api.parts.recordings.seal(identity, right.person.name))))


@router.delete("/recordings/{identity}", status_code=HTTPStatus.NO_CONTENT, response_class=Response, responses=REFUSALS)
async def remove(api: ApiHere, right: Records, identity: str) -> Response:
    """Forget it: its readings are kept no longer than others. Its digest stays in the record of who did what."""
    mine(api, right, identity)
    await done(api.parts.recordings.remove(identity, right.person.name))
    return Response(status_code=HTTPStatus.NO_CONTENT)


def covers(right: Right, recording: Recording) -> bool:
    """Tell whether somebody may do this in the recording's whole lab."""
    return right.covers(Scope(recording.plan.school, recording.plan.lab))


def seen(api: Api, right: Right, identity: str) -> Recording:
    """Return a recording of a lab that somebody sees wholly, of lessons only one of theirs; what they do not see is
    not there.
    """
    try:
        found = api.parts.recordings.get(identity)
    except RecordingRefused as refused:
        raise refusal(refused) from refused
    if not _sees(api, right.to(Action.READ_READINGS), found):
        raise refusal(RecordingRefused("unknown_recording", "There is no such recording"))
    return found


def mine(api: Api, right: Right, identity: str) -> Recording:
    """Return a recording that somebody may do this with: in its whole lab, and because it is theirs."""
    found = seen(api, right, identity)
    right.demand(Scope(found.plan.school, found.plan.lab))
    if not _is_theirs(api, right, found):
        api.audit.note(right.person.name, "change_recording", identity, "not_yours")
        raise Refusal(HTTPStatus.FORBIDDEN, "not_yours", "Somebody else recorded this, and it is not in your lesson")
    return found


def _sees(api: Api, right: Right, recording: Recording) -> bool:
    """Tell whether somebody sees a recording: in its whole lab, and of a lesson only what is theirs."""
    return covers(right, recording) and (not recording.of_lesson or _is_theirs(api, right, recording))


def _is_theirs(api: Api, right: Right, recording: Recording) -> bool:
    """Tell whether a recording is somebody's own, runs in the lesson that they teach, or is in a lab whose lessons they
    look after.
    """
    name, room = right.person.name, (recording.plan.school, recording.plan.lab)
    if recording.is_of(name) or right.to(Action.OTHERS_LESSONS).covers(Scope(*room)):
        return True
    on = (one for one, _ in api.parts.lessons.lessons().lessons if one.room == room)
    return recording.stage is Stage.RUNNING and any(one.teacher == name for one in on)


async def done(work: Awaitable[T]) -> T:
    """Return what comes of it; what the room refuses is told as HTTP does."""
    try:
        return await work
    except RecordingRefused as refused:
        raise refusal(refused) from refused
    except DiskRefuses as error:
        raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "hub_disk", "The hub cannot write at the moment") from error
    except TooManyExports as error:
        detail = "Other files are being made; try again in a while"
        raise Refusal(HTTPStatus.TOO_MANY_REQUESTS, "too_many_exports", detail, retry_after_s=RETRY_S) from error
    except ExportFailed as error:
        detail = "The file could not be made; the hub's log says why"
        raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "export_failed", detail) from error


def refusal(refused: RecordingRefused) -> Refusal:
    """Return the refusal of what a recording cannot do."""
    status = HTTPStatus.NOT_FOUND if refused.code in MISSING else HTTPStatus.CONFLICT
    return Refusal(status, refused.code, str(refused))


async def _shape(api: Api, right: Right, recording: Recording) -> dict[str, Json]:
    return {**_listed(api, right, recording), "samples": await api.parts.recordings.samples(recording)}


def _listed(api: Api, right: Right, recording: Recording) -> dict[str, Json]:
    plan, end, sealed = recording.plan, recording.end, recording.seal
    return {
        "id": recording.id,
        "school": plan.school,
        "lab": plan.lab,
        "title": plan.title,
        "stage": recording.stage.value,
        "by": recording.by,
        "started_ms": recording.started_ms,
        "stopped_ms": None if end is None else end.time_ms,
        "stopped_by": "" if end is None else end.by,
        "every_ms": plan.every_ms,
        "points": [
            {
                **{name: getattr(one, name) for name in ("school", "node", "device", "point", "kind", "type", "unit")},
                "title": {"zh": one.title_zh, "en": one.title_en},
                "device_title": {"zh": one.device_title_zh, "en": one.device_title_en},
            }
            for one in plan.points
        ],
        "marks": [asdict(one) for one in recording.marks],
        "samples": None if sealed is None else sealed.rows,
        "seal": None if sealed is None else asdict(sealed),
        "mine": right.to(Action.RECORD).covers(Scope(plan.school, plan.lab)) and _is_theirs(api, right, recording),
    }
