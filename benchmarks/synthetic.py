"""A synthetic node: it speaks the wire as any node does, with readings made beforehand so that it costs little.

Its data messages come from a mould that is compared with the product's codec; what the hub receives is ordinary.
"""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from benchmarks.mould import Mould
from labkeeper_wire.codec import encode
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.delivery import ACK, BACKLOG, BATCH, EPOCH, TAKEN, parse_ack
from labkeeper_wire.descriptor import NodeDescription, PointDescription
from labkeeper_wire.edge_session import EdgeSession
from labkeeper_wire.effects import CommandReceived, EdgeEffect, Publish, Rebirthed, SessionLive, Subscribe
from labkeeper_wire.mqtt import Address, Link, LinkLost, Will, connect
from labkeeper_wire.payload import Metric, Payload
from labkeeper_wire.topics import Kind, Topic

GROUP = "bench-school"
SEQ_MASK = 255
ON = PointDescription(name="on", kind="switch", datatype=DataType.BOOLEAN, writable=True)
SWITCH = Metric("on", False, DataType.BOOLEAN, properties=ON.to_properties())


@dataclass(frozen=True, slots=True)
class Shape:
    """How a synthetic node looks: devices, points of each, readings in a message; each device's switch; the lab;
    the points' names where `p0` … will not do.
    """

    node: str
    devices: int = 1
    points: int = 50
    readings: int = 50
    switches: bool = False
    lab: str = ""
    names: tuple[str, ...] = ()

    @property
    def point_names(self) -> Sequence[str]:
        """What each device's points are called."""
        return self.names or [f"p{number}" for number in range(self.points)]


class SyntheticNode:
    """A node whose batches are numbered 1, 2, 3 … and of which the hub says how many it has stored."""

    def __init__(self, link: Link, session: EdgeSession, shape: Shape) -> None:
        self.stored = 0  # batches acknowledged, all of them from the first
        self.sent = 0
        self.live = asyncio.Event()
        self.rebirths = 0
        self._link = link
        self._session = session
        self._shape = shape
        self._seq = 0
        self._epoch = str(uuid.uuid4())
        self._seqs = [encode(Payload((), None, number)) for number in range(SEQ_MASK + 1)]
        self._topics = [str(Topic(GROUP, Kind.DDATA, shape.node, f"d{n}")) for n in range(shape.devices)]
        self._mould = Mould(shape.point_names)
        self._progress = asyncio.Event()

    async def attend(self) -> None:
        """Do what the hub says: births, acknowledgements. Ends with the link."""
        for number in range(self._shape.devices):
            self._session.declare_device(f"d{number}", self._device_metrics(), now_ms())
        self._session.declare_node(self._node_metrics())
        await self._carry_out(self._session.connected(now_ms()))
        async for message in self._link.messages():
            await self._carry_out(self._session.received(message.topic, message.payload, now_ms()))

    def send(self) -> None:
        """Send the next batch: `readings` values with the time of this moment."""
        self.sent += 1
        self._put(self.sent % self._shape.devices, self._body(self.sent))

    def say(self, device: int, values: Mapping[str, float]) -> int:
        """Send these values of one device as the next batch; return their time."""
        self.sent += 1
        at_ms = now_ms()
        metrics = [Metric(name, value, None, at_ms) for name, value in values.items()]
        metrics.append(Metric(BATCH, self.sent, None, at_ms, transient=True))
        self._put(device, encode(Payload(tuple(metrics), at_ms), datatypes=False))
        return at_ms

    def _put(self, device: int, body: bytes) -> None:
        self._link.send(self._topics[device], body + self._seqs[self._seq])
        self._seq = (self._seq + 1) & SEQ_MASK

    async def drain(self) -> None:
        """Wait for the socket."""
        await self._link.drain()

    async def progress(self, within_s: float) -> None:
        """Wait until the hub has stored more, `within_s` seconds at most."""
        self._progress.clear()
        try:
            async with asyncio.timeout(within_s):
                await self._progress.wait()
        except TimeoutError:
            return

    def _body(self, batch: int) -> bytes:
        base = batch * self._shape.readings
        values = [number * 0.1 for number in range(base, base + self._shape.readings)]
        return self._mould.message(base, values, batch, now_ms())

    def _device_metrics(self) -> Sequence[Metric]:
        points = [Metric(name, 0.0, DataType.DOUBLE) for name in self._shape.point_names]
        return [*points, *([SWITCH] if self._shape.switches else []), Metric(BATCH, None, DataType.UINT64)]

    def _node_metrics(self) -> Sequence[Metric]:
        return [
            *NodeDescription(self._shape.lab).to_metrics(now_ms()),
            Metric(EPOCH, self._epoch, DataType.STRING),
            Metric(BACKLOG, 0, DataType.UINT64),
            Metric(TAKEN, 0, DataType.UINT64),
            Metric(ACK, None, DataType.STRING),
        ]

    async def _carry_out(self, effects: Sequence[EdgeEffect]) -> None:
        for effect in effects:
            match effect:
                case Publish():
                    self._link.send(effect.topic, effect.payload)
                case Subscribe():
                    await self._link.subscribe(*effect.filters)
                case SessionLive() | Rebirthed():
                    self.rebirths += isinstance(effect, Rebirthed)
                    self._seq = (1 + self._shape.devices) & SEQ_MASK
                    self.live.set()
                case CommandReceived():
                    self._acknowledged(effect)
                case _:
                    pass

    def _acknowledged(self, command: CommandReceived) -> None:
        for metric in command.metrics:
            if metric.name == ACK and isinstance(metric.value, str):
                self.stored = max(self.stored, parse_ack(metric.value).high_water)
                self._progress.set()


def now_ms() -> int:
    """This machine's time in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


@asynccontextmanager
async def open_node(broker_url: str, shape: Shape) -> AsyncIterator[SyntheticNode]:
    """A synthetic node that is live; raises LinkLost when the broker goes away."""
    session = EdgeSession(GROUP, shape.node, bd_seq=0, primary_host="labkeeper")
    will = Will(session.will.topic, session.will.payload, session.will.qos)
    async with connect(Address.parse(broker_url), f"bench-{shape.node}", will=will) as link:
        node = SyntheticNode(link, session, shape)
        attending = asyncio.create_task(node.attend(), name=f"attend {shape.node}")
        try:
            async with asyncio.timeout(20):
                await node.live.wait()
            yield node
        finally:
            attending.cancel()
            await asyncio.gather(attending, return_exceptions=True)


__all__ = ["GROUP", "LinkLost", "Shape", "SyntheticNode", "now_ms", "open_node"]
