"""How the conformance kit tries this driver: a weather station of the simulated lab."""

from contextlib import AbstractAsyncContextManager
from pathlib import Path

from labkeeper_drivers.pages import page_of
from labkeeper_sdk import hookimpl
from labkeeper_sdk.sim.standing import Overrides, stand_in_lab, stand_replayed
from labkeeper_sdk.testing import Bench, Stand

SOON: Overrides = {
    "weather-a0b1c2000005": {
        "relay": {"safe_value": False, "link_loss_s": 1.0},
        "fan": {"safe_value": "OFF", "link_loss_s": 1.0},  # switched unseen: two words, and no state
    }
}
DOCS = page_of("homeassistant")


def open_stand() -> AbstractAsyncContextManager[Stand]:
    """Run the devices; what is safe is driven sooner than by default, so that it need not be waited for."""
    return stand_in_lab("#", "weather", overrides=SOON)


@hookimpl
def labkeeper_driver_bench() -> Bench:
    return Bench(
        open=open_stand, docs=DOCS, fixtures=Path(__file__).parent / "fixtures", replay=stand_replayed, over="mqtt"
    )
