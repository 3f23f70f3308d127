"""STATE, births and deaths, the host's own link, and commands."""

import json

import pytest

from labkeeper_wire.codec import CannotEncode, decode
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.effects import (
    DataReceived,
    DeviceBorn,
    DeviceDied,
    Disconnect,
    LinkStale,
    NodeBorn,
    NodeDied,
    Publish,
    Refused,
    Subscribe,
)
from labkeeper_wire.host_session import HostSession, UnknownTarget
from labkeeper_wire.payload import Metric, Payload
from labkeeper_wire.topics import BadTopic

from .host_side import BATCH, COUNT, NOW, STATE, STEM, TEMPERATURE, Node, is_rebirth, online, reasons, types, values

# STATE


@pytest.mark.sparkplug(
    "host-topic-phid-death-qos",
    "host-topic-phid-death-retain",
    "host-topic-phid-death-topic",
    "host-topic-phid-death-required",
    "host-topic-phid-death-payload",
    "host-topic-phid-death-payload-timestamp-connect",
    "operational-behavior-host-application-connect-will",
    "operational-behavior-host-application-connect-will-topic",
    "operational-behavior-host-application-connect-will-payload",
    "operational-behavior-host-application-connect-will-qos",
    "operational-behavior-host-application-connect-will-retained",
    "payloads-state-will-message",
    "payloads-state-will-message-qos",
    "payloads-state-will-message-retain",
    "payloads-state-will-message-payload",
)
def test_the_will_says_offline_at_the_time_of_this_connect() -> None:
    will = HostSession("labkeeper", connect_ms=NOW).will
    assert (will.topic, will.qos, will.retain) == (STATE, 1, True)
    assert json.loads(will.payload) == {"online": False, "timestamp": NOW}


@pytest.mark.sparkplug(
    "conformance-primary-host",
    "intro-sparkplug-host-state",
    "components-ph-state",
    "principles-birth-certificates-order",
    "host-topic-phid-birth-message",
    "host-topic-phid-birth-qos",
    "host-topic-phid-birth-retain",
    "host-topic-phid-birth-topic",
    "host-topic-phid-birth-sub-required",
    "host-topic-phid-birth-required",
    "host-topic-phid-birth-payload",
    "host-topic-phid-birth-payload-timestamp",
    "message-flow-phid-sparkplug-subscription",
    "message-flow-phid-sparkplug-state-publish",
    "message-flow-phid-sparkplug-state-publish-payload",
    "message-flow-phid-sparkplug-state-publish-payload-timestamp",
    "operational-behavior-primary-application-state-with-multiple-servers-state",
    "operational-behavior-primary-application-state-with-multiple-servers-state-subs",
    "operational-behavior-host-application-connect-birth",
    "operational-behavior-host-application-connect-birth-topic",
    "operational-behavior-host-application-connect-birth-payload",
    "operational-behavior-host-application-connect-birth-qos",
    "operational-behavior-host-application-connect-birth-retained",
    "operational-behavior-host-application-multi-server-timestamp",
    "payloads-state-subscribe",
    "payloads-state-birth",
    "payloads-state-birth-payload",
)
def test_after_connect_the_host_subscribes_and_its_first_message_says_online_with_the_wills_time() -> None:
    first, second = (HostSession("labkeeper", connect_ms=at) for at in (NOW, NOW + 7))
    for host, at in ((first, NOW), (second, NOW + 7)):
        subscribe, birth = host.connected(NOW + 99)
        assert subscribe == Subscribe(((STATE, 1), ("spBv1.0/#", 1)))
        assert isinstance(birth, Publish)
        assert (birth.topic, birth.qos, birth.retain) == (STATE, 1, True)
        assert json.loads(birth.payload) == {"online": True, "timestamp": at}


@pytest.mark.sparkplug("message-flow-hid-sparkplug-state-message-delivered")
def test_a_host_that_hears_itself_declared_offline_says_online_again_with_the_same_time() -> None:
    host = HostSession("labkeeper", connect_ms=NOW)
    _, birth = host.connected(NOW)
    for time_ms in (NOW - 100, NOW):
        stale = json.dumps({"online": False, "timestamp": time_ms}).encode()
        assert host.received(STATE, stale, NOW + 5) == [birth]
    host.leave(NOW + 9)
    assert host.received(STATE, host.will.payload, NOW + 9) == []


