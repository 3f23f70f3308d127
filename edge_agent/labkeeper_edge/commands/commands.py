"""Commands on a node: decided, executed once, answered at once, kept on disk; no device waits for another.

A command that only this run of the node may execute goes to its driver at once and to the disk behind. Any other, and
one under a table of leases whose number is not on disk yet, is on disk before: after a restart it, or that its lease
replaced another, would have to be recognised.
"""

import asyncio
import logging
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import uuid4

from labkeeper_edge.command_rules import Execute, HubClock, Met, Receipt, Write, check, decide, expired
from labkeeper_edge.commands.authority import Authority, aims
from labkeeper_edge.devices import Devices
from labkeeper_edge.outbox.command_store import COMMANDS_KEPT, CommandRecord
from labkeeper_edge.outbox.outbox import Outbox, OutboxUnwritable
from labkeeper_edge.refusals import Refusals
from labkeeper_edge.supervision.connections import Connections
from labkeeper_sdk import CommandFailed, CommandRejected, Value
from labkeeper_wire.commands import BadCommand, CommandRequest, CommandResult, CommandState, Target
from labkeeper_wire.effects import CommandReceived
from labkeeper_wire.leases.table import LEASES
from labkeeper_wire.leases.tenure import Refusal
from labkeeper_wire.payload import Metric

log = logging.getLogger(__name__)

FOREIGN_TTL_MS = 3000  # a bare command of a foreign host says none
REFUSED = {CommandState.REJECTED: "command_rejected", CommandState.EXPIRED: "command_expired"}
GATHER_S = 0.01  # what nobody waits for goes to the disk together
Say = Callable[[str, CommandResult], None]


@dataclass(frozen=True, slots=True)
class Job:
    """A command on its way to a device; a foreign one is not answered, the new value is its answer."""

    device: str
    execute: Execute
    foreign: bool = False


