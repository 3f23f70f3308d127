"""The bytes themselves, written by hand from Sparkplug's field numbers."""

from datetime import datetime, timedelta, timezone

import pytest

from labkeeper_wire import DataSet, DataType, MetaData, Metric, Parameter, Payload, Property, Template, decode, encode
from labkeeper_wire.payload import BAD, GOOD, STALE, MetricValue, quality_of

NINE_FF = "ff" * 9
GOLDEN: list[tuple[DataType, MetricValue, str]] = [
    (DataType.INT8, -1, "50 ffffffff0f"),
    (DataType.INT8, 127, "50 7f"),
    (DataType.INT16, -2, "50 feffffff0f"),
    (DataType.INT32, -(2**31), "50 8080808008"),
    (DataType.INT64, -1, f"58 {NINE_FF}01"),
    (DataType.INT64, 2**63 - 1, "58 ffffffffffffffff7f"),
    (DataType.UINT8, 255, "50 ff01"),
    (DataType.UINT16, 65_535, "50 ffff03"),
    (DataType.UINT32, 2**32 - 1, "50 ffffffff0f"),
    (DataType.UINT64, 2**64 - 1, f"58 {NINE_FF}01"),
    (DataType.FLOAT, 1.5, "65 0000c03f"),
    (DataType.DOUBLE, 1.5, "69 000000000000f83f"),
    (DataType.BOOLEAN, True, "70 01"),
    (DataType.BOOLEAN, False, "70 00"),
    (DataType.STRING, "é", "7a 02 c3a9"),
    (DataType.DATETIME, 128, "58 8001"),
    (DataType.TEXT, "a", "7a 01 61"),
    (DataType.UUID, "b", "7a 01 62"),
    (DataType.BYTES, b"\x00\xff", "8201 02 00ff"),
    (DataType.FILE, b"", "8201 00"),
    (
        DataType.DATASET,
        DataSet(("c",), (3,), ((-1,), (None,))),
        "8a01 15 0801 120163 1803 2208 0a06 08ffffffff0f 22020a00",
    ),
    (
        DataType.TEMPLATE,
        Template((), (Parameter("p", 2, 5),), "1", "T"),
        "9201 11 0a0131 1a07 0a0170 1005 1802 220154 2800",
    ),
    (DataType.TEMPLATE, Template((Metric("n", True, 11),), is_definition=True), "9201 0b 1207 0a016e 200b 7001 2801"),
    (DataType.INT8_ARRAY, (-23, 123), "8201 02 e97b"),
    (DataType.INT16_ARRAY, (-30_000, 30_000), "8201 04 d08a 3075"),
    (DataType.INT32_ARRAY, (-1, 1), "8201 08 ffffffff 01000000"),
    (DataType.INT64_ARRAY, (-2,), "8201 08 feffffffffffffff"),
    (DataType.UINT8_ARRAY, (23, 250), "8201 02 17fa"),
    (DataType.UINT16_ARRAY, (30, 52_360), "8201 04 1e00 88cc"),
    (DataType.UINT32_ARRAY, (52, 3_293_969_225), "8201 08 34000000 49fb55c4"),
    (DataType.UINT64_ARRAY, (1,), "8201 08 0100000000000000"),
    (DataType.FLOAT_ARRAY, (1.5,), "8201 04 0000c03f"),
    (DataType.DOUBLE_ARRAY, (1.5,), "8201 08 000000000000f83f"),
    (DataType.BOOLEAN_ARRAY, tuple(bit == "1" for bit in "001101001101"), "8201 06 0c000000 34d0"),
    (DataType.BOOLEAN_ARRAY, (), "8201 04 00000000"),
    (DataType.STRING_ARRAY, ("ABC", "", "hello"), "8201 0b 41424300 00 68656c6c6f00"),
    (DataType.STRING_ARRAY, (), "8201 00"),
    (DataType.DATETIME_ARRAY, (1_256_102_875_335, 1), "8201 10 c7d0907524010000 0100000000000000"),
]


def metric_body(rest: str) -> bytes:
    """A payload of one metric called m."""
    metric = bytes.fromhex("0a016d" + rest)
    return b"\x12" + bytes([len(metric)]) + metric


@pytest.mark.parametrize(("datatype", "value", "field"), GOLDEN, ids=lambda part: str(part)[:30])
@pytest.mark.sparkplug(
    "payloads-metric-datatype-value-type",
    "payloads-metric-datatype-value",
    "payloads-dataset-types-def",
    "payloads-dataset-types-type",
    "payloads-template-dataset-value",
    "payloads-template-is-definition",
    "payloads-template-is-definition-definition",
    "payloads-template-is-definition-instance",
    "payloads-template-parameter-value-type",
    "payloads-template-parameter-value",
)
def test_each_datatype_has_exactly_these_bytes(datatype: DataType, value: MetricValue, field: str) -> None:
    data = metric_body(f"20{datatype:02x}" + field)
    payload = Payload((Metric("m", value, datatype),))
    assert encode(payload) == data
    assert decode(data) == payload


@pytest.mark.sparkplug("payloads-name-requirement", "payloads-alias-data-cmd-requirement")
def test_every_other_field_of_a_metric_has_exactly_these_bytes() -> None:
    meta = MetaData(
        is_multi_part=False, content_type="a", size=1, seq=2, file_name="b", file_type="c", md5="d", description="e"
    )
    metric = Metric(None, None, DataType.BYTES, 1, 0, historical=True, transient=True, metadata=meta)
    data = bytes.fromhex("1223 1000 1801 2011 2801 3001 3801 4215 0800 120161 1801 2002 2a0162 320163 3a0164 420165")
    assert encode(Payload((metric,))) == data
    assert decode(data) == Payload((metric,))


