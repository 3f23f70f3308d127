"""How the conformance kit tries this driver: a plug, a light and an air sensor of the simulated lab."""

from contextlib import AbstractAsyncContextManager
from pathlib import Path

from labkeeper_drivers.pages import page_of
from labkeeper_sdk import hookimpl
from labkeeper_sdk.sim.standing import stand_in_lab, stand_replayed
from labkeeper_sdk.testing import Bench, Stand

PLUG, LIGHT = "0x00158d00000a0002", "0x00158d00000a0005"
OFF = {"state": {"safe_value": False, "link_loss_s": 1.0}}
DOCS = page_of("zigbee2mqtt")


def open_stand() -> AbstractAsyncContextManager[Stand]:
    """Run the devices. What is safe for a Zigbee switch only the school knows: here it is off."""
    return stand_in_lab("zigbee2mqtt/#", "plug", "light", "air", overrides={PLUG: OFF, LIGHT: OFF})


@hookimpl
def labkeeper_driver_bench() -> Bench:
    return Bench(
        open=open_stand, docs=DOCS, fixtures=Path(__file__).parent / "fixtures", replay=stand_replayed, over="mqtt"
    )
