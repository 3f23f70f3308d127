"""How the conformance kit tries this driver: the robot kit and the relay board of the simulated lab."""

from contextlib import AbstractAsyncContextManager
from pathlib import Path

from labkeeper_drivers.pages import page_of
from labkeeper_sdk import hookimpl
from labkeeper_sdk.sim.standing import stand_in_lab, stand_replayed
from labkeeper_sdk.testing import Bench, Stand

SAFE = {
    "robot-kit": {motor: {"safe_value": 0, "link_loss_s": 1.0} for motor in ("motors/left", "motors/right")},
    "relay-board": {"relay-1/power": {"safe_value": False, "link_loss_s": 1.0}},
}
DOCS = page_of("homie")


def open_stand() -> AbstractAsyncContextManager[Stand]:
    """Run the devices. What is safe for a Homie property only the school knows."""
    return stand_in_lab("homie/#", "robot", "relays", overrides=SAFE)


@hookimpl
def labkeeper_driver_bench() -> Bench:
    return Bench(
        open=open_stand, docs=DOCS, fixtures=Path(__file__).parent / "fixtures", replay=stand_replayed, over="mqtt"
    )
