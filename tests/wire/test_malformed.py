"""Every reason a payload is refused for, and that each is reached."""

from collections.abc import Callable

import pytest

from labkeeper_wire import DataType, MalformedPayload, Metric, Payload, decode, encode
from labkeeper_wire.codec import Limits, Reason, SlowProtobuf
from labkeeper_wire.malformed import LAST_TIME_MS
from labkeeper_wire.runtime import active_implementation, require_upb
from labkeeper_wire.sparkplug_b_pb2 import Body, Properties, Structure, Table
from labkeeper_wire.sparkplug_b_pb2 import Metric as WireMetric


def one(**fields: object) -> bytes:
    """A payload of one metric with these protobuf fields."""
    return Body(metrics=[WireMetric(name="m", **fields)]).SerializeToString()  # type: ignore[arg-type] # fields by name


def nested_templates(depth: int) -> bytes:
    metric = WireMetric(name="m", datatype=DataType.INT8, int_value=1)
    for _ in range(depth):
        inner = Structure(is_definition=True, metrics=[metric])
        metric = WireMetric(name="m", datatype=DataType.TEMPLATE, template_value=inner)
    return Body(metrics=[metric]).SerializeToString()


def nested_properties(depth: int) -> bytes:
    inner = Properties()
    for _ in range(depth - 1):
        outer = Properties(keys=["k"])
        outer.values.add(type=DataType.PROPERTYSET).propertyset_value.CopyFrom(inner)
        inner = outer
    return one(datatype=DataType.INT8, int_value=1, properties=inner)


def table(**fields: object) -> bytes:
    whole = {"num_of_columns": 1, "columns": ["a"], "types": [DataType.INT8]}
    return one(datatype=DataType.DATASET, dataset_value=Table(**(whole | fields)))  # type: ignore[arg-type] # fields by name


def structure(**fields: object) -> bytes:
    return one(datatype=DataType.TEMPLATE, template_value=Structure(**fields))  # type: ignore[arg-type] # fields by name


def properties(**fields: object) -> bytes:
    return one(datatype=DataType.INT8, int_value=1, properties=Properties(**fields))  # type: ignore[arg-type] # fields by name


def packed(datatype: int, data: bytes) -> bytes:
    return one(datatype=datatype, bytes_value=data)


def many(count: int) -> bytes:
    return encode(Payload((Metric("m", 1, DataType.INT8),))) * count  # repeated fields simply follow each other


