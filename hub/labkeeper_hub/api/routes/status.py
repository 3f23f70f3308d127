"""Status: how the hub is doing, for people."""

from dataclasses import asdict
from importlib.metadata import version
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from labkeeper_hub.api.answers import JsonAnswer
from labkeeper_hub.api.models import shape
from labkeeper_hub.api.needs import ReadsHealth
from labkeeper_hub.api.state import Api, ApiHere
from labkeeper_hub.status import InfluxStatus as Influx
from labkeeper_hub.status import UpkeepStatus

router = APIRouter(tags=["status"])
EXAMPLE_RETIRED = {"reason": "age", "level": 0, "chunks": 12, "rows": 48012, "bytes": 260410}
EXAMPLE_UPKEEP = {
    "compacted": 100000,
    "rolled": 98304,
    "unrolled_chunks": 0,
    "retired": [EXAMPLE_RETIRED],
    "file_bytes": 48234496,
    "free_bytes": 1048576,
    "failing": None,
}
EXAMPLE_JOURNAL = {
    "queued": 0,
    "committed": 119950,
    "commits": 2399,
    "last_commit_ms": 1.7,
    "hot": 19950,
    "chunks": 40,
    "failing": None,
    "upkeep": EXAMPLE_UPKEEP,
}


EXAMPLE_INFLUX = {
    "waiting": 0,
    "lag_s": 0.0,
    "late": False,
    "history": 0,
    "forwarded": 119950,
    "beyond_retention": 0,
    "quarantined": 0,
    "missed": 0,
    "retries": {"unreachable": 2},
    "failing": None,
    "detail": None,
    "attention": False,
}


class BrokerStatus(BaseModel):
    """The way to the nodes."""

    model_config = shape({"connected": True})
    connected: bool


class RetiredShape(BaseModel):
    """What retention deleted since the start. `level`: 0 for readings, else the milliseconds of a roll-up's buckets."""

    model_config = shape(EXAMPLE_RETIRED)
    reason: Literal["age", "bytes", "rule_bytes"]
    level: int
    chunks: int
    rows: int
    bytes: int


class UpkeepShape(BaseModel):
    """The journal's upkeep since the start, and the file as of its last look; `unrolled_chunks` wait for a roll-up."""

    model_config = shape(EXAMPLE_UPKEEP)
    compacted: int
    rolled: int
    unrolled_chunks: int
    retired: list[RetiredShape]
    file_bytes: int
    free_bytes: int
    failing: str | None


class JournalStatus(BaseModel):
    """The journal: readings waiting for their commit, committed since the start, not yet compacted."""

    model_config = shape(EXAMPLE_JOURNAL)
    queued: int
    committed: int
    commits: int
    last_commit_ms: float
    hot: int
    chunks: int
    failing: str | None
    upkeep: UpkeepShape


class InfluxStatus(BaseModel):
    """Forwarding to InfluxDB. `lag_s` is the age of the oldest of the `waiting` readings; `attention`: look at it."""

    model_config = shape(EXAMPLE_INFLUX)
    waiting: int
    lag_s: float
    late: bool = Field(description="lagging more than `influx.late_after_s`")
    history: int = Field(description="chunks up to this number, from before InfluxDB was configured, are still to go")
    forwarded: int
    beyond_retention: int
    quarantined: int
    missed: int = Field(description="readings that a limit in bytes removed before they were sent")
    retries: dict[str, int]
    failing: str | None
    detail: str | None
    attention: bool


class StatusShape(BaseModel):
    """The hub's health. Since the start `refusals` counts input that was refused and not stored, by reason, and
    `commands_ended` the commands by the state they ended in. `hanging` names workers that do not come forward.
    """

    model_config = shape(
        {
            "version": "0.1.0",
            "started_ms": 1767225600000,
            "broker": {"connected": True},
            "messages": 2450,
            "refusals": {"truncated": 2},
            "journal": EXAMPLE_JOURNAL,
            "influx": EXAMPLE_INFLUX,
            "commands_ended": {"done": 120, "rejected": 2},
            "hanging": [],
            "host_id_taken": False,
            "websocket_clients": 3,
            "loop_lag_ms": 0.4,
        }
    )
    version: str
    started_ms: int
    broker: BrokerStatus
    messages: int
    refusals: dict[str, int]
    journal: JournalStatus
    influx: InfluxStatus | None = Field(description="null: nothing is forwarded")
    commands_ended: dict[str, int]
    hanging: list[str]
    host_id_taken: bool
    websocket_clients: int
    loop_lag_ms: float


@router.get("/status", response_model=StatusShape)
async def status(api: ApiHere, _: ReadsHealth) -> JsonAnswer:
    """Tell how the hub is doing."""
    return JsonAnswer(_status(api).model_dump())


def _status(api: Api) -> StatusShape:
    now = api.parts.health.status()
    journal = now.journal
    return StatusShape(
        version=version("labkeeper"),
        started_ms=now.started_ms,
        broker=BrokerStatus(connected=now.broker_connected),
        messages=now.messages,
        refusals=dict(now.refusals),
        journal=JournalStatus(
            queued=journal.queued,
            committed=journal.committed,
            commits=journal.commits,
            last_commit_ms=journal.last_commit_ms,
            hot=journal.hot,
            chunks=journal.chunks,
            failing=journal.failing or None,
            upkeep=_upkeep(journal.upkeep),
        ),
        influx=None if now.influx is None else _influx(now.influx),
        commands_ended={str(state): count for state, count in now.commands_ended.items()},
        hanging=list(now.hanging),
        host_id_taken=now.host_id_taken,
        websocket_clients=api.audience.clients,
        loop_lag_ms=api.lag.last_s * 1000,
    )


def _influx(now: Influx) -> InfluxStatus:
    return InfluxStatus(
        waiting=now.waiting,
        lag_s=now.lag_s,
        late=now.late,
        history=now.history,
        forwarded=now.forwarded,
        beyond_retention=now.beyond_retention,
        quarantined=now.quarantined,
        missed=now.missed,
        retries=dict(now.retries),
        failing=now.failing or None,
        detail=now.detail or None,
        attention=now.attention,
    )


def _upkeep(upkeep: UpkeepStatus) -> UpkeepShape:
    return UpkeepShape(
        compacted=upkeep.compacted,
        rolled=upkeep.rolled,
        unrolled_chunks=upkeep.unrolled_chunks,
        retired=[RetiredShape.model_validate(asdict(one)) for one in upkeep.retired],
        file_bytes=upkeep.file_bytes,
        free_bytes=upkeep.free_bytes,
        failing=upkeep.failing or None,
    )
