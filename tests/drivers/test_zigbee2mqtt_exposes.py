import json
from typing import Any

import pytest

from labkeeper_drivers.zigbee2mqtt.exposes import Binding, Derived, Skipped, derive, together
from labkeeper_drivers.zigbee2mqtt.state import values_in
from labkeeper_sdk import (
    Action,
    BadReading,
    CommandRejected,
    Measure,
    Point,
    Risk,
    Setpoint,
    State,
    Switch,
    Title,
)
from tests.drivers.conftest import fixture

DEVICES: Any = json.loads(fixture("zigbee2mqtt_devices.json"))
AIR = derive(DEVICES[1]["definition"]["exposes"])
PLUG = derive(DEVICES[2]["definition"]["exposes"])
STATE = {"type": "binary", "name": "state", "property": "state", "access": 7, "value_on": "ON", "value_off": "OFF"}
MOVE = {"type": "enum", "name": "state", "property": "state", "access": 3}


def point(derived: Derived, name: str) -> Point:
    return binding(derived, name).point


def binding(derived: Derived, name: str) -> Binding:
    return next(each for each in derived.bindings if each.point.name == name)


def test_every_expose_of_the_recorded_devices_becomes_a_point() -> None:
    assert AIR.skipped == PLUG.skipped == ()
    assert [each.point.name for each in AIR.bindings] == [
        "temperature", "co2", "pm25", "battery", "linkquality", "occupancy", "action", "air_quality", "gas_list",
    ]  # fmt: skip
    assert [each.point.name for each in PLUG.bindings] == [
        "state_l1", "state_l2", "state", "brightness", "color/x", "color/y", "occupied_heating_setpoint",
        "power_on_behavior", "identify", "power", "energy",
    ]  # fmt: skip


def test_a_number_that_is_only_published_is_measured() -> None:
    assert point(AIR, "temperature") == Measure("temperature", unit="Cel", title=Title(zh="温度", en="Temperature"))
    assert point(PLUG, "power").unit == "W"


def test_a_number_that_can_be_set_has_its_limits_and_its_step() -> None:
    setpoint = point(PLUG, "occupied_heating_setpoint")
    assert isinstance(setpoint, Setpoint)
    assert (setpoint.minimum, setpoint.maximum, setpoint.step) == (5, 30, 0.5)
    assert setpoint.risk is Risk.HEAT
    assert setpoint.confirm_s == 5.0


def test_two_endpoints_are_two_switches() -> None:
    assert isinstance(point(PLUG, "state_l1"), Switch)
    assert point(PLUG, "state_l2").risk is Risk.MAINS


def test_a_choice_is_a_setpoint_a_state_an_event_or_an_action() -> None:
    assert point(PLUG, "power_on_behavior").options == ("off", "on")
    assert [point(PLUG, "power_on_behavior").kind, point(AIR, "air_quality").kind] == ["setpoint", "state"]
    assert [point(AIR, "action").kind, point(PLUG, "identify").kind] == ["event", "action"]


def test_categories_are_kept() -> None:
    assert binding(AIR, "battery").category == "diagnostic"
    assert binding(PLUG, "power_on_behavior").category == "config"


def test_the_parts_of_a_colour_are_set_together() -> None:
    x = binding(PLUG, "color/x")
    assert x.path == ("color", "x")
    assert [each.point.name for each in together(PLUG.bindings, x)] == ["color/y"]
    assert together(PLUG.bindings, binding(PLUG, "state")) == []


def test_a_colour_has_the_limits_of_its_space() -> None:
    assert (point(PLUG, "color/x").minimum, point(PLUG, "color/x").maximum) == (0, 1)


def test_hue_and_xy_share_an_object_and_are_not_set_together() -> None:
    number = {"type": "numeric", "access": 7}
    derived = derive([
        {"type": "composite", "name": "color_xy", "property": "color", "features": [{**number, "property": "x"}]},
        {"type": "composite", "name": "color_hs", "property": "color", "features": [{**number, "property": "hue"}]},
    ])  # fmt: skip
    assert [each.point.name for each in derived.bindings] == ["color/x", "color/hue"]
    assert together(derived.bindings, derived.bindings[0]) == []


def test_a_property_is_its_name_and_endpoint_where_it_is_left_out() -> None:
    derived = derive([
        {"type": "numeric", "name": "power", "endpoint": "l1", "access": 1},
        {"type": "numeric", "name": "power", "access": 1},
        {"type": "numeric", "property": "门 status", "access": 1},
        {"type": "numeric", "property": ".-", "access": 1},
    ])  # fmt: skip
    assert [(each.point.name, each.path) for each in derived.bindings] == [
        ("power_l1", ("power_l1",)), ("power", ("power",)), ("_status", ("门 status",)), ("_", (".-",)),
    ]  # fmt: skip


def test_text_is_a_state_a_setpoint_an_action_or_an_event() -> None:
    derived = derive([
        {"type": "text", "name": name, "property": f"{name}{access}", "access": access}
        for name, access in (("note", 1), ("note", 3), ("note", 2), ("action", 1))
    ])  # fmt: skip
    assert [each.point.kind for each in derived.bindings] == ["state", "setpoint", "action", "event"]
    assert {each.point.type for each in derived.bindings} == {str}


def test_limits_that_are_no_limits_are_left_out() -> None:
    derived = derive([
        {"type": "numeric", "property": "a", "access": 3, "value_min": 5, "value_max": 1, "value_step": 0},
        {"type": "numeric", "property": "b", "access": 3, "value_min": "x", "value_max": True, "value_step": -1},
        {"type": "numeric", "property": "c", "access": 3, "value_min": 1, "value_max": 2.5, "value_step": 0.5},
    ])  # fmt: skip
    limits = [(each.point.minimum, each.point.maximum, each.point.step) for each in derived.bindings]
    assert limits == [(None, None, None), (None, None, None), (1.0, 2.5, 0.5)]


