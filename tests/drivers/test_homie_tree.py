import json
import logging

import pytest

from labkeeper_drivers.homie import tree as tree_module
from labkeeper_drivers.homie.tree import DESCRIPTION_LIMIT, VALUE_LIMIT, Tree
from labkeeper_drivers.listening import Accepted, Heard
from labkeeper_sdk import (
    Availability,
    CommandRejected,
    Found,
    Gone,
    Nonsense,
    Reading,
    Report,
    State,
    Title,
    Value,
)
from tests.drivers.conftest import fixture

ROBOT = fixture("homie_robot.json")
CHILD = json.dumps({
    "homie": "5.0", "version": 1, "name": "Gripper", "root": "robot", "parent": "robot",
    "nodes": {"hand": {"properties": {"closed": {"datatype": "boolean", "settable": True}}}},
}).encode()  # fmt: skip

SENSOR = b'{"homie": "5.0", "nodes": {"air": {"properties": {"co2": {"datatype": "integer"}}}}}'


def heard(tree: Tree, rest: str, payload: bytes | str, *, retain: bool = False) -> tuple[Heard, ...]:
    raw = payload.encode() if isinstance(payload, str) else payload
    return tree.hear(f"homie/5/{rest}", raw, retain=retain)


def announce(tree: Tree, device: str = "robot", description: bytes = ROBOT, state: str = "ready") -> None:
    heard(tree, f"{device}/$state", state, retain=True)
    heard(tree, f"{device}/$description", description, retain=True)


@pytest.fixture
def tree() -> Tree:
    tree = Tree()
    announce(tree)
    return tree


def report(point: str, value: Value) -> Report:
    return Report("robot", (Reading(point, value),))


def test_a_device_is_found_once_it_has_a_state_and_a_description() -> None:
    tree = Tree()
    assert heard(tree, "robot/$description", ROBOT) == ()
    found, available = heard(tree, "robot/$state", "ready")
    assert isinstance(found, Found)
    assert (found.device.id, found.device.title, found.device.model) == (
        "robot", Title(zh="机器人 Robot"), "sample.robot",
    )  # fmt: skip
    assert available == Availability("robot", online=True)
    assert heard(tree, "robot/$description", ROBOT) == ()


def test_a_device_without_a_name_is_called_by_its_id() -> None:
    tree = Tree()
    heard(tree, "lamp/$state", "ready")
    found, _ = heard(tree, "lamp/$description", b'{"homie": "5.0"}')
    assert isinstance(found, Found)
    assert found.device.title == Title(en="lamp")


@pytest.mark.parametrize("state", ["disconnected", "lost", "sleeping", "init"])
def test_a_device_that_obeys_is_there_only_when_it_is_ready(tree: Tree, state: str) -> None:
    assert heard(tree, "robot/$state", state) == (Availability("robot", online=False),)
    assert heard(tree, "robot/$state", "ready") == (Availability("robot", online=True),)


def test_a_device_that_only_reports_may_sleep() -> None:
    tree = Tree()
    announce(tree, "shelf", SENSOR)
    assert heard(tree, "shelf/$state", "sleeping") == ()
    assert heard(tree, "shelf/$state", "lost") == (Availability("shelf", online=False),)


def test_a_new_description_of_a_lost_device_leaves_it_lost(tree: Tree) -> None:
    heard(tree, "robot/$state", "lost")
    found, lost = heard(tree, "robot/$description", b'{"homie": "5.0"}')
    assert isinstance(found, Found)
    assert lost == Availability("robot", online=False)


def test_with_a_lost_root_its_children_are_lost() -> None:
    tree = Tree()
    announce(tree)
    announce(tree, "gripper", CHILD)
    assert heard(tree, "robot/$state", "lost") == (
        Availability("robot", online=False), Availability("gripper", online=False),
    )  # fmt: skip
    with pytest.raises(CommandRejected, match="gripper is lost"):
        tree.command("gripper", "hand/closed", value=True)
    assert Availability("gripper", online=True) in heard(tree, "robot/$state", "disconnected")


def test_a_child_nobody_has_announced_is_not_told_of_its_root() -> None:
    tree = Tree()
    announce(tree)
    heard(tree, "gripper/$description", CHILD)
    assert heard(tree, "robot/$state", "lost") == (Availability("robot", online=False),)


def test_an_empty_state_removes_the_device(tree: Tree) -> None:
    assert heard(tree, "robot/$state", b"") == (Gone("robot"),)
    assert heard(tree, "robot/$description", b"") == ()
    heard(tree, "half/$description", ROBOT)
    assert heard(tree, "half/$state", b"") == ()


