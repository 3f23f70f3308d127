"""The outbox: sends what waits, a channel at a time, until it is sent or a day old; what waits is on disk.

A message is sent at least once: a crash between the sending and its record sends it again, under the same id. A disk
that refuses keeps nobody from being told: then the message is in memory only.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

from sqlalchemy.exc import DBAPIError

from labkeeper_hub.telling.letters import Fate, Letter, Line, in_turn
from labkeeper_hub.telling.records import TellingRecords
from labkeeper_sdk import Message, MessageNotSent

log = logging.getLogger(__name__)
GIVEN_S = 30.0
LONGEST_ERROR = 200


@dataclass(slots=True)
class Outbox:
    """`send` reaches a channel by its name; `failed` hears whether one has failed, after every attempt."""

    records: TellingRecords
    send: Callable[[str, Message], Awaitable[None]]
    failed: Callable[[str, bool], None]
    now_ms: Callable[[], int]
    lines: dict[str, Line] = field(default_factory=dict)
    attempts: dict[str, int] = field(default_factory=lambda: {"sent": 0, "failed": 0, "given_up": 0})
    _waiting: dict[str, Letter] = field(default_factory=dict)

    async def load(self) -> None:
        """Take up what earlier runs left."""
        self.put(await self.records.waiting())

    def put(self, letters: Iterable[Letter]) -> None:
        """Take messages; whoever calls has them on disk, if the disk lets them."""
        self._waiting |= {letter.message.id: letter for letter in letters}

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def due(self) -> dict[str, list[Letter]]:
        """Return what can be tried now, by channel, in turn."""
        found: dict[str, list[Letter]] = {}
        for letter in sorted(self._waiting.values(), key=in_turn):
            if self.line(letter.channel).retry_ms <= self.now_ms():
                found.setdefault(letter.channel, []).append(letter)
        return found

    def line(self, channel: str) -> Line:
        """Return how a channel has done lately."""
        return self.lines.get(channel, Line())

    async def deliver(self, letters: Iterable[Letter]) -> None:
        """Send one channel's messages one after the other; the first that fails leaves the others waiting."""
        for letter in letters:
            if letter.message.id in self._waiting and await self._deliver(letter):
                break

    async def try_now(self, letter: Letter) -> Letter:
        """Send a message that is not repeated, and record it."""
        error = await self._attempt(letter)
        fate = Fate.GIVEN_UP if error else Fate.SENT
        tried = letter.ended(fate, error, self.now_ms(), attempts=1)
        await self._record(self.records.add(tried))
        return tried

    async def drop(self, channel: str, why: str) -> None:
        """Give up what waits for a channel that is no more."""
        self.lines.pop(channel, None)
        for letter in [one for one in self._waiting.values() if one.channel == channel]:
            await self._keep(letter.ended(Fate.GIVEN_UP, why, self.now_ms(), attempts=letter.attempts))

    async def _deliver(self, letter: Letter) -> str:
        error = await self._attempt(letter)
        if letter.message.id in self._waiting:  # the channel may have been removed meanwhile
            await self._keep(letter.tried(error, self.now_ms()))
        return error

    async def _attempt(self, letter: Letter) -> str:
        """Send once; return what went wrong."""
        error = await self._error(letter)
        self.attempts["failed" if error else "sent"] += 1
        line = self.lines[letter.channel] = self.line(letter.channel).after(error, self.now_ms())
        self.failed(letter.channel, line.failed)
        return error

    async def _error(self, letter: Letter) -> str:
        """Return what went wrong, without what a library says: it may say an address, and an address is a secret."""
        try:
            async with asyncio.timeout(GIVEN_S):
                await self.send(letter.channel, letter.message)
        except MessageNotSent as failed:
            return str(failed)[:LONGEST_ERROR] or "was not sent"
        except TimeoutError:
            return f"no answer within {GIVEN_S:.0f} s"
        except Exception as error:  # noqa: BLE001 -- the plugin boundary: a stranger's channel may raise anything
            log.error("channel %s: %s", letter.channel, type(error).__name__)  # noqa: TRY400 -- its words may be secret
            return f"the channel made a mistake ({type(error).__name__})"
        return ""

    async def _keep(self, letter: Letter) -> None:
        if letter.fate is Fate.WAITING:
            self._waiting[letter.message.id] = letter
        else:
            self._waiting.pop(letter.message.id, None)
        self.attempts["given_up"] += letter.fate is Fate.GIVEN_UP
        await self._record(self.records.change(letter))

    async def _record(self, writing: Awaitable[None]) -> None:
        try:
            await writing
        except DBAPIError as error:
            log.error("telling: a delivery cannot be recorded (%s)", error.orig)  # noqa: TRY400 -- one line
