import json

import pytest

from labkeeper_wire.codec import CannotEncode, decode, encode
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.declarations import BadDeclaration, NotDeclared
from labkeeper_wire.edge_session import EdgeSession, NotLive
from labkeeper_wire.effects import (
    CommandReceived,
    Disconnect,
    EdgeEffect,
    Publish,
    Rebirthed,
    Refused,
    SessionLive,
    SessionPaused,
    Subscribe,
)
from labkeeper_wire.payload import Metric, Parameter, Payload, Property, Template
from labkeeper_wire.sequence import next_bd_seq
from labkeeper_wire.templates import BadTemplate
from labkeeper_wire.topics import BadTopic

NOW = 1_760_000_000_000
HOST = "labkeeper"
STATE = f"spBv1.0/STATE/{HOST}"
NODE = [Metric("load", 0.5, DataType.DOUBLE, NOW - 20), Metric("note", None, DataType.STRING)]
DEVICE = [Metric("temperature", 21.5, DataType.DOUBLE, NOW - 10), Metric("count", 3, DataType.INT64)]


def session(**options: object) -> EdgeSession:
    settings: dict[str, object] = {"bd_seq": 7, "primary_host": None, **options}
    edge = EdgeSession("school", "node", **settings)  # type: ignore[arg-type] # a test's short way
    edge.declare_node(NODE)
    return edge


def live(**options: object) -> EdgeSession:
    edge = session(**options)
    edge.declare_device("probe", DEVICE, NOW)
    edge.connected(NOW)
    return edge


def published(effects: list[EdgeEffect]) -> list[Publish]:
    return [effect for effect in effects if isinstance(effect, Publish)]


def kinds(effects: list[EdgeEffect]) -> list[str]:
    return [message.topic.split("/")[2] for message in published(effects)]


def body(effects: list[EdgeEffect], index: int = 0) -> Payload:
    return decode(published(effects)[index].payload)


def named(payload: Payload) -> dict[str | None, Metric]:
    return {metric.name: metric for metric in payload.metrics}


def state(online: bool, time_ms: int) -> bytes:  # noqa: FBT001 - a value of the field
    return json.dumps({"online": online, "timestamp": time_ms}).encode()


def command(*metrics: Metric) -> bytes:
    return encode(Payload(metrics, NOW))


REBIRTH = command(Metric("Node Control/Rebirth", True, DataType.BOOLEAN))


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


# Data


@pytest.mark.sparkplug(
    "topics-ndata-payload",
    "topics-ddata-payload",
    "payloads-metric-datatype-not-req",
    "payloads-name-requirement",
)
def test_data_holds_the_given_metrics_by_name_without_datatype() -> None:
    edge = live()
    node = body(edge.data(None, [Metric("load", 0.75)], NOW))
    device = body(edge.data("probe", [Metric("count", -4)], NOW))
    assert [(m.name, m.value, m.datatype, m.alias) for m in node.metrics] == [("load", 0.75, None, None)]
    assert [(m.name, m.datatype, m.alias) for m in device.metrics] == [("count", None, None)]


@pytest.mark.sparkplug(
    "principles-rbe-recommended",
    "operational-behavior-data-publish-nbirth-change",
    "operational-behavior-data-publish-dbirth-change",
)
def test_nothing_but_a_change_handed_in_makes_a_session_send_data() -> None:
    edge = session(primary_host=HOST)
    edge.declare_device("probe", DEVICE, NOW)
    effects = edge.connected(NOW)
    for later in range(5):
        effects += edge.received(STATE, state(True, NOW + later), NOW + later)
        effects += edge.received("spBv1.0/school/NCMD/node", REBIRTH, NOW + later)
        effects += edge.received("spBv1.0/school/DCMD/node/probe", command(Metric("count", 4, DataType.INT64)), NOW)
        edge.remember("probe", [Metric("count", 5)])
    assert set(kinds(effects)) == {"NBIRTH", "DBIRTH"}


@pytest.mark.sparkplug("payloads-ndata-order", "payloads-ddata-order", "message-flow-edge-node-birth-publish-phid-wait")
def test_data_before_the_births_is_refused_and_takes_no_seq() -> None:
    edge = session(primary_host=HOST)
    edge.declare_device("probe", DEVICE, NOW)
    edge.connected(NOW)
    for device, metric in ((None, Metric("load", 0.6)), ("probe", Metric("count", 4))):
        with pytest.raises(NotLive):
            edge.data(device, [metric], NOW)
    effects = edge.received(STATE, state(True, NOW), NOW)
    assert [decode(message.payload).seq for message in published(effects)] == [0, 1]


