import pytest

from labkeeper_drivers.titles import CHINESE, title_in_its_language, title_of
from labkeeper_drivers.units import UCUM, to_ucum
from labkeeper_hub.alarms.catalogue import shipped
from labkeeper_sdk import Title


@pytest.mark.parametrize(
    ("spelling", "code"),
    [
        ("°C", "Cel"), ("µg/m³", "ug/m3"), ("ppm", "[ppm]"), ("kWh", "kW.h"), ("lqi", "{lqi}"), ("hPa", "hPa"),
        ("dB", "dB"), ("MK⁻¹", "MK-1"), (" s ", "s"), ("", ""),
    ],
)  # fmt: skip
def test_units_devices_use_become_ucum(spelling: str, code: str) -> None:
    assert to_ucum(spelling) == code


def test_an_unknown_unit_is_an_annotation_for_people() -> None:
    assert to_ucum("raw units") == "{raw_units}"
    assert to_ucum("x" * 100) == "{" + "x" * 32 + "}"


@pytest.mark.parametrize("odd", ["番茄", "a{b}", "\x00"])
def test_a_unit_that_cannot_be_ucum_is_left_out(odd: str) -> None:
    assert to_ucum(odd) == ""


def test_every_code_is_ascii_as_ucum_wants() -> None:
    assert all(code.isascii() and " " not in code for code in UCUM.values())


def test_a_known_property_has_a_chinese_name_too() -> None:
    assert title_of("temperature", "Room temperature") == Title(zh="温度", en="Room temperature")
    assert title_of("self_test") == Title(zh="自检", en="Self test")
    assert title_of("relay-2") == Title(zh="继电器 2", en="Relay 2")
    assert title_of("sprocket-2") == Title(en="Sprocket 2")


def test_whatever_a_device_says_that_an_alarm_watches_has_a_chinese_name() -> None:
    watched = {name for rule in shipped().rules.values() for name in rule.match.points}
    assert {name for name in watched if name.isidentifier()} <= CHINESE.keys()


def test_a_name_people_gave_is_kept_in_its_language() -> None:
    assert title_in_its_language("物理/空气") == Title(zh="物理/空气")
    assert title_in_its_language("bench1/plug") == Title(en="bench1/plug")