@dataclass(slots=True)
class Commands:
    """The shell around the rules. `say` sends a result now; `hurry` has the readings so far committed now."""

    devices: Devices
    connections: Connections
    outbox: Outbox
    refusals: Refusals
    say: Say
    hurry: Callable[[], None]
    now_ms: Callable[[], int]
    authority: Authority
    allow_foreign: bool = False
    clock: HubClock = field(default_factory=HubClock)
    interlock: Callable[[str, str, Value], Refusal | None] = lambda *_: None  # which rule is against a write
    accepted: Callable[[], None] = lambda: None  # hears that a table's number is on disk
    writing: Callable[[str, str, Value, int], Callable[[], None]] = lambda *_: lambda: None  # hears who writes what
    _results: OrderedDict[str, CommandResult] = field(default_factory=OrderedDict)
    _open: Counter[str] = field(default_factory=Counter)
    _queues: dict[str, asyncio.Queue[Job]] = field(default_factory=dict)
    _unsaved: list[tuple[CommandRecord, Job | None]] = field(default_factory=list)
    _cuts: dict[str, asyncio.Timeout] = field(default_factory=dict)  # of the writes that are under way
    _on_their_way: Counter[str] = field(default_factory=Counter)  # jobs of a device that wait for the disk
    _disk_full: bool = False
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _group: asyncio.TaskGroup | None = None

    def recall(self) -> None:
        """Take over what the outbox remembers: results, the fence, and the commands a former process died in."""
        self._results.update(self.outbox.recalled.results)
        self.authority.recall(self.outbox.recalled.fence)
        for device, result in self.outbox.recalled.orphans:
            log.warning("%s: command %s is %s: %s", device, result.id, result.state, result.code)
            self.say(device, result)

    def receive(self, command: CommandReceived) -> None:
        """Take a host's command; what is not to be executed is answered before this returns."""
        age_ms = self.clock.age_ms(self.now_ms(), command.time_ms)
        if command.device is None:
            self._node_command(command.metrics, age_ms)
            return
        receipt = Receipt(time.monotonic(), age_ms, self.devices.run)
        try:
            request, foreign = CommandRequest.from_metrics(command.metrics), False
        except BadCommand as bad:
            if bad.reason != "id_missing" or not self.allow_foreign:
                reason = "foreign_command" if bad.reason == "id_missing" else "bad_command"
                self.refusals.count(reason, f"{command.device} command", bad.reason)
                return
            request, foreign = _foreign(command.metrics), True
        self._decide(command.device, request, receipt, foreign=foreign)

    def stop(self) -> None:
        """Break off every write that is under way: the safe values must not wait for it. The rest is refused."""
        self.cut(frozenset(self._cuts))

    def cut(self, devices: frozenset[str]) -> None:
        """Break off the writes that are under way to these devices."""
        for device in devices & self._cuts.keys():
            self._cuts[device].reschedule(asyncio.get_running_loop().time())

    async def run(self) -> None:
        """Make commands durable, and execute those that had to be; each device has a task of its own."""
        async with asyncio.TaskGroup() as self._group:
            for device, queue in self._queues.items():
                self._group.create_task(self._serve(queue), name=f"commands {device}")
            while True:
                await self._wake.wait()
                for job in await self.save():
                    self._enqueue(job)

    async def save(self) -> list[Job]:
        """Put on disk what happened since the last call; return the accepted jobs, which may be executed now."""
        self._wake.clear()
        unsaved, self._unsaved = self._unsaved, []
        jobs = [job for _, job in unsaved if job is not None]
        fence = None if self.authority.durable else self.authority.tenure.fence
        if not unsaved and fence is None:
            return []
        try:
            await self.outbox.put_commands([record for record, _ in unsaved], fence)
        except OutboxUnwritable as error:
            self._disk_full = True
            self.refusals.count("outbox_unwritable", "commands", str(error))
            for job in jobs:
                self._finish(job, CommandState.REJECTED, "outbox_unwritable", "the node's disk takes nothing")
            return []
        finally:
            self._on_their_way.subtract(job.device for job in jobs)
        self._disk_full = False
        if fence is not None:
            self.authority.on_disk = fence
            self.accepted()
        for job in jobs:
            self._say(job, self._results[job.execute.id])
        return jobs

    def _decide(self, device: str, request: CommandRequest, receipt: Receipt, *, foreign: bool) -> None:
        known = self.devices.get(device)
        met = None
        if known is not None:
            met = Met(known.online, known.points, self._open[device], lambda *ask: self._refusal(device, *ask))
        decision = decide(request, receipt, met, self._results.get(request.id), time.monotonic())
        if isinstance(decision, Execute):
            self._accept(Job(device, decision, foreign))
            return
        if not foreign:
            self.say(device, decision.result)
        if decision.repeated:
            self.refusals.count("command_repeated", f"{device} commands", f"{request.id}: answered, not executed again")
        else:
            self._account(device, decision.result)
            self._keep(device, decision.result)

    def _accept(self, job: Job) -> None:
        self._open[job.device] += 1
        accepted = CommandResult(job.execute.id, CommandState.ACCEPTED)
        fast = job.execute.at_once and self.authority.durable
        if fast and not self._disk_full and not self._on_their_way[job.device]:
            self._keep(job.device, accepted)
            self._say(job, accepted)
            self._enqueue(job)
            return
        self._on_their_way[job.device] += 1
        self._keep(job.device, accepted, job=job)

    def _refusal(self, device: str, fence: int, writes: tuple[Write, ...]) -> Refusal | None:
        """Return what leases or interlocks have against this, asked again before each write: either may change
        while it waits.
        """
        known = self.devices.get(device)
        bench, points = ("", {}) if known is None else (known.bench, known.points)
        refusal = self.authority.refusal(device, bench, fence, aims(points, {one.point: one.value for one in writes}))
        against = (self.interlock(device, one.point, one.value) for one in writes)
        return refusal or next((one for one in against if one is not None), None)

    def _node_command(self, metrics: tuple[Metric, ...], age_ms: int) -> None:
        for metric in metrics:
            if metric.name == LEASES:
                self.authority.told(metric.value, age_ms)
        if not self.authority.durable:
            self._wake.set()

    def _keep(self, device: str, result: CommandResult, *, job: Job | None = None) -> None:
        """Remember a result now, and have it saved."""
        self._results[result.id] = result
        while len(self._results) > COMMANDS_KEPT:
            self._results.popitem(last=False)
        self._unsaved.append((CommandRecord(result, device, self.now_ms()), job))
        if job is not None:
            self._wake.set()
        else:
            asyncio.get_running_loop().call_later(GATHER_S, self._wake.set)

    def _enqueue(self, job: Job) -> None:
        queue = self._queues.get(job.device)
        if queue is None:
            queue = self._queues[job.device] = asyncio.Queue()
            if self._group is not None:
                self._group.create_task(self._serve(queue), name=f"commands {job.device}")
        queue.put_nowait(job)

    async def _serve(self, queue: asyncio.Queue[Job]) -> None:
        while True:
            job = await queue.get()
            try:
                await self._execute(job)
            except CommandRejected as rejected:
                self._finish(job, CommandState.REJECTED, rejected.code, rejected.message)
            except CommandFailed as failed:
                self._finish(job, CommandState.FAILED, failed.code, failed.message)

    async def _execute(self, job: Job) -> None:
        for write in job.execute.writes:
            left_s = job.execute.deadline_s - time.monotonic()
            if left_s <= 0:
                late = expired(job.execute.id)
                self._finish(job, late.state, late.code, late.message)
                return
            check(self._refusal(job.device, job.execute.fence, (write,)))
            failed = self.writing(job.device, write.point, write.value, job.execute.fence)
            try:
                await self._write(job.device, write, left_s)
            except (CommandFailed, CommandRejected):
                failed()
                raise
        self._finish(job, CommandState.DONE)

    async def _write(self, device: str, write: Write, timeout_s: float) -> None:
        try:
            async with asyncio.timeout(None) as self._cuts[device]:
                await self.connections.write(device, write.point, write.value, timeout_s)
        except TimeoutError:
            if (against := self.interlock(device, write.point, write.value)) is not None:
                raise CommandFailed(against.code, against.message) from None
            raise CommandFailed("stopped", "broken off, for the device had to be made safe at once") from None
        finally:
            self._cuts.pop(device, None)

    def _finish(self, job: Job, state: CommandState, code: str = "", message: str = "") -> None:
        self._open[job.device] -= 1
        result = CommandResult(job.execute.id, state, code, message)
        self._say(job, result)
        self.hurry()
        self._keep(job.device, result)
        if state is not CommandState.DONE:
            self._account(job.device, result)

    def _account(self, device: str, result: CommandResult) -> None:
        """Count what was refused, with a line for the first of a device; any other end that is not good is a line."""
        if (reason := REFUSED.get(result.state)) is not None:
            self.refusals.count(reason, f"{device} commands", f"{result.id}: {result.code} {result.message}".rstrip())
        else:
            log.warning("%s: command %s %s: %s %s", device, result.id, result.state, result.code, result.message)

    def _say(self, job: Job, result: CommandResult) -> None:
        if not job.foreign:
            self.say(job.device, result)


def _foreign(metrics: tuple[Metric, ...]) -> CommandRequest:
    """Give a bare command of a foreign host the shape of ours: an id of its own, a usual time to live, no fence."""
    targets = tuple(Target(metric.name or "", metric.value, metric.datatype or 0) for metric in metrics)
    return CommandRequest(str(uuid4()), FOREIGN_TTL_MS, 0, targets)
