"""How the conformance kit tries this driver: a simulated agent over UDP, recordings (`snmpwalk -On`) the same way."""

import re
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from labkeeper_drivers.pages import page_of
from labkeeper_sdk import hookimpl
from labkeeper_sdk.sim.neighbours.snmp import POINTS, SimulatedAgent, bound
from labkeeper_sdk.testing import Bench, Recording, Stand, serve_udp
from labkeeper_sdk.testing.recordings import Frame

DOCS = page_of("snmp")
NOTICE_S = 8.0  # two questions of the default length, and what a busy machine adds
SOON = {name: {**said, "link_loss_s": 1.0} if "link_loss_s" in said else said for name, said in POINTS.items()}
WALKED = re.compile(
    r"\.(?P<oid>[\d.]+) = (?P<kind>\w+): "
    r'(?:"(?P<text>.*)"|Float: (?P<real>-?[\d.]+)|(?:[a-zA-Z]\w*\()?(?P<number>-?\d+)\)?)'
)


@asynccontextmanager
async def open_stand() -> AsyncIterator[Stand]:
    """Run the agent; what is safe is driven, and what is lost asked again, sooner than by default."""
    agent = SimulatedAgent()
    async with serve_udp(agent.answer) as wire:
        yield Stand(
            settings={"host": wire.host, "port": wire.port, "community": "labkeeper", "points": SOON},
            wire=wire,
            truth=agent.truth,
            orders=lambda _device, point: agent.orders.count(point),
        )


def walked(frames: Iterable[Frame]) -> dict[str, int | float | bytes]:
    """Return the objects that were walked, each a line of `snmpwalk -On`."""
    found = (WALKED.match(frame.payload.decode()) for frame in frames if frame.to == "driver")
    return {it["oid"]: _object(it) for it in found if it}


def _object(line: re.Match[str]) -> int | float | bytes:
    if line["real"] is not None:
        return float(line["real"])
    return str(line["text"]).encode() if line["number"] is None else int(line["number"])


def told(frames: Sequence[Frame]) -> list[Frame]:
    """Return what an agent answered as `snmpwalk -On` writes it: no request ids, and no community."""
    return [
        Frame(frame.at_ms, "driver", f".{oid} = {_in_words(value)}".encode())
        for frame in frames
        if frame.to == "driver"
        for oid, value in bound(frame.payload).items()
    ]


def _in_words(value: float | bytes) -> str:
    if isinstance(value, bytes):
        return f'STRING: "{value.decode(errors="replace")}"'
    return f"INTEGER: {value}" if isinstance(value, int) else f"Opaque: Float: {value:f}"


@asynccontextmanager
async def replay(recording: Recording) -> AsyncIterator[Stand]:
    """Run an agent that has what was walked, and ask for as much of it as the simulated one's points name."""
    agent = SimulatedAgent(walked(recording.frames))
    points = {name: said for name, said in POINTS.items() if said["oid"] in agent.objects}
    known = recording.settings({"points": points})
    async with serve_udp(agent.answer) as wire:
        settings = {**known, "host": wire.host, "port": wire.port, "community": "labkeeper"}
        yield Stand(settings=settings, wire=wire)


@hookimpl
def labkeeper_driver_bench() -> Bench:
    fixtures = Path(__file__).parent / "fixtures"
    return Bench(
        open=open_stand, docs=DOCS, fixtures=fixtures, replay=replay, over="udp", transcribe=told, notice_s=NOTICE_S
    )
