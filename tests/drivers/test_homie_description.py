import json
from typing import Any

import pytest

from labkeeper_drivers.homie.description import MOTOR_LINK_LOSS_S, TARGET_CONFIRM_S, Description, describe
from labkeeper_sdk import Action, BadReading, Event, Measure, Point, Risk, Setpoint, State, Switch, Title
from tests.drivers.conftest import fixture

Document = dict[str, Any]
ROBOT: Document = json.loads(fixture("homie_robot.json"))


def point(name: str, described: Description | None = None) -> Point:
    return (described or describe(ROBOT)).properties[name].point


def with_property(told: object) -> Description:
    return describe({"homie": "5.0", "nodes": {"n": {"properties": {"p": told}}}})


def test_every_property_of_the_recorded_robot_becomes_a_point() -> None:
    described = describe(ROBOT)
    assert described.skipped == ()
    assert (described.name, described.type, described.root) == ("机器人 Robot", "sample.robot", "")
    assert [(each.point.name, each.point.kind, each.point.type) for each in described.properties.values()] == [
        ("drive/left", "setpoint", float),
        ("drive/enabled", "switch", bool),
        ("drive/mode", "setpoint", str),
        ("drive/beep", "action", int),
        ("body/battery", "measure", float),
        ("body/distance", "measure", int),
        ("body/bumped", "state", bool),
        ("body/bump", "event", str),
        ("body/lamp", "setpoint", str),
        ("body/since", "state", str),
        ("body/uptime", "state", str),
        ("body/faults", "state", str),
    ]


def test_units_limits_and_choices_come_from_the_description() -> None:
    assert point("body/battery") == Measure(
        "body/battery", unit="%", minimum=0, maximum=100, title=Title(zh="电量", en="Battery")
    )
    left = point("drive/left")
    assert (left.minimum, left.maximum, left.step) == (-1, 1, 0.01)
    assert point("drive/mode").options == ("idle", "line", "remote")
    assert point("body/lamp").options == ()
    assert describe(ROBOT).properties["body/lamp"].options == ("rgb", "hsv")


@pytest.mark.parametrize(
    ("given", "title"),
    [
        ("closed,open", Title(zh="门（关 / 开）", en="Door (closed / open)")),
        (" 关 , 开 ", Title(zh="门（关 / 开）", en="Door (关 / 开)")),
        ("same,same", Title(zh="门", en="Door")),
        ("one", Title(zh="门", en="Door")),
        (",open", Title(zh="门", en="Door")),
        ("a,b,c", Title(zh="门", en="Door")),
        ("", Title(zh="门", en="Door")),
    ],
)
def test_what_false_and_true_are_called_stands_behind_the_title(given: str, title: Title) -> None:
    told = {"datatype": "boolean", "settable": True, "format": given}
    described = describe({"homie": "5.0", "nodes": {"n": {"properties": {"door": told}}}})
    assert point("n/door", described) == Switch("n/door", title=title)


def test_labels_of_a_title_in_one_language_stand_there_only() -> None:
    told = {"datatype": "boolean", "format": "closed,open"}
    described = describe({"homie": "5.0", "nodes": {"n": {"properties": {"p": told}}}})
    assert point("n/p", described).title == Title(en="P (closed / open)")
    described = describe({"homie": "5.0", "nodes": {"n": {"properties": {"p": {**told, "name": "闸"}}}}})
    assert point("n/p", described).title == Title(zh="闸（关 / 开）", en="P (closed / open)")


def relays(title: str, **more: object) -> Description:
    power = {"power": {"name": "Power", "datatype": "boolean", "settable": True}}
    nodes = {f"relay-{number}": {"name": f"{title}{number}", "properties": power | more} for number in (1, 2)}
    broken = {"name": "Fan", "properties": {"power": "?"}}
    return describe({"homie": "5.0", "nodes": nodes | {"fan": broken, "odd": None}})


def test_the_switch_of_one_of_several_relays_is_called_as_that_relay() -> None:
    assert point("relay-2/power", relays("Relay ")).title == Title(zh="继电器 2", en="Relay 2")
    assert point("relay-2/power", relays("")).title == Title(zh="继电器 2", en="2")
    assert relays("Relay ").skipped == ("fan/power: not a property", "odd: not a node")


def test_what_several_nodes_have_says_whose_it_is() -> None:
    described = relays("Relay ", temperature={"datatype": "float"}, spin={"datatype": "float"})
    assert point("relay-1/power", described).title == Title(zh="继电器 1 · 电源", en="Relay 1 · Power")
    assert point("relay-1/temperature", described).title == Title(zh="继电器 1 · 温度", en="Relay 1 · Temperature")
    assert point("relay-1/spin", described).title == Title(en="Relay 1 · Spin")
    twins = {f"x-{number}": {"properties": {"temperature": {"datatype": "float"}}} for number in (1, 2)}
    found = describe({"homie": "5.0", "nodes": twins}).properties["x-1/temperature"].point
    assert found.title == Title(zh="X 1 · 温度", en="X 1 · Temperature")


def test_a_property_that_shows_targets_may_take_longer() -> None:
    described = describe(ROBOT, frozenset({"drive/left"}))
    assert point("drive/left", described).confirm_s == TARGET_CONFIRM_S
    assert point("drive/enabled", described).confirm_s < TARGET_CONFIRM_S


