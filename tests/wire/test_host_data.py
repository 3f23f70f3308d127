"""What a host takes of data, and what it refuses."""

import pytest

from labkeeper_wire import host_session
from labkeeper_wire.codec import encode
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.effects import (
    DataReceived,
    Refused,
)
from labkeeper_wire.payload import DataSet, Metric, MetricValue, Payload

from .host_side import NOW, REBIRTH_TOPIC, STEM, TEMPERATURE, Node, is_rebirth, online, reasons, types, values

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
