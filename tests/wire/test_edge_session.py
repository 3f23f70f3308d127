"""The primary host, leaving, and commands."""

import pytest

from labkeeper_wire.codec import decode, encode
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.edge_session import NotLive
from labkeeper_wire.effects import (
    CommandReceived,
    Disconnect,
    Rebirthed,
    Refused,
    SessionLive,
    SessionPaused,
    Subscribe,
)
from labkeeper_wire.payload import Metric, Payload

from .edge_side import HOST, NOW, REBIRTH, STATE, body, command, kinds, live, named, published, session, state

# The primary host


@pytest.mark.sparkplug(
    "message-flow-edge-node-birth-publish-phid-wait",
    "message-flow-edge-node-birth-publish-phid-wait-online",
    "operational-behavior-edge-node-birth-sequence-wait",
    "operational-behavior-primary-application-state-with-multiple-servers-state-subs",
)
def test_with_a_primary_host_births_wait_until_it_is_online() -> None:
    edge = session(primary_host=HOST)
    effects = edge.connected(NOW)
    assert effects == [Subscribe((("spBv1.0/school/NCMD/node", 1), ("spBv1.0/school/DCMD/node/+", 1), (STATE, 1)))]
    assert edge.rebirth(NOW) == []
    assert edge.received(STATE, state(False, NOW), NOW) == []
    effects = edge.received(STATE, state(True, NOW + 1), NOW)
    assert kinds(effects) == ["NBIRTH"]
    assert effects[-1] == SessionLive()
    assert edge.received(STATE, state(True, NOW + 2), NOW) == []
    assert edge.host_state_ms == NOW + 2


@pytest.mark.sparkplug("message-flow-edge-node-birth-publish-phid-wait-id")
def test_another_hosts_state_moves_nothing() -> None:
    topic = "spBv1.0/STATE/other"
    edge = session(primary_host=HOST)
    edge.connected(NOW)
    assert edge.received(topic, state(True, NOW), NOW) == [Refused("not_for_this_node", topic)]
    assert not edge.live


@pytest.mark.sparkplug("message-flow-edge-node-birth-publish-phid-wait-timestamp")
def test_the_first_state_is_accepted_and_an_older_one_is_not() -> None:
    edge = session(primary_host=HOST)
    edge.connected(NOW)
    assert edge.received(STATE, state(False, 1000), NOW) == []
    assert edge.received(STATE, state(True, 999), NOW) == [Refused("old_state", STATE)]
    assert not edge.live
    assert kinds(edge.received(STATE, state(True, 1000), NOW)) == ["NBIRTH"]


def test_a_host_whose_clock_was_set_far_ahead_once_is_heard_again() -> None:
    edge = session(primary_host=HOST)
    edge.connected(NOW)
    assert edge.received(STATE, state(False, NOW + 86_400_001), NOW) == []
    assert kinds(edge.received(STATE, state(True, NOW), NOW)) == ["NBIRTH"]
    assert edge.received(STATE, state(False, NOW - 1), NOW) == [Refused("old_state", STATE)]


@pytest.mark.sparkplug("message-flow-edge-node-birth-publish-phid-wait-timestamp")
def test_the_host_state_of_the_connection_before_still_counts() -> None:
    edge = session(primary_host=HOST, host_state_ms=1000)
    edge.connected(NOW)
    assert edge.received(STATE, state(True, 999), NOW) == [Refused("old_state", STATE)]
    assert edge.received(STATE, state(True, 1000), NOW) != []


@pytest.mark.sparkplug(
    "message-flow-edge-node-birth-publish-phid-offline",
    "operational-behavior-edge-node-termination-host-offline",
    "operational-behavior-edge-node-termination-host-offline-timestamp",
)
def test_the_primary_host_going_offline_ends_the_session_unless_the_news_is_old() -> None:
    edge = session(primary_host=HOST)
    edge.connected(NOW)
    edge.received(STATE, state(True, 1000), NOW)
    assert edge.received(STATE, state(False, 999), NOW) == [Refused("old_state", STATE)]
    assert edge.live
    effects = edge.received(STATE, state(False, 1000), NOW)
    assert effects == [edge.will, Disconnect(), SessionPaused("primary_host_offline")]
    assert not edge.live
    assert edge.received(STATE, state(True, 1001), NOW) == []


