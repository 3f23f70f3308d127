"""A hub learns from births alone what a node, a device and a point are."""

import hashlib
import json
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkeeper_wire import DataType, MetaData, Metric, Payload, Property, decode, encode
from labkeeper_wire.descriptor import (
    DESCRIPTOR,
    KINDS,
    LONGEST_DETAILS,
    BadDescriptor,
    DeviceDescription,
    NodeDescription,
    PointDescription,
    is_description,
)
from labkeeper_wire.payload import Scalar

TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
NUMBER = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**63), 2**64 - 1)
MAYBE = st.none() | NUMBER
POINTS = st.builds(
    PointDescription,
    name=TEXT.filter(bool),
    kind=st.sampled_from(sorted(KINDS)),
    datatype=st.sampled_from([DataType.DOUBLE, DataType.INT64, DataType.BOOLEAN, DataType.STRING]).map(int),
    unit=TEXT,
    minimum=MAYBE,
    maximum=MAYBE,
    step=MAYBE,
    options=st.lists(TEXT, max_size=4).map(tuple),
    writable=st.booleans(),
    safe_value=MAYBE | st.booleans() | TEXT,
    link_loss_s=MAYBE,
    risk=st.sampled_from(["none", "motion", "heat", "mains"]),
    title_zh=TEXT,
    title_en=TEXT,
    confirm_s=NUMBER,
    personal=st.booleans(),
)
DETAILS = st.dictionaries(TEXT, st.recursive(st.none() | st.booleans() | TEXT, st.lists, max_leaves=5), max_size=3)
DEVICES = st.builds(DeviceDescription, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT, DETAILS)


def sent(metrics: tuple[Metric, ...]) -> tuple[Metric, ...]:
    return decode(encode(Payload(metrics))).metrics


@given(point=POINTS)
def test_a_point_crosses_the_wire_whole(point: PointDescription) -> None:
    (metric,) = sent((Metric(point.name, None, point.datatype, properties=point.to_properties()),))
    back = PointDescription.from_metric(metric)
    assert back == point
    assert repr(back) == repr(point)  # 1, 1.0 and True are equal and are not the same


@given(device=DEVICES)
def test_a_device_crosses_the_wire_whole(device: DeviceDescription) -> None:
    assert DeviceDescription.from_metrics(sent(device.to_metrics(5))) == device


@given(node=st.builds(NodeDescription, TEXT, TEXT, TEXT))
def test_a_node_crosses_the_wire_whole(node: NodeDescription) -> None:
    assert NodeDescription.from_metrics(sent(node.to_metrics(5))) == node


def test_descriptions_have_the_names_the_profile_gives_them() -> None:
    device = DeviceDescription("灯", "Lamp", "ACME", "L1", "1.2", "B3", {"a": 1})
    names = [metric.name for metric in device.to_metrics(5)]
    assert names == [
        "Properties/Hardware Make",
        "Properties/Hardware Model",
        "Properties/FW",
        "Properties/Title zh",
        "Properties/Title en",
        "Properties/Bench",
        "Descriptor",
    ]
    node = NodeDescription("physics", "物理", "Physics")
    lab = [metric.name for metric in node.to_metrics(5)]
    assert lab == ["Properties/Lab", "Properties/Lab Title zh", "Properties/Lab Title en"]
    assert all(is_description(name or "") for name in names + lab)
    assert not is_description("temperature")
    keys = set(
        PointDescription("p", "setpoint", 10, "Cel", 0, 1, 1, ("a",), True, 0, 1, "heat", "温", "T").to_properties()
    )
    assert {"engUnit", "engLow", "engHigh", "readOnly", "lk:kind", "lk:step", "lk:risk", "lk:titleZh"} < keys


def test_the_file_carries_the_md5_of_its_bytes() -> None:
    metric = DeviceDescription(details={"a": 1}).to_metrics(5)[-1]
    assert isinstance(metric.value, bytes)
    assert metric.datatype == DataType.FILE
    assert metric.metadata is not None
    assert metric.metadata.md5 == hashlib.md5(metric.value, usedforsecurity=False).hexdigest()
    assert json.loads(zlib.decompress(metric.value)) == {"a": 1}


