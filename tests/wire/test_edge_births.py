"""The will, ids, declarations, connecting, and what births hold."""

import pytest

from labkeeper_wire.codec import decode
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.declarations import BadDeclaration
from labkeeper_wire.edge_session import EdgeSession
from labkeeper_wire.effects import (
    SessionLive,
    Subscribe,
)
from labkeeper_wire.payload import Metric, Payload, Property
from labkeeper_wire.sequence import next_bd_seq
from labkeeper_wire.topics import BadTopic

from .edge_side import DEVICE, NODE, NOW, body, kinds, live, named, published, session

# The will


@pytest.mark.sparkplug(
    "message-flow-edge-node-birth-publish-will-message",
    "message-flow-edge-node-birth-publish-will-message-topic",
    "message-flow-edge-node-birth-publish-will-message-payload",
    "message-flow-edge-node-birth-publish-will-message-payload-bdSeq",
    "message-flow-edge-node-birth-publish-will-message-qos",
    "message-flow-edge-node-birth-publish-will-message-will-retained",
    "topics-ndeath-topic",
    "topics-ndeath-payload",
    "topics-ndeath-seq",
    "payloads-ndeath-seq",
    "payloads-ndeath-will-message",
    "payloads-ndeath-will-message-qos",
    "payloads-ndeath-will-message-retain",
)
def test_the_will_is_an_ndeath_that_holds_bdseq_and_nothing_else() -> None:
    will = session(bd_seq=7).will
    assert (will.topic, will.qos, will.retain) == ("spBv1.0/school/NDEATH/node", 1, False)
    assert decode(will.payload) == Payload((Metric("bdSeq", 7, DataType.INT64),))


@pytest.mark.sparkplug(
    "topics-nbirth-bdseq-increment", "message-flow-edge-node-birth-publish-will-message-payload-bdSeq"
)
def test_bdseq_counts_connects_from_0_to_255_and_round() -> None:
    numbers = [0]
    for _ in range(257):
        numbers.append(next_bd_seq(numbers[-1]))
    assert numbers == [*range(256), 0, 1]


@pytest.mark.parametrize("bd_seq", [-1, 256])
def test_a_bdseq_outside_a_byte_is_refused(bd_seq: int) -> None:
    with pytest.raises(ValueError, match="bdSeq"):
        session(bd_seq=bd_seq)


# Ids


@pytest.mark.parametrize("bad", ["", "a/b", "a+", "#", "a\0b"])
@pytest.mark.sparkplug(
    "intro-group-id-string",
    "intro-group-id-chars",
    "intro-edge-node-id-string",
    "intro-edge-node-id-chars",
    "intro-device-id-string",
    "intro-device-id-chars",
    "topic-structure-namespace-valid-group-id",
    "topic-structure-namespace-valid-edge-node-id",
    "topic-structure-namespace-valid-device-id",
)
def test_ids_that_cannot_be_a_topic_level_are_refused(bad: str) -> None:
    with pytest.raises(BadTopic):
        EdgeSession(bad, "node", bd_seq=0, primary_host=None)
    with pytest.raises(BadTopic):
        EdgeSession("school", bad, bd_seq=0, primary_host=None)
    with pytest.raises(BadTopic):
        EdgeSession("school", "node", bd_seq=0, primary_host=bad)
    with pytest.raises(BadDeclaration) as refused:
        session().declare_device(bad, DEVICE, NOW)
    assert refused.value.reason == "bad_id"


@pytest.mark.sparkplug("case-sensitivity-sparkplug-ids", "topic-structure-namespace-unique-device-id")
def test_two_devices_whose_ids_differ_only_in_case_cannot_both_be_declared() -> None:
    edge = session()
    edge.declare_device("Lamp", DEVICE, NOW)
    with pytest.raises(BadDeclaration) as refused:
        edge.declare_device("lamp", DEVICE, NOW)
    assert refused.value.reason == "device_collision"
    assert edge.device_lost("Lamp", NOW) == []
    assert edge.declare_device("lamp", DEVICE, NOW) == []


@pytest.mark.sparkplug("topic-structure-namespace-unique-device-id")
def test_a_device_declared_twice_is_born_once() -> None:
    edge = session()
    edge.declare_device("probe", DEVICE, NOW)
    edge.declare_device("probe", DEVICE[:1], NOW)
    effects = edge.connected(NOW)
    assert kinds(effects) == ["NBIRTH", "DBIRTH"]
    assert set(named(body(effects, 1))) == {"temperature"}


