"""Hook specifications: hooks register, objects work. They are few, synchronous, cheap and return typed objects."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pluggy

from labkeeper_sdk.channels import ChannelKind
from labkeeper_sdk.drivers import Driver

if TYPE_CHECKING:  # a node has no use for it
    from labkeeper_sdk.testing.benches import Bench

PROJECT = "labkeeper"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class DriverHooks:
    """What a driver package may implement (entry point group `labkeeper.drivers`)."""

    @hookspec
    def labkeeper_driver(self) -> Driver:
        """Return the driver this package brings."""
        raise NotImplementedError  # pluggy calls implementations only


class ChannelHooks:
    """What a package of notification channels implements (entry point group `labkeeper.channels`); the hub loads it."""

    @hookspec
    def labkeeper_notification_channels(self) -> Sequence[ChannelKind]:
        """Return the kinds of channels this package brings."""
        raise NotImplementedError  # pluggy calls implementations only


class BenchHooks:
    """What the test bench of a driver implements (entry point group `labkeeper.benches`); a node never loads it."""

    @hookspec
    def labkeeper_driver_bench(self) -> "Bench":
        """Return how to try the driver whose name the entry point has."""
        raise NotImplementedError  # pluggy calls implementations only
