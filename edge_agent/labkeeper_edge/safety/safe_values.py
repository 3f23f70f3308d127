"""The shell around the safe-value rules: it writes, records, and tries again where a device did not obey."""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from labkeeper_edge.commands.authority import Authority
from labkeeper_edge.devices import Devices
from labkeeper_edge.outbox.outbox import Outbox, OutboxUnwritable
from labkeeper_edge.safety.safe_rules import Cause, Drive, Mark, SafeValues
from labkeeper_edge.supervision.connections import Connections
from labkeeper_sdk import CommandFailed, CommandRejected, Urgency, Value
from labkeeper_wire.leases.tenure import SILENCE_S

log = logging.getLogger(__name__)

RETRY_S = 5.0  # after a device did not confirm its safe value
STOP_RETRY_S = 1.0
LEAST_TIMEOUT_S = 1.0
BEAT_S = 0.2


@dataclass(slots=True)
class SafeKeeping:
    """Drives what the rules say, each device on its own; `driven` counts what succeeded."""

    devices: Devices
    connections: Connections
    outbox: Outbox
    hurry: Callable[[], None]
    now_ms: Callable[[], int]
    authority: Authority
    rules: SafeValues = field(default_factory=SafeValues)
    driven: int = 0
    instead: Callable[[str, str, Value], Value] = lambda _device, _point, value: value  # what an interlock demands
    confirmed: Callable[[], None] = lambda: None  # hears of each safe value that a device confirmed
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _away: defaultdict[str, asyncio.Event] = field(default_factory=lambda: defaultdict(asyncio.Event))

    def device_changed(self, device: str) -> None:
        """Look at a device again: it came, changed, answered or fell silent."""
        known = self.devices.get(device)
        online = known is not None and known.online
        points = () if known is None else known.points.values()
        self.rules.device(device, points, online=online)
        (self._away[device].clear if online else self._away[device].set)()
        self._wake.set()

    def link(self, *, up: bool) -> None:
        """The hub hears us, or no longer does."""
        if up:
            self.rules.link_up()
        else:
            self.rules.link_down(time.monotonic())
        self._wake.set()

    def stop(self, *, active: bool) -> None:
        """Everything is stopped, or released."""
        if active:
            self.rules.stop()
        else:
            self.rules.release()
        self._wake.set()

    def leases_changed(self) -> None:
        """Look at the leases again."""
        self._wake.set()

    def writing(self, device: str, point: str, value: Value, fence: int) -> Callable[[], None]:
        """A command under this fence is about to write; return what is to be called if that fails."""
        lease = self.authority.tenure.lease(fence)
        undo = self.rules.writing(device, point, value, lease.holder if lease and lease.parent else None)

        def failed() -> None:
            undo()
            self._wake.set()

        return failed

    async def run(self) -> None:
        """Drive what is due, for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._beat(), name="safe values beat")
            while True:
                self._wake.clear()
                self.rules.leased(self._covers)
                self.rules.given(self._has)
                for drive in self.rules.due(time.monotonic()):
                    group.create_task(self._drive(drive), name=f"safe value {drive.device}/{drive.point}")
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._next_s(time.monotonic())):
                        await self._wake.wait()

    def _next_s(self, now_s: float) -> float | None:
        """Return in how many seconds there is something to look at: a drive that is due, or a lease that ends."""
        waits = (self.rules.next_due_s(now_s), self.authority.tenure.next_end_s(SILENCE_S, now_s))
        return min((wait for wait in waits if wait is not None), default=None)

    def _covers(self, device: str, point: str) -> bool:
        known = self.devices.get(device)
        if known is None or point not in known.points:
            return False
        return self.authority.tenure.covers(known.bench, device, known.points[point].risk, time.monotonic())

    def _has(self, device: str, point: str, mark: Mark) -> bool:
        return self.authority.tenure.gives(mark.group, device, point, mark.value, time.monotonic())

    async def _beat(self) -> None:
        """Notice when this process has stood still: stopped by a signal, by a debugger, by a driver that blocks."""
        while True:
            before_s = time.monotonic()
            await asyncio.sleep(BEAT_S)
            stood_s = time.monotonic() - before_s
            if stood_s > 2 * BEAT_S:
                self.rules.stood_still(stood_s)
                self._wake.set()

    async def _drive(self, drive: Drive) -> None:
        outcome = await self._write(drive)
        if outcome == "done":
            self.rules.done(drive)
            self.driven += 1
            self.confirmed()
        log.warning("%s/%s: safe value %r (%s): %s", drive.device, drive.point, drive.value, drive.cause, outcome)
        with suppress(OutboxUnwritable):  # a full disk must not keep an actuator from its safe value
            await self.outbox.record_safe_write(self.now_ms(), drive.device, drive.point, drive.cause, outcome)
        if outcome == "done":
            self.hurry()
            return
        await self._rest(drive)
        self.rules.failed(drive)
        self._wake.set()

    async def _rest(self, drive: Drive) -> None:
        """Wait before the next try, but not for a device that is away: that one is driven the moment it is back."""
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_RETRY_S if drive.cause is Cause.STOP else RETRY_S):
                await self._away[drive.device].wait()

    async def _write(self, drive: Drive) -> str:
        known = self.devices.get(drive.device)
        if known is None or drive.point not in known.points:
            return "gone"
        timeout_s = max(known.points[drive.point].confirm_s, LEAST_TIMEOUT_S)
        try:
            value = self.instead(drive.device, drive.point, drive.value)
            await self.connections.write(drive.device, drive.point, value, timeout_s, Urgency.STOP)
        except (CommandFailed, CommandRejected) as error:
            return error.code
        return "done"
