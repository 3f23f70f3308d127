"""The shapes of the reference: what OpenAPI tells, with an example of each. `shapes.py` makes the real ones."""

from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

Value: TypeAlias = bool | int | float | str
Kind: TypeAlias = Literal["measure", "state", "setpoint", "switch", "action", "event"]
Aggregate: TypeAlias = Literal["mean", "min", "max", "count", "sum", "first", "last"]
CommandState: TypeAlias = Literal["queued", "sent", "accepted", "done", "rejected", "failed", "expired", "unknown"]

ADDRESS: dict[str, Any] = {"school": "demo", "node": "lab-301", "device": "0x00158d0001a2b3c4"}
SOURCE = ADDRESS | {"point": "co2"}
OUTCOME = {"state": "done", "code": None, "message": None, "holder": "owner"}
TIMES = {"created_ms": 1767225600000, "deadline_ms": 1767225603000, "updated_ms": 1767225600004}
EXAMPLE_POINT = {
    "point": "target",
    "kind": "setpoint",
    "type": "float",
    "unit": "Cel",
    "minimum": -20.0,
    "maximum": 80.0,
    "step": 0.5,
    "options": None,
    "writable": True,
    "safe_value": 20.0,
    "link_loss_s": 30.0,
    "risk": "heat",
    "title": {"zh": "目标温度", "en": "Target temperature"},
    "confirm_s": 2.0,
}
EXAMPLE_GIVEN: dict[str, Any] = {
    "node": "lab-301",
    "device": "0x00158d0001a2b3c4",
    "point": "target",
    "minimum": 18.0,
    "maximum": 30.0,
}
EXAMPLE_DEVICE = ADDRESS | {
    "lab": "lab-301",
    "title": {"zh": "气候箱", "en": "Climate chamber"},
    "bench": "3",
    "make": "Example",
    "model": "C-80",
    "firmware": "1.4.2",
    "online": True,
    "since_ms": 1767225600000,
    "points": [EXAMPLE_POINT],
}


def shape(example: dict[str, Any]) -> ConfigDict:
    """Return the configuration of an answer's model: closed, strict, and with this example."""
    return ConfigDict(extra="forbid", strict=True, json_schema_extra={"examples": [example]})


def example_of(model: type[BaseModel]) -> Any:  # noqa: ANN401 - an example is any JSON
    """Return the example in a model's configuration, nulls and order as they were written."""
    extra: Any = model.model_config.get("json_schema_extra", {})
    return extra["examples"][0] if "examples" in extra else None


class Title(BaseModel):
    """A name for people; Chinese and English are equals, one stands in for the other where it is missing."""

    model_config = shape({"zh": "气候箱", "en": "Climate chamber"})
    zh: str
    en: str


class LabShape(BaseModel):
    """A room and what is in it."""

    model_config = shape(
        {
            "school": "demo",
            "lab": "lab-301",
            "title": {"zh": "301 实验室", "en": "Lab 301"},
            "nodes": ["lab-301"],
            "devices_total": 16,
            "devices_online": 15,
        }
    )
    school: str
    lab: str
    title: Title
    nodes: list[str]
    devices_total: int
    devices_online: int


class NodeShape(BaseModel):
    """An edge node. `backlog` counts batches waiting in its outbox; a foreign node has neither epoch nor backlog.
    `twin`: more than one machine seems to pass for it. `interlocks_differ`: it does not run those that were approved.
    """

    model_config = shape(
        {
            "school": "demo",
            "node": "lab-301",
            "lab": "lab-301",
            "online": True,
            "since_ms": 1767225600000,
            "last_seen_ms": 1767225661000,
            "epoch": "3f0c7a52-2f5e-4a3c-9d0e-3a6f0f0f6a11",
            "backlog": 0,
            "foreign": False,
            "twin": False,
            "interlocks_differ": False,
        }
    )
    school: str
    node: str
    lab: str
    online: bool
    since_ms: int
    last_seen_ms: int
    epoch: str | None
    backlog: int | None
    foreign: bool
    twin: bool
    interlocks_differ: bool


class PointShape(BaseModel):
    """A point as its device declares it. `unit` is UCUM; times are seconds."""

    model_config = shape(EXAMPLE_POINT)
    point: str
    kind: Kind
    type: Literal["float", "int", "bool", "str"]
    unit: str
    minimum: float | None
    maximum: float | None
    step: float | None
    options: list[str] | None
    writable: bool
    safe_value: Value | None
    link_loss_s: float | None
    risk: str
    title: Title
    confirm_s: float


class AddressedPoint(PointShape):
    """A point with the address of its device."""

    model_config = shape(ADDRESS | EXAMPLE_POINT)
    school: str
    node: str
    device: str


class DeviceShape(BaseModel):
    """A device with its points. `since_ms`: online or offline since then."""

    model_config = shape(EXAMPLE_DEVICE)
    school: str
    node: str
    device: str
    lab: str
    title: Title
    bench: str | None
    make: str
    model: str
    firmware: str
    online: bool
    since_ms: int
    points: list[PointShape]


class LatestShape(BaseModel):
    """A point's live value. `quality`: 192 good, 500 stale, 0 bad (Sparkplug's numbers)."""

    model_config = shape(
        ADDRESS | {"point": "temperature", "value": 21.5, "time_ms": 1767225600000, "quality": 192, "stale": False}
    )
    school: str
    node: str
    device: str
    point: str
    value: Value | None
    time_ms: int
    quality: int
    stale: bool


