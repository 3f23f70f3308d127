"""Hook specifications: hooks register, objects work. They are few, synchronous, cheap and return typed objects."""

import pluggy

from labkeeper_sdk.drivers import Driver

PROJECT = "labkeeper"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class DriverHooks:
    """What a driver package may implement (entry point group `labkeeper.drivers`)."""

    @hookspec
    def labkeeper_driver(self) -> Driver:
        """Return the driver this package brings."""
        raise NotImplementedError  # pluggy calls implementations only