@pytest.mark.sparkplug("topics-nbirth-metric-reqs", "topics-dbirth-metric-reqs")
def test_what_no_birth_declared_is_not_sent() -> None:
    edge = live()
    for device, name in ((None, "temperature"), ("probe", "load"), ("nobody", "count")):
        with pytest.raises(NotDeclared):
            edge.data(device, [Metric(name, 1)], NOW)
        with pytest.raises(NotDeclared):
            edge.remember(device, [Metric(name, 1)])
    assert body(edge.data("probe", [Metric("count", 4)], NOW)).seq == 2


def test_a_value_its_datatype_cannot_hold_is_neither_sent_nor_remembered() -> None:
    edge = live()
    with pytest.raises(CannotEncode):
        edge.data("probe", [Metric("count", "many")], NOW)
    with pytest.raises(CannotEncode):
        edge.remember("probe", [Metric("count", "many")])
    effects = edge.data("probe", [Metric("count", 4)], NOW)
    assert body(effects).seq == 2
    assert named(body(edge.rebirth(NOW), 1))["count"].value == 4


# Devices that come and go


@pytest.mark.sparkplug("operational-behavior-device-ddeath", "payloads-ddeath-seq-number")
def test_a_lost_device_dies_once_and_is_not_born_again_until_it_is_declared() -> None:
    edge = live()
    assert kinds(edge.device_lost("probe", NOW)) == ["DDEATH"]
    assert edge.device_lost("probe", NOW) == []
    assert kinds(edge.rebirth(NOW)) == ["NBIRTH"]
    assert kinds(edge.declare_device("probe", DEVICE, NOW)) == ["DBIRTH"]
    assert kinds(edge.rebirth(NOW)) == ["NBIRTH", "DBIRTH"]


def test_a_node_declared_anew_holds_its_data_until_the_births_are_out() -> None:
    edge = live()
    edge.declare_node([Metric("memory", 5, DataType.INT64)])
    assert not edge.live
    assert edge.declare_device("lamp", DEVICE, NOW) == []
    effects = edge.rebirth(NOW)
    assert kinds(effects) == ["NBIRTH", "DBIRTH", "DBIRTH"]
    assert effects[-1] == Rebirthed()
    assert "memory" in named(body(effects))
    assert edge.live


# Aliases


@pytest.mark.sparkplug(
    "payloads-alias-uniqueness",
    "payloads-alias-birth-requirement",
    "operational-behavior-data-commands-rebirth-name-aliases",
)
def test_aliases_are_unique_over_the_node_and_all_its_devices_and_rebirth_has_none() -> None:
    edge = session(aliases=True)
    edge.declare_device("probe", DEVICE, NOW)
    edge.declare_device("lamp", DEVICE, NOW)
    births = [metric for message in published(edge.connected(NOW)) for metric in decode(message.payload).metrics]
    unaliased = {metric.name for metric in births if metric.alias is None}
    aliases = [metric.alias for metric in births if metric.alias is not None]
    assert unaliased == {"bdSeq", "Node Control/Rebirth"}
    assert len(aliases) == len(set(aliases)) == 6
    assert all(metric.name for metric in births)


@pytest.mark.sparkplug("payloads-alias-data-cmd-requirement")
def test_with_aliases_data_holds_the_alias_alone_and_it_stays_over_rebirths() -> None:
    edge = session(aliases=True)
    edge.declare_device("probe", DEVICE, NOW)
    alias = named(body(edge.connected(NOW), 1))["count"].alias
    sent = body(edge.data("probe", [Metric("count", 4)], NOW)).metrics[0]
    assert (sent.name, sent.alias) == (None, alias)
    edge.device_lost("probe", NOW)
    edge.declare_device("probe", DEVICE, NOW)
    assert named(body(edge.rebirth(NOW), 1))["count"].alias == alias


def test_a_command_by_alias_reaches_the_metric_of_that_device_only() -> None:
    edge = session(aliases=True)
    edge.declare_device("probe", DEVICE, NOW)
    edge.declare_device("lamp", DEVICE[:1], NOW)
    alias = named(body(edge.connected(NOW), 1))["count"].alias
    topic = "spBv1.0/school/DCMD/node/"
    got = edge.received(f"{topic}probe", command(Metric(None, -8, DataType.INT64, alias=alias)), NOW)
    assert got == [CommandReceived("probe", (Metric("count", -8, DataType.INT64),), NOW)]
    for wrong in (alias, 999):
        payload = command(Metric(None, 8, DataType.INT64, alias=wrong))
        assert edge.received(f"{topic}lamp", payload, NOW) == [Refused("unknown_alias", f"{topic}lamp")]


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


# Templates