@pytest.mark.parametrize("state", [b"READY", b"\xff", b"alert"])
def test_a_state_nobody_knows_is_nonsense(tree: Tree, state: bytes) -> None:
    (nonsense,) = heard(tree, "robot/$state", state)
    assert isinstance(nonsense, Nonsense)
    assert nonsense.reason == "bad_state"


@pytest.mark.parametrize("description", [b"{", b"[]", b'{"homie": "3.0"}', b" " * (DESCRIPTION_LIMIT + 1), b"\xff"])
def test_a_bad_description_leaves_the_last_good_one(tree: Tree, description: bytes) -> None:
    (nonsense,) = heard(tree, "robot/$description", description)
    assert isinstance(nonsense, Nonsense)
    assert nonsense.reason == "bad_description"
    heard(tree, "robot/drive/left/$target", "0.5")
    assert heard(tree, "robot/body/battery", "50") == (report("body/battery", 50.0),)


def test_an_emptied_description_changes_nothing(tree: Tree) -> None:
    assert heard(tree, "robot/$description", b"") == ()
    assert heard(tree, "robot/body/battery", "50") == (report("body/battery", 50.0),)


def test_what_a_description_left_out_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        announce(Tree(), description=b'{"homie": "5.0", "nodes": {"X": {}}}')
    assert "left out X: not a node" in caplog.text


def test_a_value_is_a_report_without_a_time(tree: Tree) -> None:
    assert heard(tree, "robot/body/distance", "12") == (report("body/distance", 12),)
    assert heard(tree, "robot/body/bump", "left") == (report("body/bump", "left"),)


@pytest.mark.parametrize(
    ("payload", "reason"), [(b"12.5", "not_a_integer"), (b"\xff", "not_utf8"), (b"1" * (VALUE_LIMIT + 1), "too_large")]
)
def test_a_value_of_the_wrong_type_is_nonsense(tree: Tree, payload: bytes, reason: str) -> None:
    for topic in ("robot/body/distance", "robot/body/distance/$target"):
        nonsense = heard(tree, topic, payload)[-1]
        assert isinstance(nonsense, Nonsense)
        assert nonsense.reason == reason


def test_an_emptied_value_or_an_undescribed_one_is_ignored(tree: Tree) -> None:
    for topic, payload in (
        ("robot/body/battery", b""), ("robot/body/colour", b"1"), ("robot/body", b"1"), ("robot/drive/left/set", b"1"),
        ("robot/body/colour/$target", b"1"), ("robot/body/battery/$target", b""), ("robot", b""),
        ("robot/$fw/name", b"1"),
        ("$broadcast/alert", b"fire"), ("ROBOT/$state", b"ready"), ("robot/$unknown", b"1"),
    ):  # fmt: skip
        assert not any(isinstance(event, Report | Nonsense) for event in heard(tree, topic, payload))


def test_retained_copies_are_no_readings_when_the_broker_kept_our_session(tree: Tree) -> None:
    assert heard(tree, "robot/body/battery", "50", retain=True) == ()


def test_in_a_new_session_a_retained_copy_is_the_first_value_of_a_live_device() -> None:
    tree = Tree(session_present=False)
    announce(tree)
    assert heard(tree, "robot/body/battery", "50", retain=True) == (report("body/battery", 50.0),)
    assert heard(tree, "robot/body/battery", "50", retain=True) == ()
    heard(tree, "robot/body/distance", "1")
    assert heard(tree, "robot/body/distance", "2", retain=True) == ()
    assert heard(tree, "robot/body/bump", "old", retain=True) == ()
    assert heard(tree, "robot/drive/beep", "5", retain=True) == ()


def test_in_a_new_session_what_a_lost_device_left_behind_is_no_reading() -> None:
    tree = Tree(session_present=False)
    announce(tree, state="lost")
    assert heard(tree, "robot/body/battery", "50", retain=True) == ()


def test_values_wait_for_a_description_and_nothing_else_does() -> None:
    tree = Tree()
    topics = [
        "robot/body/battery", "robot/$state", "robot/$description", "robot/drive/left/$target", "robot/drive/left/set",
        "robot/$log/warn", "robot/$alert/battery",
    ]  # fmt: skip
    assert [rest for rest in topics if tree.waits_for(f"homie/5/{rest}")] == [
        "robot/body/battery", "robot/$alert/battery",
    ]  # fmt: skip
    heard(tree, "robot/$description", ROBOT)
    assert tree.waits_for("homie/5/robot/body/battery") == "robot"
    heard(tree, "robot/$state", "ready")
    assert tree.waits_for("homie/5/robot/body/battery") is None


