"""How the conformance kit tries this driver: a simulated projector with a password, recordings without."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from labkeeper_drivers.pages import page_of
from labkeeper_sdk import hookimpl
from labkeeper_sdk.sim.neighbours.pjlink import PASSWORD, SimulatedProjector
from labkeeper_sdk.testing import Bench, Stand, recorded_stand, serve_tcp

DOCS = page_of("pjlink")


@asynccontextmanager
async def open_stand() -> AsyncIterator[Stand]:
    """Run the projector; it is switched off sooner than by default, so that it need not be waited for."""
    device = SimulatedProjector()
    async with serve_tcp(device.talk) as wire:
        yield Stand(
            settings={"host": wire.host, "port": wire.port, "password": PASSWORD, "off_after_s": 1.0},
            wire=wire,
            truth=device.truth,
            orders=lambda _device, point: device.orders.count(point),
        )


@hookimpl
def labkeeper_driver_bench() -> Bench:
    return Bench(open=open_stand, docs=DOCS, fixtures=Path(__file__).parent / "fixtures", replay=recorded_stand)