MOTOR = Template(
    (Metric("speed", None, DataType.INT32), Metric("torque", None, DataType.DOUBLE)),
    (Parameter("poles", 4, DataType.INT32),),
    "1",
    is_definition=True,
)


def instance(*members: str, ref: str = "Motor", parameters: tuple[str, ...] = ()) -> Template:
    types: dict[str, tuple[float | str, int]] = {
        "speed": (5, DataType.INT32),
        "torque": (0.5, DataType.DOUBLE),
        "colour": ("red", DataType.STRING),
    }
    metrics = tuple(Metric(name, *types[name]) for name in members)
    return Template(metrics, tuple(Parameter(name, 2, DataType.INT32) for name in parameters), template_ref=ref)


def motor(value: Template) -> Metric:
    return Metric("drive", value, DataType.TEMPLATE)


def with_templates() -> EdgeSession:
    edge = session()
    edge.declare_node([Metric("Motor", MOTOR, DataType.TEMPLATE), *NODE])
    edge.declare_device("robot", [motor(instance("speed", "torque", parameters=("poles",)))], NOW)
    return edge


@pytest.mark.sparkplug(
    "topics-nbirth-templates",
    "payloads-template-definition-nbirth",
    "payloads-template-definition-members",
    "payloads-template-definition-parameters",
    "payloads-template-definition-parameters-default",
    "payloads-template-definition-is-definition",
    "payloads-template-definition-ref",
    "payloads-template-instance-is-definition",
    "payloads-template-instance-ref",
    "payloads-template-instance-parameters",
)
def test_nbirth_defines_the_templates_whose_instances_the_devices_have() -> None:
    effects = with_templates().connected(NOW)
    assert named(body(effects))["Motor"].value == MOTOR
    assert named(body(effects, 1))["drive"].value == instance("speed", "torque", parameters=("poles",))


@pytest.mark.sparkplug(
    "topics-nbirth-templates",
    "payloads-template-definition-nbirth",
    "payloads-template-definition-nbirth-only",
    "payloads-template-definition-members",
    "payloads-template-definition-parameters",
    "payloads-template-instance-ref",
    "payloads-template-instance-members",
    "payloads-template-instance-members-birth",
    "payloads-template-parameter-type-req",
)
@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (MOTOR, "template_definition_outside_nbirth"),
        (instance("speed", "torque", ref="Pump"), "template_undefined"),
        (instance("speed", "torque", "colour"), "template_members"),
        (instance("speed"), "template_members"),
        (instance("speed", "torque", parameters=("poles", "phases")), "template_parameters"),
        (
            instance("speed", "torque")._replace(parameters=(Parameter("poles", 2, 0),)),
            "template_parameter_type_missing",
        ),
    ],
)
def test_a_birth_with_a_template_that_its_definition_does_not_cover_is_refused(value: Template, reason: str) -> None:
    edge = with_templates()
    with pytest.raises(BadDeclaration) as refused:
        edge.declare_device("robot", [motor(value)], NOW)
    assert refused.value.reason == reason


@pytest.mark.sparkplug(
    "payloads-template-instance-members-data",
    "payloads-template-instance-members-birth",
    "payloads-template-definition-nbirth-only",
)
def test_data_may_hold_a_part_of_an_instance_and_the_next_birth_is_whole_again() -> None:
    edge = with_templates()
    edge.connected(NOW)
    part = Template((Metric("speed", 9, DataType.INT32),), template_ref="Motor")
    edge.data("robot", [motor(part)], NOW)
    whole = named(body(edge.rebirth(NOW), 1))["drive"].value
    assert isinstance(whole, Template)
    assert {metric.name: metric.value for metric in whole.metrics} == {"speed": 9, "torque": 0.5}
    assert [parameter.name for parameter in whole.parameters] == ["poles"]
    with pytest.raises(BadTemplate):
        edge.data("robot", [motor(MOTOR)], NOW)
    with pytest.raises(BadTemplate):
        edge.data(None, [Metric("Motor", MOTOR)], NOW)


@pytest.mark.sparkplug("payloads-template-parameter-type-req", "payloads-template-parameter-name-type")
@pytest.mark.parametrize(
    ("parameter", "reason"),
    [
        (Parameter("poles", 4, 0), "template_parameter_type_missing"),
        (Parameter("\udc00", 4, DataType.INT32), "value_misfit"),
    ],
)
def test_a_definition_whose_parameter_lacks_a_type_or_a_real_name_is_refused(parameter: Parameter, reason: str) -> None:
    with pytest.raises(BadDeclaration) as refused:
        session().declare_node([Metric("Motor", MOTOR._replace(parameters=(parameter,)), DataType.TEMPLATE)])
    assert refused.value.reason == reason
