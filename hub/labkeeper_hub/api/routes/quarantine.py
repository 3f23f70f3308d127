"""The quarantine: readings that InfluxDB would not take. The journal has them all the same."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from labkeeper_hub.api import validation
from labkeeper_hub.api.answers import JsonAnswer
from labkeeper_hub.api.models import shape
from labkeeper_hub.api.needs import ReadsHealth
from labkeeper_hub.api.problems import clean
from labkeeper_hub.api.state import ApiHere

router = APIRouter(tags=["status"])
MOST_ROWS = 1_000
LONGEST_LINE = 1_000  # characters of a line shown
EXAMPLE_REASON = 'partial write: field type conflict: input field "value" on measurement "readings" is type float'
EXAMPLE = {
    "id": 1,
    "at_ms": 1767225600000,
    "reason": EXAMPLE_REASON,
    "line": "readings,device=0x00158d0001a2b3c4,kind=measure,lab=lab-301,node=lab-301,point=temperature,school=demo "
    "value=21.5 1767225600000000000",
}


class QuarantineRequest(validation.Query):
    """How many; the newest come first."""

    limit: Annotated[int, Field(ge=1, le=MOST_ROWS)] = 100


class QuarantinedShape(BaseModel):
    """A refused reading: when, why, and the line as it was sent."""

    model_config = shape(EXAMPLE)
    id: int
    at_ms: int
    reason: str
    line: str


class QuarantineShape(BaseModel):
    """What InfluxDB refused, the newest first; at most 10,000 are kept, `labkeeper_influx_quarantined_readings_total`
    counts all.
    """

    model_config = shape({"quarantined": [EXAMPLE]})
    quarantined: list[QuarantinedShape]


@router.get("/influx/quarantine", response_model=QuarantineShape)
async def quarantine(api: ApiHere, _: ReadsHealth, asked: Annotated[QuarantineRequest, Query()]) -> JsonAnswer:
    """Show readings that InfluxDB refused, with the reason; empty where nothing is forwarded."""
    source = api.parts.quarantine
    found = await source.quarantined(asked.limit) if source else ()
    rows = [
        {
            "id": one.id,
            "at_ms": one.at_ms,
            "reason": clean(one.reason, LONGEST_LINE),
            "line": clean(one.line, LONGEST_LINE),
        }
        for one in found
    ]
    return JsonAnswer({"quarantined": rows})
