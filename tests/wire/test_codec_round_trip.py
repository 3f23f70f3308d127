"""Whatever may be said comes back equal, for every datatype and at any nesting the limits allow."""

import math
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkeeper_wire import DataSet, DataType, MetaData, Metric, Parameter, Payload, Property, Template, decode, encode
from labkeeper_wire.datatypes import ARRAY_TYPES, BASIC_TYPES, METRIC_TYPES
from labkeeper_wire.malformed import LAST_TIME_MS


def whole(bits: int, *, signed: bool) -> st.SearchStrategy[int]:
    return st.integers(-(1 << bits - 1), (1 << bits - 1) - 1) if signed else st.integers(0, (1 << bits) - 1)


TEXT = st.text(max_size=20)
NAME = st.text(min_size=1, max_size=20)
TIME = st.integers(0, LAST_TIME_MS)
SCALARS: dict[int, st.SearchStrategy[Any]] = {
    DataType.INT8: whole(8, signed=True),
    DataType.INT16: whole(16, signed=True),
    DataType.INT32: whole(32, signed=True),
    DataType.INT64: whole(64, signed=True),
    DataType.UINT8: whole(8, signed=False),
    DataType.UINT16: whole(16, signed=False),
    DataType.UINT32: whole(32, signed=False),
    DataType.UINT64: whole(64, signed=False),
    DataType.FLOAT: st.floats(width=32, allow_nan=False),
    DataType.DOUBLE: st.floats(allow_nan=False),
    DataType.BOOLEAN: st.booleans(),
    DataType.STRING: TEXT,
    DataType.DATETIME: whole(64, signed=False),
    DataType.TEXT: TEXT,
    DataType.UUID: st.uuids().map(str),
    DataType.BYTES: st.binary(max_size=20),
    DataType.FILE: st.binary(max_size=20),
}
# An array type's number is its element's plus this, for the numeric ones.
ELEMENTS = {DataType(number): DataType(number - DataType.INT8_ARRAY + 1) for number in range(22, 32)}
ELEMENTS |= {
    DataType.BOOLEAN_ARRAY: DataType.BOOLEAN,
    DataType.STRING_ARRAY: DataType.STRING,
    DataType.DATETIME_ARRAY: DataType.DATETIME,
}


def array(datatype: int) -> st.SearchStrategy[tuple[Any, ...]]:
    element = SCALARS[ELEMENTS[DataType(datatype)]]
    if datatype == DataType.STRING_ARRAY:
        element = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=10)
    return st.lists(element, max_size=20).map(tuple)


@st.composite
def datasets(draw: st.DrawFn) -> DataSet:
    types = draw(st.lists(st.sampled_from(sorted(BASIC_TYPES)), max_size=4))
    row = st.tuples(*(st.none() | SCALARS[datatype] for datatype in types))
    rows = draw(st.lists(row, max_size=4))
    return DataSet(tuple(draw(TEXT) for _ in types), tuple(types), tuple(rows))


@st.composite
def basic(draw: st.DrawFn) -> Property:
    datatype = draw(st.sampled_from(sorted(BASIC_TYPES)))
    return Property(draw(st.none() | SCALARS[datatype]), datatype)


def property_sets(depth: int = 2) -> st.SearchStrategy[dict[str, Property]]:
    item: st.SearchStrategy[Property] = basic()
    if depth:
        inner = property_sets(depth - 1)
        item |= inner.map(lambda found: Property(found, DataType.PROPERTYSET))
        lists = st.lists(inner, max_size=2).map(tuple)
        item |= lists.map(lambda found: Property(found, DataType.PROPERTYSETLIST))
    return st.dictionaries(NAME.filter(lambda key: key != "Quality"), item, max_size=3)


@st.composite
def metrics(draw: st.DrawFn, depth: int = 2) -> Metric:
    kinds = METRIC_TYPES if depth else METRIC_TYPES - {DataType.TEMPLATE}
    datatype = draw(st.sampled_from(sorted(kinds)))
    return Metric(
        name=draw(NAME),
        value=draw(st.none() | values(datatype, depth)),
        datatype=datatype,
        time_ms=draw(st.none() | TIME),
        alias=draw(st.none() | whole(64, signed=False)),
        historical=draw(st.booleans()),
        transient=draw(st.booleans()),
        properties=draw(st.none() | property_sets()),
        metadata=draw(st.none() | meta()),
    )


def meta() -> st.SearchStrategy[MetaData]:
    number, text = st.none() | whole(64, signed=False), st.none() | TEXT
    return st.builds(MetaData, st.none() | st.booleans(), text, number, number, text, text, text, text)


def parameters() -> st.SearchStrategy[Parameter]:
    one = st.sampled_from(sorted(BASIC_TYPES))
    return one.flatmap(lambda kind: st.builds(Parameter, NAME, st.none() | SCALARS[kind], st.just(kind)))


@st.composite
def templates(draw: st.DrawFn, depth: int) -> Template:
    definition = draw(st.booleans())
    return Template(
        metrics=tuple(draw(st.lists(metrics(depth - 1), max_size=2))),
        parameters=tuple(draw(st.lists(parameters(), max_size=2))),
        version=draw(st.none() | TEXT),
        template_ref=None if definition else draw(NAME),
        is_definition=definition,
    )


def values(datatype: int, depth: int) -> st.SearchStrategy[Any]:
    if datatype == DataType.DATASET:
        return datasets()
    if datatype == DataType.TEMPLATE:
        return templates(depth)
    return array(datatype) if datatype in ARRAY_TYPES else SCALARS[datatype]


PAYLOADS = st.builds(
    Payload,
    metrics=st.lists(metrics(), max_size=3).map(tuple),
    time_ms=st.none() | TIME,
    seq=st.none() | st.integers(0, 255),
    uuid=st.none() | TEXT,
    body=st.none() | st.binary(max_size=20),
)


@given(payload=PAYLOADS)
@pytest.mark.sparkplug(
    "payloads-dataset-column-size",
    "payloads-dataset-column-num-headers",
    "payloads-dataset-types-num",
    "payloads-template-version",
)
def test_every_payload_comes_back_equal(payload: Payload) -> None:
    assert decode(encode(payload)) == payload


@pytest.mark.parametrize("datatype", sorted(METRIC_TYPES))
@given(data=st.data())
@pytest.mark.sparkplug("payloads-metric-datatype-value")
def test_every_datatype_comes_back_equal(datatype: int, data: st.DataObject) -> None:
    value = data.draw(values(datatype, 1))
    payload = Payload((Metric("m", value, datatype),))
    (back,) = decode(encode(payload)).metrics
    assert back == payload.metrics[0]
    assert type(back.value) is type(value)


@pytest.mark.parametrize("datatype", [DataType.FLOAT, DataType.DOUBLE])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -0.0])
def test_numbers_no_sensor_should_send_still_cross_the_wire(datatype: int, value: float) -> None:
    (back,) = decode(encode(Payload((Metric("m", value, datatype),)))).metrics
    assert isinstance(back.value, float)
    assert struct.pack("<d", back.value) == struct.pack("<d", value)


@given(payload=PAYLOADS)
def test_bytes_are_stable_once_written(payload: Payload) -> None:
    once = encode(payload)
    assert encode(decode(once)) == once
