import json
from collections.abc import Sequence

import pytest

from labkeeper_wire import host_session
from labkeeper_wire.codec import CannotEncode, decode, encode
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.effects import (
    DataReceived,
    DeviceBorn,
    DeviceDied,
    Disconnect,
    HostEffect,
    LinkStale,
    NodeBorn,
    NodeDied,
    Publish,
    Refused,
    Subscribe,
)
from labkeeper_wire.host_session import HostSession, UnknownTarget
from labkeeper_wire.payload import DataSet, Metric, MetricValue, Payload
from labkeeper_wire.topics import BadTopic

NOW = 1_760_000_000_000
STATE = "spBv1.0/STATE/labkeeper"
STEM = "spBv1.0/school"
TEMPERATURE = Metric("temperature", 21.5, DataType.DOUBLE, NOW - 50, 1)
COUNT = Metric("count", 3, DataType.INT8, NOW - 50, 0)
BATCH = Metric("Delivery/Batch", None, DataType.UINT64, NOW - 50, 2, transient=True)
REBIRTH_TOPIC = f"{STEM}/NCMD/node"


class Node:
    """An edge node's side of the wire, with every number in the test's hand; sends at `at`, NOW by default."""

    def __init__(self, host: HostSession) -> None:
        self.host = host
        self.now = NOW
        self.at: int | None = NOW

    def send(
        self,
        kind: str,
        seq: int | None,
        metrics: Sequence[Metric] = (),
        *,
        device: str | None = None,
        types: bool = True,
    ) -> list[HostEffect]:
        topic = f"{STEM}/{kind}/node" + ("" if device is None else f"/{device}")
        payload = encode(Payload(tuple(metrics), self.at, seq), datatypes=types)
        return self.host.received(topic, payload, self.now)

    def born(self, *metrics: Metric, bd_seq: int = 5, at: int | None = NOW, seq: int | None = 0) -> list[HostEffect]:
        self.at = at
        return self.send("NBIRTH", seq, (Metric("bdSeq", bd_seq, DataType.INT64, NOW), *metrics))

    def device_born(self, seq: int, *metrics: Metric, device: str = "probe") -> list[HostEffect]:
        return self.send("DBIRTH", seq, metrics or (TEMPERATURE, COUNT, BATCH), device=device)

    def data(self, seq: int | None, *metrics: Metric, device: str | None = "probe") -> list[HostEffect]:
        return self.send("DDATA" if device else "NDATA", seq, metrics, device=device, types=False)

    def value(self, seq: int | None, number: float = 1.0) -> list[HostEffect]:
        return self.data(seq, Metric("temperature", number, DataType.DOUBLE))

    def died(self, bd_seq: int = 5) -> list[HostEffect]:
        self.at = None
        return self.send("NDEATH", None, (Metric("bdSeq", bd_seq, DataType.INT64),))


def online(**options: int) -> HostSession:
    host = HostSession("labkeeper", connect_ms=NOW, **options)
    host.connected(NOW)
    return host


@pytest.fixture
def node() -> Node:
    """A node that is born with the device `probe`; its next seq is 2."""
    edge = Node(online())
    edge.born(Metric("load", 0.5, DataType.DOUBLE, alias=9))
    edge.device_born(1)
    return edge


def is_rebirth(effect: HostEffect) -> bool:
    return isinstance(effect, Publish) and effect.topic == REBIRTH_TOPIC


def values(effects: list[HostEffect]) -> list[tuple[str | None, MetricValue]]:
    return [(m.name, m.value) for effect in effects if isinstance(effect, DataReceived) for m in effect.metrics]


def reasons(effects: list[HostEffect]) -> list[str]:
    return [effect.reason for effect in effects if isinstance(effect, Refused)]


def types(effects: list[HostEffect]) -> list[str]:
    return [type(effect).__name__ for effect in effects]


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


# Data


