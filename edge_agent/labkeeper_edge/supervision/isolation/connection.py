"""One connection of a driver in its process, as the node's gateway: bounded, and over when the process is."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from functools import partial

from labkeeper_edge.supervision.deadlines import DriverFault
from labkeeper_edge.supervision.isolation.frames import LONGEST_BODY, BadFrame
from labkeeper_edge.supervision.isolation.messages import Cancel, Message, Observed, Settle, Taken, Write, Written
from labkeeper_edge.supervision.isolation.serving import WINDOW_BYTES
from labkeeper_sdk import CommandFailed, CommandRejected, DeviceUnreachable, Observation, Urgency, Value


@dataclass(slots=True)
class Connection:
    """`send` reaches the process; the process's messages come in by the methods named after them."""

    send: Callable[[Message], object]
    next_id: Callable[[], int]
    opened: asyncio.Future[None]
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    _observed: deque[tuple[Observed, int]] = field(default_factory=deque)
    _bytes: int = 0
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _end: DeviceUnreachable | None = None
    _writes: dict[int, asyncio.Future[Written]] = field(default_factory=dict)
    _settled: list[int] = field(default_factory=list)

    # --- what the node does with a gateway --------------------------------------------------------------------------
    async def observations(self) -> AsyncIterator[Observation]:
        """Yield what the driver observes; its process may send more only when it has been taken over."""
        while True:
            while self._observed:
                observed, size = self._observed.popleft()
                yield self._observation(observed)
                self._bytes -= size
                self.send(Taken(observed.number))
            if self._end is not None:
                raise self._end
            self._news.clear()
            await self._news.wait()

    async def write(self, device: str, point: str, value: Value) -> None:
        """Have the driver write; raises what it raises."""
        await self.write_urgently(device, point, value, Urgency.COMMAND)

    async def write_urgently(self, device: str, point: str, value: Value, urgency: Urgency) -> None:
        """Have the driver write in its turn; given up here, it is given up there."""
        if self._end is not None:
            raise self._end
        number = self.next_id()
        done = self._writes[number] = asyncio.get_running_loop().create_future()
        self.send(Write(number, device, point, value, int(urgency)))
        try:
            _raise_for(await done)
        finally:
            del self._writes[number]
            if not done.done() or done.cancelled():
                self.send(Cancel(number))

    # --- what the process says --------------------------------------------------------------------------------------
    def observed(self, observed: Observed, size: int) -> None:
        """The driver observed something; raises BadFrame where it was not its turn to say so much."""
        if self._bytes > WINDOW_BYTES + LONGEST_BODY:
            raise BadFrame("more observations than may be under way")
        self._bytes += size
        self._observed.append((observed, size))
        self._news.set()

    def written(self, written: Written) -> None:
        """A write ended; one that nobody waits for any more is ignored."""
        done = self._writes.get(written.id)
        if done is not None and not done.done():
            done.set_result(written)

    def ended(self, error: DeviceUnreachable) -> None:
        """The connection is over; what was observed before is still to be taken over."""
        self._end = self._end or error
        if not self.opened.done():
            self.opened.set_exception(error)
            self.opened.exception()  # whoever waits gets it; nobody waiting is no news
        for done in self._writes.values():
            if not done.done():
                done.set_exception(error)
        self.closed.set()
        self._news.set()

    # --- inside -----------------------------------------------------------------------------------------------------
    def _observation(self, observed: Observed) -> Observation:
        identity = bytes.fromhex(observed.identity)
        if not observed.settles:
            return Observation(observed.events, identity=identity, again=observed.again)
        settle = partial(self._settle, observed.number)
        return Observation(observed.events, settle, identity, observed.again)

    def _settle(self, number: int) -> None:
        """What one commit settles goes to the process as one message."""
        if not self._settled:
            asyncio.get_running_loop().call_soon(self._say_settled)
        self._settled.append(number)

    def _say_settled(self) -> None:
        settled, self._settled = self._settled, []
        self.send(Settle(settled))


def _raise_for(written: Written) -> None:
    match written.outcome:
        case "done":
            return
        case "rejected":
            raise CommandRejected(written.code, written.message)
        case "failed":
            raise CommandFailed(written.code, written.message)
        case "unreachable":
            raise DeviceUnreachable(written.message)
        case _:
            raise DriverFault(written.message)
