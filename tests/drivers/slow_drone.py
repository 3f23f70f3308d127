"""A drone whose answer to a take-off comes late, as a real one's does: when it hovers."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

from labkeeper_sdk.sim.neighbours.tello import DroneWire, SimulatedDrone

RISING_S = 0.5


@dataclass(slots=True)
class SlowDrone(SimulatedDrone):
    """A drone that needs a while to hover, says `ok` then, and does not hear before that it is to land."""

    wire: DroneWire | None = None
    rising: bool = False
    landed: list[str] = field(default_factory=list)

    def answer(self, data: bytes) -> Iterable[bytes]:
        if data == b"takeoff":
            self.rising = True
            asyncio.get_running_loop().call_later(RISING_S, self.hover)
            return []
        if data == b"land":
            self.landed.append("while rising" if self.rising else "heard")
            return [] if self.rising else [*SimulatedDrone.answer(self, data)]
        return [*SimulatedDrone.answer(self, data)]

    def hover(self) -> None:
        assert self.wire is not None
        self.rising, self.flying = False, True
        self.wire.commands.say(b"ok")

    def state(self) -> bytes:
        line = SimulatedDrone.state(self)
        ticking = f"time:{int(asyncio.get_running_loop().time() * 10)};".encode()
        return line.replace(b"time:0;", ticking) if self.rising else line
