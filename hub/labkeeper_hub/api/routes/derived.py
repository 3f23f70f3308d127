"""Derived points: where each comes from, and their history computed anew."""

from collections.abc import Sequence

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from labkeeper_hub.api import validation
from labkeeper_hub.api.answers import Json, JsonAnswer
from labkeeper_hub.api.documented import PROBLEMS
from labkeeper_hub.api.models import SOURCE, example_of, shape
from labkeeper_hub.api.needs import ReadsReadings, RecomputesDerived
from labkeeper_hub.api.problems import wrong_field
from labkeeper_hub.api.state import ApiHere
from labkeeper_hub.derived.lineage import Lineage
from labkeeper_hub.model import PointKey

router = APIRouter(tags=["derived"])
LONGEST_MS = 400 * 86_400_000
FROM, TO = 1767225600000, 1767312000000


class AddressShape(BaseModel):
    """One point."""

    model_config = shape(SOURCE)
    school: str
    node: str
    device: str
    point: str


class DerivedShape(BaseModel):
    """One derived point: what declares it, the `version` of that (a hash), what it is computed from. `late` counts
    readings that came too late since the last recompute, `late_from_ms` to `late_to_ms`.
    """

    model_config = shape(
        {
            "point": SOURCE | {"node": "#hub-derived-lab-301", "point": "co2_mean_10min"},
            "declaration": "co2_mean",
            "formula": "mean",
            "version": "5f0c1a2b",
            "title": {"zh": "二氧化碳（10 分钟均值）", "en": "CO2 (10 min mean)"},
            "unit": "[ppm]",
            "every_ms": 60000,
            "window_ms": 600000,
            "source": "time-weighted mean, as alarms have it",
            "inputs": [SOURCE],
            "late": 0,
            "late_from_ms": None,
            "late_to_ms": None,
        }
    )
    point: AddressShape
    declaration: str
    formula: str
    version: str
    title: dict[str, str]
    unit: str
    every_ms: int
    window_ms: int
    source: str
    inputs: list[AddressShape]
    late: int
    late_from_ms: int | None
    late_to_ms: int | None


class DerivedList(BaseModel):
    """Every derived point that one sees."""

    model_config = shape({"derived": [example_of(DerivedShape)]})
    derived: list[DerivedShape]


class RecomputeRequest(validation.Body):
    """Which time to compute anew, from <= time < to; of one declaration, or of all."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"from": FROM, "to": TO, "declaration": "co2_mean"}]})

    since: validation.Time = Field(alias="from")
    to: validation.Time
    declaration: validation.Id | None = None


class RecomputeAnswer(BaseModel):
    """How many points were looked at; rows that were missing and are stored now, that were there with the same value,
    and that were there with another one, which stays.
    """

    model_config = shape({"points": 3, "written": 120, "same": 4200, "other": 0})
    points: int
    written: int
    same: int
    other: int


@router.get("/derived", response_model=DerivedList)
async def derived(api: ApiHere, right: ReadsReadings) -> JsonAnswer:
    """List what the hub derives, and from what; inputs that one does not see are left out."""
    sight = right.sight(api.parts.registry)
    seen = [one for one in api.parts.derived.all() if sight.point(one.target)]
    return JsonAnswer({"derived": [_derived(one, [key for key in one.inputs if sight.point(key)]) for one in seen]})


@router.post("/derived/recompute", response_model=RecomputeAnswer, responses={422: PROBLEMS[422]})
async def recompute(api: ApiHere, right: RecomputesDerived, asked: RecomputeRequest) -> JsonAnswer:
    """Compute history anew and store the rows it lacks; nothing stored is changed, so that it may be asked twice."""
    if not asked.since < asked.to <= asked.since + LONGEST_MS:
        raise wrong_field("bad_time", "body.to", "must be after from, by at most 400 days")
    names = {one.declaration.id for one in api.parts.derived.all()}
    if asked.declaration is not None and asked.declaration not in names:
        raise wrong_field("unknown_declaration", "body.declaration", "nothing is derived by that name here")
    keys = [one.target for one in api.parts.derived.all() if asked.declaration in (None, one.declaration.id)]
    found = await api.parts.derived.recompute(keys, asked.since, asked.to)
    what = f"{asked.declaration or 'all'} {asked.since}..{asked.to}"
    api.audit.note(right.person.name, "recompute_derived", what, f"{found.written} written")
    return JsonAnswer({"points": len(keys), "written": found.written, "same": found.same, "other": found.other})


def _derived(one: Lineage, inputs: Sequence[PointKey]) -> dict[str, Json]:
    said, late = one.declaration, one.late_ms or (None, None)
    return {
        "point": _address(one.target),
        "declaration": said.id,
        "formula": said.formula.value,
        "version": said.version,
        "title": {"zh": said.title.zh, "en": said.title.en},
        "unit": said.unit,
        "every_ms": said.every_ms,
        "window_ms": said.window_ms,
        "source": said.source,
        "inputs": [_address(key) for key in inputs],
        "late": one.late,
        "late_from_ms": late[0],
        "late_to_ms": late[1],
    }


def _address(key: PointKey) -> dict[str, Json]:
    return {"school": key.school, "node": key.node, "device": key.device, "point": key.point}