@pytest.mark.sparkplug("topic-structure-namespace-duplicate-device-id-across-edge-node")
def test_the_same_device_id_may_live_under_two_nodes() -> None:
    topics = set()
    for node in ("one", "two"):
        edge = EdgeSession("school", node, bd_seq=0, primary_host=None)
        edge.declare_device("probe", DEVICE, NOW)
        topics.add(published(edge.connected(NOW))[1].topic)
    assert topics == {"spBv1.0/school/DBIRTH/one/probe", "spBv1.0/school/DBIRTH/two/probe"}


# Declarations

NESTED = Property(({"b": Property(1, DataType.INT8)}, {"c": Property("x", 0)}), DataType.PROPERTYSETLIST)


@pytest.mark.sparkplug("case-sensitivity-metric-names")
def test_metric_names_that_differ_only_in_case_are_refused() -> None:
    with pytest.raises(BadDeclaration) as refused:
        session().declare_node([Metric("Load", 1.0, DataType.DOUBLE), Metric("load", 1.0, DataType.DOUBLE)])
    assert refused.value.reason == "name_collision"


@pytest.mark.sparkplug(
    "payloads-metric-datatype-req", "payloads-alias-birth-requirement", "payloads-metric-propertyvalue-type-req"
)
@pytest.mark.parametrize(
    ("metric", "reason"),
    [
        (Metric(None, 1.0, DataType.DOUBLE, alias=3), "name_missing"),
        (Metric("load", 1.0), "datatype_missing"),
        (Metric("load", 1.0, 99), "datatype_missing"),
        (Metric("load", "warm", DataType.DOUBLE), "value_misfit"),
        (Metric("load", 1.0, DataType.DOUBLE, properties={"a": Property(1, 0)}), "property_type_missing"),
        (Metric("load", 1.0, DataType.DOUBLE, properties={"a": NESTED}), "property_type_missing"),
        (Metric("bdSeq", 1, DataType.INT64), "reserved_name"),
        (Metric("Node Control/Rebirth", False, DataType.BOOLEAN), "reserved_name"),
    ],
)
def test_a_birth_that_would_break_the_standard_is_refused_and_changes_nothing(metric: Metric, reason: str) -> None:
    edge = live()
    with pytest.raises(BadDeclaration) as refused:
        edge.declare_device("probe", [metric], NOW)
    assert refused.value.reason == reason
    assert set(named(body(edge.rebirth(NOW), 1))) == {"temperature", "count"}


# Connecting


@pytest.mark.sparkplug(
    "message-flow-edge-node-ncmd-subscribe",
    "message-flow-device-dcmd-subscribe",
    "message-flow-edge-node-birth-publish-connect",
    "message-flow-device-birth-publish-nbirth-wait",
    "principles-birth-certificates-order",
    "payloads-dbirth-order",
)
def test_after_connect_come_subscriptions_then_nbirth_then_every_dbirth() -> None:
    edge = session()
    edge.declare_device("probe", DEVICE, NOW)
    edge.declare_device("lamp", DEVICE, NOW)
    assert not edge.live
    effects = edge.connected(NOW)
    assert effects[0] == Subscribe((("spBv1.0/school/NCMD/node", 1), ("spBv1.0/school/DCMD/node/+", 1)))
    assert [message.topic for message in published(effects)] == [
        "spBv1.0/school/NBIRTH/node",
        "spBv1.0/school/DBIRTH/node/probe",
        "spBv1.0/school/DBIRTH/node/lamp",
    ]
    assert effects[-1] == SessionLive()
    assert edge.live