def test_data_is_reported_with_names_and_datatypes_of_the_birth(node: Node) -> None:
    (effect,) = node.data(
        2, Metric("temperature", 22.5, DataType.DOUBLE, NOW + 1), Metric(None, -3, DataType.INT8, alias=0)
    )
    assert effect == DataReceived(
        "school",
        "node",
        "probe",
        (
            Metric("temperature", 22.5, DataType.DOUBLE, NOW + 1),
            Metric("count", -3, DataType.INT8, NOW, alias=0),
        ),
        NOW,
        None,
    )
    (effect,) = node.data(3, Metric(None, 0.75, DataType.DOUBLE, alias=9), device=None)
    assert isinstance(effect, DataReceived)
    assert (effect.device, effect.metrics[0].name) == (None, "load")


def test_datatypes_in_data_are_fine_if_they_are_the_births(node: Node) -> None:
    assert values(node.send("DDATA", 2, [Metric("count", -3, DataType.INT8)], device="probe")) == [("count", -3)]


@pytest.mark.parametrize("metric", [Metric("Delivery/Batch", 77), Metric(None, 77, alias=2)])
def test_the_batch_is_taken_out_of_the_metrics(node: Node, metric: Metric) -> None:
    (effect,) = node.data(2, metric, Metric("temperature", 1.0, DataType.DOUBLE))
    assert isinstance(effect, DataReceived)
    assert effect.batch == 77
    assert [metric.name for metric in effect.metrics] == ["temperature"]


@pytest.mark.parametrize("value", [None, "77", True, 7.5])
def test_a_batch_that_is_no_number_is_no_batch(node: Node, value: MetricValue) -> None:
    (effect,) = node.data(2, Metric("Delivery/Batch", value))
    assert isinstance(effect, DataReceived)
    assert (effect.batch, effect.metrics) == (None, ())


def test_null_historical_and_structured_values_pass_as_they_are(node: Node) -> None:
    table = DataSet(("a",), (DataType.INT8,), ((-1,),))
    node.device_born(2, TEMPERATURE, Metric("table", None, DataType.DATASET), Metric("row", None, DataType.INT8_ARRAY))
    (effect,) = node.data(
        3,
        Metric("temperature", None, DataType.DOUBLE),
        Metric("temperature", 3.0, DataType.DOUBLE, 5, historical=True),
        Metric("table", table, DataType.DATASET),
        Metric("row", (-1, 2), DataType.INT8_ARRAY),
    )
    assert isinstance(effect, DataReceived)
    assert [metric.value for metric in effect.metrics] == [None, 3.0, table, (-1, 2)]
    assert [metric.historical for metric in effect.metrics] == [False, True, False, False]


@pytest.mark.parametrize(
    ("metrics", "reason"),
    [
        ([Metric("humidity", 1.0)], "unknown_metric"),
        ([Metric(None, 1.0, alias=44)], "unknown_alias"),
        ([Metric("temperature", "warm")], "datatype_mismatch"),
        ([Metric("count", 1 << 20, DataType.UINT32)], "value_out_of_range"),
    ],
)
def test_a_message_that_the_birth_does_not_explain_is_refused_whole(
    node: Node, metrics: list[Metric], reason: str
) -> None:
    effects = node.data(2, Metric("temperature", 1.0, DataType.DOUBLE), *metrics)
    assert values(effects) == []
    assert reasons(effects) == [reason]
    assert is_rebirth(effects[-1])


def test_a_datatype_other_than_the_births_is_refused(node: Node) -> None:
    effects = node.send("DDATA", 2, [Metric("count", 5, DataType.INT64)], device="probe")
    assert reasons(effects) == ["datatype_changed"]
    assert is_rebirth(effects[-1])


def test_after_something_unknown_aliases_are_not_believed_until_the_next_birth(node: Node) -> None:
    node.data(2, Metric("humidity", 1.0))
    assert reasons(node.data(3, Metric(None, 1.0, alias=1))) == ["unknown_alias"]
    assert values(node.value(4)) == [("temperature", 1.0)]
    node.born(at=NOW + 9)
    node.device_born(1)
    assert values(node.data(2, Metric(None, 1.0, alias=1))) == [("temperature", 1.0)]


