"""A driver's configuration: checked, brought up to date, shown, and compared with the others'."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, Field, SecretStr

from labkeeper_sdk import BadConfiguration, Device, Driver, Resource, Services, Title, form
from labkeeper_sdk.configuration import Claim, check_configuration, claims, final_validate, schema, secrets, shown


class Configuration(BaseModel):
    """A meter behind a serial port."""

    port: str = Field(
        description="the port", json_schema_extra=form(Title("端口", "Port"), Title("设备路径", "its path"))
    )
    password: SecretStr | None = Field(None, description="the meter's")


@asynccontextmanager
async def connect(_: Configuration, _services: Services) -> AsyncIterator[Device]:
    raise NotImplementedError
    yield


def migrate(old: Mapping[str, Any], version: int) -> Mapping[str, Any]:
    return {"port": old["device"] if version == 1 else old["path"]}


DRIVER = Driver("meter", Configuration, connect, Title("电表", "Meter"))
SECOND = replace(DRIVER, version=3, migrate=migrate)


def test_a_schema_has_both_languages_and_hides_secrets() -> None:
    made = schema(DRIVER)
    assert (made["title"], made["lk:title"], made["lk:version"]) == ("Meter", {"zh": "电表", "en": "Meter"}, 1)
    assert made["properties"]["port"]["lk:description"] == {"zh": "设备路径", "en": "its path"}
    assert made["properties"]["password"]["anyOf"][0] == {"format": "password", "type": "string", "writeOnly": True}
    assert secrets(Configuration) == {"password"}


def test_a_secret_is_never_shown_nor_in_an_error() -> None:
    checked = check_configuration(DRIVER, {"port": "/dev/ttyUSB0", "password": "hunter2"})
    assert shown(checked) == {"port": "/dev/ttyUSB0", "password": "**********"}
    with pytest.raises(BadConfiguration) as wrong:
        check_configuration(DRIVER, {"port": 5, "password": {"value": "hunter2"}}, "drivers.m.", "node.toml")
    assert "hunter2" not in str(wrong.value)
    assert wrong.value.__cause__ is None


def test_an_unknown_key_is_refused_by_its_whole_name() -> None:
    with pytest.raises(BadConfiguration, match=r"node.toml: drivers.m.prot: driver meter has no such key"):
        check_configuration(DRIVER, {"prot": "x"}, "drivers.m.", "node.toml")


@pytest.mark.parametrize(
    "said", [{"device": "/dev/a"}, {"version": 1, "device": "/dev/a"}, {"version": 2, "path": "/dev/a"},
             {"version": 3, "port": "/dev/a"}],
)  # fmt: skip
def test_older_keys_are_brought_up_to_date(said: dict[str, object]) -> None:
    assert check_configuration(SECOND, said) == Configuration(port="/dev/a", password=None)


@pytest.mark.parametrize(
    ("driver", "said", "problem"),
    [
        (SECOND, {"version": 4, "port": "x"}, "driver meter knows versions 1 to 3"),
        (SECOND, {"version": "2", "path": "x"}, "driver meter knows versions 1 to 3"),
        (SECOND, {"version": True, "path": "x"}, "driver meter knows versions 1 to 3"),
        (SECOND, {"version": 2, "port": "x"}, "cannot be brought from version 2 to 3: 'path'"),
        (replace(SECOND, migrate=None), {"version": 2}, "driver meter cannot bring version 2 up to date"),
    ],
)
def test_a_version_that_cannot_be_used_is_named(driver: Driver, said: dict[str, object], problem: str) -> None:
    with pytest.raises(BadConfiguration, match=problem) as wrong:
        check_configuration(driver, said, "drivers.m.")
    assert wrong.value.key == "drivers.m.version"


def test_two_claims_of_one_thing_are_refused_by_both_keys() -> None:
    driver = replace(DRIVER, resources=lambda it: [Resource("serial port", it.port, "port")])
    usb = check_configuration(driver, {"port": "/dev/ttyUSB0"})
    first, second = claims("one", driver, usb), claims("two", driver, usb)
    with pytest.raises(BadConfiguration) as wrong:
        final_validate([*first, *second], "node.toml")
    assert str(wrong.value) == (
        "node.toml: drivers.two.port: serial port /dev/ttyUSB0 is used by drivers.one.port already"
    )
    other = Claim("drivers.two.port", Resource("GPIO pin", "/dev/ttyUSB0", "port"))
    final_validate([*first, other])


def test_two_names_of_one_port_are_one_claim(tmp_path: Path) -> None:
    driver = replace(DRIVER, resources=lambda it: [Resource("serial port", it.port, "port")])
    port, by_id = tmp_path / "ttyUSB0", tmp_path / "by-id"
    port.touch()
    by_id.symlink_to(port)
    first, second = (
        claims(name, driver, check_configuration(driver, {"port": str(path)}))
        for name, path in (("one", port), ("two", by_id))
    )
    with pytest.raises(BadConfiguration, match=r"drivers\.two\.port: .*ttyUSB0 is used by drivers\.one\.port"):
        final_validate([*first, *second])
