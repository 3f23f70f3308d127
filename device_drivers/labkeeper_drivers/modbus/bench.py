"""How the conformance kit tries this driver: a simulated air handling unit over TCP, recordings over a serial port."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from labkeeper_drivers.pages import page_of
from labkeeper_sdk import hookimpl
from labkeeper_sdk.sim.neighbours.modbus import MAP, SimulatedUnit
from labkeeper_sdk.testing import Bench, Recording, Stand, replay_serial, replay_tcp, serve_tcp
from labkeeper_sdk.testing.modbus import crc

DOCS = page_of("modbus")
SOON = {name: {**said, "link_loss_s": 1.0} if "link_loss_s" in said else said for name, said in MAP.items()}
EXAMPLE = {
    "first": {"kind": "measure", "unit": "1", "table": "holding", "address": 107, "type": "int"},
    "third": {"kind": "measure", "unit": "1", "table": "holding", "address": 109, "type": "int"},
}


@asynccontextmanager
async def open_stand() -> AsyncIterator[Stand]:
    """Run the unit; what is safe is driven sooner than by default, so that it need not be waited for."""
    device = SimulatedUnit()
    async with serve_tcp(device.talk) as wire:
        settings = {"host": wire.host, "port": wire.port, "registers": SOON}
        yield Stand(
            settings=settings, wire=wire, truth=device.truth, orders=lambda _device, point: device.orders.count(point)
        )


@asynccontextmanager
async def replay(recording: Recording) -> AsyncIterator[Stand]:
    """Run the recorded device, over RTU where its frames have RTU's checksum, else over TCP."""
    settings = recording.settings({"unit": 17, "registers": EXAMPLE})
    asked = next(frame.payload for frame in recording.frames if frame.to == "device")
    if crc(asked[:-2]) == asked[-2:]:
        async with replay_serial(recording) as port:
            yield Stand(settings={**settings, "path": str(port.path)}, wire=port)
    else:
        async with replay_tcp(recording) as wire:
            yield Stand(settings={**settings, "host": wire.host, "port": wire.port}, wire=wire)


@hookimpl
def labkeeper_driver_bench() -> Bench:
    return Bench(open=open_stand, docs=DOCS, fixtures=Path(__file__).parent / "fixtures", replay=replay, notice_s=3.0)