def test_the_head_has_exactly_these_bytes() -> None:
    payload = Payload((), time_ms=1, seq=0, uuid="u", body=b"b")
    assert encode(payload) == bytes.fromhex("0801 1800 220175 2a0162")
    assert decode(bytes.fromhex("0801 1800 220175 2a0162")) == payload
    assert decode(b"") == Payload(())


@pytest.mark.sparkplug(
    "payloads-propertyset-keys-array-size",
    "payloads-propertyset-values-array-size",
    "payloads-metric-propertyvalue-type-type",
    "payloads-metric-propertyvalue-type-value",
    "payloads-propertyset-quality-value-type",
    "payloads-propertyset-quality-value-value",
)
def test_properties_have_exactly_these_bytes() -> None:
    properties = {
        "Quality": Property(192, DataType.INT32),
        "s": Property({"b": Property(True, DataType.BOOLEAN)}, DataType.PROPERTYSET),
        "l": Property(({}, {"n": Property(None, DataType.TEXT)}), DataType.PROPERTYSETLIST),
    }
    keys = "0a07 5175616c697479 0a0173 0a016c"
    quality, inner = "1205 0803 18c001", "120d 0814 4a09 0a0162 1204 080b 3801"
    listed = "1211 0815 520d 0a00 0a09 0a016e 1204 080e 1001"
    packed = bytes.fromhex(keys + quality + inner + listed)
    data = metric_body("2001" + f"4a{len(packed):02x}" + packed.hex() + "5000")
    payload = Payload((Metric("m", 0, DataType.INT8, properties=properties),))
    assert encode(payload) == data
    assert decode(data) == payload


@pytest.mark.parametrize(
    ("rest", "value"),
    [
        ("2001 50ff01", -1),  # Int8 masked to its own eight bits
        ("2002 508080feff0f", -32_768),  # Int16 sign-extended
        ("2002 50808002", -32_768),  # and not
        ("2007 58ffffffff0f", 2**32 - 1),  # UInt32 in the 64-bit field, as Tahu writes it
    ],
)
def test_what_well_known_writers_do_differently_is_understood(rest: str, value: int) -> None:
    assert decode(metric_body(rest)).metrics[0].value == value


@pytest.mark.sparkplug("payloads-timestamp-in-UTC", "payloads-metric-timestamp-in-UTC")
def test_a_time_on_the_wire_is_utc_whatever_the_schools_clock_shows() -> None:
    new_year_in_shanghai = datetime(2024, 1, 1, tzinfo=timezone(timedelta(hours=8)))
    time_ms = int(new_year_in_shanghai.timestamp() * 1000)
    varint = "8080ea84cc31"  # 1,704,038,400,000: 2023-12-31T16:00Z
    data = bytes.fromhex(f"08{varint} 120e 0a016d 18{varint} 2003 5005")
    payload = Payload((Metric("m", 5, DataType.INT32, time_ms),), time_ms)
    assert encode(payload) == data
    assert decode(data) == payload


def test_unknown_fields_and_extensions_are_ignored() -> None:
    strange = bytes.fromhex("a20603 616263")  # field 100, in the extension range of every message
    plain = bytes.fromhex("0a016d 2003 5005")
    metric = plain + strange
    assert decode(b"\x12" + bytes([len(metric)]) + metric + strange) == Payload((Metric("m", 5, DataType.INT32),))


def test_an_explicit_false_is_the_same_as_nothing() -> None:
    assert decode(metric_body("2003 2800 3000 3800 5005")) == Payload((Metric("m", 5, DataType.INT32),))
    # …also where the value is not plain
    assert decode(metric_body("2020 3800 820104 00000000")).metrics[0].value == ()


@pytest.mark.parametrize("datatype", ["", "2000", "200a", "2010"])
def test_is_null_wins_over_a_value(datatype: str) -> None:
    (metric,) = decode(metric_body(datatype + "3801 69000000000000f83f")).metrics
    assert metric.value is None
    assert metric.raw_field is None


@pytest.mark.sparkplug("payloads-metric-datatype-not-req")
def test_data_can_leave_the_datatypes_to_the_birth() -> None:
    inner = Template((Metric("n", -1, DataType.INT8),), template_ref="T")
    payload = Payload((Metric("m", -1, DataType.INT8), Metric("t", inner, DataType.TEMPLATE)))
    data = encode(payload, datatypes=False)
    assert data == bytes.fromhex("1209 0a016d 50ffffffff0f 1216 0a0174 920110 1209 0a016e 50ffffffff0f 220154 2800")
    assert [metric.datatype for metric in decode(data).metrics] == [None, None]


def test_a_template_without_its_flag_is_an_instance_if_it_refers_to_one() -> None:
    (metric,) = decode(metric_body("2013 920103 220154")).metrics
    assert metric.value == Template((), template_ref="T")


@pytest.mark.parametrize(
    ("properties", "quality"),
    [
        (None, GOOD),
        ({}, GOOD),
        ({"Quality": Property(192, 3)}, GOOD),
        ({"Quality": Property(500, 3)}, STALE),
        ({"Quality": Property(0, 3)}, BAD),
        ({"Quality": Property(7, 3)}, BAD),
        ({"Quality": Property("good", 12)}, BAD),
        ({"Quality": Property(None, 3)}, BAD),
    ],
)
def test_quality_is_one_of_three(properties: dict[str, Property] | None, quality: int) -> None:
    assert quality_of(Metric("m", 1.0, DataType.DOUBLE, properties=properties)) == quality


def test_a_whole_number_is_welcome_as_a_double() -> None:
    (metric,) = decode(encode(Payload((Metric("m", 20, DataType.DOUBLE),)))).metrics
    assert metric.value == 20.0
    assert isinstance(metric.value, float)
