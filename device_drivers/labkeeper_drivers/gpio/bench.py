"""How the conformance kit tries this driver: a simulated board whose pins are bytes of a file."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from labkeeper_drivers.pages import page_of
from labkeeper_sdk import hookimpl
from labkeeper_sdk.sim.neighbours.gpio import POINTS, SimulatedBoard, serve_board, settings
from labkeeper_sdk.testing import Bench, Recording, Stand

DOCS = page_of("gpio")
PINS = "pins have levels and no words; write the levels of the contacts into a fixture, as the one that is there"
SOON = {name: {**said, "link_loss_s": 1.0} if "link_loss_s" in said else said for name, said in POINTS.items()}


@asynccontextmanager
async def _board() -> AsyncIterator[SimulatedBoard]:
    with tempfile.TemporaryDirectory(prefix="labkeeper-pins-") as folder:
        async with serve_board(SimulatedBoard(Path(folder) / "pins")) as board:
            yield board


@asynccontextmanager
async def open_stand() -> AsyncIterator[Stand]:
    """Run the board; what is safe is driven sooner than by default, so that it need not be waited for."""
    async with _board() as board:
        yield Stand(
            settings={**settings(str(board.path)), "points": SOON},
            wire=board,
            truth=board.truth,
            orders=lambda _device, point: board.count(point),
        )


@asynccontextmanager
async def replay(recording: Recording) -> AsyncIterator[Stand]:
    """Open the contacts that are recorded as open, `GPIO24 1`: pulled up, not connected to ground."""
    async with _board() as board:
        for frame in recording.frames:
            name, _, level = frame.payload.decode().partition(" ")
            if frame.to == "driver" and level == "1":
                board.open_contacts.add(int(name.removeprefix("GPIO")))
        yield Stand(settings=settings(str(board.path)), wire=board)


@hookimpl
def labkeeper_driver_bench() -> Bench:
    return Bench(
        open=open_stand, docs=DOCS, fixtures=Path(__file__).parent / "fixtures", replay=replay, unrecorded=PINS
    )
