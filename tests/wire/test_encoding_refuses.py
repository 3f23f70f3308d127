"""What the standard does not allow never leaves."""

from collections.abc import Mapping
from typing import Any

import pytest

from labkeeper_wire import (
    CannotEncode,
    DataSet,
    DataType,
    MetaData,
    Metric,
    Parameter,
    Payload,
    Property,
    Template,
    encode,
)
from labkeeper_wire.datatypes import METRIC_TYPES
from labkeeper_wire.malformed import LAST_TIME_MS, LIMITS

BAD_VALUES: list[tuple[Any, int]] = [
    (128, DataType.INT8),
    (-1, DataType.UINT64),
    (1.5, DataType.INT64),
    (True, DataType.INT64),
    ("1", DataType.DOUBLE),
    (True, DataType.DOUBLE),
    (10**400, DataType.DOUBLE),
    (1e300, DataType.FLOAT),
    (1, DataType.BOOLEAN),
    (b"on", DataType.STRING),
    ("\ud800", DataType.STRING),
    ("x", DataType.BYTES),
    ((300,), DataType.UINT8_ARRAY),
    ((True,), DataType.UINT8_ARRAY),
    ((1e300,), DataType.FLOAT_ARRAY),
    (5, DataType.INT8_ARRAY),
    ((1,), DataType.BOOLEAN_ARRAY),
    (("a\0b",), DataType.STRING_ARRAY),
    ((1,), DataType.STRING_ARRAY),
    (("\ud800",), DataType.STRING_ARRAY),
    (1, DataType.DATASET),
    (1, DataType.TEMPLATE),
    (1, DataType.PROPERTYSET),
    (1, 35),
    (-1, DataType.UNKNOWN),
    ((1,), DataType.UNKNOWN),
    (DataSet(("a",), (), ()), DataType.DATASET),
    (DataSet(("a",), (DataType.BYTES,), ()), DataType.DATASET),
    (DataSet(("a",), (DataType.INT8,), ((),)), DataType.DATASET),
    (DataSet(("a",), (DataType.INT8,), (("x",),)), DataType.DATASET),
    (Template(()), DataType.TEMPLATE),
    (Template((), template_ref="T", is_definition=True), DataType.TEMPLATE),
    (Template((), (Parameter("", 1, DataType.INT8),), template_ref="T"), DataType.TEMPLATE),
    (Template((), (Parameter("p", b"", DataType.BYTES),), template_ref="T"), DataType.TEMPLATE),  # type: ignore[arg-type] # a wrong one, on purpose
    (Template((), (Parameter("p", b"", 0),), template_ref="T"), DataType.TEMPLATE),  # type: ignore[arg-type] # a wrong one, on purpose
    (Template((Metric("n", 300, DataType.INT8),), template_ref="T"), DataType.TEMPLATE),
]


@pytest.mark.parametrize(("value", "datatype"), BAD_VALUES)
@pytest.mark.sparkplug(
    "payloads-dataset-types-num",
    "payloads-dataset-types-value",
    "payloads-template-definition-ref",
    "payloads-template-ref-definition",
    "payloads-template-ref-instance",
    "payloads-template-parameter-name-required",
    "payloads-template-parameter-type-value",
)
def test_a_value_that_does_not_fit_its_datatype_is_refused(value: object, datatype: int) -> None:
    with pytest.raises(CannotEncode):
        encode(Payload((Metric("m", value, datatype),)))  # type: ignore[arg-type] # a wrong one, on purpose


@pytest.mark.parametrize(
    "properties",
    [
        {"Quality": Property(192, DataType.INT64)},
        {"Quality": Property(1, DataType.INT32)},
        {"k": Property(b"", DataType.BYTES)},  # type: ignore[arg-type] # a wrong one, on purpose
        {"k": Property(b"", DataType.UNKNOWN)},  # type: ignore[arg-type] # a wrong one, on purpose
        {"k": Property(1, DataType.PROPERTYSET)},
        {"k": Property(1, DataType.PROPERTYSETLIST)},
        {"k": Property("x", DataType.INT8)},
        {"k": Property({"Quality": Property(1, 3)}, DataType.PROPERTYSET)},
    ],
)
@pytest.mark.sparkplug(
    "payloads-propertyset-quality-value-type",
    "payloads-propertyset-quality-value-value",
    "payloads-metric-propertyvalue-type-value",
)
def test_a_property_that_does_not_fit_its_type_is_refused(properties: Mapping[str, Property]) -> None:
    with pytest.raises(CannotEncode):
        encode(Payload((Metric("m", 1, DataType.INT8, properties=properties),)))


@pytest.mark.parametrize(
    "payload",
    [
        Payload((Metric(None, 1, DataType.INT8),)),
        Payload((Metric("", 1, DataType.INT8),)),
        Payload((Metric("m", None, -1),)),
        Payload((Metric("m", 1, DataType.INT8, time_ms=-1),)),
        Payload((Metric("m", 1, DataType.INT8, alias=-1),)),
        Payload((Metric("m", 1, DataType.INT8, metadata=MetaData(size=-1)),)),
        Payload((), seq=256),
        Payload((), seq=-1),
        Payload((), time_ms=-1),
        Payload((), time_ms=LAST_TIME_MS + 1),
        Payload((Metric("m", 1, DataType.INT8, time_ms=LAST_TIME_MS + 1),)),
        Payload((), body=bytes(LIMITS.size)),
        Payload((Metric("m", 1, DataType.INT8),) * (LIMITS.metrics + 1)),
        Payload((), uuid=5),  # type: ignore[arg-type] # a wrong one, on purpose
    ],
)
@pytest.mark.sparkplug("payloads-name-requirement", "payloads-nbirth-seq", "payloads-sequence-num-req-nbirth")
def test_a_head_that_does_not_fit_is_refused(payload: Payload) -> None:
    with pytest.raises(CannotEncode):
        encode(payload)


@pytest.mark.parametrize("datatype", sorted(METRIC_TYPES))
def test_any_metric_may_be_null(datatype: int) -> None:
    encode(Payload((Metric("m", None, datatype),)))
