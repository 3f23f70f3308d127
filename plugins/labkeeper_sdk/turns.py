"""Whose turn it is where one thing at a time is done, at a device or a line: stop before command before poll."""

import asyncio
import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import IntEnum

from labkeeper_sdk.errors import CommandFailed

MOST_WAITING = 32  # twice the commands a device may have unfinished


class Urgency(IntEnum):
    """The smaller the sooner."""

    STOP = 0  # towards a safe value
    COMMAND = 1
    POLL = 2


@dataclass(slots=True)
class Turns:
    """A bounded queue of turns. What is under way is not interrupted: half a question confuses most devices."""

    most_waiting: int = MOST_WAITING
    _busy: bool = False
    _waiting: list[tuple[int, int, asyncio.Future[None]]] = field(default_factory=list)
    _came: int = 0

    @asynccontextmanager
    async def take(self, urgency: Urgency) -> AsyncIterator[None]:
        """Wait for the turn and hold it; raises CommandFailed `busy` where too many wait. A stop always waits."""
        if self._busy:
            await self._wait(urgency)
        self._busy = True
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, urgency: Urgency) -> None:
        if len(self._waiting) >= self.most_waiting and urgency is not Urgency.STOP:
            raise CommandFailed("busy", "too much waits for this device already")
        self._came += 1
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = (int(urgency), self._came, turn)
        heapq.heappush(self._waiting, entry)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._pass_on()  # it was given to us in the moment in which we gave up
            elif entry in self._waiting:
                self._waiting.remove(entry)
                heapq.heapify(self._waiting)
            raise

    def _pass_on(self) -> None:
        """Give the turn to the next in line; it stays busy in between, so that nobody slips in."""
        while self._waiting:
            _, _, turn = heapq.heappop(self._waiting)
            if not turn.done():
                turn.set_result(None)
                return
        self._busy = False
