"""STATE, the one JSON message of Sparkplug: whether a host application is there."""

from __future__ import annotations

import json
from typing import NamedTuple

from labkeeper_wire.effects import Publish
from labkeeper_wire.topics import Kind, Topic


class BadState(Exception):
    """The STATE payload is not {"online": bool, "timestamp": int}."""


class HostState(NamedTuple):
    """Whether the host is online, and since when by its own clock (ms since the epoch, UTC)."""

    online: bool
    time_ms: int


def state_topic(host_id: str) -> str:
    """Return the topic on which this host says online or offline."""
    return str(Topic("", Kind.STATE, host_id))


def publish_state(host_id: str, state: HostState) -> Publish:
    """Return the STATE message: QoS 1, retained."""
    payload = json.dumps({"online": state.online, "timestamp": state.time_ms}, separators=(",", ":"))
    return Publish(state_topic(host_id), payload.encode(), qos=1, retain=True)


def parse_state(payload: bytes) -> HostState:
    """Read a STATE payload; raises BadState, also for the plain ONLINE/OFFLINE of Sparkplug 2."""
    try:
        fields = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise BadState("not JSON") from error
    if not isinstance(fields, dict):
        raise BadState("not an object")
    online, time_ms = fields.get("online"), fields.get("timestamp")
    if not isinstance(online, bool) or not isinstance(time_ms, int) or isinstance(time_ms, bool):
        raise BadState("online must be a boolean and timestamp an integer")
    return HostState(online, time_ms)
