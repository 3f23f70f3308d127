"""A Sparkplug host of a hundred lines: hears nodes, keeps what they deliver, acknowledges it, sends commands."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from labkeeper_edge.outbox.batches import GAP, Gap
from labkeeper_sdk import Value
from labkeeper_wire import mqtt
from labkeeper_wire.codec import encode
from labkeeper_wire.commands import RESULT, RUN, CommandRequest, CommandResult, CommandState, Target
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.delivery import ACK, EPOCH, BatchSet, format_ack
from labkeeper_wire.effects import (
    DataReceived,
    DeviceBorn,
    DeviceDied,
    HostEffect,
    NodeBorn,
    NodeDied,
    Publish,
    Subscribe,
)
from labkeeper_wire.host_session import HostSession
from labkeeper_wire.leases.table import LEASES, Lease, LeaseTable
from labkeeper_wire.payload import Metric, Payload

SCHOOL, NODE = "s", "n"
DEADLINE_S = 20.0
FINAL = set(CommandState) - {CommandState.ACCEPTED}
T = TypeVar("T")


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@dataclass(slots=True)
class TinyHost:
    """`heard` holds every effect in order; `stored` what a journal would: batch id to device and metrics, once."""

    link: mqtt.Link
    session: HostSession
    node: str = NODE
    acking: bool = True
    deaf_for: int = 0  # batches that are dropped before they are stored
    heard: list[HostEffect] = field(default_factory=list)
    at_s: list[float] = field(default_factory=list)
    stored: dict[int, tuple[str | None, tuple[Metric, ...]]] = field(default_factory=dict)
    deliveries: list[tuple[int, bool]] = field(default_factory=list)
    batches: BatchSet = field(default_factory=BatchSet)
    epoch: str = ""
    node_run: str = ""  # to be named in commands
    owes_ack: bool = False
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        await self.carry_out(self.session.connected(now_ms()))
        async for messages in self.link.batches():
            for message in messages:
                await self.carry_out(self.session.received(message.topic, message.payload, now_ms()))
            if self.acking and self.owes_ack:
                self.owes_ack = False
                self.acknowledge()
            self.changed.set()

    async def carry_out(self, effects: Iterable[HostEffect]) -> None:
        for effect in effects:
            match effect:
                case Publish(topic, payload, qos, retain):
                    await self.link.publish(topic, payload, qos=qos, retain=retain)
                case Subscribe(filters):
                    await self.link.subscribe(*filters)
                case _:
                    self.heard.append(effect)
                    self.at_s.append(time.perf_counter())
                    self.take(effect)

    def take(self, effect: HostEffect) -> None:
        if isinstance(effect, NodeBorn):
            epoch = next(str(metric.value) for metric in effect.metrics if metric.name == EPOCH)
            if epoch != self.epoch:
                self.epoch, self.batches = epoch, BatchSet()
        if not isinstance(effect, DataReceived) or effect.batch is None:
            return
        if self.deaf_for:
            self.deaf_for -= 1
            return
        self.owes_ack = True
        self.deliveries.append((effect.batch, any(metric.historical for metric in effect.metrics)))
        if self.batches.add(effect.batch):
            self.stored[effect.batch] = (effect.device, effect.metrics)

    def acknowledge(self) -> None:
        self.write_node(Metric(ACK, format_ack(self.epoch, self.batches), DataType.STRING))

    def write_node(self, *metrics: Metric) -> None:
        self.link.send(f"spBv1.0/{SCHOOL}/NCMD/{self.node}", encode(Payload(metrics, now_ms())))

    def lease(self, fence: int, *leases: Lease, renewal: int = 0) -> None:
        """Tell the node who holds what."""
        self.write_node(Metric(LEASES, LeaseTable(fence, renewal, leases).to_text(), DataType.STRING))

    def write_device(self, device: str, metrics: tuple[Metric, ...], *, age_ms: int = 0) -> None:
        self.link.send(f"spBv1.0/{SCHOOL}/DCMD/{self.node}/{device}", encode(Payload(metrics, now_ms() - age_ms)))

    def command(
        self,
        command: str,
        device: str,
        point: str,
        value: Value,
        *,
        ttl_ms: int = 3000,
        fence: int = 0,
        age_ms: int = 0,
    ) -> None:
        kinds: dict[type, DataType] = {bool: DataType.BOOLEAN, float: DataType.DOUBLE, str: DataType.STRING}
        target = Target(point, value, kinds[type(value)])
        self.write_device(
            device, CommandRequest(command, ttl_ms, fence, (target,), self.node_run).to_metrics(), age_ms=age_ms
        )

    async def until(self, found: Callable[[], T | None]) -> T:
        """Return what `found` finds, as soon as it finds something (not None, not False, not empty)."""
        async with asyncio.timeout(DEADLINE_S):
            while not (result := found()):
                self.changed.clear()
                await self.changed.wait()
        return result

    async def born(self, device: str, since: int = 0) -> DeviceBorn:
        return await self.until(
            lambda: next((it for it in self.heard[since:] if isinstance(it, DeviceBorn) and it.device == device), None)
        )

    async def run_of(self, device: str, since: int = 0) -> str:
        """Return the run of the node that the device's birth names."""
        born = await self.born(device, since)
        return next(str(metric.value) for metric in born.metrics if metric.name == RUN)

    async def died(self, device: str, since: int = 0) -> DeviceDied:
        return await self.until(
            lambda: next((it for it in self.heard[since:] if isinstance(it, DeviceDied) and it.device == device), None)
        )

    async def node_died(self) -> NodeDied:
        return await self.until(lambda: next((it for it in self.heard if isinstance(it, NodeDied)), None))

    def results(self, command: str | None = None) -> list[CommandResult]:
        found = [
            CommandResult.from_metric(metric)
            for it in self.heard
            if isinstance(it, DataReceived)
            for metric in it.metrics
            if metric.name == RESULT
        ]
        return [result for result in found if command in (None, result.id)]

    async def result(self, command: str, state: CommandState) -> CommandResult:
        """Return the command's result of this state; fails at once where the command ended in another."""
        wanted = {state, *FINAL}
        found = await self.until(lambda: next((r for r in self.results(command) if r.state in wanted), None))
        assert found.state is state, found
        return found

    def values(self, point: str, device: str = "d1") -> list[object]:
        """Return the stored values of a point in the order of their batches."""
        return [
            metric.value
            for _, (owner, metrics) in sorted(self.stored.items())
            for metric in metrics
            if owner == device and metric.name == point
        ]

    def gaps(self) -> list[Gap]:
        """Return the gap records that were delivered, each once."""
        metrics = [metrics[0] for device, metrics in self.stored.values() if device is None]
        return [Gap.from_json(str(metric.value)) for metric in metrics if metric.name == GAP]

    def node_metric(self, name: str) -> object:
        """Return the newest value of one of the node's own metrics."""
        found = None
        for it in (it for it in self.heard if isinstance(it, NodeBorn | DataReceived) and it.node == self.node):
            if isinstance(it, NodeBorn) or it.device is None:
                found = next((metric.value for metric in it.metrics if metric.name == name), found)
        return found


@asynccontextmanager
async def open_host(url: str, **changes: bool | int | str) -> AsyncIterator[TinyHost]:
    """Go online as host `labkeeper`; leaving says offline."""
    session = HostSession("labkeeper", connect_ms=now_ms())
    will = mqtt.Will(session.will.topic, session.will.payload, session.will.qos, session.will.retain)
    async with mqtt.connect(mqtt.Address.parse(url), "tiny-host", will=will) as link:
        host = TinyHost(link, session, **changes)  # type: ignore[arg-type] # fields of its own
        running = asyncio.create_task(host.run(), name="tiny host")
        try:
            yield host
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            if not link._closed.done():
                for effect in session.leave(now_ms()):
                    if isinstance(effect, Publish):
                        await link.publish(effect.topic, effect.payload, qos=effect.qos, retain=effect.retain)
