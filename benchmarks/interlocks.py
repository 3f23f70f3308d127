"""`python -m benchmarks.interlocks`: gas leaks in the simulated chemistry lab while hub, broker and node are dead, in
all eight combinations; how long until valve and heater are off and the fan is on.

The outlets fall back by themselves when nobody has written to them for `FALLBACK_S`: that is their lease, which the
node renews. Time runs from the leak, which begins when everything is dead that is to be. Afterwards the dead come back,
and the latch is to be found at the hub, whoever was dead.
"""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from benchmarks.harness import Figures, measure, options
from labkeeper_cli.client import Json, Live, Target
from labkeeper_cli.processes import Role
from labkeeper_cli.stack import Stack, Wishes, open_stack
from labkeeper_sdk.sim import Fault, LabSettings, open_lab
from labkeeper_sdk.sim.devices.outlets import FALLBACK_S
from labkeeper_sdk.sim.lab import Lab
from labkeeper_sdk.sim.settings import DeviceSettings, RoomSettings

MARGIN_MS = 100
PARTS = ("hub", "broker", "node")
COMBINATIONS = tuple(dead for size in range(len(PARTS) + 1) for dead in combinations(PARTS, size))
OUTLETS, DETECTOR = "chemistry-outlets", "Gas detector"
SAFE = {"valve/power": False, "heater/power": False, "fan/power": True}
LOOK_S, LONGEST_S = 0.002, 60.0
SETTINGS = LabSettings(
    only=("air", "gas", "chemistry"),
    room=RoomSettings(start_hour=1.0, speed=1.0),
    devices={"gas": DeviceSettings(interval_s=0.2), "air": DeviceSettings(interval_s=0.5)},
)


@dataclass(slots=True)
class Chemistry:
    """The lab and everything around it."""

    stack: Stack
    lab: Lab

    async def prepare(self) -> None:
        """Have gas flowing and the heater on, as in a lesson."""
        self.lab.strike(DETECTOR, Fault.NONE)
        async with self.stack.client.live() as live:
            await self._until(lambda: self._says("gas/state"), ("tripped", "clear"))
            if await self._says("gas/state") == "tripped":
                await self._done(live, "interlocks", "gas/reset", value=True)
            for point in ("fan/power", "valve/power", "heater/power"):
                await self._done(live, OUTLETS, point, value=True)

    async def leak(self, dead: Iterable[str]) -> float:
        """Kill, let gas leak, and return the seconds until everything is safe."""
        await asyncio.gather(*(self._kill(part) for part in dead))
        began_s = time.monotonic()
        self.lab.strike(DETECTOR, Fault.LEAK)
        while not self.safe:
            if time.monotonic() - began_s > LONGEST_S:
                return float("inf")
            await asyncio.sleep(LOOK_S)
        return time.monotonic() - began_s

    async def recover(self, dead: Iterable[str]) -> bool:
        """Bring the dead back while it still leaks; return whether all stays safe until the hub knows of the latch."""
        for part in (part for part in ("broker", "hub", "node") if part in dead):
            await (self.stack.broker if part == "broker" else self._role(part)).start()
        await self._until(lambda: self._says("gas/tripped"), (True,))
        return self.safe

    @property
    def safe(self) -> bool:
        """Whether every output is where it is to be."""
        return all(self.lab.value(OUTLETS, point) is value for point, value in SAFE.items())

    async def _kill(self, part: str) -> None:
        await (self.stack.broker if part == "broker" else self._role(part)).stop(signal.SIGKILL)

    def _role(self, part: str) -> Role:
        return self.stack.hub if part == "hub" else self.stack.edge

    async def _says(self, point: str) -> object:
        found: list[Json] = (await self.stack.client.get("latest", device="interlocks"))["latest"]
        return next((one["value"] for one in found if one["point"] == point and not one["stale"]), None)

    async def _done(self, live: Live, device: str, point: str, *, value: bool) -> None:
        """Command until it is done: what a permit needs may be on its way."""
        target = Target("demo-school", "lab-1-pi", device, point)

        async def state() -> object:
            return (await live.command(target, value)).state

        await self._until(state, ("done",))

    async def _until(self, ask: Callable[[], Awaitable[object]], right: tuple[object, ...]) -> None:
        deadline_s = time.monotonic() + LONGEST_S
        while (answer := await ask()) not in right:
            if time.monotonic() > deadline_s:
                raise TimeoutError(f"{answer!r} is none of {right}")
            await asyncio.sleep(0.1)


@asynccontextmanager
async def open_chemistry(folder: Path) -> AsyncIterator[Chemistry]:
    """Run the chemistry lab with hub, broker and node."""
    async with (
        open_stack(Wishes(folder, sim=None, lab="chemistry")) as stack,
        open_lab(stack.broker.url, settings=SETTINGS) as lab,
    ):
        yield Chemistry(stack, lab)


async def bench(folder: Path, rounds: int) -> Figures:
    """Let it leak in every combination."""
    found: dict[str, list[float]] = {name(dead): [] for dead in COMBINATIONS}
    stayed = True
    async with open_chemistry(folder) as chemistry:
        for dead in COMBINATIONS * rounds:
            await chemistry.prepare()
            found[name(dead)].append(round(await chemistry.leak(dead) * 1000))
            stayed = await chemistry.recover(dead) and stayed
    longest = max(max(times) for times in found.values())
    allowed = round(FALLBACK_S * 1000) + MARGIN_MS
    return {
        "safe_ms": found,
        "max_ms": longest,
        "allowed_ms": allowed,
        "within": longest <= allowed,
        "stayed_safe_and_latched": stayed,
    }


def name(dead: Iterable[str]) -> str:
    """Return what people call a combination."""
    return "+".join(dead) or "none"


def main() -> None:
    """Read the options and run."""
    asked = options(__doc__ or "", ("--rounds", {"type": int, "default": 1, "help": "how often each (default 1)"}))
    measure(asked, lambda folder: bench(folder, asked.rounds))


if __name__ == "__main__":
    main()
