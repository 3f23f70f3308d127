"""How the conformance kit tries this driver: a simulated robot kit and recordings, behind pseudo terminals."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from labkeeper_drivers.pages import page_of
from labkeeper_sdk import hookimpl
from labkeeper_sdk.sim.neighbours.serial_line import POINTS, SimulatedKit
from labkeeper_sdk.testing import Bench, Recording, Stand, replay_serial, serve_serial

DOCS = page_of("serial_line")
SOON = {name: {**said, "link_loss_s": 1.0} if "link_loss_s" in said else said for name, said in POINTS.items()}
MICROBIT = {
    "temperature": {"kind": "measure", "unit": "Cel"},
    "light": {"kind": "measure", "type": "int", "unit": "1"},
}


@asynccontextmanager
async def open_stand() -> AsyncIterator[Stand]:
    """Run the kit; its motor is stopped sooner than by default, so that it need not be waited for."""
    kit = SimulatedKit()
    async with serve_serial(kit.talk) as wire:
        settings = {"path": str(wire.path), "points": SOON}
        yield Stand(
            settings=settings, wire=wire, truth=kit.truth, orders=lambda _device, point: kit.orders.count(point)
        )


@asynccontextmanager
async def replay(recording: Recording) -> AsyncIterator[Stand]:
    """Run the recorded board; the fixture's says `name:value`, and says it again when spoken to."""
    templates = ["temperature:{temperature}", "light:{light}"]
    settings = recording.settings({"templates": templates, "hello": "?", "points": MICROBIT})
    async with replay_serial(recording) as wire:
        yield Stand(settings={**settings, "path": str(wire.path)}, wire=wire)


@hookimpl
def labkeeper_driver_bench() -> Bench:
    return Bench(open=open_stand, docs=DOCS, fixtures=Path(__file__).parent / "fixtures", replay=replay, notice_s=3.0)
