"""Zigbee2MQTT's format, version 2.x: the documents its bridge publishes, and nothing that moves.

Field names and shapes follow Zigbee2MQTT 2.12 (`lib/extension/bridge.ts`) and the `exposes` of
zigbee-herdsman-converters 26; the models are our own and say so.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, Protocol

from labkeeper_sdk.sim.messages import Scalar

Json = Mapping[str, object]

READ, SET, GET = 1, 2, 4
"""Access bits of an expose: published in the state, may be `set`, may be asked for with `get`."""
READ_SET = READ | SET
ALL = READ | SET | GET


@dataclass(frozen=True, slots=True)
class Model:
    """A data sheet as the bridge knows it."""

    model: str
    description: str
    exposes: tuple[Json, ...]
    mains: bool = False
    vendor: str = "Labkeeper (simulated)"


class Appliance(Protocol):
    """A Zigbee device without its radio."""

    @property
    def model(self) -> Model:
        """Return the data sheet."""
        ...

    def sample(self, lab_s: float) -> Mapping[str, object]:
        """Return what the device measures `lab_s` seconds into the lab's day."""
        ...

    def command(self, name: str, value: object) -> Mapping[str, object]:
        """Do it and return the changed properties, none where the device says nothing; raise Refused or KeyError."""
        ...


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a Zigbee device is on its network."""

    ieee: str
    title: str
    network_address: int
    appliance: Appliance = field(compare=False)


def expose(kind: str, name: str, access: int, description: str, **extra: object) -> Json:
    """Return one expose in the order of keys that Zigbee2MQTT uses."""
    label = name.replace("_", " ").capitalize()
    head = {"name": name, "label": label, "access": access, "type": kind, "property": name}
    return {**head, "description": description, **extra}


def numeric(name: str, unit: str, description: str, access: int = READ, **extra: object) -> Json:
    """Return a numeric expose."""
    return expose("numeric", name, access, description, unit=unit, **extra)


def binary(name: str, description: str, access: int = READ, *, on: Scalar = True, off: Scalar = False) -> Json:
    """Return a binary expose."""
    return expose("binary", name, access, description, value_on=on, value_off=off)


def choice(name: str, values: Sequence[str], description: str, access: int, **extra: object) -> Json:
    """Return an enum expose."""
    return expose("enum", name, access, description, values=list(values), **extra)


def group(kind: Literal["switch", "light"], *features: Json) -> Json:
    """Return a specific expose: features that belong together."""
    return {"type": kind, "features": list(features)}


def onoff(of_what: str) -> Json:
    """Return the state feature of a switch or a light."""
    head = expose("binary", "state", ALL, f"On/off state of {of_what}")
    return {**head, "value_on": "ON", "value_off": "OFF", "value_toggle": "TOGGLE"}


BATTERY = numeric("battery", "%", "Remaining battery in %", category="diagnostic", value_max=100, value_min=0)
IDENTIFY = choice("identify", ["identify"], "Ask the device to show itself: it blinks or beeps", SET, category="config")
LINKQUALITY = numeric(
    "linkquality", "lqi", "Link quality (signal strength)", category="diagnostic", value_max=255, value_min=0
)


def names(model: Model, access: int) -> frozenset[str]:
    """Return the properties of a model whose access has this bit; features count, their composite's parts do not."""
    return frozenset(str(one["property"]) for one in _single(model.exposes) if _access(one) & access)


def scalars(state: Json) -> Iterator[tuple[str, Scalar]]:
    """Yield the single values of a state; a composite's parts are named `color.x`."""
    for name, value in state.items():
        if isinstance(value, Mapping):
            yield from ((f"{name}.{part}", one) for part, one in value.items())
        elif isinstance(value, (bool, int, float, str)):
            yield name, value


def _single(exposes: Iterable[Json]) -> Iterator[Json]:
    for one in exposes:
        features = one.get("features")
        if "property" not in one and isinstance(features, list):
            yield from features
        else:
            yield one


def _access(one: Json) -> int:
    access = one.get("access")
    return access if isinstance(access, int) else 0


def encode(document: object) -> bytes:
    """Return JSON as the bridge writes it: UTF-8, no spaces."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def last_seen(time_ms: int, form: Literal["epoch", "ISO_8601"]) -> int | str:
    """Return a device's time as the bridge writes it: ms since the epoch, or ISO 8601 in UTC with three decimals."""
    if form == "epoch":
        return time_ms
    return datetime.fromtimestamp(time_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{time_ms % 1000:03d}Z"


def definition(model: Model) -> Json:
    """Return a device's definition: what it is and what it can do."""
    return {
        "source": "native",
        "model": model.model,
        "vendor": model.vendor,
        "description": model.description,
        "exposes": [*model.exposes, LINKQUALITY],
        "supports_ota": False,
        "options": [],
        "version": "0.0.0",
    }


def entry(who: Identity) -> Json:
    """Return a device's entry in `bridge/devices`."""
    model = who.appliance.model
    return {
        "ieee_address": who.ieee,
        "type": "Router" if model.mains else "EndDevice",
        "network_address": who.network_address,
        "supported": True,
        "friendly_name": who.title,
        "disabled": False,
        "definition": definition(model),
        "power_source": "Mains (single phase)" if model.mains else "Battery",
        "software_build_id": "1.0.7-sim",
        "date_code": "20260301",
        "model_id": model.model,
        "interviewing": False,
        "interview_completed": True,
        "interview_state": "SUCCESSFUL",
        "manufacturer": model.vendor,
        "endpoints": {"1": ENDPOINT},
    }


ENDPOINT: Json = {
    "scenes": [],
    "bindings": [],
    "configured_reportings": [],
    "clusters": {"input": ["genBasic", "genIdentify"], "output": []},
}

COORDINATOR_IEEE = "0x00124b0000000000"

COORDINATOR: Json = {
    "ieee_address": COORDINATOR_IEEE,
    "type": "Coordinator",
    "network_address": 0,
    "supported": True,
    "friendly_name": "Coordinator",
    "disabled": False,
    "interviewing": False,
    "interview_completed": True,
    "interview_state": "SUCCESSFUL",
    "endpoints": {"1": {**ENDPOINT, "clusters": {"input": [], "output": []}}},
}


def info(base_topic: str, form: str) -> Json:
    """Return `bridge/info`: what the bridge is and how it is set."""
    return {
        "version": "2.12.1",
        "commit": "simulated",
        "zigbee_herdsman": {"version": "simulated"},
        "zigbee_herdsman_converters": {"version": "simulated"},
        "coordinator": {"ieee_address": COORDINATOR_IEEE, "type": "Simulated", "meta": {}},
        "network": {"channel": 15, "pan_id": 6754, "extended_pan_id": "0x00124b00000000ff"},
        "log_level": "info",
        "permit_join": False,
        "restart_required": False,
        "config": {
            "mqtt": {"base_topic": base_topic},
            "advanced": {"last_seen": form, "output": "json", "cache_state": True},
            "availability": {"enabled": True},
        },
        "config_schema": {},
    }