CASES: list[tuple[Reason, str, bytes]] = [
    (Reason.TOO_LARGE, "a byte too many", b"\x2a\x80\x80\x40" + bytes(1 << 20)),
    (Reason.TOO_MANY_METRICS, "a metric too many", many(10_001)),
    (Reason.TOO_DEEP, "templates", nested_templates(9)),
    (Reason.TOO_DEEP, "properties", nested_properties(9)),
    (Reason.TOO_MANY_ITEMS, "numbers", packed(DataType.UINT8_ARRAY, bytes(100_001))),
    (
        Reason.TOO_MANY_ITEMS,
        "booleans",
        packed(DataType.BOOLEAN_ARRAY, (100_008).to_bytes(4, "little") + bytes(12_501)),
    ),
    (Reason.TOO_MANY_ITEMS, "strings", packed(DataType.STRING_ARRAY, bytes(100_001))),
    (Reason.TOO_MANY_ITEMS, "rows without columns", table(num_of_columns=0, columns=[], types=[], rows=[{}] * 100_001)),
    (Reason.TOO_MANY_ITEMS, "parameters", structure(is_definition=True, parameters=[{"name": "p"}] * 100_001)),
    (Reason.TOO_MANY_ITEMS, "properties", properties(keys=[""] * 100_001)),
    (
        Reason.TOO_MANY_ITEMS,
        "property sets",
        properties(keys=["l"], values=[{"type": 21, "propertysets_value": {"propertyset": [{}] * 100_001}}]),
    ),
    (Reason.NOT_PROTOBUF, "a tag without field", b"\x00"),
    (Reason.NOT_PROTOBUF, "cut short", many(1)[:-1]),
    (Reason.NOT_PROTOBUF, "text that is not UTF-8", b"\x12\x03\x0a\x01\xff"),
    (Reason.NAME_MISSING, "neither name nor alias", Body(metrics=[{"int_value": 1}]).SerializeToString()),
    (Reason.NAME_MISSING, "an empty name", Body(metrics=[{"name": "", "int_value": 1}]).SerializeToString()),
    (Reason.VALUE_MISSING, "not said to be null", one(datatype=DataType.INT8)),
    (Reason.VALUE_MISSING, "nothing at all", one()),
    (Reason.VALUE_MISSING, "an extension's value", b"\x12\x08\x0a\x01m\x9a\x01\x02\x08\x01"),
    (Reason.VALUE_MISSING, "a property's", properties(keys=["k"], values=[{"type": 3}])),
    (Reason.VALUE_OUT_OF_RANGE, "Int8", one(datatype=DataType.INT8, int_value=256)),
    (Reason.VALUE_OUT_OF_RANGE, "Int16, negative", one(datatype=DataType.INT16, int_value=0xFFFF7FFF)),
    (Reason.VALUE_OUT_OF_RANGE, "UInt8", one(datatype=DataType.UINT8, int_value=256)),
    (Reason.VALUE_OUT_OF_RANGE, "UInt32 in a long", one(datatype=DataType.UINT32, long_value=1 << 32)),
    (Reason.TIME_OUT_OF_RANGE, "of the payload", Body(timestamp=LAST_TIME_MS + 1).SerializeToString()),
    (Reason.TIME_OUT_OF_RANGE, "of a metric", one(datatype=DataType.INT8, int_value=1, timestamp=LAST_TIME_MS + 1)),
    (Reason.SEQ_OUT_OF_RANGE, "256", Body(seq=256).SerializeToString()),
    (Reason.DATATYPE_UNKNOWN, "35", one(datatype=35, int_value=1)),
    (Reason.DATATYPE_UNKNOWN, "35, null", one(datatype=35, is_null=True)),
    (Reason.DATATYPE_MISMATCH, "a property's type", one(datatype=DataType.PROPERTYSET, int_value=1)),
    (Reason.DATATYPE_MISMATCH, "a property's type, null", one(datatype=DataType.PROPERTYSETLIST, is_null=True)),
    (Reason.DATATYPE_MISMATCH, "a double in a float", one(datatype=DataType.DOUBLE, float_value=1)),
    (Reason.DATATYPE_MISMATCH, "a long in an int", one(datatype=DataType.INT64, int_value=1)),
    (Reason.DATATYPE_MISMATCH, "an unsigned in a text", one(datatype=DataType.UINT32, string_value="1")),
    (Reason.DATATYPE_MISMATCH, "an array in a text", one(datatype=DataType.INT8_ARRAY, string_value="1")),
    (Reason.DATATYPE_MISMATCH, "a DataSet in a text", one(datatype=DataType.DATASET, string_value="1")),
    (Reason.DATATYPE_MISMATCH, "a Template in a text", one(datatype=DataType.TEMPLATE, string_value="1")),
    (
        Reason.DATATYPE_MISMATCH,
        "a property set in an int",
        properties(keys=["k"], values=[{"type": 20, "int_value": 1}]),
    ),
    (Reason.DATATYPE_MISMATCH, "a property", properties(keys=["k"], values=[{"type": 10, "int_value": 1}])),
    (Reason.ARRAY_MALFORMED, "half a number", packed(DataType.INT16_ARRAY, b"abc")),
    (Reason.ARRAY_MALFORMED, "no count", packed(DataType.BOOLEAN_ARRAY, b"abc")),
    (Reason.ARRAY_MALFORMED, "bits missing", packed(DataType.BOOLEAN_ARRAY, b"\x09\0\0\0\xff")),
    (Reason.ARRAY_MALFORMED, "a string not ended", packed(DataType.STRING_ARRAY, b"abc")),
    (Reason.ARRAY_MALFORMED, "a string not UTF-8", packed(DataType.STRING_ARRAY, b"\xff\0")),
    (Reason.DATASET_MALFORMED, "a wrong number of columns", table(num_of_columns=2)),
    (Reason.DATASET_MALFORMED, "a type missing", table(types=[])),
    (Reason.DATASET_MALFORMED, "a type too many", table(types=[1, 1])),
    (Reason.DATASET_MALFORMED, "a type that is not basic", table(types=[DataType.BYTES])),
    (Reason.DATASET_MALFORMED, "a row too short", table(rows=[{}])),
    (Reason.DATATYPE_MISMATCH, "a cell", table(rows=[{"elements": [{"string_value": "x"}]}])),
    (Reason.TEMPLATE_MALFORMED, "a definition with a reference", structure(is_definition=True, template_ref="T")),
    (Reason.TEMPLATE_MALFORMED, "an instance without", structure(is_definition=False)),
    (Reason.TEMPLATE_MALFORMED, "a parameter without name", structure(is_definition=True, parameters=[{"type": 1}])),
    (
        Reason.TEMPLATE_MALFORMED,
        "a parameter that is not basic",
        structure(is_definition=True, parameters=[{"name": "p", "type": DataType.BYTES}]),
    ),
    (Reason.PROPERTYSET_MALFORMED, "a key too many", properties(keys=["k"])),
    (Reason.PROPERTYSET_MALFORMED, "a value too many", properties(values=[{"is_null": True}])),
    (
        Reason.PROPERTYSET_MALFORMED,
        "a key twice",
        properties(keys=["k", "k"], values=[{"is_null": True}, {"is_null": True}]),
    ),
    (
        Reason.PROPERTYSET_MALFORMED,
        "no property's type",
        properties(keys=["k"], values=[{"type": 16, "is_null": True}]),
    ),
]


