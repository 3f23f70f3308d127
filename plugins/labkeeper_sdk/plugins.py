"""Loading plugins: entry points one at a time, so that one broken package is a line in the log and nothing more."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points

import pluggy

from labkeeper_sdk.channels import ChannelKind
from labkeeper_sdk.drivers import Driver
from labkeeper_sdk.hooks import PROJECT, ChannelHooks, DriverHooks

DRIVER_GROUP = "labkeeper.drivers"
BENCH_GROUP = "labkeeper.benches"
CHANNEL_GROUP = "labkeeper.channels"
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


def load_channels(points: Iterable[EntryPoint] | None = None) -> Mapping[str, ChannelKind]:
    """Load every kind of notification channel installed (or just those of `points`); a broken package is a line in the
    log, and of two kinds with one name the second is refused.
    """
    kinds: dict[str, ChannelKind] = {}
    for entry_point in entry_points(group=CHANNEL_GROUP) if points is None else points:
        try:
            found = {kind.name: kind for kind in _load_channels(entry_point)}
            if twice := sorted(found.keys() & kinds.keys()):
                raise ValueError(f"a channel named {twice[0]} is loaded already")  # noqa: TRY301 -- one way to tell
        except Exception:  # the plugin boundary: a stranger's import may raise anything
            log.exception("channel package %s does not load", entry_point.name)
        else:
            kinds |= found
    return kinds


def _load_channels(entry_point: EntryPoint) -> list[ChannelKind]:
    core = pluggy.PluginManager(PROJECT)
    core.add_hookspecs(ChannelHooks)
    core.register(entry_point.load(), entry_point.name)
    core.check_pending()
    found = [kind for kinds in core.hook.labkeeper_notification_channels() for kind in kinds]
    if not found or not all(isinstance(kind, ChannelKind) for kind in found):
        raise TypeError("labkeeper_notification_channels must return labkeeper_sdk.ChannelKind objects")
    return found