@pytest.mark.sparkplug(
    "topic-structure",
    "topic-structure-namespace-a",
    "topic-structure-namespace-device-id-associated-message-types",
    "topic-structure-namespace-device-id-non-associated-message-types",
    "topics-nbirth-topic",
    "topics-nbirth-mqtt",
    "topics-ndata-topic",
    "topics-ndata-mqtt",
    "topics-dbirth-topic",
    "topics-dbirth-mqtt",
    "topics-ddata-topic",
    "topics-ddata-mqtt",
    "topics-ddeath-topic",
    "topics-ddeath-mqtt",
    "message-flow-edge-node-birth-publish-nbirth-topic",
    "message-flow-edge-node-birth-publish-nbirth-qos",
    "message-flow-edge-node-birth-publish-nbirth-retained",
    "message-flow-device-birth-publish-dbirth-topic",
    "message-flow-device-birth-publish-dbirth-match-edge-node-topic",
    "message-flow-device-birth-publish-dbirth-qos",
    "message-flow-device-birth-publish-dbirth-retained",
    "payloads-nbirth-qos",
    "payloads-nbirth-retain",
    "payloads-dbirth-qos",
    "payloads-dbirth-retain",
    "payloads-ndata-qos",
    "payloads-ndata-retain",
    "payloads-ddata-qos",
    "payloads-ddata-retain",
)
def test_every_message_of_a_life_has_its_topic_and_is_qos_0_and_not_retained() -> None:
    edge = session()
    edge.declare_device("probe", DEVICE, NOW)
    effects = edge.connected(NOW)
    effects += edge.data(None, [Metric("load", 0.6)], NOW)
    effects += edge.data("probe", [Metric("count", 4)], NOW)
    effects += edge.device_lost("probe", NOW)
    assert [(message.topic, message.qos, message.retain) for message in published(effects)] == [
        ("spBv1.0/school/NBIRTH/node", 0, False),
        ("spBv1.0/school/DBIRTH/node/probe", 0, False),
        ("spBv1.0/school/NDATA/node", 0, False),
        ("spBv1.0/school/DDATA/node/probe", 0, False),
        ("spBv1.0/school/DDEATH/node/probe", 0, False),
    ]


@pytest.mark.sparkplug(
    "topics-nbirth-seq-num",
    "topics-ndata-seq-num",
    "topics-dbirth-seq",
    "topics-ddata-seq-num",
    "topics-ddeath-seq-num",
    "message-flow-edge-node-birth-publish-nbirth-payload-seq",
    "message-flow-device-birth-publish-dbirth-payload-seq",
    "payloads-sequence-num-always-included",
    "payloads-sequence-num-req-nbirth",
    "payloads-sequence-num-incrementing",
    "payloads-nbirth-seq",
    "payloads-dbirth-seq",
    "payloads-dbirth-seq-inc",
    "payloads-ndata-seq",
    "payloads-ndata-seq-inc",
    "payloads-ddata-seq",
    "payloads-ddata-seq-inc",
    "payloads-ddeath-seq",
    "payloads-ddeath-seq-inc",
    "payloads-ddeath-seq-number",
)
def test_one_seq_runs_over_the_node_and_its_devices_and_wraps() -> None:
    edge = session()
    edge.declare_device("probe", DEVICE, NOW)
    effects = edge.connected(NOW)
    for _ in range(128):
        effects += edge.data(None, [Metric("load", 0.6)], NOW)
        effects += edge.data("probe", [Metric("count", 4)], NOW)
    effects += edge.declare_device("lamp", DEVICE, NOW)
    effects += edge.device_lost("probe", NOW)
    assert [decode(message.payload).seq for message in published(effects)] == [*range(256), 0, 1, 2, 3]
    assert body(edge.rebirth(NOW)).seq == 0


@pytest.mark.sparkplug(
    "topics-nbirth-timestamp",
    "topics-ndata-timestamp",
    "topics-dbirth-timestamp",
    "topics-ddata-timestamp",
    "payloads-nbirth-timestamp",
    "payloads-dbirth-timestamp",
    "payloads-ndata-timestamp",
    "payloads-ddata-timestamp",
    "payloads-ddeath-timestamp",
    "payloads-timestamp-in-UTC",
)
def test_every_message_carries_the_time_it_was_sent() -> None:
    edge = session()
    edge.declare_device("probe", DEVICE, NOW)
    effects = edge.connected(NOW)
    effects += edge.data(None, [Metric("load", 0.6)], NOW)
    effects += edge.data("probe", [Metric("count", 4)], NOW)
    effects += edge.device_lost("probe", NOW)
    assert {decode(message.payload).time_ms for message in published(effects)} == {NOW}


# What births hold


@pytest.mark.sparkplug(
    "topics-nbirth-bdseq-included",
    "topics-nbirth-bdseq-matching",
    "topics-nbirth-rebirth-metric",
    "message-flow-edge-node-birth-publish-nbirth-payload",
    "message-flow-edge-node-birth-publish-nbirth-payload-bdSeq",
    "operational-behavior-data-commands-rebirth-name",
    "operational-behavior-data-commands-rebirth-datatype",
    "operational-behavior-data-commands-rebirth-value",
    "payloads-nbirth-bdseq",
    "payloads-nbirth-bdseq-repeat",
    "payloads-nbirth-rebirth-req",
    "payloads-ndeath-bdseq",
)
def test_nbirth_holds_the_wills_bdseq_and_the_rebirth_switch() -> None:
    edge = session(bd_seq=200)
    metrics = named(body(edge.connected(NOW)))
    assert (metrics["bdSeq"].value, metrics["bdSeq"].datatype) == (200, DataType.INT64)
    assert metrics["bdSeq"].value == decode(edge.will.payload).metrics[0].value
    rebirth = metrics["Node Control/Rebirth"]
    assert (rebirth.value, rebirth.datatype, rebirth.alias) == (False, DataType.BOOLEAN, None)


