"""`python -m benchmarks.interlocks`: gas leaks in the simulated chemistry lab, or somebody opens the lids of the
maker space or the fence of the robots (`--lab`), while hub, broker and node are dead, in all eight combinations; how
long until every output is where it is safe.

The outlets fall back by themselves when nobody has written to them for `FALLBACK_S`: that is their lease, which the
node renews. Time runs from the mishap, which comes when everything is dead that is to be. Afterwards the dead come
back, and the latches and their alarms are to be found at the hub, whoever was dead; a reset ends both.
"""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from pathlib import Path

from benchmarks.harness import Figures, counted, measure, options
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
LOOK_S, LONGEST_S = 0.002, 60.0
ROOM = RoomSettings(start_hour=1.0, speed=1.0)
QUICK = {"gas": DeviceSettings(interval_s=0.2), "air": DeviceSettings(interval_s=0.5)}


@dataclass(frozen=True, slots=True)
class Danger:
    """What may happen in a room, and what its supplied interlocks are to do about it."""

    kinds: tuple[str, ...]  # of simulated devices
    cause: str
    fault: Fault
    board: str
    runs: tuple[str, ...]  # the outputs in use before it, in the order in which they may be switched on
    safe: Mapping[str, bool]
    forces: tuple[str, ...]  # the rules that latch


DANGERS = {
    "chemistry": Danger(
        ("air", "gas", "chemistry"), "Gas detector", Fault.LEAK, "chemistry-outlets", ("fan", "valve", "heater"),
        {"valve": False, "heater": False, "fan": True}, ("gas",),
    ),
    "maker": Danger(
        ("maker",), "maker-outlets", Fault.OPEN, "maker-outlets", ("dust", "laser", "mill"),
        {"laser": False, "mill": False, "dust": True}, ("lid", "guard"),
    ),
    "robot-field": Danger(
        ("field",), "field-outlets", Fault.OPEN, "field-outlets", ("robots",), {"robots": False}, ("fence", "pressed")
    ),
}  # fmt: skip


@dataclass(slots=True)
class GuardedRoom:
    """A special room and everything around it."""

    danger: Danger
    stack: Stack
    lab: Lab

    async def prepare(self) -> None:
        """Have everything on, as in a lesson; again where a machine too busy for its own reports has let it fall back.
        Raises TimeoutError.
        """
        self.lab.strike(self.danger.cause, Fault.NONE)
        async with asyncio.timeout(LONGEST_S), self.stack.client.live() as live:
            while not self.in_use:
                for rule in self.danger.forces:
                    await self._reset(live, rule)
                for output in self.danger.runs:
                    await self._done(live, self.danger.board, f"{output}/power", value=True)

    async def kill(self, dead: Iterable[str]) -> None:
        """Kill these; return when they are dead."""
        await asyncio.gather(*(self._kill(part) for part in dead))

    async def mishap(self) -> float:
        """Let it happen, and return the seconds until everything is safe."""
        began_s = time.monotonic()
        self.lab.strike(self.danger.cause, self.danger.fault)
        while not self.safe:
            if time.monotonic() - began_s > LONGEST_S:
                return float("inf")
            await asyncio.sleep(LOOK_S)
        return time.monotonic() - began_s

    async def recover(self, dead: Iterable[str]) -> bool:
        """Bring the dead back while it goes on; return whether all stays safe until the hub knows of the latches and
        alarms.
        """
        for part in (part for part in ("broker", "hub", "node") if part in dead):
            await (self.stack.broker if part == "broker" else self._role(part)).start()
        for rule in self.danger.forces:
            await self._until(partial(self._says, f"{rule}/tripped"), (True,))
            await self._until(partial(self._alarms, f"{rule}/tripped"), (True,))
        return self.safe

    @property
    def safe(self) -> bool:
        """Whether every output is where it is to be."""
        return all(self.lab.value(self.danger.board, f"{it}/power") is on for it, on in self.danger.safe.items())

    @property
    def in_use(self) -> bool:
        """Whether every output that runs in a lesson is on."""
        return all(self.lab.value(self.danger.board, f"{it}/power") is True for it in self.danger.runs)

    @property
    def alive(self) -> tuple[int, ...]:
        """The processes that have a part in making it safe: the broker's and the node's, where they run."""
        processes = (self.stack.broker.process, self.stack.edge.process)
        return tuple(process.pid for process in processes if process is not None)

    async def _reset(self, live: Live, rule: str) -> None:
        await self._until(partial(self._says, f"{rule}/state"), ("tripped", "clear"))
        if await self._says(f"{rule}/state") == "tripped":
            await self._done(live, "interlocks", f"{rule}/reset", value=True)
        await self._until(partial(self._alarms, f"{rule}/tripped"), (False,))

    async def _kill(self, part: str) -> None:
        await (self.stack.broker if part == "broker" else self._role(part)).stop(signal.SIGKILL)

    def _role(self, part: str) -> Role:
        return self.stack.hub if part == "hub" else self.stack.edge

    async def _says(self, point: str) -> object:
        found: list[Json] = (await self.stack.client.get("latest", device="interlocks"))["latest"]
        return next((one["value"] for one in found if one["point"] == point and not one["stale"]), None)

    async def _alarms(self, point: str) -> object:
        """Tell whether the hub's alarm of a latch holds."""
        found: list[Json] = (await self.stack.client.get("alarms"))["alarms"]
        standing = [one["point"] for one in found if one["rule"] == "interlock" and one["core"] in ("unack", "ack")]
        return point in standing

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
async def open_room(folder: Path, name: str) -> AsyncIterator[GuardedRoom]:
    """Run a special room with hub, broker and node."""
    danger = DANGERS[name]
    quick = {kind: QUICK[kind] for kind in danger.kinds if kind in QUICK}
    async with (
        open_stack(Wishes(folder, sim=None, lab=name)) as stack,
        open_lab(stack.broker.url, settings=LabSettings(only=danger.kinds, room=ROOM, devices=quick)) as lab,
    ):
        yield GuardedRoom(danger, stack, lab)


async def bench(folder: Path, lab: str, rounds: int) -> Figures:
    """Let it happen in every combination."""
    found: dict[str, list[float]] = {name(dead): [] for dead in COMBINATIONS}
    stayed = True
    async with open_room(folder, lab) as room:
        for dead in counted(COMBINATIONS * rounds, f"{lab}: mishap"):
            await room.prepare()
            await room.kill(dead)
            found[name(dead)].append(round(await room.mishap() * 1000))
            stayed = await room.recover(dead) and stayed
    longest = max(max(times) for times in found.values())
    allowed = round(FALLBACK_S * 1000) + MARGIN_MS
    return {
        "lab": lab,
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
    asked = options(
        __doc__ or "",
        ("--lab", {"choices": list(DANGERS), "default": "chemistry", "help": "which room (default chemistry)"}),
        ("--rounds", {"type": int, "default": 1, "help": "how often each (default 1)"}),
    )
    measure(asked, lambda folder: bench(folder, asked.lab, asked.rounds))


if __name__ == "__main__":
    main()
