"""Whatever a lab's broker carries, a driver counts it and goes on."""

import json
import random
import string
from collections.abc import Iterable
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkeeper_drivers.frigate.server import Server as Frigate
from labkeeper_drivers.homeassistant.entities import MAKERS
from labkeeper_drivers.homeassistant.estate import Estate
from labkeeper_drivers.homeassistant.templates import NothingSaid, Templates
from labkeeper_drivers.homie.description import describe
from labkeeper_drivers.homie.tree import Tree
from labkeeper_drivers.listening import Heard, Interpreter
from labkeeper_drivers.shelly.fleet import Fleet as Shelly
from labkeeper_drivers.tasmota.fleet import Fleet as Tasmota
from labkeeper_drivers.topics import ours_or_wild
from labkeeper_drivers.zigbee2mqtt.bridge import Bridge
from labkeeper_drivers.zigbee2mqtt.exposes import derive
from labkeeper_sdk import BadReading, CommandRejected, Found, Nonsense, Report, Value
from tests.drivers.conftest import fixture

DEVICES = fixture("zigbee2mqtt_devices.json")
ROBOT = fixture("homie_robot.json")
TEMPLATES = Templates()
REASONS = {
    "not_json", "not_an_object", "too_large", "wrong_type", "not_finite", "unknown_value", "bad_inventory",
    "bad_template", "not_a_number",
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
    # Home Assistant
    "stat_t", "cmd_t", "val_tpl", "cmd_tpl", "dev", "ids", "cns", "avty", "avty_t", "cmps", "~", "schema", "ops", "min",
    "max", "step", "sup_clrm", "fx_list", "bri_cmd_t", "bri_stat_t", "rgb_stat_t", "pos_t", "set_pos_t", "mode_cmd_t",
    "mode_stat_t", "temp_cmd_t", "temp_stat_t", "modes", "pct_stat_t", "spd_rng_max", "event_type", "brightness",
    # Tasmota and Shelly
    "tp", "ft", "t", "rl", "lt_st", "fn", "btn", "swc", "so", "sn", "ENERGY", "Power", "POWER1", "HSBColor", "Shutter1",
    "StatusSNS", "StatusSTS", "Wifi", "id", "result", "error", "params", "method", "events", "component", "event", "ts",
    "switch:0", "cover:0", "input:1", "em:0", "output", "apower", "aenergy", "message", "ct_range",
    # Frigate
    "before", "after", "camera", "label", "entered_zones", "severity", "data", "objects", "zones", "cameras", "service",
    "uptime", "start_time",
])  # fmt: skip
WORDS = st.sampled_from([
    "numeric", "binary", "enum", "text", "list", "composite", "light", "climate", "5.0", "float", "integer", "boolean",
    "switch", "cover", "fan", "lock", "sensor", "json", "template", "a/set", "a", "a/#", "{{ value_json.a }}", "{{",
    "NotifyStatus", "NotifyEvent", "Shelly.GetStatus", "input:1", "person", "door", "new", "update", "end", "alert",
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
        if isinstance(event, Found):
            assert len({point.name for point in event.device.points}) == len(event.device.points)
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


def ask_everything(interpreter: Interpreter, heard: Iterable[Heard]) -> None:
    """A command for any point of any device is a message or a refusal."""
    for device in [event.device for event in heard if isinstance(event, Found)]:
        for point in device.points:
            value: Value = True if point.type is bool else point.options[0] if point.options else 1.0
            try:
                order = interpreter.command(device.id, point.name, str(value) if point.type is str else value)
            except CommandRejected:
                continue
            assert all(not ours_or_wild(message.topic) for message in order.messages)


def survive(interpreter: Interpreter, messages: Iterable[tuple[str, bytes, bool]]) -> None:
    for topic, payload, retain in messages:
        interpreter.waits_for(topic)
        heard = interpreter.hear(topic, payload, retain=retain)
        check(heard)
        ask_everything(interpreter, heard)
        list(interpreter.explained(topic))


def messages(*topics: str) -> st.SearchStrategy[list[tuple[str, bytes, bool]]]:
    return st.lists(st.tuples(st.sampled_from(topics), PAYLOADS, st.booleans()), max_size=8)


@settings(max_examples=80, deadline=None)
@given(
    messages(
        "tasmota/discovery/C45BBE000001/config", "tasmota/discovery/C45BBE000001/sensors", "tasmota/discovery/x/config",
        "tasmota/discovery/", "lab/strip/tele/STATE", "lab/strip/tele/SENSOR", "lab/strip/tele/LWT",
        "lab/strip/stat/RESULT", "lab/strip/stat/STATUS10", "lab/strip/stat/POWER1", "", "/",
    )
)  # fmt: skip
def test_nothing_a_tasmota_device_says_raises(said: list[tuple[str, bytes, bool]]) -> None:
    fleet = Tasmota()
    mac = "tasmota/discovery/C45BBE000001"
    fleet.hear(f"{mac}/config", fixture("tasmota_config.json"), retain=True)
    fleet.hear(f"{mac}/sensors", fixture("tasmota_sensors.json"), retain=True)
    survive(fleet, said)


@settings(max_examples=80, deadline=None)
@given(JSON, JSON, messages("s/online", "s/events/rpc", "labkeeper-shelly/rpc", "t/events/rpc", "/online", ""))
def test_nothing_a_shelly_device_says_raises(
    config: object, status: object, said: list[tuple[str, bytes, bool]]
) -> None:
    fleet = Shelly()
    fleet.hear("s/online", b"true", retain=True)
    whole = ({"id": "s"}, json.loads(fixture("shelly_config.json")), json.loads(fixture("shelly_status.json")))
    for number, result in enumerate(whole, 1):
        frame = {"id": number, "result": result}
        fleet.hear("labkeeper-shelly/rpc", json.dumps(frame).encode(), retain=False)
    survive(fleet, said)
    for number, drawn in ((4, {"id": "s"}), (5, config), (6, status)):
        survive(fleet, [("labkeeper-shelly/rpc", json.dumps({"id": number, "result": drawn}).encode(), False)])


@settings(max_examples=80, deadline=None)
@given(
    messages(
        "frigate/available", "frigate/stats", "frigate/events", "frigate/reviews", "frigate/door/person",
        "frigate/door/person/active", "frigate/door/detect/state", "frigate/door/motion", "frigate/a/b/c/d", "frigate/",
    )
)  # fmt: skip
def test_nothing_a_frigate_server_says_raises(said: list[tuple[str, bytes, bool]]) -> None:
    survive(Frigate(), said)


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(sorted(MAKERS)),
    JSON.filter(lambda document: isinstance(document, dict)),
    messages(
        "a", "a/set", "homeassistant/device/x/config", "homeassistant/sensor/x/config", "homeassistant//config", ""
    ),
)
def test_nothing_that_announces_itself_raises(
    component: str, config: dict[str, object], said: list[tuple[str, bytes, bool]]
) -> None:
    estate = Estate()
    whole = {"stat_t": "a", "cmd_t": "a/set", "pos_t": "a", "val_tpl": "{{ value_json.a }}", "ops": ["x"], **config}
    topic = f"homeassistant/{component}/it/config"
    survive(estate, [(topic, json.dumps(whole).encode(), False), *said])


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60), st.binary(max_size=60))
def test_any_template_renders_or_says_why_not(source: str, payload: bytes) -> None:
    for whole in (source, f"{{{{ {source} }}}}", f"{{{{ value_json{source} }}}}"):
        try:
            read = TEMPLATES.reading(whole)
        except ValueError:
            continue
        try:
            assert isinstance(read(payload), str)
        except (BadReading, NothingSaid):
            continue


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