@pytest.mark.sparkplug("operational-behavior-host-application-host-id")
def test_a_second_host_under_the_same_id_is_noticed() -> None:
    host = online()
    for time_ms, expected in ((NOW - 1, []), (NOW, []), (NOW + 1, [Refused("host_id_taken", STATE)])):
        assert host.received(STATE, json.dumps({"online": True, "timestamp": time_ms}).encode(), NOW) == expected
    assert host.received(STATE, b"OFFLINE", NOW) == [Refused("bad_state", STATE)]
    with pytest.raises(BadTopic):
        HostSession("a/b", connect_ms=NOW)


@pytest.mark.sparkplug(
    "host-topic-phid-death-payload-timestamp-disconnect-clean",
    "host-topic-phid-death-payload-timestamp-disconnect-with-no-disconnect-packet",
    "operational-behavior-host-application-termination",
    "operational-behavior-host-application-death-topic",
    "operational-behavior-host-application-death-payload",
    "operational-behavior-host-application-death-qos",
    "operational-behavior-host-application-death-retained",
    "operational-behavior-host-application-disconnect-intentional",
)
def test_leaving_says_offline_with_the_time_of_now_and_then_disconnects() -> None:
    death, end = online().leave(NOW + 50)
    assert isinstance(death, Publish)
    assert (death.topic, death.qos, death.retain) == (STATE, 1, True)
    assert json.loads(death.payload) == {"online": False, "timestamp": NOW + 50}
    assert end == Disconnect()


# Births and deaths


def test_births_are_reported_with_all_metrics_timed() -> None:
    edge = Node(online())
    load = Metric("load", None, DataType.DOUBLE)
    (born,) = edge.born(load, bd_seq=5)
    metrics = (Metric("bdSeq", 5, DataType.INT64, NOW), load._replace(time_ms=NOW))
    assert born == NodeBorn("school", "node", metrics, NOW, 5, rebirth=False)
    (device,) = edge.device_born(1)
    assert device == DeviceBorn("school", "node", "probe", (TEMPERATURE, COUNT, BATCH), NOW)


def test_times_fall_back_to_the_payloads_and_then_to_now_and_odd_ones_pass(node: Node) -> None:
    for seq, (at, own, expected) in enumerate(
        [(NOW + 1, None, NOW + 1), (None, None, NOW), (NOW + 2, 0, 0), (NOW + 3, NOW * 10, NOW * 10)], start=2
    ):
        node.at = at
        (effect,) = node.data(seq, Metric("temperature", 1.0, DataType.DOUBLE, own))
        assert isinstance(effect, DataReceived)
        assert effect.metrics[0].time_ms == expected
    born = Node(online()).born(Metric("load", 1.0, DataType.DOUBLE), at=None)[0]
    assert isinstance(born, NodeBorn)
    assert (born.time_ms, born.metrics[1].time_ms) == (NOW, NOW)


@pytest.mark.sparkplug(
    "operational-behavior-edge-node-termination-host-action-ndeath-node-offline",
    "operational-behavior-edge-node-termination-host-action-ndeath-node-tags-stale",
    "operational-behavior-edge-node-termination-host-action-ndeath-devices-offline",
    "operational-behavior-edge-node-termination-host-action-ndeath-devices-tags-stale",
)
def test_ndeath_kills_the_node_and_its_devices_at_the_hosts_time(node: Node) -> None:
    node.now = NOW + 500
    assert node.died(5) == [NodeDied("school", "node", NOW + 500)]
    node.at = NOW + 600
    assert reasons(node.value(2)) == ["unknown_node"]
    assert node.died(5) == [Refused("old_death", f"{STEM}/NDEATH/node")]


def test_an_ndeath_of_another_session_is_ignored(node: Node) -> None:
    topic = f"{STEM}/NDEATH/node"
    assert node.died(4) == [Refused("old_death", topic)]
    assert node.send("NDEATH", None, [Metric("x", 1, DataType.INT64)]) == [Refused("old_death", topic)]
    node.at = NOW
    assert values(node.value(2)) == [("temperature", 1.0)]


