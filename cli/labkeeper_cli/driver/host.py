"""A hub of a hundred lines, for the conformance kit: hears one node, acknowledges, commands, and can fall silent."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from uuid import uuid4

from labkeeper_sdk import Value
from labkeeper_wire import mqtt
from labkeeper_wire.codec import encode
from labkeeper_wire.commands import RESULT, CommandRequest, CommandResult, CommandState, Target
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.delivery import ACK, EPOCH, BatchSet, format_ack
from labkeeper_wire.descriptor import PointDescription
from labkeeper_wire.effects import DataReceived, DeviceBorn, DeviceDied, HostEffect, NodeBorn, Publish, Subscribe
from labkeeper_wire.host_session import HostSession
from labkeeper_wire.payload import Metric, Payload

SCHOOL, NODE, HOST = "conformance", "node-under-test", "labkeeper"
PATIENCE_S = 30.0
TTL_MS = 5000
ANSWER_S = TTL_MS / 1000 + 1  # a command that met no device, or no node, has no result
AGAIN_S = 0.2


@dataclass(slots=True)
class Host:
    """What one node has said: its points with their descriptions, and the results of commands."""

    link: mqtt.Link
    session: HostSession
    points: dict[tuple[str, str], PointDescription] = field(default_factory=dict)
    results: list[CommandResult] = field(default_factory=list)
    births: int = 0
    _batches: BatchSet = field(default_factory=BatchSet)
    _epoch: str = ""
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Listen until the link ends."""
        await self._carry_out(self.session.connected(_now_ms()))
        async for message in self.link.messages():
            await self._carry_out(self.session.received(message.topic, message.payload, _now_ms()))
            self._news.set()

    async def command(self, identity: str, device: str, point: str, value: Value) -> None:
        """Send a command; the same identity may be sent again."""
        target = Target(point, value, self.points[device, point].datatype)
        metrics = CommandRequest(identity, TTL_MS, 0, (target,)).to_metrics()
        payload = encode(Payload(metrics, _now_ms()))
        await self.link.publish(f"spBv1.0/{SCHOOL}/DCMD/{NODE}/{device}", payload, qos=0)

    async def obeyed(self, device: str, point: str, value: Value) -> CommandResult | None:
        """Command until the device has done it, or patience ends; return the last word, None where there was none.

        A node that has just started or stood still may have to find its device again, a projector cools down first.
        """
        said: CommandResult | None = None
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                while said is None or said.state is not CommandState.DONE:
                    await self.until(lambda: (device, point) in self.points)
                    said = await self._tried(device, point, value) or said
        return said

    async def _tried(self, device: str, point: str, value: Value) -> CommandResult | None:
        """Command once; return the last word, None where there was none."""
        identity = str(uuid4())
        await self.command(identity, device, point, value)
        try:
            async with asyncio.timeout(ANSWER_S):
                said = await self.result(identity)
        except TimeoutError:
            return None
        if said.state is not CommandState.DONE:
            await asyncio.sleep(AGAIN_S)
        return said

    async def result(self, identity: str) -> CommandResult:
        """Wait for a command's last word."""
        over = (CommandState.DONE, CommandState.FAILED, CommandState.REJECTED, CommandState.EXPIRED)
        await self.until(lambda: any(it.id == identity and it.state in over for it in self.results))
        return next(it for it in self.results if it.id == identity and it.state in over)

    async def until(self, found: Callable[[], object], within_s: float = PATIENCE_S) -> None:
        """Wait until something is so; raises TimeoutError."""
        async with asyncio.timeout(within_s):
            while not found():
                self._news.clear()
                await self._news.wait()

    async def leave(self) -> None:
        """Say that the hub is offline."""
        await self._carry_out(self.session.leave(_now_ms()))

    async def _carry_out(self, effects: Iterable[HostEffect]) -> None:
        for effect in effects:
            match effect:
                case Publish(topic, payload, qos, retain):
                    await self.link.publish(topic, payload, qos=qos, retain=retain)
                case Subscribe(filters):
                    await self.link.subscribe(*filters)
                case NodeBorn():
                    self._born(effect)
                case DeviceBorn():
                    self._device(effect)
                case DeviceDied(device=device):
                    self.points = {key: it for key, it in self.points.items() if key[0] != device}
                case DataReceived():
                    await self._data(effect)

    def _born(self, birth: NodeBorn) -> None:
        self.births += 1
        epoch = next((str(metric.value) for metric in birth.metrics if metric.name == EPOCH), "")
        if epoch != self._epoch:
            self._epoch, self._batches = epoch, BatchSet()

    def _device(self, birth: DeviceBorn) -> None:
        for metric in birth.metrics:
            description = PointDescription.from_metric(metric)
            if description.writable:
                self.points[birth.device, description.name] = description

    async def _data(self, data: DataReceived) -> None:
        self.results += [CommandResult.from_metric(it) for it in data.metrics if it.name == RESULT]
        if data.batch is not None:
            self._batches.add(data.batch)
            ack = Metric(ACK, format_ack(self._epoch, self._batches), DataType.STRING)
            payload = encode(Payload((ack,), _now_ms()))
            await self.link.publish(f"spBv1.0/{SCHOOL}/NCMD/{NODE}", payload, qos=0)


class _Cut(Exception):
    """Left by, a link drops its connection without a DISCONNECT."""


@asynccontextmanager
async def open_host(url: str) -> AsyncIterator[Host]:
    """Go online; leaving says offline."""
    async with _linked(url) as host:
        yield host
        await host.leave()


@asynccontextmanager
async def open_host_to_be_cut(url: str) -> AsyncIterator[Host]:
    """Go online; leaving closes the socket without a word, as a cut cable does, and the broker publishes the will."""
    with suppress(_Cut):
        async with _linked(url) as host:
            yield host
            raise _Cut


@asynccontextmanager
async def _linked(url: str) -> AsyncIterator[Host]:
    session = HostSession(HOST, connect_ms=_now_ms())
    will = mqtt.Will(session.will.topic, session.will.payload, session.will.qos, session.will.retain)
    async with mqtt.connect(mqtt.Address.parse(url), f"conformance-host-{time.time_ns()}", will=will) as link:
        host = Host(link, session)
        running = asyncio.create_task(host.run(), name="host")
        try:
            yield host
        finally:
            running.cancel()
            await asyncio.wait([running])


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
