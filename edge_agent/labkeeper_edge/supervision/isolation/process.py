"""A driver's process, seen from the node: started, spoken to, watched, and killed when it hangs or takes too much."""

import asyncio
import logging
import signal
import socket
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import count

from labkeeper_edge.supervision.deadlines import CLOSE_S, BrokerAway, DriverFault
from labkeeper_edge.supervision.isolation.channel import Channel, open_channel
from labkeeper_edge.supervision.isolation.connection import Connection
from labkeeper_edge.supervision.isolation.fork_server import Forked, ForkServer
from labkeeper_edge.supervision.isolation.frames import BadFrame
from labkeeper_edge.supervision.isolation.limits import OUT_OF_MEMORY, processor_s
from labkeeper_edge.supervision.isolation.messages import (
    Begin,
    Closed,
    Connect,
    Counted,
    Disconnect,
    Ended,
    Message,
    Observed,
    Opened,
    Ping,
    Ready,
    Unusable,
    Written,
)
from labkeeper_edge.supervision.isolation.noted import Deaths, open_noted
from labkeeper_edge.supervision.services import Counts
from labkeeper_sdk import DeviceUnreachable

log = logging.getLogger(__name__)

START_S = 60.0  # a Pi Zero needs seconds for Python and pydantic alone
PING_S = 1.0
WATCHED_S = 10.0


class DriverUnusable(Exception):
    """Do not try again before something has changed: the package or its configuration is wrong, or it was changed."""

    def __init__(self, reason: str, *, changed: bool = False) -> None:
        super().__init__(reason)
        self.changed = changed


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a driver's process may take: private memory, silence, and a share of one core on average of `watched_s`;
    and how far it stands back behind the node (nice(2)).
    """

    memory_bytes: int
    silence_s: float
    processor_share: float
    niceness: int
    watched_s: float = WATCHED_S


@dataclass(slots=True)
class ChildProcess:
    """One running process. Everything that waits for it ends with a DriverFault when it does."""

    begin: Begin
    bounds: Bounds
    counts: Counts
    process: Forked
    channel: Channel
    ready: asyncio.Future[Ready]
    over: str = ""  # why it is no more
    _why_killed: str = ""
    _connection: Connection | None = None
    _unanswered: int = 0
    _ids: "count[int]" = field(default_factory=lambda: count(1))
    _spent: deque[float] = field(default_factory=deque)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Have the driver connect; leaving waits until it has closed, and kills it if it does not."""
        connection = self._connection = Connection(
            self.channel.send, lambda: next(self._ids), asyncio.get_running_loop().create_future()
        )
        try:
            self.channel.send(Connect())
            if self.over:
                connection.ended(DriverFault(self.over))
            await connection.opened
            yield connection
        finally:
            await self._closed(connection)
            self._connection = None

    async def _closed(self, connection: Connection) -> None:
        if connection.closed.is_set():
            return
        self.channel.send(Disconnect())
        try:
            async with asyncio.timeout(CLOSE_S):
                await connection.closed.wait()
        except TimeoutError:
            self.kill(f"did not close its connection within {CLOSE_S:g} s")

    def kill(self, why: str) -> None:
        """End it at once."""
        self._why_killed = self._why_killed or why
        self.process.kill()

    async def listen(self) -> None:
        """Hear the process until it ends, and say then to everybody why it did."""
        try:
            async for message, size in self.channel.messages():
                self._unanswered = 0
                self._hear(message, size)
        except BadFrame as bad:
            self.kill(f"broke the protocol: {bad}")
        status = await self.process.wait()
        self.over = f"its process {self._why_killed or _in_words(status, self.bounds)}"
        log.warning("driver %s: %s", self.begin.instance, self.over)
        fault = DriverFault(self.over)
        if not self.ready.done():
            self.ready.set_exception(fault)
            self.ready.exception()
        if self._connection is not None:
            self._connection.ended(fault)

    async def watch(self) -> None:
        """Kill it when it is silent for too long, or uses more of a processor than it may."""
        while True:
            await asyncio.sleep(PING_S)
            # counted, not timed: a node that itself stood still has missed no answer
            if self._unanswered * PING_S >= self.bounds.silence_s:
                self.kill(f"hung: no answer for {self.bounds.silence_s:g} s, killed")
                return
            self._unanswered += 1
            self.channel.send(Ping())
            if self.ready.done() and (share := self._processor_share()) > self.bounds.processor_share:
                self.kill(f"used {share:.0%} of a processor for {self.bounds.watched_s:g} s, killed")
                return

    def _processor_share(self) -> float:
        """Return the average share of a core it used lately; 0 until it has been watched for long enough."""
        self._spent.append(processor_s(self.process.pid))
        if len(self._spent) * PING_S <= self.bounds.watched_s:
            return 0.0
        return (self._spent[-1] - self._spent.popleft()) / self.bounds.watched_s

    def _hear(self, message: Message, size: int) -> None:
        match message:
            case Counted(reason, source, detail):
                self.counts.count(reason, source, detail)
            case Ready() if not self.ready.done():
                self.ready.set_result(message)
            case Unusable(reason, changed) if not self.ready.done():
                self.ready.set_exception(DriverUnusable(reason, changed=changed))
            case _ if self._connection is not None:
                _tell(self._connection, message, size)