@pytest.mark.parametrize(
    ("reason", "data"), [(r, d) for r, _, d in CASES], ids=[f"{r}: {what}" for r, what, _ in CASES]
)
@pytest.mark.sparkplug(
    "payloads-metric-datatype-value",
    "payloads-name-requirement",
    "payloads-propertyset-keys-array-size",
    "payloads-propertyset-values-array-size",
    "payloads-metric-propertyvalue-type-value",
    "payloads-dataset-column-size",
    "payloads-dataset-column-num-headers",
    "payloads-dataset-types-num",
    "payloads-dataset-types-value",
    "payloads-dataset-parameter-type-req",
    "payloads-template-definition-ref",
    "payloads-template-ref-definition",
    "payloads-template-ref-instance",
    "payloads-template-parameter-name-required",
    "payloads-template-parameter-type-value",
)
def test_a_malformed_payload_is_refused_with_its_reason(reason: Reason, data: bytes) -> None:
    with pytest.raises(MalformedPayload) as refused:
        decode(data)
    assert refused.value.reason == reason.value
    assert str(refused.value) == reason.value


def test_every_reason_has_a_case() -> None:
    assert {reason for reason, _, _ in CASES} == set(Reason)


@pytest.mark.parametrize("make", [nested_templates, nested_properties])
def test_the_deepest_payload_allowed_is_read(make: Callable[[int], bytes]) -> None:
    assert len(decode(make(8)).metrics) == 1


def test_the_largest_payload_allowed_is_read() -> None:
    assert len(decode(many(10_000)).metrics) == 10_000
    assert decode(packed(DataType.UINT8_ARRAY, bytes(100_000))).metrics[0].value == (0,) * 100_000


def test_limits_count_over_the_whole_payload() -> None:
    small = Limits(metrics=3, items=3)
    pair = one(datatype=DataType.UINT8_ARRAY, bytes_value=b"ab")
    assert len(decode(pair, small).metrics) == 1
    with pytest.raises(MalformedPayload, match="too_many_items"):
        decode(pair + pair, small)
    with pytest.raises(MalformedPayload, match="too_many_metrics"):
        decode(nested_templates(3), small)


def test_without_its_c_implementation_protobuf_is_not_good_enough() -> None:
    with pytest.raises(SlowProtobuf, match="binary wheel"):
        require_upb("python")
    require_upb(active_implementation())