def test_a_target_shows_that_its_property_takes_time(tree: Tree) -> None:
    found, available, accepted = heard(tree, "robot/drive/left/$target", "0.5")
    assert available == Availability("robot", online=True)
    assert isinstance(found, Found)
    assert next(point for point in found.device.points if point.name == "drive/left").confirm_s == 5.0
    assert accepted == Accepted("robot", "drive/left", 0.5)
    assert heard(tree, "robot/drive/left/$target", "0.6") == (Accepted("robot", "drive/left", 0.6),)


def test_targets_heard_before_the_description_count_in_it() -> None:
    tree = Tree()
    assert heard(tree, "robot/drive/left/$target", "0.5", retain=True) == ()
    announce(tree)
    assert tree.command("robot", "drive/left", 0.5).point.confirm_s == 5.0


def test_the_devices_own_words_go_to_the_log(tree: Tree, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        assert heard(tree, "robot/$log/error", "motor stalled") == ()
        assert heard(tree, "robot/$log/odd", "x" * 1000) == ()
        heard(tree, "robot/$alert/battery", "8 %")
        heard(tree, "robot/$alert/battery", b"")
    assert [(record.levelname, len(record.message) < 200) for record in caplog.records] == [
        ("ERROR", True), ("INFO", True), ("WARNING", True),
    ]  # fmt: skip
    assert "raises alert battery: 8 %" in caplog.text


def test_an_alert_is_a_state_from_the_first_time_it_is_raised(tree: Tree) -> None:
    found, available, said = heard(tree, "robot/$alert/battery", "电量低")
    assert available == Availability("robot", online=True)
    assert isinstance(found, Found)
    assert found.device.points[-1] == State(
        "_alert/battery", type=str, title=Title(zh="告警 · 电量", en="Alert · Battery")
    )
    assert said == Report("robot", (Reading("_alert/battery", "电量低"),))
    assert heard(tree, "robot/$alert/battery", "电量低") == ()
    assert heard(tree, "robot/$alert/battery", b"") == (Report("robot", (Reading("_alert/battery", ""),)),)
    assert heard(tree, "robot/$alert/Not An Id", "x") == ()


def test_an_alert_that_is_over_before_we_knew_of_it_is_a_state_all_the_same(tree: Tree) -> None:
    assert heard(tree, "robot/$alert/battery", b"")[-1] == Report("robot", (Reading("_alert/battery", ""),))


def test_alerts_are_as_many_as_a_device_may_have(tree: Tree) -> None:
    for number in range(tree_module.ALERTS_LIMIT + 5):
        heard(tree, f"robot/$alert/a{number}", "x")
    assert len(tree.devices["robot"].alerts) == tree_module.ALERTS_LIMIT


def test_what_is_said_to_all_devices_is_not_for_us(tree: Tree) -> None:
    for rest in ("$broadcast/alert", "$broadcast/home/security", "$broadcast"):
        assert tree.waits_for(f"homie/5/{rest}") is None
        assert heard(tree, rest, "intruder") == ()


def test_a_description_that_changed_is_told_and_its_old_properties_are_gone(tree: Tree) -> None:
    found = next(event for event in heard(tree, "robot/$description", SENSOR) if isinstance(event, Found))
    assert [point.name for point in found.device.points] == ["air/co2"]
    assert heard(tree, "robot/drive/left", "0.5") == ()
    with pytest.raises(CommandRejected, match="has no point"):
        tree.command("robot", "drive/left", 0.5)


def test_strangers_are_remembered_within_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree_module, "DEVICES_LIMIT", 1)
    tree = Tree()
    announce(tree)
    announce(tree, "second")
    assert list(tree.devices) == ["robot"]


@pytest.mark.parametrize(
    ("device", "point", "code"),
    [
        ("nobody", "drive/left", "unknown_device"),
        ("robot", "drive/right", "unknown_point"),
        ("robot", "body/battery", "read_only"),
    ],
)
def test_a_command_for_nothing_is_refused(tree: Tree, device: str, point: str, code: str) -> None:
    with pytest.raises(CommandRejected) as error:
        tree.command(device, point, 0.5)
    assert error.value.code == code


@pytest.mark.parametrize("state", ["disconnected", "lost", "sleeping", "init"])
def test_nothing_is_asked_of_a_device_that_is_not_ready(tree: Tree, state: str) -> None:
    heard(tree, "robot/$state", state)
    with pytest.raises(CommandRejected) as error:
        tree.command("robot", "drive/left", 0.5)
    assert error.value.code == "offline"


def test_a_command_goes_to_the_set_topic_of_its_domain() -> None:
    tree = Tree("school")
    for rest, payload in (("$state", b"ready"), ("$description", ROBOT)):
        tree.hear(f"school/5/robot/{rest}", payload, retain=False)
    assert tree.command("robot", "drive/left", 0.5).messages[0].topic == "school/5/robot/drive/left/set"
