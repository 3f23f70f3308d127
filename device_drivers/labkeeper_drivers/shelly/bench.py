"""How the conformance kit tries this driver: a metering plug and a blind of the simulated lab."""

from contextlib import AbstractAsyncContextManager
from pathlib import Path

from labkeeper_drivers.pages import page_of
from labkeeper_sdk import hookimpl
from labkeeper_sdk.sim.conversing import stand_conversing
from labkeeper_sdk.sim.standing import Overrides, stand_in_lab
from labkeeper_sdk.testing import Bench, Stand

SOON: Overrides = {
    "shellyplusplugs-a0b1c2000003": {"switch0/output": {"safe_value": False, "link_loss_s": 1.0}},
    # where a blind is safe only the school knows: here it is open
    "shellyplus2pm-a0b1c2000004": {
        "cover0/position": {"safe_value": 100, "link_loss_s": 1.0},
        "cover0/move": {"safe_value": "stop", "link_loss_s": 1.0},
    },
}
DOCS = page_of("shelly")


def open_stand() -> AbstractAsyncContextManager[Stand]:
    """Run the devices; what is safe is driven sooner than by default, so that it need not be waited for."""
    return stand_in_lab("#", "shelly-plug", "shelly-blind", overrides=SOON)


@hookimpl
def labkeeper_driver_bench() -> Bench:
    return Bench(
        open=open_stand, docs=DOCS, fixtures=Path(__file__).parent / "fixtures", replay=stand_conversing, over="mqtt"
    )
