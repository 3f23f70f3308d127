"""The real stack under the page: broker, hub, node and simulated lab as processes, their witness, and their faults."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Locator, Page

from labkeeper_cli.client import Target
from labkeeper_cli.stack import Stack
from tests.console.conftest import Console

SCHOOL, NODE = "demo-school", "lab-1-pi"
AIR, PLUG, LIGHT = "0x00158d00000a0001", "0x00158d00000a0002", "0x00158d00000a0005"
ROOM = {AIR, "0x00158d00000a0003", "0x00158d00000a0004", LIGHT, "people-camera"}
BENCHES = {"Room": ROOM, "Bench 1": {PLUG, "robot-kit", "robot-kit-gripper"}, "Bench 2": {"relay-board"}}
SIM_TOML = """\
[zigbee]
availability_timeout_s = 4.0  # the default of 15 s is a long time to wait in a test

[faults]
slow_s = 1.0  # slow enough to be seen waiting, fast enough for the page's patience of 2 s
"""
PATIENCE_S = 60.0


def target(device: str, point: str) -> Target:
    """A point of the demo's node."""
    return Target(SCHOOL, NODE, device, point)


@dataclass(frozen=True, slots=True)
class Stand:
    """A running stack and what its devices truly did."""

    stack: Stack
    witness: Path

    @asynccontextmanager
    async def struck(self, device: str, fault: str) -> AsyncIterator[None]:
        """Let the device have a fault inside this context; it is well again afterwards."""
        await self._strike(device, fault)
        try:
            yield
        finally:
            await self._strike(device, "none")

    async def _strike(self, device: str, fault: str) -> None:
        """`labkeeper sim fault DEVICE FAULT`, as a person types it."""
        command = [sys.executable, "-m", "labkeeper_cli", "sim", "fault", device, fault]
        command += ["--broker", self.stack.broker.url]
        await asyncio.to_thread(subprocess.run, command, check=True, capture_output=True)

    def published(self, device: str, name: str) -> list[Any]:
        """Every value the device published, by the broker's acknowledgement."""
        return [line["value"] for line in self._lines() if line.get("device") == device and line["property"] == name]

    def orders(self, device: str, name: str) -> list[Any]:
        """Every command that arrived at the device."""
        commands = [line["command"] for line in self._lines() if "command" in line]
        return [one["value"] for one in commands if (one["device"], one["property"]) == (device, name)]

    async def value(self, device: str, point: str) -> Any:  # noqa: ANN401 - JSON
        """The latest value by the hub's API; None: the device has said none yet."""
        found = await self.stack.client.get("latest", school=SCHOOL, node=NODE, device=device)
        return next((one["value"] for one in found["latest"] if one["point"] == point), None)

    async def becomes(self, device: str, point: str, wanted: object) -> None:
        """Wait until the API says so; raises TimeoutError."""
        end = time.monotonic() + PATIENCE_S
        while (found := await self.value(device, point)) != wanted:
            if time.monotonic() > end:
                raise TimeoutError(f"{device} {point} is {found!r}, not {wanted!r}")
            await asyncio.sleep(0.05)

    async def put(self, device: str, point: str, value: object) -> None:
        """Bring a point to a value by an ordinary command, where it is not there already."""
        if await self.value(device, point) == value:
            return
        async with self.stack.client.live() as live:
            outcome = await live.command(target(device, point), value)
        assert outcome.state == "done", outcome
        await self.becomes(device, point, value)

    def _lines(self) -> list[dict[str, Any]]:
        whole, _, _ = self.witness.read_text(encoding="utf-8").rpartition("\n")
        return [json.loads(line) for line in whole.splitlines()]


def control(console: Console, device: str, point: str) -> Locator:
    """The tile of a point that can be set, by its ids: titles are another test's matter."""
    return console.page.locator("lk-tile").filter(
        has=console.page.locator(f"[id='p/{SCHOOL}/{NODE}/{device}/{point}']")
    )


def measure(console: Console, device: str, point: str) -> Locator:
    """The tile of a point that is measured."""
    return console.page.locator("lk-tile").filter(has=console.page.locator(f"a[href*='/{device}/{point}?']"))


def card(console: Console, device: str) -> Locator:
    """A device's card."""
    return console.card(f"{SCHOOL}/{NODE}/{device}")


# Every state one control goes through, with the page's own clock: fast answers are over before anyone can look.
RECORD = """
([tile]) => {
  const seen = [];
  const look = () => {
    const knob = tile.querySelector("[role=switch]");
    const note = tile.querySelector(".note");
    const now = { outcome: tile.querySelector(".control").classList.contains("pending") ? "pending"
      : tile.querySelector(".control").classList.contains("confirmed") ? "confirmed" : "other",
      on: knob ? knob.getAttribute("aria-checked") : null, note: note ? note.textContent.trim() : "" };
    const last = seen.at(-1);
    if (!last || last.outcome !== now.outcome || last.on !== now.on) seen.push({ ...now, at: performance.now() });
  };
  look();
  new MutationObserver(look).observe(tile, { subtree: true, childList: true, attributes: true, characterData: true });
  tile.addEventListener("click", () => { tile.pressedAt ??= performance.now(); }, { capture: true });
  tile.seen = seen;
}
"""


async def record(page: Page, tile: Locator) -> None:
    """Write down from now on what the tile shows."""
    await page.evaluate(RECORD, [await tile.element_handle()])


async def recorded(tile: Locator) -> list[dict[str, Any]]:
    """What the tile showed, in order: outcome, on, note, at (ms of the page)."""
    seen: list[dict[str, Any]] = await tile.evaluate("tile => tile.seen")
    return seen
