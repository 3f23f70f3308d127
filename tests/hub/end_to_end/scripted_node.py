"""A node whose every word a test chooses: a Sparkplug edge session over a real connection to a real broker."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from labkeeper_wire import mqtt
from labkeeper_wire.commands import COMMAND_ID, FENCE, RESULT, TTL_MS, CommandRequest, CommandResult
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.delivery import ACK, BACKLOG, BATCH, EPOCH, JOURNAL, TAKEN, Ack, parse_ack
from labkeeper_wire.edge_session import EdgeSession
from labkeeper_wire.effects import CommandReceived, EdgeEffect, Publish, Rebirthed, SessionLive, Subscribe
from labkeeper_wire.leases.table import FENCE as LEASE_FENCE
from labkeeper_wire.leases.table import LEASES, LeaseTable
from labkeeper_wire.payload import Metric
from labkeeper_wire.stop import RELEASE, StopWord
from labkeeper_wire.stop import release as released

DEADLINE_S = 30.0
GAP = "Delivery/Gap"
SCHOOL = "school"


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def double(name: str, value: float | None, time_ms: int | None = None, *, historical: bool = False) -> Metric:
    return Metric(name, value, DataType.DOUBLE, now_ms() if time_ms is None else time_ms, historical=historical)


async def until(true: Callable[[], bool], what: str = "") -> None:
    """Wait until it is true; fail after the deadline."""
    try:
        async with asyncio.timeout(DEADLINE_S):
            while not true():
                await asyncio.sleep(0.005)
    except TimeoutError:
        raise AssertionError(f"not within {DEADLINE_S} s: {what}") from None


@dataclass
class ScriptedNode:
    """Made by `joined`; `acks`, `commands` and `rebirths` are what the hub has said."""

    link: mqtt.Link
    session: EdgeSession
    acks: list[Ack] = field(default_factory=list)
    commands: list[tuple[str | None, CommandRequest]] = field(default_factory=list)
    tables: list[LeaseTable] = field(default_factory=list)
    journals: list[str] = field(default_factory=list)
    releases: list[StopWord] = field(default_factory=list)
    rebirths: int = 0
    live: asyncio.Event = field(default_factory=asyncio.Event)

    def send(self, device: str | None, metrics: Iterable[Metric], *, batch: int | None = None) -> None:
        """Publish data, as a batch of the outbox if it has a number."""
        carried = () if batch is None else (Metric(BATCH, batch, DataType.UINT64, now_ms(), transient=True),)
        self._send(self.session.data(device, (*metrics, *carried), now_ms()))

    def report(self, *, taken: int, backlog: int) -> None:
        """Say how the outbox stands."""
        numbers = {TAKEN: taken, BACKLOG: backlog}
        self.send(None, [Metric(name, number, DataType.UINT64, now_ms()) for name, number in numbers.items()])

    def answer(self, device: str, result: CommandResult, *values: Metric) -> None:
        """Say what became of a command."""
        self.send(device, (*values, result.to_metric(now_ms())))

    def born(self, device: str, metrics: Sequence[Metric]) -> None:
        """Publish a DBIRTH."""
        self._send(self.session.declare_device(device, (*metrics, *service()), now_ms()))

    def lost(self, device: str) -> None:
        """Publish a DDEATH."""
        self._send(self.session.device_lost(device, now_ms()))

    async def acknowledged(self, batch: int) -> None:
        """Wait for the acknowledgement of a batch."""
        await until(lambda: any(ack.covers(batch) for ack in self.acks), f"acknowledgement of {batch}")

    async def listen(self) -> None:
        """Follow the session."""
        await self._carry_out(self.session.connected(now_ms()))
        async for message in self.link.messages():
            await self._carry_out(self.session.received(message.topic, message.payload, now_ms()))

    async def _carry_out(self, effects: list[EdgeEffect]) -> None:
        for effect in effects:
            if isinstance(effect, Subscribe):
                await self.link.subscribe(*effect.filters)
            elif isinstance(effect, Publish):
                await self.link.publish(effect.topic, effect.payload, qos=effect.qos, retain=effect.retain)
            elif isinstance(effect, SessionLive):
                self.live.set()
            elif isinstance(effect, Rebirthed):
                self.rebirths += 1
            elif isinstance(effect, CommandReceived):
                self._hear(effect)

    def _hear(self, received: CommandReceived) -> None:
        releases = [metric.value for metric in received.metrics if metric.name == RELEASE]
        if releases:
            self.releases += [released(text) for text in releases]
            return
        tables = [metric.value for metric in received.metrics if metric.name == LEASES]
        if tables:
            self.tables += [LeaseTable.from_text(text) for text in tables]
            return
        acks = [metric.value for metric in received.metrics if metric.name == ACK]
        journals = [str(metric.value) for metric in received.metrics if metric.name == JOURNAL]
        if acks or journals:
            self.acks += [parse_ack(str(text)) for text in acks]
            self.journals += journals
        else:
            self.commands.append((received.device, CommandRequest.from_metrics(received.metrics)))

    def _send(self, effects: list[EdgeEffect]) -> None:
        for effect in effects:
            if isinstance(effect, Publish):
                self.link.send(effect.topic, effect.payload)


def lease_metrics(fence: int = 0) -> tuple[Metric, ...]:
    """What an NBIRTH of a node that knows leases declares."""
    return (
        Metric(LEASES, "", DataType.STRING, now_ms()),
        Metric(LEASE_FENCE, fence, DataType.UINT64, now_ms()),
    )


def service() -> tuple[Metric, ...]:
    """What every device of ours declares beside its points."""
    names = {BATCH: DataType.UINT64, RESULT: DataType.STRING, COMMAND_ID: DataType.STRING}
    more = {TTL_MS: DataType.UINT32, FENCE: DataType.UINT64}
    return tuple(Metric(name, None, datatype, now_ms()) for name, datatype in {**names, **more}.items())


def outbox_metrics(epoch: str) -> tuple[Metric, ...]:
    """What an NBIRTH of ours declares."""
    return (
        Metric(EPOCH, epoch, DataType.STRING, now_ms()),
        Metric(ACK, "", DataType.STRING, now_ms()),
        Metric(BATCH, None, DataType.UINT64, now_ms()),
        Metric(GAP, None, DataType.STRING, now_ms()),
        Metric(BACKLOG, 0, DataType.UINT64, now_ms()),
        Metric(TAKEN, 0, DataType.UINT64, now_ms()),
    )


@asynccontextmanager
async def joined(  # noqa: PLR0913 -- each is a word a test may choose
    port: int,
    node: str = "lab",
    *,
    epoch: str = "epoch-1",
    metrics: Sequence[Metric] | None = None,
    more: Sequence[Metric] = (),
    devices: Mapping[str, Sequence[Metric]] | None = None,
    host: str | None = "labkeeper",
    bd_seq: int = 0,
) -> AsyncIterator[ScriptedNode]:
    """Join as a node; `metrics` instead of the outbox' make it a foreign one. Leaving drops the connection."""
    session = EdgeSession(SCHOOL, node, bd_seq=bd_seq, primary_host=host)
    session.declare_node((*outbox_metrics(epoch), *more) if metrics is None else metrics)
    for device, points in (devices or {}).items():
        own = service() if metrics is None else ()
        session.declare_device(device, (*points, *own), now_ms())
    will = mqtt.Will(*[getattr(session.will, name) for name in mqtt.Will._fields])
    async with mqtt.connect(mqtt.Address("127.0.0.1", port), f"{SCHOOL}-{node}", will=will) as link:
        scripted = ScriptedNode(link, session)
        listening = asyncio.create_task(scripted.listen(), name=f"node {node}")
        try:
            await asyncio.wait_for(scripted.live.wait(), DEADLINE_S)
            yield scripted
        finally:
            listening.cancel()
            with suppress(asyncio.CancelledError, mqtt.MqttError):
                await listening
