"""Drivers of nodes over HTTP: the shapes of what is asked and of what is answered, with an example of each."""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from labkeeper_hub.api import validation
from labkeeper_hub.api.models import Title, shape
from labkeeper_wire.driver_sets import MOST_INSTANCES

NODE: dict[str, Any] = {"school": "demo", "node": "lab-301"}
INSTANCE: dict[str, Any] = {"driver": "homie", "apart": False, "configuration": {"domain": "homie"}}
MISTAKE: dict[str, Any] = {
    "pointer": "/meter/configuration/port",
    "code": "less_than_equal",
    "problem": "Input should be less than or equal to 65535",
    "limits": {"le": 65535},
}
CHANGE: dict[str, Any] = {
    "number": 3,
    "do": "apply",
    "by": "p-1",
    "at_ms": 1767225600000,
    "taken": True,
    "changes": ["+/homie (homie)"],
}
STANDS: dict[str, Any] = NODE | {
    "lab": "lab-301",
    "online": True,
    "open": True,
    "number": 3,
    "instances": {"homie": INSTANCE},
    "own": {"zigbee2mqtt": {"driver": "zigbee2mqtt", "configuration": {}}},
    "left_out": [],
    "former": True,
    "fell_back": False,
    "versions": [CHANGE],
}
OFFERED: dict[str, Any] = {
    "name": "homie",
    "title": {"zh": "Homie 设备", "en": "Homie devices"},
    "version": 1,
    "schema": {"type": "object", "properties": {"domain": {"type": "string", "default": "homie"}}},
}
CAME: dict[str, Any] = {
    "answered": True,
    "taken": False,
    "number": 3,
    "changes": ["+/meter (modbus)"],
    "mistakes": [MISTAKE],
}
Key: TypeAlias = Annotated[str, Field(min_length=1, max_length=256)]


class DriverInstanceRequest(validation.Body):
    """A driver instance. A secret is a text, or the sealed one that this API gave: `{"lk:sealed": …}`."""

    model_config = ConfigDict(json_schema_extra={"examples": [INSTANCE]})
    driver: Key
    apart: bool = False
    configuration: dict[str, JsonValue] = Field(default_factory=dict)


class DriverOfferRequest(validation.Query):
    """Which node."""

    school: validation.Id
    node: validation.Id


class DriversRequest(validation.Body):
    """Which node."""

    model_config = ConfigDict(json_schema_extra={"examples": [NODE]})

    school: validation.Id
    node: validation.Id


class TryDriversRequest(DriversRequest):
    """A whole set for a node, to be judged only."""

    model_config = ConfigDict(json_schema_extra={"examples": [NODE | {"instances": {"homie": INSTANCE}}]})
    instances: Annotated[dict[Key, DriverInstanceRequest], Field(max_length=MOST_INSTANCES)]


class ApplyDriversRequest(TryDriversRequest):
    """A whole set for a node, in the place of the one with that number; `during_lesson`: also while one is on there."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [NODE | {"instances": {"homie": INSTANCE}, "number": 2, "during_lesson": False}]}
    )
    number: Annotated[int, Field(ge=0)]
    during_lesson: bool = False


class FormerDriversRequest(DriversRequest):
    """The former set in the place of the one with that number; `during_lesson`: also while one is on there."""

    model_config = ConfigDict(json_schema_extra={"examples": [NODE | {"number": 3, "during_lesson": False}]})
    number: Annotated[int, Field(ge=0)]
    during_lesson: bool = False


class DriverInstanceShape(BaseModel):
    """A driver instance that came from here; secrets in it only the node can open."""

    model_config = shape(INSTANCE)
    driver: str
    apart: bool
    configuration: dict[str, JsonValue]


class OwnDriverShape(BaseModel):
    """An instance of the node's own file, to be seen only; null where its driver has not been read."""

    model_config = shape({"driver": "zigbee2mqtt", "configuration": {}})
    driver: str
    configuration: dict[str, JsonValue] | None


class DriverMistakeShape(BaseModel):
    """What is wrong, and where: a JSON pointer into `instances`."""

    model_config = shape(MISTAKE)
    pointer: str
    code: str
    problem: str
    limits: dict[str, float | str]


class DriversChangeShape(BaseModel):
    """A change that was sent; `taken` is null while the node has not said. `changes`: + added, - removed, ~ changed."""

    model_config = shape(CHANGE)
    number: int
    do: Literal["apply", "back"]
    by: str
    at_ms: int
    taken: bool | None
    changes: list[str]


class NodeDriversShape(BaseModel):
    """How a node stands. `open`: its own file lets the hub add drivers. `fell_back`: it went back by itself."""

    model_config = shape(STANDS)
    school: str
    node: str
    lab: str
    online: bool
    open: bool
    number: int
    instances: dict[str, DriverInstanceShape]
    own: dict[str, OwnDriverShape]
    left_out: list[DriverMistakeShape]
    former: bool
    fell_back: bool
    versions: list[DriversChangeShape]


class NodeDriversList(BaseModel):
    """Every node."""

    model_config = shape({"nodes": [STANDS]})
    nodes: list[NodeDriversShape]


class OfferedDriverShape(BaseModel):
    """A driver that may be added, with the JSON Schema of its keys; `lk:title` and `lk:description` are for people."""

    model_config = shape(OFFERED)
    name: str
    title: Title
    version: int
    schema_: Annotated[dict[str, JsonValue], Field(alias="schema")]


class WithheldDriverShape(BaseModel):
    """A driver that is installed at the node and may not be added, and why: not_opened, unlisted or broken."""

    model_config = shape({"name": "example", "why": "unlisted"})
    name: str
    why: str


class DriverOfferShape(BaseModel):
    """What a node lets the hub add."""

    model_config = shape({"drivers": [OFFERED], "withheld": [{"name": "example", "why": "unlisted"}]})
    drivers: list[OfferedDriverShape]
    withheld: list[WithheldDriverShape]


class DriversOutcomeShape(BaseModel):
    """What the node answered. Not `answered`: it has not said anything yet, and is asked again for ten minutes."""

    model_config = shape(CAME)
    answered: bool
    taken: bool
    number: int
    changes: list[str]
    mistakes: list[DriverMistakeShape]
