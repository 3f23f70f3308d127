"""A node's session as its tests begin it, and what they read out of its effects."""

import json

from labkeeper_wire.codec import decode, encode
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.edge_session import EdgeSession
from labkeeper_wire.effects import (
    EdgeEffect,
    Publish,
)
from labkeeper_wire.payload import Metric, Payload

NOW = 1_760_000_000_000
HOST = "labkeeper"
STATE = f"spBv1.0/STATE/{HOST}"
NODE = [Metric("load", 0.5, DataType.DOUBLE, NOW - 20), Metric("note", None, DataType.STRING)]
DEVICE = [Metric("temperature", 21.5, DataType.DOUBLE, NOW - 10), Metric("count", 3, DataType.INT64)]


def session(**options: object) -> EdgeSession:
    settings: dict[str, object] = {"bd_seq": 7, "primary_host": None, **options}
    edge = EdgeSession("school", "node", **settings)  # type: ignore[arg-type] # a test's short way
    edge.declare_node(NODE)
    return edge


def live(**options: object) -> EdgeSession:
    edge = session(**options)
    edge.declare_device("probe", DEVICE, NOW)
    edge.connected(NOW)
    return edge


def published(effects: list[EdgeEffect]) -> list[Publish]:
    return [effect for effect in effects if isinstance(effect, Publish)]


def kinds(effects: list[EdgeEffect]) -> list[str]:
    return [message.topic.split("/")[2] for message in published(effects)]


def body(effects: list[EdgeEffect], index: int = 0) -> Payload:
    return decode(published(effects)[index].payload)


def named(payload: Payload) -> dict[str | None, Metric]:
    return {metric.name: metric for metric in payload.metrics}


def state(online: bool, time_ms: int) -> bytes:  # noqa: FBT001 - a value of the field
    return json.dumps({"online": online, "timestamp": time_ms}).encode()


def command(*metrics: Metric) -> bytes:
    return encode(Payload(metrics, NOW))


REBIRTH = command(Metric("Node Control/Rebirth", True, DataType.BOOLEAN))
