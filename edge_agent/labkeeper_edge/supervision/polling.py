"""One device behind one connection, made to look like a gateway with a single device: the platform asks and listens."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from labkeeper_sdk import (
    Changing,
    CommandRejected,
    Device,
    DeviceUnreachable,
    Found,
    Gateway,
    Observation,
    Ranking,
    Readable,
    Reading,
    Report,
    Title,
    Turns,
    Urgency,
    Value,
    Writable,
    described,
)

MOST_WAITING = 1000  # reports between a device that tells and an outbox that is busy
LAST_STOP_S = 0.1  # how long a connection that is to end waits for the safe values that broke off its write


@runtime_checkable
class _Gateway(Gateway, Protocol):
    """The SDK's Gateway, told from a Device by what it has."""


def as_gateway(instance: str, thing: Gateway | Device, poll_every_s: float, title: Title) -> Gateway:
    """Return what a driver yields as a gateway; a single device is asked every `poll_every_s`."""
    if isinstance(thing, _Gateway):
        return thing
    return SingleDevice(instance, thing, poll_every_s, title=title)


async def write_with(gateway: Gateway, device: str, point: str, value: Value, urgency: Urgency) -> None:
    """Write as urgently as the gateway can; one of many devices writes at once, whatever else waits."""
    if isinstance(gateway, Ranking):
        await gateway.write_urgently(device, point, value, urgency)
    else:
        await gateway.write(device, point, value)


@dataclass(slots=True)
class SingleDevice:
    """The gateway of one device. It is asked every `every_s`, heard if it tells, and asked again after a write.

    `read` and `write` never run at the same time: most devices answer one question after the other. Who waits is served
    by urgency: a safe value before a command before the next question.

    A write that is broken off under way, or given up by its driver as DeviceUnreachable, leaves its answer on the line,
    and whoever asks next would take it for their own. So the connection ends: safe values still go out on it, but are
    not believed until they have gone out on the next one. A device that only tells is left as it is: there nobody waits
    for an answer's turn.
    """

    id: str
    device: Device
    every_s: float
    timeout_s: float = 5.0
    title: Title = Title()
    _reports: asyncio.Queue[Sequence[Reading]] = field(default_factory=lambda: asyncio.Queue(MOST_WAITING))
    _asked: asyncio.Event = field(default_factory=asyncio.Event)
    _turns: Turns = field(default_factory=Turns)
    _broken_off: asyncio.Event = field(default_factory=asyncio.Event)

    async def observations(self) -> AsyncIterator[Observation]:
        """Yield the device, then its readings."""
        yield Observation((Found(described(self.id, self.device, self.title)),))
        sources = [asyncio.create_task(source, name=f"device {self.id}") for source in self._sources()]
        try:
            while True:
                readings = await self._next(sources)
                yield Observation((Report(self.id, tuple(readings)),))
        finally:
            for source in sources:
                source.cancel()
            await asyncio.gather(*sources, return_exceptions=True)

    async def write(self, device: str, point: str, value: Value) -> None:
        """Write, then have the device asked so that the new value shows."""
        await self.write_urgently(device, point, value, Urgency.COMMAND)

    async def write_urgently(self, device: str, point: str, value: Value, urgency: Urgency) -> None:
        """Write in its turn."""
        if device != self.id or not isinstance(self.device, Writable):
            raise CommandRejected("read_only", f"{device} cannot be commanded")
        async with self._turns.take(urgency):
            if urgency is not Urgency.STOP:
                self._check_in_step()
            with self._under_way():
                await self.device.write(point, value)
            self._check_in_step()
        self._asked.set()

    @contextmanager
    def _under_way(self) -> Iterator[None]:
        try:
            yield
        except (asyncio.CancelledError, DeviceUnreachable):
            if isinstance(self.device, Readable) or not isinstance(self.device, Changing):
                self._broken_off.set()
            raise

    def _check_in_step(self) -> None:
        if self._broken_off.is_set():
            raise DeviceUnreachable(f"{self.id}: a write was broken off, its answer would be taken for the next one's")

    def _sources(self) -> list[Coroutine[None, None, None]]:
        sources: list[Coroutine[None, None, None]] = [self._part()]
        if isinstance(self.device, Readable):
            sources.append(self._poll(self.device))
        if isinstance(self.device, Changing):
            sources.append(self._listen(self.device))
        return sources

    async def _next(self, sources: Sequence[asyncio.Task[None]]) -> Sequence[Reading]:
        """Return the next readings; raises what ended a source."""
        getting = asyncio.create_task(self._reports.get(), name=f"device {self.id}: next")
        try:
            done, _ = await asyncio.wait((getting, *sources), return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not getting.done():
                getting.cancel()
        if getting in done:
            return getting.result()
        for source in done:
            source.result()
        raise DeviceUnreachable(f"{self.id} has no more to say")

    async def _part(self) -> None:
        """End the connection when a write on it was broken off, behind the safe values that are on their way."""
        await self._broken_off.wait()
        await asyncio.sleep(LAST_STOP_S)
        async with self._turns.take(Urgency.POLL):
            self._check_in_step()

    async def _poll(self, device: Readable) -> None:
        while not self._broken_off.is_set():
            self._asked.clear()
            async with self._turns.take(Urgency.POLL):
                if self._broken_off.is_set():
                    break
                values = await self._read(device)
            await self._reports.put([Reading(point, value) for point, value in values.items()])
            with suppress(TimeoutError):
                async with asyncio.timeout(self.every_s):
                    await self._asked.wait()
        await self._part()

    async def _read(self, device: Readable) -> Mapping[str, Value]:
        try:
            async with asyncio.timeout(self.timeout_s):
                return await device.read()
        except TimeoutError:
            raise DeviceUnreachable(f"{self.id} does not answer within {self.timeout_s} s") from None

    async def _listen(self, device: Changing) -> None:
        async for readings in device.changes():
            await self._reports.put(readings)
