import pytest

from labkeeper_drivers.zigbee2mqtt.codecs import Codec, JsonText, Number, OneOf, OnOff, Text
from labkeeper_sdk import BadReading, Value


@pytest.mark.parametrize(
    ("codec", "raw", "value"),
    [
        (Number(), 21, 21.0),
        (Number(), 0.5, 0.5),
        (OnOff("ON", "OFF"), "ON", True),
        (OnOff("ON", "OFF"), "OFF", False),
        (OnOff(False, True), False, True),
        (OnOff(1, 0), 0, False),
        (OneOf({"low": "low", "2": 2}), 2.0, "2"),
        (OneOf({"low": "low"}), "low", "low"),
        (Text(), "打开", "打开"),
        (JsonText(), [1, {"a": None}], '[1,{"a":null}]'),
    ],
)
def test_what_a_device_says_becomes_a_value_of_its_type(codec: Codec, raw: object, value: Value) -> None:
    decoded = codec.decode(raw)
    assert decoded == value
    assert type(decoded) is type(value)


@pytest.mark.parametrize(
    ("codec", "raw", "reason"),
    [
        (Number(), "NaN", "wrong_type"),
        (Number(), True, "wrong_type"),
        (Number(), {"a": 1}, "wrong_type"),
        (Number(), float("inf"), "not_finite"),
        (OnOff(True, False), 1, "unknown_value"),
        (OnOff("ON", "OFF"), "on", "unknown_value"),
        (OneOf({"low": "low"}), "high", "unknown_value"),
        (OneOf({"low": "low"}), ["low"], "unknown_value"),
        (Text(), 5, "wrong_type"),
        (JsonText(), "[]", "wrong_type"),
    ],
)
def test_nonsense_has_a_name(codec: Codec, raw: object, reason: str) -> None:
    with pytest.raises(BadReading) as error:
        codec.decode(raw)
    assert error.value.reason == reason


@pytest.mark.parametrize(
    ("codec", "value", "raw"),
    [
        (Number(), 254.0, 254),
        (Number(), 0.5, 0.5),
        (Number(), 7, 7),
        (OnOff("LOCK", "UNLOCK"), True, "LOCK"),
        (OnOff("LOCK", "UNLOCK"), False, "UNLOCK"),
        (OneOf({"2": 2}), "2", 2),
        (OneOf({"2": 2}), "3", "3"),
        (Text(), "a", "a"),
        (JsonText(), "[1]", [1]),
    ],
)
def test_what_is_asked_is_said_in_the_devices_own_values(codec: Codec, value: Value, raw: object) -> None:
    encoded = codec.encode(value)
    assert encoded == raw
    assert type(encoded) is type(raw)
