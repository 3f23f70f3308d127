"""Whatever a lab's broker carries, a driver counts it and goes on."""

import json
import random
import string
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkeeper_drivers.homie.description import describe
from labkeeper_drivers.homie.tree import Tree
from labkeeper_drivers.listening import Heard
from labkeeper_drivers.zigbee2mqtt.bridge import Bridge
from labkeeper_drivers.zigbee2mqtt.exposes import derive
from labkeeper_sdk import BadReading, Nonsense, Report
from tests.drivers.conftest import fixture

DEVICES = fixture("zigbee2mqtt_devices.json")
ROBOT = fixture("homie_robot.json")
REASONS = {
    "not_json", "not_an_object", "too_large", "wrong_type", "not_finite", "unknown_value", "bad_inventory",
    "bad_state", "bad_availability", "bad_description", "not_utf8", *(
        f"not_a_{name}"
        for name in ("integer", "float", "boolean", "string", "enum", "color", "datetime", "duration", "json")
    ),
}  # fmt: skip
KEYS = st.sampled_from([
    "type", "name", "property", "access", "features", "values", "value_on", "value_off", "value_min", "value_max",
    "value_step", "unit", "endpoint", "item_type", "temperature", "color", "x", "state", "last_seen", "action",
    "definition", "exposes", "ieee_address", "friendly_name", "homie", "nodes", "properties", "datatype", "format",
    "settable", "retained", "root", "0x1", "p",
])  # fmt: skip
WORDS = st.sampled_from([
    "numeric", "binary", "enum", "text", "list", "composite", "light", "climate", "5.0", "float", "integer", "boolean",
    "color", "0:1", "1:0:0", "a,b", "ON", "OFF", "NaN", "°C", "0x1", "",
])  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | WORDS | st.integers(0, 7),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(max_size=5), inner, max_size=6),
    max_leaves=30,
)
PAYLOADS = st.binary(max_size=200) | JSON.map(lambda document: json.dumps(document).encode()) | WORDS.map(str.encode)
ZIGBEE_TOPICS = st.sampled_from([
    "bench1/plug", "物理实验室/空气", "bench1/plug/availability", "bridge/state", "bridge/devices", "bridge/groups",
    "new/availability", "", "/", "bridge",
])  # fmt: skip
HOMIE_TOPICS = st.sampled_from([
    "robot/$state", "robot/$description", "robot/drive/left", "robot/drive/left/$target", "robot/drive/enabled",
    "robot/body/lamp", "robot/body/faults", "robot/body/bump", "robot/$log/warn", "robot/$alert/a", "other/$state",
    "other/$description", "other/n/p", "", "$", "a/b/c/d/e",
])  # fmt: skip


def check(events: tuple[Heard, ...]) -> None:
    for event in events:
        if isinstance(event, Nonsense):
            assert event.reason in REASONS
            assert len(event.detail) <= 600
        if isinstance(event, Report):
            assert all(type(reading.value) in (bool, int, float, str, type(None)) for reading in event.readings)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(ZIGBEE_TOPICS, PAYLOADS, st.booleans()), max_size=8))
def test_nothing_a_bridge_says_raises(messages: list[tuple[str, bytes, bool]]) -> None:
    bridge = Bridge()
    bridge.hear("zigbee2mqtt/bridge/devices", DEVICES, retain=True)
    for topic, payload, retain in messages:
        check(bridge.hear(f"zigbee2mqtt/{topic}", payload, retain=retain))


@settings(max_examples=150, deadline=None)
@given(st.booleans(), st.lists(st.tuples(HOMIE_TOPICS, PAYLOADS, st.booleans()), max_size=8))
def test_nothing_a_homie_device_says_raises(
    present: bool,  # noqa: FBT001 -- drawn by Hypothesis
    messages: list[tuple[str, bytes, bool]],
) -> None:
    tree = Tree(session_present=present)
    tree.hear("homie/5/robot/$description", ROBOT, retain=True)
    tree.hear("homie/5/robot/$state", b"ready", retain=True)
    for topic, payload, retain in messages:
        tree.waits_for(f"homie/5/{topic}")
        check(tree.hear(f"homie/5/{topic}", payload, retain=retain))


@settings(max_examples=250, deadline=None)
@given(JSON)
def test_any_exposes_become_points_or_reasons(exposes: object) -> None:
    derived = derive(exposes)
    names = [each.point.name for each in derived.bindings]
    assert len(names) == len(set(names))


@settings(max_examples=250, deadline=None)
@given(JSON)
def test_any_description_is_read_or_refused(document: object) -> None:
    if not isinstance(document, dict):
        with pytest.raises(BadReading, match="bad_description"):
            describe({"homie": "5.0", "nodes": document})
        return
    described = describe({"homie": "5.0", "nodes": document})
    assert all(name == each.point.name for name, each in described.properties.items())


def mutated(chance: random.Random, raw: bytes) -> bytes:
    spoiled = bytearray(raw)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(spoiled))
        match chance.randrange(3):
            case 0:
                spoiled[at] = chance.randrange(256)
            case 1:
                del spoiled[at : at + chance.randint(1, 8)]
            case _:
                spoiled[at:at] = chance.choice(string.printable).encode() * chance.randint(1, 3)
        if not spoiled:
            return b""
    return bytes(spoiled)


def test_twenty_thousand_spoiled_states_raise_nothing_and_store_nothing_of_the_wrong_type() -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")  # noqa: T201 -- a failing run can be repeated
    chance = random.Random(seed)
    bridge, good = Bridge(), 0
    bridge.hear("zigbee2mqtt/bridge/devices", DEVICES, retain=True)
    state: dict[str, Any] = {
        "state": "ON", "brightness": 12, "color": {"x": 0.3, "y": 0.4}, "power": 5.5, "power_on_behavior": "on",
        "last_seen": "2026-03-01T08:00:00Z",
    }  # fmt: skip
    raw = orjson.dumps(state)
    for _ in range(20_000):
        events = bridge.hear("zigbee2mqtt/bench1/plug", mutated(chance, raw), retain=False)
        check(events)
        good += any(isinstance(event, Report) for event in events)
    assert good > 0
