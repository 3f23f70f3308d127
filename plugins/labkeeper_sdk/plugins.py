"""Loading plugins: entry points one at a time, so that one broken package is a line in the log and nothing more."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points

import pluggy

from labkeeper_sdk.drivers import Driver
from labkeeper_sdk.hooks import PROJECT, DriverHooks

DRIVER_GROUP = "labkeeper.drivers"
BENCH_GROUP = "labkeeper.benches"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Broken:
    """A package that could not be loaded, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Source:
    """Where another process finds a driver: its entry point's name and module, and what its distribution must hash to
    before it is imported (empty: nobody asks).
    """

    name: str
    module: str
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Loaded:
    """The drivers that stand, by name, and the packages that do not; `sources` are of those that can be loaded, also
    if this process did not.
    """

    drivers: Mapping[str, Driver] = field(default_factory=dict)
    broken: tuple[Broken, ...] = ()
    sources: Mapping[str, Source] = field(default_factory=dict)


def load_drivers(points: Iterable[EntryPoint] | None = None) -> Loaded:
    """Load every driver package installed (or just those of `points`); never raises for a broken one."""
    drivers: dict[str, Driver] = {}
    broken: list[Broken] = []
    sources: dict[str, Source] = {}
    for entry_point in entry_points(group=DRIVER_GROUP) if points is None else points:
        try:
            driver = _load(entry_point)
            _refuse_twice(drivers, driver)
        except Exception as error:  # the plugin boundary: a stranger's import may raise anything
            log.exception("driver package %s does not load", entry_point.name)
            broken.append(Broken(entry_point.name, f"{type(error).__name__}: {error}"))
        else:
            drivers[driver.name] = driver
            sources[driver.name] = Source(entry_point.name, entry_point.value)
    return Loaded(drivers, tuple(broken), sources)


def _load(entry_point: EntryPoint) -> Driver:
    """Load one package through a plugin core of its own: a bad hook cannot touch its neighbours."""
    core = pluggy.PluginManager(PROJECT)
    core.add_hookspecs(DriverHooks)
    core.register(entry_point.load(), entry_point.name)
    core.check_pending()
    found = core.hook.labkeeper_driver()
    if len(found) != 1 or not isinstance(found[0], Driver):
        raise TypeError("labkeeper_driver must return one labkeeper_sdk.Driver")
    return found[0]


def _refuse_twice(drivers: Mapping[str, Driver], driver: Driver) -> None:
    if driver.name in drivers:
        raise ValueError(f"a driver named {driver.name} is loaded already")
