"""Finding and loading test benches, which a node never does."""

from importlib.metadata import EntryPoint

import pluggy

from labkeeper_sdk.hooks import PROJECT, BenchHooks
from labkeeper_sdk.testing.benches import Bench


def load_bench(entry_point: EntryPoint) -> Bench:
    """Load a driver's test bench; raises whatever a broken one raises."""
    core = pluggy.PluginManager(PROJECT)
    core.add_hookspecs(BenchHooks)
    core.register(entry_point.load(), entry_point.name)
    core.check_pending()
    found = core.hook.labkeeper_driver_bench()
    if len(found) != 1 or not isinstance(found[0], Bench):
        raise TypeError("labkeeper_driver_bench must return one labkeeper_sdk.testing.Bench")
    return found[0]