def _tell(connection: Connection, message: Message, size: int) -> None:
    match message:
        case Opened() if not connection.opened.done():
            connection.opened.set_result(None)
        case Observed():
            connection.observed(message, size)
        case Written():
            connection.written(message)
        case Ended():
            connection.ended(_end_of(message))
        case Closed():
            connection.ended(DeviceUnreachable("the connection is closed"))


def _end_of(ended: Ended) -> DeviceUnreachable:
    if ended.fault:
        return DriverFault(ended.reason)
    return BrokerAway(ended.reason) if ended.broker else DeviceUnreachable(ended.reason)


def _in_words(status: int, bounds: Bounds) -> str:
    if status == OUT_OF_MEMORY:
        return f"wanted more than its {bounds.memory_bytes // 1_000_000} MB of memory"
    if status < 0:
        return f"was ended by {signal.Signals(-status).name}"
    return f"ended with status {status}"


async def _until_ready(child: ChildProcess) -> None:
    try:
        async with asyncio.timeout(START_S):
            await asyncio.shield(child.ready)
    except TimeoutError:
        raise DriverFault(f"its process was not ready within {START_S:g} s") from None


@asynccontextmanager
async def open_process(
    forks: ForkServer, begin: Begin, bounds: Bounds, counts: Counts, deaths: Deaths
) -> AsyncIterator[ChildProcess]:
    """Start a driver's process and wait until its driver is loaded; raises DriverFault or DriverUnusable.

    Leaving ends it: it has closed its connection before, so that killing it takes nothing away.
    """
    with open_noted() as noted:
        begin = replace(begin, deadly=deaths.deadly.hex())
        async with _running(forks, begin, bounds, counts, noted.descriptor) as child:
            try:
                yield child
            finally:
                if child.over:
                    deaths.died(noted.busy_with())


@asynccontextmanager
async def _running(
    forks: ForkServer, begin: Begin, bounds: Bounds, counts: Counts, noting: int
) -> AsyncIterator[ChildProcess]:
    ours, theirs = socket.socketpair()
    async with open_channel(ours) as channel:
        with theirs:
            process = await forks.fork(bounds.niceness, theirs.fileno(), noting)
        child = ChildProcess(begin, bounds, counts, process, channel, asyncio.get_running_loop().create_future())
        channel.send(begin)
        tasks = [
            asyncio.create_task(work, name=f"process of {begin.instance}") for work in (child.listen(), child.watch())
        ]
        try:
            await _until_ready(child)
            yield child
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            child.kill("ended")
            await process.wait()
            process.close()
