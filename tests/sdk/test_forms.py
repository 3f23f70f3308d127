"""Every mistake with its place, and where secrets are, however deep."""

from typing import Annotated, Any

import pytest
from pydantic import AliasChoices, AliasPath, BaseModel, ConfigDict, Field, SecretStr

from labkeeper_sdk import BadConfiguration, Driver
from labkeeper_sdk.configuration import check_configuration, schema, tables
from labkeeper_sdk.forms import found_at, mistakes, replaced, secret_places

from .test_configuration import SECOND, connect


class Login(BaseModel):
    user: str = ""
    password: SecretStr | None = None
    again: "Login | None" = None


class Configuration(BaseModel):
    model_config = ConfigDict(extra="forbid")

    host: str
    port: Annotated[int, Field(ge=1, le=65535)] = 502
    logins: dict[str, Login] = {}
    more: list[Login] = []
    safe: bool | int | None = None


DRIVER = Driver("meter", Configuration, connect)
SAID: dict[str, Any] = {
    "host": "h",
    "logins": {"a": {"user": "u", "password": "p"}, "b": {}},
    "more": [{"password": None}, {"again": {"password": "q"}}],
    "other": {"password": "is nobody's"},
}


def test_secrets_are_found_in_tables_lists_and_tables_in_them() -> None:
    places = secret_places(schema(DRIVER), SAID)
    assert places == {("logins", "a", "password"), ("more", 0, "password"), ("more", 1, "again", "password")}
    hidden = replaced(SAID, dict.fromkeys(places, "*"))
    assert hidden["logins"]["a"] == {"user": "u", "password": "*"}
    assert (hidden["more"], SAID["more"][0]) == ([{"password": "*"}, {"again": {"password": "*"}}], {"password": None})
    assert found_at(SAID, ("more", 1, "again", "password")) == "q"


def test_a_table_without_end_is_looked_through_so_deep_and_no_deeper() -> None:
    said: dict[str, Any] = {"password": "p"}
    for _ in range(40):
        said = {"again": said}
    assert secret_places(schema(DRIVER), {"more": [said]}) == set()


def test_every_mistake_is_told_at_its_key_and_none_with_a_value() -> None:
    said = {**SAID, "port": 70000, "safe": "hunter2", "more": [{"user": 5}, "hunter2"], "host": None, "nonsense": 1}
    found = mistakes(DRIVER, said)
    places = {(one.place, one.code) for one in found}
    assert places == {
        (("host",), "string_type"),
        (("port",), "less_than_equal"),
        (("more", 0, "user"), "string_type"),
        (("more", 1), "model_type"),
        (("safe",), "bool_parsing"),
        (("safe",), "int_parsing"),
        (("other",), "extra_forbidden"),
        (("nonsense",), "extra_forbidden"),
    }
    assert "hunter2" not in repr(found)
    (limit,) = [one.limits for one in found if one.code == "less_than_equal"]
    assert limit == {"le": 65535}


@pytest.mark.parametrize(
    ("said", "place"),
    [({}, ("host",)), ({"host": "h", "logins": {"a": {"again": {"user": 1}}}}, ("logins", "a", "again", "user"))],
)
def test_what_is_missing_is_told_where_it_belongs(said: dict[str, Any], place: tuple[str, ...]) -> None:
    assert [one.place for one in mistakes(DRIVER, said)] == [place]


def test_a_key_that_a_table_does_not_have_is_told_where_it_stands_and_not_dropped() -> None:
    said = {"host": "h", "logins": {"a": {"usr": "u"}, "b": {}}, "more": [{}, {"again": {"passwrd": "hunter2"}}]}
    found = mistakes(DRIVER, said)
    assert {(one.place, one.code) for one in found} == {
        (("logins", "a", "usr"), "extra_forbidden"),
        (("more", 1, "again", "passwrd"), "extra_forbidden"),
    }
    with pytest.raises(BadConfiguration, match=r"drivers\.m\.logins\.a\.usr: driver meter has no such key") as wrong:
        check_configuration(DRIVER, {"host": "h", "logins": {"a": {"usr": "u"}}}, "drivers.m.")
    assert wrong.value.key == "drivers.m.logins.a.usr"


def test_a_table_is_told_what_its_keys_may_be_called_too() -> None:
    class Wire(BaseModel):
        baud: int = Field(9600, validation_alias=AliasChoices("baud", "baudrate", AliasPath("speed", 0)))
        free: dict[str, Any] = {}

    class Named(BaseModel):
        wires: tuple[Wire, ...] = Field((), alias="lines")

    known = {"lines": [{"baudrate": 115200, "free": {"what": "ever"}}]}
    assert mistakes(Driver("named", Named, connect), known) == ()
    assert [at for at, _ in tables(Named)] == ["", "wires"]


def test_keys_of_an_older_version_are_judged_as_they_are_now() -> None:
    assert mistakes(SECOND, {"version": 1, "device": "/dev/x"}) == ()
    wrong = mistakes(SECOND, {"version": 9, "device": "/dev/x"})
    assert [(one.place, one.code) for one in wrong] == [(("version",), "version")]


def test_a_model_that_takes_anything_has_no_unknown_keys() -> None:
    class Anything(BaseModel):
        model_config = ConfigDict(extra="allow")

    assert mistakes(Driver("any", Anything, connect), {"what": "ever"}) == ()


def test_a_strangers_schema_that_is_nonsense_or_goes_in_circles_has_no_secrets_and_an_end() -> None:
    circle = {"$ref": "#/$defs/A", "$defs": {"A": {"anyOf": [{"$ref": "#/$defs/A"}, "nonsense"]}}, "properties": 5}
    assert secret_places(circle, {"x": {"y": 1}}) == set()
    assert secret_places({"items": True}, ["x"]) == set()
