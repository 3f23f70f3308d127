"""Loading one driver inside its process: its files are hashed first, then its code is run, then its keys checked."""

import sys
from importlib.metadata import EntryPoint, entry_points

from pydantic import BaseModel

from labkeeper_edge.supervision.isolation.messages import Begin
from labkeeper_sdk import BadConfiguration, Driver
from labkeeper_sdk.allowing.distributions import CannotHash, digest_of, sources_only
from labkeeper_sdk.configuration import check_instance, resources
from labkeeper_sdk.plugins import DRIVER_GROUP, load_drivers


class Cannot(Exception):
    """The driver cannot run; `changed` where its files are not the allowed ones."""

    def __init__(self, reason: str, *, changed: bool = False) -> None:
        super().__init__(reason)
        self.changed = changed


def load(begin: Begin) -> tuple[Driver, BaseModel]:
    """Return the driver and its checked configuration; raises Cannot."""
    sys.path[:] = begin.path
    if begin.digest:
        _compare(begin)
        with sources_only():
            loaded = load_drivers([_entry_point(begin)])
    else:
        loaded = load_drivers([_entry_point(begin)])
    for broken in loaded.broken:
        raise Cannot(broken.reason)
    (driver,) = loaded.drivers.values()
    try:
        return driver, check_instance(begin.instance, driver, begin.configuration, begin.source)
    except BadConfiguration as wrong:
        raise Cannot(str(wrong)) from wrong


def _entry_point(begin: Begin) -> EntryPoint:
    return EntryPoint(begin.name, begin.module, DRIVER_GROUP)


def _compare(begin: Begin) -> None:
    """Hash again what the node hashed when it read its settings: the files may have changed since."""
    found = next(iter(entry_points(group=DRIVER_GROUP, name=begin.name, value=begin.module)), None)
    try:
        digest = "it is not installed" if found is None or found.dist is None else digest_of(found.dist)
    except CannotHash as cannot:
        digest = str(cannot)
    if digest != begin.digest:
        raise Cannot(f"its files are not the allowed ones: {digest}", changed=True)


def claimed(driver: Driver, configuration: BaseModel) -> list[list[str]]:
    """Return what the instance claims for itself alone, as (kind, name, key)."""
    return [[it.kind, it.name, it.key] for it in resources(driver, configuration)]