def nested(depth: int) -> dict[str, object]:
    inner: dict[str, object] = {"type": "numeric", "property": "x", "access": 1}
    for _ in range(depth):
        inner = {"type": "composite", "property": "c", "features": [inner]}
    return inner


@pytest.mark.parametrize(
    ("exposes", "where", "why"),
    [
        ({}, "exposes", "features are not a list"),
        ([1], "exposes", "not an object"),
        ([{"type": "numeric"}], "exposes", "has no property"),
        ([{"type": "light"}], "exposes", "features are not a list"),
        ([{"type": "composite", "property": "color", "features": [None]}], "color", "not an object"),
        ([{"type": "hologram", "property": "a", "access": 1}], "a", "unknown type 'hologram'"),
        ([{"type": "numeric", "property": "a", "access": 0}], "a", "can neither be read nor set"),
        ([{"type": "numeric", "property": "a", "access": "7"}], "a", "can neither be read nor set"),
        ([{"type": "binary", "property": "a", "access": 1}], "a", "does not say what on and off look like"),
        ([{"type": "enum", "property": "a", "access": 1, "values": []}], "a", "has no values to choose from"),
        ([{"type": "enum", "property": "a", "access": 1}], "a", "has no values to choose from"),
        ([nested(8)], "/".join("c" * 8), "nested too deeply"),
    ],
)
def test_what_cannot_be_a_point_says_why(exposes: object, where: str, why: str) -> None:
    assert derive(exposes) == Derived((), (Skipped(where, why),))


def test_the_first_of_two_with_one_name_wins() -> None:
    same = {"type": "numeric", "property": "a", "access": 1}
    derived = derive([same, {**same, "unit": "W"}])
    assert [each.point.unit for each in derived.bindings] == [""]
    assert derived.skipped == (Skipped("a", "exposed twice"),)


def test_what_is_a_boolean_stays_as_it_is_said() -> None:
    closed = {"type": "binary", "property": "contact", "access": 1, "value_on": False, "value_off": True}
    codec = binding(derive([closed]), "contact").codec
    assert (codec.decode(True), codec.decode(False)) == (True, False)


def test_a_list_is_its_json_read_and_set() -> None:
    exposes = [
        {"type": "list", "property": "told", "access": 2},
        {"type": "list", "property": "both", "access": 3},
        {"type": "list", "property": "seen", "access": 1},
    ]
    bindings = derive(exposes).bindings
    kinds: list[type[Point]] = [Action, Setpoint, State]
    assert [type(each.point) for each in bindings] == kinds
    assert bindings[0].codec.encode("[1, 2]") == [1, 2]
    for wrong in ("{}", "[1"):
        with pytest.raises(CommandRejected, match="a list is asked for as JSON"):
            bindings[0].codec.encode(wrong)


def test_presets_that_no_slider_reaches_are_an_action() -> None:
    presets = [
        {"name": "coolest", "value": 150}, {"name": "previous", "value": 65535}, {"name": "odd"}, 3,
    ]  # fmt: skip
    number = {
        "type": "numeric", "property": "startup", "access": 7, "value_min": 150, "value_max": 500, "presets": presets,
    }  # fmt: skip
    slider, preset = derive([number]).bindings
    assert (slider.point.maximum, preset.point.name, preset.point.options) == (500, "startup/preset", ("previous",))
    assert (preset.path, preset.codec.encode("previous")) == (("startup",), 65535)
    with pytest.raises(BadReading):
        preset.codec.decode(65535)
    found = list(values_in({"startup": 65535}, {"startup": (slider, preset)}))
    assert found == [(slider, 65535.0)]


def test_a_number_that_is_only_read_has_no_presets() -> None:
    exposes = [{"type": "numeric", "property": "a", "access": 1, "presets": [{"name": "b", "value": 3}]}]
    assert len(derive(exposes).bindings) == 1


def test_updates_over_the_air_are_shown_where_the_device_can_have_them() -> None:
    state, progress = derive([], updates=True).bindings
    assert (state.point.name, progress.point.name) == ("update/state", "update/progress")
    document = {"update": {"state": "updating", "progress": 13.5, "installed_version": 1}}
    assert list(values_in(document, {"update": (state, progress)})) == [(state, "updating"), (progress, 13.5)]


@pytest.mark.parametrize(
    ("expose", "safe", "link_loss_s"),
    [
        ({"type": "switch", "features": [STATE]}, False, 60.0),
        ({"type": "cover", "features": [{**MOVE, "values": ["OPEN", "CLOSE", "STOP"]}]}, "STOP", 3.0),
        ({"type": "cover", "features": [{**MOVE, "values": ["OPEN", "CLOSE"]}]}, None, None),
        (
            {"type": "climate", "features": [{**MOVE, "property": "system_mode", "values": ["off", "heat"]}]},
            "off",
            60.0,
        ),
        ({"type": "light", "features": [STATE]}, None, None),
        ({"type": "lock", "features": [STATE]}, None, None),
        ({"type": "fan", "features": [STATE]}, None, None),
    ],
)
def test_what_is_safe_is_declared_where_it_is_clear(expose: object, safe: object, link_loss_s: float | None) -> None:
    point = derive([expose], "safe").bindings[0].point
    assert (point.safe_value, point.link_loss_s) == (safe, link_loss_s)
    assert derive([expose], "hold").bindings[0].point.safe_value is None
