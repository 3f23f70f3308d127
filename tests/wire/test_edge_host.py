"""How an edge session waits for its primary host, and how it leaves."""

import pytest

from labkeeper_wire.edge_session import NotLive
from labkeeper_wire.effects import (
    Disconnect,
    Refused,
    SessionLive,
    SessionPaused,
    Subscribe,
)
from labkeeper_wire.payload import Metric

from .edge_life import HOST, NOW, STATE, kinds, live, session, state

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
