"""How the conformance kit tries this driver: a simulated projector with a password, recordings without."""

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from labkeeper_drivers.pages import page_of
from labkeeper_sdk import hookimpl
from labkeeper_sdk.sim.neighbours.pjlink import PASSWORD, SimulatedProjector
from labkeeper_sdk.testing import Bench, Recording, Stand, replay_tcp, serve_tcp
from labkeeper_sdk.testing.recordings import Frame

DOCS = page_of("pjlink")
DIGEST, NEEDED, FREE = re.compile(rb"^[0-9a-f]{32}(?=%)"), re.compile(rb"^PJLINK 1 \w+\r", re.IGNORECASE), b"PJLINK 0\r"


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


def without_password(frames: Sequence[Frame]) -> list[Frame]:
    """Return what was said as to a projector without a password: from a digest one could be found out."""
    return [
        replace(
            frame, payload=DIGEST.sub(b"", frame.payload) if frame.to == "device" else NEEDED.sub(FREE, frame.payload)
        )
        for frame in frames
    ]


@asynccontextmanager
async def stand_replayed(recording: Recording) -> AsyncIterator[Stand]:
    """Run the recorded projector."""
    async with replay_tcp(recording) as wire:
        yield Stand(settings={**recording.settings(), "host": wire.host, "port": wire.port}, wire=wire)


@hookimpl
def labkeeper_driver_bench() -> Bench:
    fixtures = Path(__file__).parent / "fixtures"
    return Bench(open=open_stand, docs=DOCS, fixtures=fixtures, replay=stand_replayed, transcribe=without_password)