@pytest.mark.parametrize(
    "payload",
    [b"ONLINE", b"\xff", b"[]", b"{}", b'{"online": 1, "timestamp": 5}', b'{"online": true, "timestamp": true}',
     b'{"online": true, "timestamp": "5"}', b"[" * 100_000],
)  # fmt: skip
def test_a_state_that_is_none_is_refused(payload: bytes) -> None:
    edge = session(primary_host=HOST)
    edge.connected(NOW)
    assert edge.received(STATE, payload, NOW) == [Refused("bad_state", STATE)]


# Leaving


@pytest.mark.sparkplug(
    "operational-behavior-edge-node-intentional-disconnect-ndeath",
    "operational-behavior-edge-node-intentional-disconnect-packet",
    "payloads-ndeath-will-message-publisher",
    "payloads-ndeath-will-message-publisher-disconnect-mqtt311",
)
def test_leaving_publishes_the_ndeath_and_then_disconnects_once() -> None:
    edge = live()
    assert edge.leave(NOW) == [edge.will, Disconnect()]
    assert edge.leave(NOW) == []
    assert edge.rebirth(NOW) == []
    with pytest.raises(NotLive):
        edge.data("probe", [Metric("count", 4)], NOW)


@pytest.mark.sparkplug("principles-birth-certificates-order")
def test_a_session_that_was_never_born_has_no_death() -> None:
    edge = session(primary_host=HOST)
    edge.connected(NOW)
    assert edge.leave(NOW) == [Disconnect()]


# Commands


@pytest.mark.sparkplug(
    "operational-behavior-data-commands-rebirth-action-1",
    "operational-behavior-data-commands-rebirth-action-2",
    "operational-behavior-data-commands-rebirth-action-3",
)
def test_a_rebirth_request_brings_all_births_with_the_same_bdseq_and_no_data_between() -> None:
    edge = live(bd_seq=9)
    edge.data("probe", [Metric("count", 4)], NOW)
    effects = edge.received("spBv1.0/school/NCMD/node", REBIRTH, NOW + 1)
    assert kinds(effects) == ["NBIRTH", "DBIRTH"]
    assert effects[-1] == Rebirthed()
    assert [decode(message.payload).seq for message in published(effects)] == [0, 1]
    assert named(body(effects))["bdSeq"].value == 9
    assert named(body(effects, 1))["count"].value == 4
    assert edge.live


def test_a_rebirth_request_that_says_false_or_comes_before_the_births_is_none() -> None:
    topic = "spBv1.0/school/NCMD/node"
    no = command(Metric("Node Control/Rebirth", False, DataType.BOOLEAN))
    assert live().received(topic, no, NOW) == []
    waiting = session(primary_host=HOST)
    waiting.connected(NOW)
    assert waiting.received(topic, REBIRTH, NOW) == [Refused("not_live", topic)]


def test_commands_arrive_with_names_types_and_the_hosts_time() -> None:
    edge = live()
    bare = encode(Payload((Metric("count", -2, DataType.INT64),), NOW), datatypes=False)
    assert edge.received("spBv1.0/school/DCMD/node/probe", bare, NOW) == [
        CommandReceived("probe", (Metric("count", -2, DataType.INT64),), NOW)
    ]
    both = command(Metric("Node Control/Rebirth", True, DataType.BOOLEAN), Metric("x", "y", DataType.STRING))
    effects = edge.received("spBv1.0/school/NCMD/node", both, NOW)
    assert kinds(effects) == ["NBIRTH", "DBIRTH"]
    assert effects[-1] == CommandReceived(None, (Metric("x", "y", DataType.STRING),), NOW)


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        ("spBv1.0/school/NCMD/node", b"\xff\xff", "not_protobuf"),
        ("spBv1.0/school/DCMD/node/nobody", REBIRTH, "unknown_device"),
        ("spBv1.0/school/DCMD/node/probe", command(Metric("count", "x")), "datatype_mismatch"),
        ("spBv1.0/school/DCMD/other/probe", REBIRTH, "not_for_this_node"),
        ("spBv1.0/school/NDATA/node", REBIRTH, "not_for_this_node"),
        ("homie/x", REBIRTH, "not_sparkplug"),
    ],
)
def test_what_is_wrong_with_a_message_is_refused_by_reason_and_topic(topic: str, payload: bytes, reason: str) -> None:
    assert live().received(topic, payload, NOW) == [Refused(reason, topic)]
