"""A device that is a program on this machine: killing it is its power switch, its output is its console."""

import asyncio
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from labkeeper_firmware.drivers.console import LONGEST, Console


@dataclass(slots=True)
class Program:
    """The program, on or off; `console` has what it printed."""

    words: Sequence[str]
    console: Console = field(default_factory=Console)
    process: Process | None = None
    _reader: "asyncio.Task[None] | None" = None

    async def on(self) -> None:
        """Start it, if it does not run."""
        if self.process is not None and self.process.returncode is None:
            return
        await self.off()
        self.process = await asyncio.create_subprocess_exec(*self.words, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT)
        self._reader = asyncio.create_task(self._read(self.process), name="console")

    async def off(self) -> None:
        """Kill it, without a goodbye."""
        process, self.process = self.process, None
        if process is not None and process.returncode is None:
            process.kill()
        if process is not None and self._reader is not None:
            await process.wait()
            await self._reader

    async def _read(self, process: Process) -> None:
        while process.stdout is not None and (raw := await process.stdout.read(LONGEST)):
            self.console.take(raw)


@asynccontextmanager
async def run_program(words: Sequence[str]) -> AsyncIterator[Program]:
    """Have a program as the device; it is started by `on`, and killed at the end."""
    program = Program(words)
    try:
        yield program
    finally:
        await program.off()
