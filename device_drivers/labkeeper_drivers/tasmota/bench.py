"""How the conformance kit tries this driver: a metering plug and a lamp of the simulated lab."""

from contextlib import AbstractAsyncContextManager
from pathlib import Path

from labkeeper_drivers.pages import page_of
from labkeeper_sdk import hookimpl
from labkeeper_sdk.sim.conversing import stand_conversing
from labkeeper_sdk.sim.standing import stand_in_lab
from labkeeper_sdk.testing import Bench, Stand

SOON = {"A0B1C2000001": {"power": {"safe_value": False, "link_loss_s": 1.0}}}
DOCS = page_of("tasmota")


def open_stand() -> AbstractAsyncContextManager[Stand]:
    """Run the devices; what is safe is driven sooner than by default, so that it need not be waited for."""
    return stand_in_lab("#", "tasmota-plug", "tasmota-lamp", overrides=SOON)


@hookimpl
def labkeeper_driver_bench() -> Bench:
    return Bench(
        open=open_stand, docs=DOCS, fixtures=Path(__file__).parent / "fixtures", replay=stand_conversing, over="mqtt"
    )
