"""How the conformance kit tries this driver: a simulated band on a simulated radio, recordings the same way."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from labkeeper_drivers.pages import page_of
from labkeeper_sdk import hookimpl
from labkeeper_sdk.sim.neighbours.ble_heart_rate import RADIO, SimulatedBand, address_of
from labkeeper_sdk.testing import Bench, Recording, Stand, serve_tcp

DOCS = page_of("ble_heart_rate")
EVERY_S = 0.05
RADIO_IS_NOT_OURS = (
    "Bluetooth is the operating system's; `btmon` shows the band's notifications, write those into a fixture"
)


@asynccontextmanager
async def open_stand() -> AsyncIterator[Stand]:
    """Run the band; it measures oftener than one that has to last for a day."""
    async with serve_tcp(SimulatedBand(every_s=EVERY_S).talk) as wire:
        yield Stand(settings={"band": 7, "address": address_of(wire.port), "radio": RADIO}, wire=wire)


@asynccontextmanager
async def replay(recording: Recording) -> AsyncIterator[Stand]:
    """Notify what was recorded, the first frame of which is the battery level, again and again."""
    charge, *measurements = [frame.payload for frame in recording.frames if frame.to == "driver"]

    async def talk(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(charge.hex().encode() + b"\n")
        while True:
            writer.write(b"".join(each.hex().encode() + b"\n" for each in measurements))
            await writer.drain()
            await asyncio.sleep(EVERY_S)

    async with serve_tcp(talk) as wire:
        yield Stand(settings={"band": 7, "address": address_of(wire.port), "radio": RADIO}, wire=wire)


@hookimpl
def labkeeper_driver_bench() -> Bench:
    return Bench(
        open=open_stand,
        docs=DOCS,
        fixtures=Path(__file__).parent / "fixtures",
        replay=replay,
        unrecorded=RADIO_IS_NOT_OURS,
        notice_s=8.0,
    )
