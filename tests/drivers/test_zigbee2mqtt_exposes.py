import json
from typing import Any

import pytest

from labkeeper_drivers.zigbee2mqtt.exposes import Binding, Derived, Skipped, derive, together
from labkeeper_sdk import Measure, Point, Risk, Setpoint, Switch, Title
from tests.drivers.conftest import fixture

DEVICES: Any = json.loads(fixture("zigbee2mqtt_devices.json"))
AIR = derive(DEVICES[1]["definition"]["exposes"])
PLUG = derive(DEVICES[2]["definition"]["exposes"])


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
        ([{"type": "list", "property": "a", "access": 2}], "a", "a list that can only be set"),
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
