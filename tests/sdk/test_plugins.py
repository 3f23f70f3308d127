"""Driver packages are loaded one at a time; a broken one is a line and nothing more."""

import logging
import types
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import EntryPoint

import pytest
from pydantic import BaseModel

import labkeeper_sdk
from labkeeper_sdk import BadConfiguration, BadReading, CommandFailed, Device, Driver, Gateway, Services, hookimpl
from labkeeper_sdk.hooks import DriverHooks
from labkeeper_sdk.plugins import load_drivers


class Nothing(BaseModel):
    """No settings."""


@asynccontextmanager
async def connect(_configuration: BaseModel, _services: Services) -> AsyncIterator[Gateway | Device]:
    raise NotImplementedError
    yield


class Good:
    @hookimpl
    def labkeeper_driver(self) -> Driver:
        return Driver("good", Nothing, connect)


class WrongType:
    @hookimpl
    def labkeeper_driver(self) -> str:
        return "a driver, honest"


class Silent:
    """Implements nothing."""


class Misspelt:
    @hookimpl
    def labkeeper_drivr(self) -> Driver:
        return Driver("x", Nothing, connect)


class Raising:
    @hookimpl
    def labkeeper_driver(self) -> Driver:
        raise RuntimeError("boom")


def point(name: str, plugin: object, monkeypatch: pytest.MonkeyPatch) -> EntryPoint:
    """An entry point as an installed package would declare it."""
    module = types.ModuleType(f"vendor_{name}")
    module.plugin = plugin  # type: ignore[attr-defined] # a module made here
    monkeypatch.setitem(__import__("sys").modules, module.__name__, module)
    return EntryPoint(name, f"{module.__name__}:plugin", "labkeeper.drivers")


def test_broken_packages_do_not_touch_the_good_one(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    plugins = {"wrong": WrongType(), "silent": Silent(), "misspelt": Misspelt(), "raising": Raising(), "good": Good()}
    points = [point(name, plugin, monkeypatch) for name, plugin in plugins.items()]
    missing = EntryPoint("missing", "no_such_module", "labkeeper.drivers")
    with caplog.at_level(logging.ERROR):
        loaded = load_drivers([missing, *points])
    assert list(loaded.drivers) == ["good"]
    assert [broken.name for broken in loaded.broken] == ["missing", "wrong", "silent", "misspelt", "raising"]
    assert "boom" in loaded.broken[-1].reason
    assert len(caplog.records) == 5


def test_a_second_driver_of_the_same_name_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = load_drivers([point("one", Good(), monkeypatch), point("two", Good(), monkeypatch)])
    assert list(loaded.drivers) == ["good"]
    assert "loaded already" in loaded.broken[0].reason


def test_the_bundled_drivers_come_through_the_same_door() -> None:
    assert {"zigbee2mqtt", "homie"} <= set(load_drivers().drivers)


def test_every_public_name_of_the_sdk_exists_and_every_hook_says_what_it_is_for() -> None:
    assert all(hasattr(labkeeper_sdk, name) for name in labkeeper_sdk.__all__)
    hooks = [getattr(DriverHooks, name) for name in dir(DriverHooks) if name.startswith("labkeeper_")]
    assert hooks
    assert all(hook.__doc__ for hook in hooks)
    with pytest.raises(NotImplementedError):
        DriverHooks().labkeeper_driver()


def test_errors_carry_what_their_reader_needs() -> None:
    wrong = BadConfiguration("broker", "is not a URL", "node.toml")
    assert (str(wrong), wrong.key) == ("node.toml: broker: is not a URL", "broker")
    assert str(BadConfiguration("broker", "is missing")) == "broker: is missing"
    assert str(BadReading("not_json", "at 3")) == "not_json: at 3"
    assert str(BadReading("not_json")) == "not_json"
    assert CommandFailed("not_confirmed").message == "not_confirmed"
