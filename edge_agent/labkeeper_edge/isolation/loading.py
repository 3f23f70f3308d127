"""Loading one driver inside its process: its files are hashed first, then its code is run, then its keys checked."""

import sys
from collections.abc import Iterable
from importlib.metadata import EntryPoint

from pydantic import BaseModel

from labkeeper_edge.isolation.messages import Begin
from labkeeper_sdk import BadConfiguration, Driver
from labkeeper_sdk.configuration import check_configuration
from labkeeper_sdk.plugins import DRIVER_GROUP, load_drivers


class Cannot(Exception):
    """The driver cannot run; `changed` where its files are not the allowed ones."""

    def __init__(self, reason: str, *, changed: bool = False) -> None:
        super().__init__(reason)
        self.changed = changed


def load(begin: Begin) -> tuple[Driver, BaseModel]:
    """Return the driver and its checked configuration; raises Cannot."""
    sys.path[:] = begin.path
    loaded = load_drivers([EntryPoint(begin.name, begin.module, DRIVER_GROUP)])
    for broken in loaded.broken:
        raise Cannot(broken.reason)
    (driver,) = loaded.drivers.values()
    try:
        prefix = f"drivers.{begin.instance}."
        return driver, check_configuration(driver, begin.configuration, prefix, begin.source)
    except BadConfiguration as wrong:
        raise Cannot(str(wrong)) from wrong


def claimed(driver: Driver, configuration: BaseModel) -> list[list[str]]:
    """Return what the instance claims for itself alone, as (kind, name, key)."""
    claims: Iterable[list[str]] = ([it.kind, it.name, it.key] for it in driver.resources(configuration))
    return list(claims)
