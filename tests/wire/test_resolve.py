"""Data without datatype is read by its birth, or refused."""

from typing import Any

import pytest

from labkeeper_wire import (
    DataSet,
    DataType,
    MalformedPayload,
    Metric,
    Parameter,
    Payload,
    Property,
    Template,
    decode,
    encode,
    resolve,
)
from labkeeper_wire.codec import Limits
from labkeeper_wire.datatypes import METRIC_TYPES
from labkeeper_wire.payload import MetricValue
from labkeeper_wire.sparkplug_b_pb2 import Body

VALUES: dict[int, Any] = {
    DataType.INT8: -1,
    DataType.INT16: -300,
    DataType.INT32: -70_000,
    DataType.INT64: -5_000_000_000,
    DataType.UINT8: 255,
    DataType.UINT16: 65_535,
    DataType.UINT32: 2**32 - 1,
    DataType.UINT64: 2**64 - 1,
    DataType.FLOAT: 0.5,
    DataType.DOUBLE: 0.1,
    DataType.BOOLEAN: False,
    DataType.STRING: "",
    DataType.DATETIME: 1_700_000_000_000,
    DataType.TEXT: "文",
    DataType.UUID: "u",
    DataType.DATASET: DataSet(("a",), (DataType.INT8,), ((-1,), (None,))),
    DataType.BYTES: b"\x00",
    DataType.FILE: b"",
    DataType.TEMPLATE: Template(
        (Metric("n", 1, DataType.INT8),), (Parameter("p", -1, DataType.INT8),), template_ref="T"
    ),
    DataType.INT8_ARRAY: (-1, 1),
    DataType.INT16_ARRAY: (-1, 1),
    DataType.INT32_ARRAY: (-1, 1),
    DataType.INT64_ARRAY: (-1, 1),
    DataType.UINT8_ARRAY: (1,),
    DataType.UINT16_ARRAY: (1,),
    DataType.UINT32_ARRAY: (1,),
    DataType.UINT64_ARRAY: (1,),
    DataType.FLOAT_ARRAY: (0.5,),
    DataType.DOUBLE_ARRAY: (0.1,),
    DataType.BOOLEAN_ARRAY: (True, False),
    DataType.STRING_ARRAY: ("a", ""),
    DataType.DATETIME_ARRAY: (1,),
}


def without_datatype(value: object, datatype: int) -> Metric:
    """What a receiver decodes when the sender left the datatype out."""
    body = Body.FromString(encode(Payload((Metric("m", value, datatype, 5, 6, historical=True),))))  # type: ignore[arg-type] # any value
    body.metrics[0].ClearField("datatype")
    (metric,) = decode(body.SerializeToString()).metrics
    assert metric.datatype is None
    return metric


def test_every_datatype_has_a_value_here() -> None:
    assert set(VALUES) == METRIC_TYPES


@pytest.mark.parametrize("datatype", sorted(METRIC_TYPES))
@pytest.mark.sparkplug("payloads-metric-datatype-not-req")
def test_a_raw_value_becomes_what_its_birth_says(datatype: int) -> None:
    value = VALUES[datatype]
    expected = Metric("m", value, datatype, 5, 6, historical=True)
    assert resolve(without_datatype(value, datatype), datatype) == expected
    assert resolve(expected, datatype) == expected
    assert resolve(expected._replace(datatype=None), datatype) == expected


@pytest.mark.parametrize("datatype", sorted(METRIC_TYPES))
def test_null_needs_no_field(datatype: int) -> None:
    assert resolve(without_datatype(None, datatype), datatype) == Metric("m", None, datatype, 5, 6, historical=True)


@pytest.mark.parametrize(
    ("value", "sent", "born"),
    [
        (1, DataType.INT32, DataType.INT64),
        (1, DataType.INT64, DataType.INT32),
        (1.5, DataType.FLOAT, DataType.DOUBLE),
        (1.5, DataType.DOUBLE, DataType.UINT32),
        ("x", DataType.STRING, DataType.BYTES),
        (b"x", DataType.BYTES, DataType.STRING),
        ("x", DataType.STRING, DataType.STRING_ARRAY),
        (b"x", DataType.BYTES, DataType.DATASET),
        (VALUES[DataType.DATASET], DataType.DATASET, DataType.TEMPLATE),
        (VALUES[DataType.TEMPLATE], DataType.TEMPLATE, DataType.BYTES),
        (1, DataType.INT32, DataType.PROPERTYSET),
        (1, DataType.INT32, 35),
    ],
)
def test_a_value_in_the_wrong_field_is_refused(value: object, sent: int, born: int) -> None:
    with pytest.raises(MalformedPayload, match="datatype_mismatch"):
        resolve(without_datatype(value, sent), born)


def test_data_that_contradicts_its_birth_is_refused() -> None:
    with pytest.raises(MalformedPayload, match="datatype_mismatch"):
        resolve(Metric("m", 1, DataType.INT32), DataType.INT64)


@pytest.mark.parametrize(
    ("value", "datatype"), [("x", DataType.DOUBLE), (300, DataType.INT8), (1, DataType.PROPERTYSET), (1, 99)]
)
def test_a_value_made_here_must_fit_too(value: MetricValue, datatype: int) -> None:
    with pytest.raises(MalformedPayload, match="datatype_mismatch"):
        resolve(Metric("m", value), datatype)


def test_a_raw_value_may_still_be_out_of_range_or_broken() -> None:
    with pytest.raises(MalformedPayload, match="value_out_of_range"):
        resolve(without_datatype(300, DataType.UINT16), DataType.UINT8)
    with pytest.raises(MalformedPayload, match="array_malformed"):
        resolve(without_datatype(b"abc", DataType.BYTES), DataType.INT16_ARRAY)
    with pytest.raises(MalformedPayload, match="too_many_items"):
        resolve(without_datatype(b"abc", DataType.BYTES), DataType.INT8_ARRAY, Limits(items=2))


def test_uint32_is_read_from_either_whole_number_field() -> None:
    raw = without_datatype(7, DataType.UINT64)
    assert resolve(raw, DataType.UINT32).value == 7
    with pytest.raises(MalformedPayload, match="value_out_of_range"):
        resolve(without_datatype(1 << 32, DataType.UINT64), DataType.UINT32)


@pytest.mark.parametrize("value", [True, 7, 0.1, "x", b"x", VALUES[DataType.DATASET], VALUES[DataType.TEMPLATE]])
def test_a_value_without_datatype_rides_in_the_field_of_its_own_type(value: MetricValue) -> None:
    (metric,) = decode(encode(Payload((Metric("m", value),)))).metrics
    assert metric.value == value
    (again,) = decode(encode(Payload((metric,)))).metrics
    assert again == metric


def test_properties_and_parameters_may_lack_their_type_too() -> None:
    said = {"i": 7, "f": 0.1, "b": True, "t": "x", "s": {"k": Property(1, 0)}, "l": ({"k": Property(1, 0)},), "n": None}
    properties = {key: Property(value, DataType.UNKNOWN) for key, value in said.items()}  # type: ignore[arg-type] # any value
    parameters = (Parameter("a", 7, 0), Parameter("b", "x", 0), Parameter("c", None, 0))
    template = Template((), parameters, template_ref="T")
    payload = Payload((Metric("m", template, DataType.TEMPLATE, properties=properties),))
    assert decode(encode(payload)) == payload