@pytest.mark.sparkplug(
    "operational-behavior-edge-node-termination-host-action-ddeath-devices-offline",
    "operational-behavior-edge-node-termination-host-action-ddeath-devices-tags-stale",
)
def test_ddeath_kills_the_device_at_the_payloads_time(node: Node) -> None:
    node.at = NOW + 3
    node.now = NOW + 900
    assert node.send("DDEATH", 2, device="probe") == [DeviceDied("school", "node", "probe", NOW + 3)]
    assert reasons(node.value(3)) == ["unknown_device"]
    assert reasons(node.send("DDEATH", 4, device="probe")) == ["unknown_device"]


def test_a_rebirth_keeps_the_session_and_unknows_every_device_until_it_is_born_again(node: Node) -> None:
    (born,) = node.born(at=NOW + 10)
    assert isinstance(born, NodeBorn)
    assert born.rebirth
    assert reasons(node.value(1)) == ["unknown_device"]
    node.device_born(2)
    assert values(node.value(3)) == [("temperature", 1.0)]


def test_a_new_session_is_no_rebirth(node: Node) -> None:
    (born,) = node.born(bd_seq=6, at=NOW + 10)
    assert isinstance(born, NodeBorn)
    assert not born.rebirth


@pytest.mark.parametrize(
    ("bd_seq", "at", "reason"),
    [(5, NOW, "birth_twice"), (5, NOW - 1, "old_birth"), (4, NOW - 1, "old_birth"), (4, NOW, "old_birth")],
)
def test_an_nbirth_from_the_past_changes_nothing(node: Node, bd_seq: int, at: int, reason: str) -> None:
    effects = node.born(bd_seq=bd_seq, at=at)
    assert reasons(effects) == [reason]
    assert any(map(is_rebirth, effects)) == (reason == "old_birth")
    node.at = NOW
    assert values(node.value(2)) == [("temperature", 1.0)]


def test_a_node_whose_clock_was_set_back_is_believed_when_it_says_so_again_later(node: Node) -> None:
    past = NOW - 3_600_000
    assert is_rebirth(node.born(at=past)[-1])
    node.now += 4_999
    assert reasons(node.born(at=past + 1)) == ["old_birth"]
    node.now += 1
    assert types(node.born(at=past + 2)) == ["NodeBorn"]


def test_the_next_session_is_believed_with_any_clock(node: Node) -> None:
    assert types(node.born(bd_seq=6, at=5)) == ["NodeBorn"]


def test_a_late_nbirth_does_not_raise_the_dead(node: Node) -> None:
    node.died(5)
    assert reasons(node.born(bd_seq=5, at=NOW)) == ["old_birth"]
    assert reasons(node.device_born(1)) == ["unknown_node"]


@pytest.mark.parametrize(
    ("metrics", "seq", "reason"),
    [
        ([Metric("load", 1.0, DataType.DOUBLE)], 0, "bdseq_missing"),
        ([Metric("bdSeq", True, DataType.BOOLEAN)], 0, "bdseq_missing"),
        ([Metric("bdSeq", 1, DataType.INT64)], None, "seq_missing"),
        ([Metric("bdSeq", 1, DataType.INT64), Metric(None, 1.0, DataType.DOUBLE, alias=1)], 0, "birth_name_missing"),
        ([Metric("bdSeq", 1, DataType.INT64), Metric("a", 1.0)], 0, "birth_datatype_missing"),
        ([Metric("bdSeq", 1, DataType.INT64), *[Metric("a", 1.0, DataType.DOUBLE)] * 2], 0, "birth_name_twice"),
        (
            [Metric("bdSeq", 1, DataType.INT64, alias=3), Metric("a", 1.0, DataType.DOUBLE, alias=3)],
            0,
            "birth_alias_twice",
        ),
    ],
)
def test_an_nbirth_that_cannot_be_used_bears_nothing(metrics: list[Metric], seq: int | None, reason: str) -> None:
    edge = Node(online())
    assert reasons(edge.send("NBIRTH", seq, metrics)) == [reason]
    assert reasons(edge.device_born(1)) == ["unknown_node"]