@pytest.mark.parametrize(
    ("datatype", "read_only", "kind"),
    [
        (DataType.DOUBLE, None, "measure"),
        (DataType.UINT16, True, "measure"),
        (DataType.BOOLEAN, None, "state"),
        (DataType.STRING, True, "state"),
        (DataType.DOUBLE, False, "setpoint"),
        (DataType.BOOLEAN, False, "switch"),
        (None, "no", "state"),
    ],
)
def test_a_foreign_point_is_guessed_and_commanded_only_if_it_says_so(
    datatype: int | None, read_only: Scalar | None, kind: str
) -> None:
    properties = None if read_only is None else {"readOnly": Property(read_only, DataType.UNKNOWN)}
    point = PointDescription.from_metric(Metric("p", None, datatype, properties=properties))
    assert point == PointDescription("p", kind, datatype or 0, writable=read_only is False)


@pytest.mark.parametrize("options", ["{", "{}", "[1]", "[" * 5000, 5])
def test_strange_properties_count_as_not_said(options: str | int) -> None:
    said: dict[str, Any] = {
        "engUnit": 5,
        "engLow": "low",
        "engHigh": True,
        "lk:step": float("inf"),
        "lk:kind": "wish",
        "lk:options": options,
        "lk:safe": ({},),
        "lk:risk": None,
        "lk:confirmS": "soon",
    }
    properties = {key: Property(value, 0) for key, value in said.items()}
    point = PointDescription.from_metric(Metric(None, None, DataType.DOUBLE, alias=1, properties=properties))
    assert point == PointDescription("", "measure", DataType.DOUBLE)


@pytest.mark.parametrize(("said", "personal"), [(False, False), (True, True), ("no", True), (None, True)])
def test_a_mark_of_what_is_personal_that_is_not_understood_counts(said: Scalar | None, *, personal: bool) -> None:
    metric = Metric("p", None, DataType.DOUBLE, properties={"lk:personal": Property(said, DataType.UNKNOWN)})
    assert PointDescription.from_metric(metric).personal is personal


def test_a_foreign_device_has_an_empty_description() -> None:
    foreign = (
        Metric(DESCRIPTOR, "text", DataType.STRING),
        Metric("Properties/FW", 5, DataType.INT8),
        Metric(None, 1, alias=1),
    )
    assert DeviceDescription.from_metrics(foreign) == DeviceDescription()
    assert NodeDescription.from_metrics(foreign) == NodeDescription()
    assert DeviceDescription.from_metrics((Metric(DESCRIPTOR, None, DataType.FILE),)) == DeviceDescription()


def test_a_file_without_md5_is_read() -> None:
    metric = Metric(DESCRIPTOR, zlib.compress(b'{"a": 1}'), DataType.FILE)
    assert DeviceDescription.from_metrics((metric,)).details == {"a": 1}


@pytest.mark.parametrize(
    ("content", "md5", "reason"),
    [
        (zlib.compress(b"{}"), "0" * 32, "md5_mismatch"),
        (b"no zlib", None, "not_json"),
        (zlib.compress(b"{}")[:-2], None, "not_json"),
        (zlib.compress(b"{"), None, "not_json"),
        (zlib.compress(b"\xff"), None, "not_json"),
        (zlib.compress(b"[" * 100_000), None, "not_json"),
        (zlib.compress(b"[]"), None, "not_json"),
        (zlib.compress(b" " * (LONGEST_DETAILS * 2)), None, "not_json"),
    ],
)
def test_a_damaged_file_is_refused_with_its_reason(content: bytes, md5: str | None, reason: str) -> None:
    metric = Metric(DESCRIPTOR, content, DataType.FILE, metadata=MetaData(md5=md5))
    with pytest.raises(BadDescriptor) as refused:
        DeviceDescription.from_metrics((metric,))
    assert refused.value.reason == reason
