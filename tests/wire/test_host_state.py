"""What a host session says of itself, asks for and commands."""

import json

import pytest

from labkeeper_wire.codec import CannotEncode, decode
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.effects import (
    Disconnect,
    LinkStale,
    Publish,
    Refused,
    Subscribe,
)
from labkeeper_wire.host_session import HostSession, UnknownTarget
from labkeeper_wire.payload import Metric, Payload
from labkeeper_wire.topics import BadTopic

from .host_and_node import NOW, STATE, STEM, Node, is_rebirth, online, reasons, types

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


# Asking for births


def test_unknown_nodes_are_asked_once_per_interval_and_less_and_less_often() -> None:
    node = Node(online(rebirth_interval_ms=1000))
    assert is_rebirth(node.value(7)[-1])
    asked = []
    for ms in range(0, 200_000, 100):
        node.now = NOW + ms
        effects = [*node.host.tick(node.now)]
        asked += [ms for effect in effects if is_rebirth(effect)]
    assert asked == [1000, 3000, 7000, 15000, 31000]
    assert is_rebirth(node.value(8)[-1])


def test_births_stop_the_asking_but_not_the_limit() -> None:
    node = Node(online(rebirth_interval_ms=1000))
    node.value(7)
    node.born()
    assert node.host.tick(NOW + 5000) == []
    node.now = NOW + 300
    assert node.value(1)[1:] == []
    assert node.host.tick(NOW + 999) == []
    assert is_rebirth(node.host.tick(NOW + 1000)[0])


def test_people_may_ask_for_a_rebirth_within_the_limit() -> None:
    host = online()
    assert is_rebirth(host.request_rebirth("school", "node", NOW)[0])
    assert host.request_rebirth("school", "node", NOW + 1) == []
    assert is_rebirth(host.tick(NOW + 5000)[0])
    with pytest.raises(BadTopic):
        host.request_rebirth("school", "#", NOW)


# The host's own link


def test_losing_the_link_reports_what_was_held_and_then_makes_everything_stale(node: Node) -> None:
    node.value(3, 3.0)
    node.data(4, Metric("humidity", 1.0))
    effects = node.host.link_lost(NOW + 77)
    assert types(effects) == ["DataReceived", "Refused", "LinkStale"]
    assert effects[-1] == LinkStale(NOW + 77)
    assert node.host.tick(NOW + 2000) == []
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
