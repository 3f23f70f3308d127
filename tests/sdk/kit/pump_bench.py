"""The pump's test bench."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from labkeeper_sdk import Value
from labkeeper_sdk.testing import Bench, Stand, recorded_stand, serve_tcp

from .pump import SimulatedPump

HERE = Path(__file__).parent


@asynccontextmanager
async def open_stand() -> AsyncIterator[Stand]:
    pump = SimulatedPump(flow=5.0, on=True)

    def truth(_device: str, point: str) -> Value | None:
        return {"target": pump.flow, "running": pump.on}.get(point)

    def orders(_device: str, point: str) -> int:
        return pump.orders.count({"target": "flow", "running": "on"}[point])

    async with serve_tcp(pump.talk) as wire:
        yield Stand(settings={"host": wire.host, "port": wire.port}, wire=wire, truth=truth, orders=orders)


BENCH = Bench(
    open=open_stand, docs=HERE / "acme-pump.md", fixtures=HERE / "fixtures", replay=recorded_stand, notice_s=2.0
)
