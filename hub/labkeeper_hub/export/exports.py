"""The exports that run: each a process, its bytes handed through, its progress known to whoever asks."""

import asyncio
import logging
import sys
from asyncio.subprocess import PIPE, Process
from collections import OrderedDict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from enum import StrEnum

from pydantic import BaseModel, ValidationError

from labkeeper_hub.export.order import Order

log = logging.getLogger(__name__)
BLOCK = 1 << 16
MOST_AT_ONCE = 2
LAST_WORDS = 8192  # bytes of an error that reach the log
REMEMBERED = 32  # that have ended
START_S = 60.0


class TooManyExports(Exception):
    """Others are being made: try again a little later."""


class IdTaken(Exception):
    """There is an export of that id already."""


class ExportFailed(Exception):
    """The process ended before the file did."""


class ExportState(StrEnum):
    """Where an export is."""

    RUNNING = "running"
    DONE = "done"
    ENDED = "ended"  # whoever asked has hung up
    FAILED = "failed"


class Said(BaseModel):
    """What the process says on a line: each number when it changed."""

    total: int | None = None
    done: int | None = None
    rows: int | None = None
    incomplete_before_ms: int | None = None
    reason: str | None = None


@dataclass(slots=True)
class Export:
    """One export: readings to look at and looked at, rows and bytes written.

    `reason`: why it is not complete before `incomplete_before_ms`, or what ended it; short and stable.
    """

    id: str
    order: Order
    process: Process
    state: ExportState = ExportState.RUNNING
    total: int = 0
    done: int = 0
    rows: int = 0
    size: int = 0
    incomplete_before_ms: int | None = None
    reason: str | None = None
    _told: "asyncio.Task[None] | None" = None

    async def begin(self) -> None:
        """Give the order and wait until it is known how much there is; raises ExportFailed."""
        if self.process.stdin is None:
            raise ExportFailed
        self.process.stdin.write(self.order.model_dump_json().encode())
        self.process.stdin.close()
        try:
            async with asyncio.timeout(START_S):
                first = await self._line()
        except TimeoutError as late:
            raise ExportFailed("it did not begin") from late
        if first is not None:
            self._note(first)
        self._told = asyncio.create_task(self._hear(), name=f"export {self.id}")

    async def content(self) -> AsyncIterator[bytes]:
        """Return the file's bytes; raises ExportFailed where it was not finished, so that nobody takes it for whole."""
        if self.process.stdout is None:
            raise ExportFailed
        while block := await self.process.stdout.read(BLOCK):
            self.size += len(block)
            yield block
            await asyncio.sleep(0)  # else what the pipe's buffer holds would follow at once
        status = await self.process.wait()
        if self._told is not None:
            await self._told
        self.state = ExportState.FAILED if status else ExportState.DONE
        if status:
            raise ExportFailed(self.reason or f"status {status}")

    async def end(self) -> None:
        """Let nothing go on, whatever came before."""
        if self.process.returncode is None:
            self.process.kill()
        await self._empty()
        await self.process.wait()
        if self._told is not None:
            self._told.cancel()
            await asyncio.gather(self._told, return_exceptions=True)
        if self.state is ExportState.RUNNING:
            self.state = ExportState.ENDED

    async def _empty(self) -> None:
        """Read what nobody wants any more: a pipe that is full never ends, and `wait` waits for its end."""
        while self.process.stdout is not None and await self.process.stdout.read(BLOCK):
            pass

    async def _hear(self) -> None:
        while said := await self._line(ended_is_fine=True):
            self._note(said)

    def _note(self, said: Said) -> None:
        self.total, self.done, self.rows = said.total or self.total, said.done or self.done, said.rows or self.rows
        self.incomplete_before_ms = said.incomplete_before_ms or self.incomplete_before_ms
        self.reason = said.reason or self.reason

    async def _line(self, *, ended_is_fine: bool = False) -> "Said | None":
        line = await self.process.stderr.readline() if self.process.stderr is not None else b""
        try:
            return Said.model_validate_json(line)
        except ValidationError as error:
            if line:
                words = (line + await self._last_words()).decode(errors="replace")
                log.error("export %s: %s", self.id, words)  # noqa: TRY400 -- the traceback that tells is in there
            if ended_is_fine:
                return None
            raise ExportFailed("it ended before it began") from error

    async def _last_words(self) -> bytes:
        return b"" if self.process.stderr is None else await self.process.stderr.read(LAST_WORDS)


@dataclass(slots=True)
class Exports:
    """All of them, by id; what has ended is remembered for a while."""

    known: OrderedDict[str, Export] = field(default_factory=OrderedDict)
    _starting: int = 0

    async def start(self, identity: str, order: Order) -> Export:
        """Start one; the caller ends it. Raises TooManyExports, IdTaken, ExportFailed."""
        if identity in self.known:
            raise IdTaken
        if self._starting + sum(one.state is ExportState.RUNNING for one in self.known.values()) >= MOST_AT_ONCE:
            raise TooManyExports
        self._starting += 1
        try:
            export = await self._started(identity, order)
        finally:
            self._starting -= 1
        self.known[identity] = export
        self._forget()
        return export

    async def _started(self, identity: str, order: Order) -> Export:
        command = (sys.executable, "-m", order.made_by)
        process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, stderr=PIPE)
        export = Export(identity, order, process)
        try:
            await export.begin()
        except BaseException:
            await export.end()
            raise
        return export

    def _forget(self) -> None:
        ended = [one.id for one in self.known.values() if one.state is not ExportState.RUNNING]
        for identity in ended[:-REMEMBERED]:
            del self.known[identity]