def test_a_dbirth_that_cannot_be_used_unknows_its_device(node: Node) -> None:
    effects = node.device_born(2, Metric("temperature", 1.0))
    assert reasons(effects) == ["birth_datatype_missing"]
    assert is_rebirth(effects[-1])
    assert reasons(node.value(3)) == ["unknown_device"]


# The host's own link


def test_losing_the_link_reports_what_was_held_and_then_makes_everything_stale(node: Node) -> None:
    node.value(3, 3.0)
    node.data(4, Metric("humidity", 1.0))
    effects = node.host.link_lost(NOW + 77)
    assert types(effects) == ["DataReceived", "Refused", "LinkStale"]
    assert effects[-1] == LinkStale(NOW + 77)
    assert node.host.next_deadline_ms() is None
    assert reasons(node.value(5)) == ["unknown_node"]


# Commands


@pytest.mark.sparkplug(
    "topics-ncmd-topic",
    "topics-ncmd-mqtt",
    "topics-ncmd-timestamp",
    "topics-ncmd-payload",
    "topics-dcmd-topic",
    "topics-dcmd-mqtt",
    "topics-dcmd-timestamp",
    "topics-dcmd-payload",
    "operational-behavior-data-commands-ncmd-verb",
    "operational-behavior-data-commands-ncmd-metric-name",
    "operational-behavior-data-commands-ncmd-metric-value",
    "operational-behavior-data-commands-dcmd-verb",
    "operational-behavior-data-commands-dcmd-metric-name",
    "operational-behavior-data-commands-dcmd-metric-value",
    "payloads-ncmd-timestamp",
    "payloads-ncmd-seq",
    "payloads-ncmd-qos",
    "payloads-ncmd-retain",
    "payloads-dcmd-timestamp",
    "payloads-dcmd-seq",
    "payloads-dcmd-qos",
    "payloads-dcmd-retain",
    "payloads-name-cmd-requirement",
)
def test_commands_carry_name_and_the_births_datatype_a_time_and_no_seq(node: Node) -> None:
    written = node.host.command("school", "node", None, [Metric("load", 1.0)], NOW)
    assert (written.topic, written.qos, written.retain) == (f"{STEM}/NCMD/node", 0, False)
    assert decode(written.payload) == Payload((Metric("load", 1.0, DataType.DOUBLE),), NOW, None)
    metrics = [Metric("count", -5, DataType.INT64, NOW - 1), Metric("Device Control/Fence", 7, DataType.UINT64)]
    written = node.host.command("school", "node", "probe", metrics, NOW)
    assert (written.topic, written.qos, written.retain) == (f"{STEM}/DCMD/node/probe", 0, False)
    assert decode(written.payload) == Payload((metrics[0]._replace(datatype=DataType.INT8), metrics[1]), NOW, None)


@pytest.mark.sparkplug(
    "operational-behavior-data-commands-ncmd-metric-value", "operational-behavior-data-commands-dcmd-metric-value"
)
def test_a_command_whose_value_does_not_fit_is_not_written(node: Node) -> None:
    for device, metric in ((None, Metric("load", "x")), ("probe", Metric("count", 300))):
        with pytest.raises(CannotEncode):
            node.host.command("school", "node", device, [metric], NOW)


@pytest.mark.sparkplug(
    "operational-behavior-data-commands-ncmd-metric-name", "operational-behavior-data-commands-dcmd-metric-name"
)
def test_a_command_to_something_no_birth_declared_needs_a_datatype_of_its_own(node: Node) -> None:
    targets = (("node", None), ("node", "probe"), ("node", "lamp"), ("other", None))
    for name, device in targets:
        with pytest.raises(UnknownTarget):
            node.host.command("school", name, device, [Metric("door", True)], NOW)
        written = node.host.command("school", name, device, [Metric("door", True, DataType.BOOLEAN)], NOW)
        assert decode(written.payload).metrics == (Metric("door", True, DataType.BOOLEAN),)
    with pytest.raises(BadTopic):
        node.host.command("school", "node", "a/b", [Metric("door", True, DataType.BOOLEAN)], NOW)
