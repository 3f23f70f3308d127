"""A device that is a program on this machine: killing it is its power switch, its output is its console."""

import asyncio
import os
import tempfile
import termios
import tty
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from labkeeper_firmware.drivers.console import LONGEST, Console
from labkeeper_sdk import Title

LONGEST_WORDS = 200


@dataclass(slots=True)
class Program:
    """The program, on or off; `console` has what it printed."""

    words: Sequence[str]
    console: Console = field(default_factory=Console)
    printed: bytes = b""  # the end of it
    process: Process | None = None
    _reader: "asyncio.Task[None] | None" = None

    async def on(self) -> None:
        """Start it, if it does not run."""
        if self.process is not None and self.process.returncode is None:
            return
        await self.off()
        self.printed = b""
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

    def ended(self) -> Title:
        """Return that it has ended by itself, and its last line; nothing while it runs, is off, or is still read."""
        reading = self._reader is not None and not self._reader.done()
        return Title() if reading else _ended(self.process, self.printed)

    async def _read(self, process: Process) -> None:
        while process.stdout is not None and (raw := await process.stdout.read(LONGEST)):
            self.printed = (self.printed + raw)[-LONGEST:]
            self.console.take(raw)


def _ended(process: Process | None, printed: bytes = b"") -> Title:
    if process is None or process.returncode is None:
        return Title()
    said = printed.decode(errors="replace").strip().rpartition("\n")[2][:LONGEST_WORDS]
    words = f": {said}" if said else ""
    return Title(
        zh=f"程序自己结束了（状态 {process.returncode}）{words}",
        en=f"the program has ended by itself (status {process.returncode}){words}",
    )


@asynccontextmanager
async def run_program(words: Sequence[str]) -> AsyncIterator[Program]:
    """Have a program as the device; it is started by `on`, and killed at the end."""
    program = Program(words)
    try:
        yield program
    finally:
        await program.off()


@dataclass(slots=True)
class ProgramOnALine:
    """The program, on or off; its input and output are a serial line, and `path` is the port at the other end."""

    words: Sequence[str]
    path: Path
    process: Process | None = None
    _port: int = -1

    async def on(self) -> None:
        """Start it, if it does not run."""
        if self.process is not None and self.process.returncode is None:
            return
        await self.off()
        device, self._port = os.openpty()
        try:
            tty.setraw(self._port, termios.TCSANOW)
            self.path.symlink_to(os.ttyname(self._port))
            self.process = await asyncio.create_subprocess_exec(*self.words, stdin=device, stdout=device, stderr=device)
        finally:
            os.close(device)

    async def off(self) -> None:
        """Kill it, without a goodbye; the port goes with it."""
        process, self.process = self.process, None
        if process is not None and process.returncode is None:
            process.kill()
        if process is not None:
            await process.wait()
        if self._port >= 0:
            self.path.unlink()
            os.close(self._port)  # kept open meanwhile: the program must not see a port that nobody has open yet
            self._port = -1

    def ended(self) -> Title:
        """Return that it has ended by itself; nothing while it runs or is off. What it printed went down the line."""
        return _ended(self.process)


@asynccontextmanager
async def run_on_a_line(words: Sequence[str]) -> AsyncIterator[ProgramOnALine]:
    """Have a program on a serial line as the device; it is started by `on`, and killed at the end."""
    with tempfile.TemporaryDirectory(prefix="labkeeper-line-") as folder:
        program = ProgramOnALine(words, Path(folder) / "port")
        try:
            yield program
        finally:
            await program.off()
