"""What a host session makes of messages that come out of order."""

import pytest

from labkeeper_wire.codec import decode
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.effects import (
    Publish,
    Refused,
)
from labkeeper_wire.payload import Metric, Payload

from .host_and_node import NOW, REBIRTH_TOPIC, STEM, TEMPERATURE, Node, is_rebirth, online, reasons, types, values

# The order of messages


@pytest.mark.sparkplug(
    "operational-behavior-host-reordering-param",
    "operational-behavior-host-reordering-start",
    "operational-behavior-host-reordering-success",
)
def test_messages_out_of_order_wait_for_the_missing_one_and_go_on_in_order() -> None:
    node = Node(online(reorder_timeout_ms=700))
    node.born()
    node.device_born(1)
    assert node.value(4, 4.0) == []
    assert node.value(3, 3.0) == []
    assert node.host.tick(NOW + 699) == []
    assert values(node.value(2, 2.0)) == [("temperature", 2.0), ("temperature", 3.0), ("temperature", 4.0)]
    assert node.host.tick(NOW + 700) == []


def test_the_timer_runs_on_while_any_gap_is_left(node: Node) -> None:
    node.value(3, 3.0)
    node.value(5, 5.0)
    assert values(node.value(2, 2.0)) == [("temperature", 2.0), ("temperature", 3.0)]
    assert node.host.tick(NOW + 1999) == []
    assert is_rebirth(node.host.tick(NOW + 2000)[-1])


@pytest.mark.sparkplug(
    "operational-behavior-host-reordering-rebirth",
    "operational-behavior-data-commands-ncmd-rebirth-verb",
    "operational-behavior-data-commands-ncmd-rebirth-name",
    "operational-behavior-data-commands-ncmd-rebirth-value",
)
def test_when_the_missing_does_not_come_what_came_is_reported_and_a_rebirth_asked_for(node: Node) -> None:
    node.value(4, 4.0)
    node.value(3, 3.0)
    assert node.host.tick(NOW + 1999) == []
    effects = node.host.tick(NOW + 2000)
    assert values(effects) == [("temperature", 3.0), ("temperature", 4.0)]
    request = effects[-1]
    assert isinstance(request, Publish)
    assert (request.topic, request.qos, request.retain) == (REBIRTH_TOPIC, 0, False)
    assert decode(request.payload) == Payload(
        (Metric("Node Control/Rebirth", True, DataType.BOOLEAN, NOW + 2000),), NOW + 2000
    )
    assert values(node.value(5, 5.0)) == [("temperature", 5.0)]


def test_after_a_gap_an_alias_might_mean_something_else_and_is_not_believed(node: Node) -> None:
    node.data(3, Metric(None, 1.0, DataType.DOUBLE, alias=1))
    assert reasons(node.host.tick(NOW + 2000)) == ["unknown_alias"]


def test_a_message_that_comes_twice_is_reported_once(node: Node) -> None:
    node.at = NOW + 1
    assert values(node.value(2)) == [("temperature", 1.0)]
    assert node.value(2) == [Refused("late", f"{STEM}/DDATA/node/probe")]
    node.value(4)
    assert reasons(node.value(4)) == ["seq_twice"]


def test_a_gap_within_one_millisecond_is_still_a_gap(node: Node) -> None:
    assert node.value(3) == []
    assert is_rebirth(node.host.tick(NOW + 2000)[-1])


def test_many_late_messages_in_a_row_mean_that_the_host_is_out_of_step(node: Node) -> None:
    node.at = NOW - 10
    effects = [effect for seq in (10, 11, 12) for effect in node.value(seq)]
    assert reasons(effects) == ["late"] * 3
    assert [is_rebirth(effect) for effect in effects] == [False] * 3 + [True]


def test_a_message_without_a_time_is_never_taken_for_late(node: Node) -> None:
    node.at = None
    assert node.value(200) == []


def test_a_gap_filled_by_something_sent_later_means_that_a_birth_was_missed(node: Node) -> None:
    node.at = NOW + 10
    assert node.value(3, 3.0) == []
    node.at = NOW + 20
    effects = node.value(2, 2.0)
    assert values(effects) == [("temperature", 3.0), ("temperature", 2.0)]
    assert is_rebirth(effects[-1])
    assert reasons(node.data(3, Metric(None, 1.0, alias=1))) == ["unknown_alias"]


def test_a_message_without_time_may_fill_any_gap(node: Node) -> None:
    assert node.value(3, 3.0) == []
    node.at = None
    assert [value for _, value in values(node.value(2, 2.0))] == [2.0, 3.0]


def test_what_turns_out_late_while_it_was_held_is_not_reported(node: Node) -> None:
    for seq, at in ((9, NOW + 8), (3, NOW + 10)):
        node.at = at
        assert node.value(seq, float(seq)) == []
    node.at = NOW + 6
    assert [value for _, value in values(node.value(2, 2.0))] == [2.0, 3.0]
    assert reasons(node.host.tick(NOW + 2000)) == ["late"]


def test_an_nbirth_older_than_what_came_since_is_old(node: Node) -> None:
    node.at = NOW + 10
    node.value(2)
    assert reasons(node.born(at=NOW + 5)) == ["old_birth"]


def test_no_more_than_so_many_messages_are_held(node: Node) -> None:
    node.at = NOW + 1
    effects = [effect for seq in range(3, 3 + 128) for effect in node.value(seq, float(seq))]
    assert [value for _, value in values(effects)] == [float(seq) for seq in range(3, 131)]
    assert is_rebirth(effects[-1])


def test_an_nbirth_that_overtakes_takes_what_was_sent_after_it_and_leaves_the_rest_behind(node: Node) -> None:
    node.at = NOW + 5
    assert node.value(3, 3.0) == []
    node.at = NOW + 20
    assert node.device_born(1, TEMPERATURE) == []
    effects = node.born(at=NOW + 20)
    assert types(effects) == ["DataReceived", "NodeBorn", "DeviceBorn"]
    assert values(node.value(2)) == [("temperature", 1.0)]


def test_an_nbirth_of_a_clock_set_back_leaves_all_that_was_held_behind(node: Node) -> None:
    node.value(3, 3.0)
    effects = node.born(bd_seq=6, at=5)
    assert types(effects) == ["DataReceived", "NodeBorn"]


def test_what_was_held_is_reported_before_a_death(node: Node) -> None:
    node.value(3, 3.0)
    assert types(node.died(5)) == ["DataReceived", "NodeDied"]
    assert node.host.tick(NOW + 2000) == []
