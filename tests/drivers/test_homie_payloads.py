import pytest

from labkeeper_drivers.homie.payloads import decode, encode
from labkeeper_sdk import BadReading, Value

OPTIONS = {"enum": ("idle", " line"), "color": ("rgb", "xyz")}


@pytest.mark.parametrize(
    ("datatype", "payload", "value"),
    [
        ("integer", b"-9223372036854775808", -(2**63)),
        ("integer", b"007", 7),
        ("float", b"21.5", 21.5),
        ("float", b"-1.5e-3", -0.0015),
        ("float", b"3", 3.0),
        ("float", b".5", 0.5),
        ("boolean", b"true", True),
        ("boolean", b"false", False),
        ("string", "你好".encode(), "你好"),
        ("string", b"\x00", ""),
        ("enum", b" line", " line"),
        ("color", b"rgb,255,0,12.5", "rgb,255,0,12.5"),
        ("color", b"xyz,0.25,0.34", "xyz,0.25,0.34"),
        ("datetime", b"2026-03-01T08:00:00Z", "2026-03-01T08:00:00Z"),
        ("duration", b"PT12H5M46S", "PT12H5M46S"),
        ("duration", b"PT5M", "PT5M"),
        ("json", b'{"a": [1]}', '{"a": [1]}'),
    ],
)
def test_a_payload_of_the_convention_is_read(datatype: str, payload: bytes, value: Value) -> None:
    decoded = decode(datatype, payload, OPTIONS.get(datatype, ()))
    assert decoded == value
    assert type(decoded) is type(value)


@pytest.mark.parametrize(
    ("datatype", "payload", "reason"),
    [
        ("integer", b"9223372036854775808", "not_a_integer"),
        ("integer", b"1.0", "not_a_integer"),
        ("integer", b"-", "not_a_integer"),
        ("integer", b" 1", "not_a_integer"),
        ("integer", "٣".encode(), "not_a_integer"),
        ("float", b"NaN", "not_a_float"),
        ("float", b"Infinity", "not_a_float"),
        ("float", b"1e999", "not_a_float"),
        ("float", b"1,5", "not_a_float"),
        ("float", b"", "not_a_float"),
        ("float", b"1_0", "not_a_float"),
        ("boolean", b"TRUE", "not_a_boolean"),
        ("enum", b"line", "unknown_value"),
        ("color", b"hsv,1,1,1", "not_a_color"),
        ("color", b"rgb,1,1", "not_a_color"),
        ("color", b"rgb,1,1,256", "not_a_color"),
        ("color", b"rgb,1,1,x", "not_a_color"),
        ("datetime", b"yesterday", "not_a_datetime"),
        ("duration", b"PT", "not_a_duration"),
        ("duration", b"P1D", "not_a_duration"),
        ("json", b"5", "not_a_json"),
        ("json", b"{", "not_a_json"),
        ("string", b"\xff", "not_utf8"),
    ],
)
def test_a_payload_that_is_not_one_has_a_named_reason(datatype: str, payload: bytes, reason: str) -> None:
    with pytest.raises(BadReading) as error:
        decode(datatype, payload, OPTIONS.get(datatype, ()))
    assert error.value.reason == reason


@pytest.mark.parametrize(
    ("value", "payload"),
    [
        (True, b"true"), (False, b"false"), (5, b"5"), (-0.5, b"-0.5"), (1.0, b"1"), (1e300, b"1e300"),
        (1.5e-7, b"1.5e-07"), ("", b"\x00"), ("灯", "灯".encode()),
    ],
)  # fmt: skip
def test_what_is_asked_is_written_as_the_convention_wants(value: Value, payload: bytes) -> None:
    assert encode(value) == payload