class CommandShape(BaseModel):
    """A command and how far it is; `code` is short and stable, `message` is for people."""

    model_config = shape(
        {"id": "7c9e6679-7425-40de-944b-e07fc1f90ae7"} | ADDRESS | {"point": "target", "value": 25.0} | OUTCOME | TIMES
    )
    id: str
    school: str
    node: str
    device: str
    point: str
    value: Value
    state: CommandState
    code: str | None
    message: str | None
    holder: str
    created_ms: int
    deadline_ms: int
    updated_ms: int


class UnconfirmedShape(BaseModel):
    """A device that has not confirmed."""

    model_config = shape(ADDRESS)
    school: str
    node: str
    device: str


class StopShape(BaseModel):
    """A school that is stopped under a latch. `devices` have safe values, `confirmed` of them are known to be there.
    `sent` false: the broker does not have it yet.
    """

    model_config = shape(
        {
            "school": "demo",
            "latch": "0b9c8f0e-6d0a-4c57-8f5e-1f2b3c4d5e6f",
            "by": "owner",
            "at_ms": 1767225600000,
            "devices": 16,
            "confirmed": 15,
            "missing": [ADDRESS],
            "sent": True,
        }
    )
    school: str
    latch: str
    by: str
    at_ms: int
    devices: int
    confirmed: int
    missing: list[UnconfirmedShape]
    sent: bool


class GivenShape(BaseModel):
    """A point that was given, and the limits it was given with (null: any value)."""

    model_config = shape(EXAMPLE_GIVEN)
    node: str
    device: str
    point: str
    minimum: float | None
    maximum: float | None


class AskShape(BaseModel):
    """Somebody who asks the holder for the lab: `open` until then, or `kept` or `unanswered` and told until then."""

    model_config = shape({"by": "p-3", "until_ms": 1767225660000, "state": "open"})
    by: str
    until_ms: int
    state: Literal["open", "kept", "unanswered"]


class LeaseShape(BaseModel):
    """A lease: who commands what until when. `bench`, `node` and `device` null: the whole lab. `fence` names it.

    One with `given_from` is a floor: it was given from that lease, dies with it, and has these `points` only.
    """

    model_config = shape(
        {
            "fence": 17,
            "holder": "owner",
            "school": "demo",
            "lab": "lab-301",
            "bench": None,
            "node": None,
            "device": None,
            "until_ms": 1767228300000,
            "given_from": None,
            "points": None,
            "asks": [],
        }
    )
    fence: int
    holder: str
    school: str
    lab: str
    bench: str | None
    node: str | None
    device: str | None
    until_ms: int
    given_from: int | None
    points: list[GivenShape] | None
    asks: list[AskShape]


class WishShape(BaseModel):
    """A value that a point is to have."""

    model_config = shape(ADDRESS | {"point": "target", "value": 25.0})
    school: str
    node: str
    device: str
    point: str
    value: Value


class MissedShape(BaseModel):
    """A point that is not known to be as wished: how far its command came, why no further, and that in words."""

    model_config = shape(ADDRESS | {"point": "target", "state": "unknown", "code": "no_answer", "message": ""})
    school: str
    node: str
    device: str
    point: str
    state: str
    code: str
    message: str


class CountShape(BaseModel):
    """What several wishes came to; `scene` null: they had no name."""

    model_config = shape({"scene": "end", "total": 16, "confirmed": 15, "missed": [example_of(MissedShape)]})
    scene: str | None
    total: int
    confirmed: int
    missed: list[MissedShape]


class OutcomeShape(CountShape):
    """The same with the wishes that would undo them: of what was known, has changed and does no harm by itself."""

    model_config = shape(example_of(CountShape) | {"undo": [example_of(WishShape)]})
    undo: list[WishShape]


class SceneShape(BaseModel):
    """A scene: what several points of a lab are to become together."""

    model_config = shape(
        {"name": "end", "title": {"zh": "下课场景", "en": "Closing scene"}, "wishes": [example_of(WishShape)]}
    )
    name: str
    title: Title
    wishes: list[WishShape]


class LessonShape(BaseModel):
    """A lesson that is on. `before`: who it was taken over from; `ending_ms`: until then its end can be undone;
    `ended_by` null while it is ending: its time. `last`: what its last scene came to.
    `recorded` false: its record could not be begun.
    """

    model_config = shape(
        {
            "name": "5d2c0a5e-0f1b-4c57-8f5e-1f2b3c4d5e6f",
            "school": "demo",
            "lab": "lab-301",
            "teacher": "p-1",
            "before": None,
            "started_ms": 1767225600000,
            "until_ms": 1767228300000,
            "phase": "ending",
            "ending_ms": 1767228310000,
            "ended_by": "p-1",
            "last": example_of(CountShape),
            "recorded": True,
        }
    )
    name: str
    school: str
    lab: str
    teacher: str
    before: str | None
    started_ms: int
    until_ms: int
    phase: Literal["running", "ending"]
    ending_ms: int | None
    ended_by: str | None
    last: CountShape | None
    recorded: bool


class LedgerShape(BaseModel):
    """One outbox's account: readings taken by the node, stored here, given up as gaps, still pending."""

    model_config = shape(
        {
            "school": "demo",
            "node": "lab-301",
            "epoch": "3f0c7a52-2f5e-4a3c-9d0e-3a6f0f0f6a11",
            "taken": 120000,
            "stored": 119950,
            "gaps": 0,
            "pending": 50,
            "backlog": 1,
            "missing": 50,
            "balanced": True,
            "duplicates": 3,
        }
    )
    school: str
    node: str
    epoch: str | None
    taken: int | None = Field(description="null: the node does not say (a foreign node)")
    stored: int
    gaps: int
    pending: int | None
    backlog: int = Field(description="batches waiting at the node, by its last word")
    missing: int | None = Field(
        description="readings neither stored nor given up when the node last spoke of it; with no backlog they are gone"
    )
    balanced: bool
    duplicates: int