@pytest.mark.sparkplug(
    "topics-nbirth-metric-reqs",
    "topics-nbirth-metrics",
    "topics-dbirth-metric-reqs",
    "topics-dbirth-metrics",
    "message-flow-device-birth-publish-dbirth-payload",
    "operational-behavior-data-publish-nbirth",
    "operational-behavior-data-publish-nbirth-values",
    "operational-behavior-data-publish-dbirth",
    "operational-behavior-data-publish-dbirth-values",
    "payloads-metric-datatype-req",
    "payloads-metric-datatype-value",
    "payloads-name-requirement",
)
def test_births_hold_every_metric_with_name_datatype_and_value_or_null() -> None:
    edge = session()
    edge.declare_device("probe", DEVICE, NOW)
    effects = edge.connected(NOW)
    node, device = named(body(effects)), named(body(effects, 1))
    assert set(node) == {"load", "note", "bdSeq", "Node Control/Rebirth"}
    assert (node["load"].value, node["load"].datatype) == (0.5, DataType.DOUBLE)
    assert (node["note"].value, node["note"].datatype) == (None, DataType.STRING)
    assert {name: (metric.value, metric.datatype) for name, metric in device.items()} == {
        "temperature": (21.5, DataType.DOUBLE),
        "count": (3, DataType.INT64),
    }


@pytest.mark.sparkplug("payloads-name-birth-data-requirement", "payloads-metric-timestamp-in-UTC")
def test_every_metric_of_births_and_data_has_a_time_its_own_if_it_brought_one() -> None:
    edge = session()
    edge.declare_device("probe", DEVICE, NOW)
    effects = edge.connected(NOW)
    effects += edge.data("probe", [Metric("count", 4), Metric("temperature", 1.0, time_ms=NOW - 5)], NOW)
    times = {name: metric.time_ms for name, metric in named(body(effects, 1)).items()}
    assert times == {"temperature": NOW - 10, "count": NOW}
    assert {name: metric.time_ms for name, metric in named(body(effects, 2)).items()} == {
        "temperature": NOW - 5,
        "count": NOW,
    }
    assert all(metric.time_ms is not None for metric in body(effects).metrics)


@pytest.mark.sparkplug(
    "operational-behavior-data-publish-nbirth-order", "operational-behavior-data-publish-dbirth-order"
)
def test_metrics_stand_in_the_order_of_their_times() -> None:
    edge = session()
    times = [5, 1, 4, 2]
    metrics = [Metric(f"m{at}", 0.0, DataType.DOUBLE, NOW + at) for at in times]
    edge.declare_node(metrics)
    edge.declare_device("probe", metrics, NOW)
    effects = edge.connected(NOW)
    effects += edge.data(None, metrics, NOW)
    effects += edge.data("probe", metrics, NOW)
    for message in published(effects):
        found = [metric.time_ms or 0 for metric in decode(message.payload).metrics]
        assert found == sorted(found)


def test_births_hold_the_newest_live_values_and_never_a_historical_or_transient_one() -> None:
    edge = session()
    quality = {"Quality": Property(500, DataType.INT32)}
    unit = {"engUnit": Property("Cel", DataType.STRING)}
    edge.declare_device(
        "probe", [Metric("temperature", 1.0, DataType.DOUBLE, properties=unit), *DEVICE[1:], *NODE], NOW
    )
    edge.connected(NOW)
    edge.data("probe", [Metric("temperature", 30.0, time_ms=NOW + 1, properties=quality)], NOW + 1)
    edge.data("probe", [Metric("count", 99, time_ms=5, historical=True)], NOW + 2)
    edge.data("probe", [Metric("load", 99.0, transient=True)], NOW + 2)
    edge.remember("probe", [Metric("note", "kept", time_ms=NOW + 2)])
    born = named(body(edge.rebirth(NOW + 3), 1))
    assert (born["temperature"].value, born["temperature"].time_ms) == (30.0, NOW + 1)
    assert born["temperature"].properties == unit | quality
    assert (born["count"].value, born["load"].value, born["note"].value) == (3, 0.5, "kept")
    edge.data("probe", [Metric("temperature", 31.0)], NOW + 4)
    assert named(body(edge.rebirth(NOW + 5), 1))["temperature"].properties == unit