def test_an_alias_sent_before_the_birth_that_explains_it_is_not_believed(node: Node) -> None:
    node.at = NOW + 10
    node.device_born(2)
    node.at = NOW + 5
    assert reasons(node.data(3, Metric(None, 1.0, alias=1))) == ["unknown_alias"]


def test_a_dbirth_from_before_the_nbirth_is_late_even_if_its_seq_fits(node: Node) -> None:
    node.at = NOW - 1
    assert reasons(node.device_born(2)) == ["late"]
    node.at = NOW
    assert values(node.value(2)) == [("temperature", 1.0)]


def test_a_node_that_never_says_when_is_still_heard() -> None:
    node = Node(online())
    for _ in range(2):
        assert types(node.born(at=None)) == ["NodeBorn"]
        assert types(node.device_born(1)) == ["DeviceBorn"]
        assert values(node.value(2)) == [("temperature", 1.0)]
        node.at = 5
        assert values(node.value(3)) == [("temperature", 1.0)]


def test_malformed_and_foreign_messages_are_refused_or_ignored(node: Node) -> None:
    host = node.host
    topic = f"{STEM}/DDATA/node/probe"
    assert host.received(topic, b"\xff", NOW) == [Refused("not_protobuf", topic)]
    assert host.received("spBv1.0/x", b"", NOW) == [Refused("wrong_levels", "spBv1.0/x")]
    for ignored in (REBIRTH_TOPIC, f"{STEM}/DCMD/node/probe", "spBv1.0/STATE/other"):
        assert host.received(ignored, b"\xff", NOW) == []
    assert reasons(node.value(None)) == ["seq_missing"]


def test_a_host_keeps_a_bounded_number_of_nodes_and_topics(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_session, "NODE_LIMIT", 1)
    monkeypatch.setattr(host_session, "ROUTE_LIMIT", 1)
    node = Node(online())
    node.born()
    node.device_born(1)
    assert values(node.value(2)) == [("temperature", 1.0)]
    topic = f"{STEM}/NDATA/other"
    assert node.host.received(topic, encode(Payload(())), NOW) == [Refused("too_many_nodes", topic)]
    refused = Refused("too_many_nodes", f"{STEM}/NCMD/other")
    assert node.host.request_rebirth("school", "other", NOW) == [refused]


def test_made_up_names_keep_no_true_node_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_session, "NODE_LIMIT", 3)
    node = Node(online())
    for number in range(10):
        topic = f"{STEM}/NDATA/made-up-{number}"
        assert Refused("unknown_node", topic) in node.host.received(topic, encode(Payload((), NOW, 0)), NOW)
    node.born()
    node.device_born(1)
    assert values(node.value(2)) == [("temperature", 1.0)]
    assert len(node.host._nodes) <= 3


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
    assert node.host.next_deadline_ms() == NOW + 700
    assert values(node.value(2, 2.0)) == [("temperature", 2.0), ("temperature", 3.0), ("temperature", 4.0)]
    assert node.host.next_deadline_ms() is None
    assert node.host.tick(NOW + 700) == []


def test_the_timer_runs_on_while_any_gap_is_left(node: Node) -> None:
    node.value(3, 3.0)
    node.value(5, 5.0)
    assert values(node.value(2, 2.0)) == [("temperature", 2.0), ("temperature", 3.0)]
    assert node.host.next_deadline_ms() == NOW + 2000


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
    assert node.host.next_deadline_ms() is not None


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
    assert node.host.next_deadline_ms() is None


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
    assert node.host.next_deadline_ms() is None
    assert is_rebirth(node.value(8)[-1])


def test_births_stop_the_asking_but_not_the_limit() -> None:
    node = Node(online(rebirth_interval_ms=1000))
    node.value(7)
    node.born()
    assert node.host.tick(NOW + 5000) == []
    node.now = NOW + 300
    assert node.value(1)[1:] == []
    assert node.host.next_deadline_ms() == NOW + 1000
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
