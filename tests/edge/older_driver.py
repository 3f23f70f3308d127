"""The bench driver in its second version: `topic` was what is called `prefix` now."""

from collections.abc import Mapping
from typing import Any

from labkeeper_sdk import Driver, hookimpl
from labkeeper_sdk.plugins import Loaded, Source
from tests.edge.bench_driver import Configuration, connect


def migrate(said: Mapping[str, Any], written: int) -> Mapping[str, Any]:
    assert written == 1
    return {("prefix" if key == "topic" else key): value for key, value in said.items()}


@hookimpl
def labkeeper_driver() -> Driver:
    return driver


driver = Driver("bench", Configuration, connect, version=2, migrate=migrate)
LOADED = Loaded({"bench": driver}, sources={"bench": Source("bench", "tests.edge.older_driver")})
