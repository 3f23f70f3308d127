"""What the suite calls a legal description and a legal payload."""

import json

import pytest

from labkeeper_firmware.homie import Illegal, Property, describe, moment
from labkeeper_firmware.reference import homie


def test_the_reference_firmware_describes_itself_legally() -> None:
    found = describe(homie.description(clock=True))
    assert found["motor/speed"] == Property("motor/speed", "float", settable=True, low=-1.0, high=1.0)
    assert found["climate/temperature"].settable is False


@pytest.mark.parametrize(
    ("datatype", "good", "bad"),
    [
        ("integer", b"-12", b"1.0"),
        ("float", b"2.5e3", b"21,5"),
        ("float", b".5", b"nan"),
        ("float", b"1", b"1e999"),
        ("boolean", b"true", b"TRUE"),
        ("enum", b"slow", b"quick"),
        ("datetime", b"2026-01-02T03:04:05Z", b"2026-01-02T03:04:05"),
        ("datetime", b"2026-01-02T03:04:05+08:00", b"now"),
        ("json", b'{"a": 1}', b"1"),
        ("json", b"[]", b"[1"),
        ("string", b"anything", b"\xff"),
    ],
)
def test_a_payload_is_what_its_datatype_allows(datatype: str, good: bytes, bad: bytes) -> None:
    declared = Property("n/p", datatype, options=("slow", "fast"))
    assert declared.wrong(good) == ""
    assert declared.wrong(bad)


def test_without_a_clock_the_reference_does_not_declare_when_it_measured() -> None:
    assert "climate/measured-at" in describe(homie.description(clock=True))
    assert "climate/measured-at" not in describe(homie.description(clock=False))


def test_a_number_outside_its_format_is_wrong() -> None:
    declared = Property("n/p", "float", low=-1.0, high=1.0)
    assert not declared.wrong(b"1")
    assert declared.wrong(b"1.01") == "is outside its format"


def test_numbers_are_the_same_by_value_and_everything_else_by_its_text() -> None:
    assert Property("n/p", "float").same("0.0", "0")
    assert not Property("n/p", "float").same("", "0")
    assert not Property("n/p", "boolean").same("true", "false")


def document(**properties: object) -> bytes:
    return json.dumps({"homie": "5.0", "version": 1, "nodes": {"n": {"properties": properties}}}).encode()


def test_ranges_and_options_are_read_from_the_format() -> None:
    found = describe(
        document(
            a={"datatype": "integer", "format": "1:"},
            b={"datatype": "float", "format": ":2:0.5"},
            c={"datatype": "enum", "format": "x,y", "retained": False},
        )
    )
    assert (found["n/a"].low, found["n/b"].high) == (1.0, 2.0)
    assert (found["n/c"].options, found["n/c"].retained) == (("x", "y"), False)


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"{", "not JSON"),
        (b"[]", '"homie": "5.x"'),
        (b'{"homie": "4.0"}', '"homie": "5.x"'),
        (b'{"homie": "5.0"}', "no version"),
        (b'{"homie": "5.0", "version": true}', "no version"),
        (b'{"homie": "5.0", "version": 1, "nodes": []}', "nodes is not an object"),
        (b'{"homie": "5.0", "version": 1, "nodes": {"N": {}}}', "N is not an id"),
        (document(p=1), "p is not an id with an object"),
        (document(p={"datatype": "number"}), "no known datatype"),
        (document(p={"datatype": "float", "settable": "yes"}), "booleans"),
        (document(p={"datatype": "float", "format": "low"}), "min:max"),
        (document(p={"datatype": "float", "format": "a:b"}), "min:max"),
        (document(p={"datatype": "enum"}), "names its values"),
    ],
)
def test_what_breaks_the_convention_is_named(raw: bytes, says: str) -> None:
    with pytest.raises(Illegal, match=says):
        describe(raw)


def test_a_moment_has_a_zone() -> None:
    assert moment("2026-01-02T03:04:05Z") is not None
    assert moment("2026-01-02") is None
