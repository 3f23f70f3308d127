"""What a host session makes of births, deaths and data."""

import pytest

from labkeeper_wire import host_session
from labkeeper_wire.codec import encode
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.effects import (
    DataReceived,
    DeviceBorn,
    DeviceDied,
    NodeBorn,
    NodeDied,
    Refused,
)
from labkeeper_wire.payload import DataSet, Metric, MetricValue, Payload

from .host_and_node import (
    BATCH,
    COUNT,
    NOW,
    REBIRTH_TOPIC,
    STEM,
    TEMPERATURE,
    Node,
    is_rebirth,
    online,
    reasons,
    types,
    values,
)

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
