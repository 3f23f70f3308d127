"""The witness counter: a device made for finding lost readings."""

from collections.abc import Mapping

from labkeeper_sdk.sim.devices.orders import one_of
from labkeeper_sdk.sim.zigbee import IDENTIFY, READ, Model, expose


class Counter:
    """It says 1, 2, 3 … and never the same twice."""

    model = Model(
        "LKS-COUNTER-1",
        "Counter for finding lost readings",
        (expose("numeric", "counter", READ, "Number of this reading since the start", value_min=0), IDENTIFY),
        mains=True,
    )

    def __init__(self) -> None:
        self._said = 0

    def sample(self, lab_s: float) -> Mapping[str, object]:  # noqa: ARG002 - it counts, it does not measure
        """Return the next number."""
        self._said += 1
        return {"counter": self._said}

    def command(self, name: str, value: object) -> Mapping[str, object]:
        """Show itself."""
        if name != "identify":
            raise KeyError(name)
        one_of(value, ("identify",))
        return {}