@pytest.mark.parametrize(
    ("name", "label", "title"),
    [
        ("left", "Left motor", Title(zh="左电机", en="Left motor")),
        ("left", "Left", Title(zh="左", en="Left")),
        ("distance", "Distance ahead", Title(zh="前方距离", en="Distance ahead")),
        ("distance", "Far away", Title(zh="距离", en="Far away")),
        ("left", "左轮", Title(zh="左轮", en="Left")),
    ],
)
def test_what_a_device_says_in_several_words_tells_more_than_its_id(name: str, label: str, title: Title) -> None:
    nodes = {"n": {"properties": {name: {"name": label, "datatype": "integer"}}}}
    assert point(f"n/{name}", describe({"homie": "5.0", "nodes": nodes})).title == title


MOTOR = {"datatype": "integer", "settable": True, "format": "-100:100", "name": "Left Motor"}


@pytest.mark.parametrize(
    ("node", "node_name", "told"),
    [
        ("n", "", MOTOR),
        ("motors", "", {**MOTOR, "name": "left"}),
        ("n", "驱动电机", {**MOTOR, "name": "", "datatype": "float"}),
    ],
)
def test_a_motor_that_runs_both_ways_is_safe_at_a_standstill(node: str, node_name: str, told: Document) -> None:
    described = describe({"homie": "5.0", "nodes": {node: {"name": node_name, "properties": {"p": told}}}})
    motor = point(f"{node}/p", described)
    assert (motor.safe_value, motor.link_loss_s, motor.risk) == (0, MOTOR_LINK_LOSS_S, Risk.MOTION)
    assert type(motor.safe_value) is motor.type


@pytest.mark.parametrize(
    "told",
    [
        {**MOTOR, "name": "Pump"},
        {**MOTOR, "settable": False},
        {**MOTOR, "format": "0:100"},
        {**MOTOR, "format": "-100:"},
        {**MOTOR, "format": ":100"},
        {"datatype": "boolean", "settable": True, "name": "Motor"},
    ],
)
def test_of_anything_less_clear_nothing_is_assumed(told: Document) -> None:
    found = point("n/p", with_property(told))
    assert (found.safe_value, found.link_loss_s, found.risk) == (None, None, Risk.NONE)


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ({"datatype": "boolean", "settable": True}, Switch),
        ({"datatype": "boolean", "settable": True, "retained": False}, Action),
        ({"datatype": "boolean", "retained": False}, Event),
        ({"datatype": "boolean"}, State),
        ({"datatype": "float"}, Measure),
        ({"datatype": "string", "settable": True}, Setpoint),
    ],
)
def test_settable_and_retained_make_the_kind(told: object, kind: type) -> None:
    assert type(point("n/p", with_property(told))) is kind


@pytest.mark.parametrize(
    ("given", "limits"),
    [
        ("", (None, None, None)), (":", (None, None, None)), ("0:", (0, None, None)), (":10", (None, 10, None)),
        ("2:6:2", (2, 6, 2)), ("::5", (None, None, 5)), ("-1e3:1e3:", (-1000, 1000, None)),
    ],
)  # fmt: skip
def test_ranges_may_be_open(given: str, limits: tuple[float | None, ...]) -> None:
    made = point("n/p", with_property({"datatype": "float", "format": given}))
    assert (made.minimum, made.maximum, made.step) == limits


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (5, "not a property"),
        ({}, "unknown datatype"),
        ({"datatype": "matrix"}, "unknown datatype"),
        ({"datatype": ["float"]}, "unknown datatype"),
        ({"datatype": "float", "settable": "yes"}, "settable and retained are booleans"),
        ({"datatype": "float", "retained": None}, "settable and retained are booleans"),
        ({"datatype": "enum"}, "illegal format"),
        ({"datatype": "enum", "format": "a,,b"}, "illegal format"),
        ({"datatype": "enum", "format": "a,a"}, "illegal format"),
        ({"datatype": "color", "format": "cmyk"}, "illegal color format"),
        ({"datatype": "float", "format": "5"}, "illegal range"),
        ({"datatype": "float", "format": "5:1"}, "illegal range"),
        ({"datatype": "float", "format": "1:5:0"}, "illegal range"),
        ({"datatype": "float", "format": "a:b"}, "a"),
    ],
)
def test_an_illegal_property_is_left_out_and_named(told: object, why: str) -> None:
    described = with_property(told)
    assert (dict(described.properties), described.skipped) == ({}, (f"n/p: {why}",))


def test_an_illegal_name_leaves_out_only_its_bearer() -> None:
    fine = {"datatype": "float"}
    nodes = {
        "Bad": {"properties": {"p": fine}},
        "a": [],
        "b": {"properties": 1},
        "c": {"properties": {"P": fine, "q": fine}},
    }
    described = describe({"homie": "5.1", "nodes": nodes})
    assert list(described.properties) == ["c/q"]
    assert described.skipped == ("Bad: not a node", "a: not a node", "b: not a node", "c/P: not a property")


def test_a_device_may_have_nothing_but_a_root() -> None:
    described = describe({"homie": "5.0", "version": 1, "name": 7, "root": "bridge"})
    assert (described.name, described.root, dict(described.properties)) == ("", "bridge", {})


@pytest.mark.parametrize("document", [[], None, {}, {"homie": "4.0"}, {"homie": 5.0}, {"homie": "5.0", "nodes": []}])
def test_what_is_no_description_is_refused(document: object) -> None:
    with pytest.raises(BadReading, match="bad_description"):
        describe(document)
