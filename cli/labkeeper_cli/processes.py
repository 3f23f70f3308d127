"""Role processes: started as a person would start them, known to be ready by what they say, ended in order."""

import asyncio
import json
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

READY_S = 60.0
END_S = 15.0
LAST_WORDS = 12  # lines of a dead process's log worth showing


class RoleDied(Exception):
    """A role process ended when it should not have; the message holds the end of its log."""


@dataclass(slots=True)
class Role:
    """One running role: `python -m <module> …`, its ready line and its log."""

    name: str
    module: str
    arguments: Sequence[str]
    log: Path
    ready: Mapping[str, Any] = field(default_factory=dict)
    process: Process | None = field(default=None, repr=False)

    @property
    def pid(self) -> int:
        """The process id; 0 when it is not running."""
        return self.process.pid if self.process and self.process.returncode is None else 0

    async def start(self) -> None:
        """Start and wait for the ready line; raises RoleDied."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        command = (sys.executable, "-m", self.module, *self.arguments)
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *command, stdin=DEVNULL, stdout=PIPE, stderr=log, start_new_session=True, limit=16 * 1024 * 1024
            )
        try:
            async with asyncio.timeout(READY_S):
                self.ready = await self._ready_line(self.process)
        except TimeoutError:
            await self.stop(signal.SIGKILL)
            raise RoleDied(f"{self.name} was not ready in {READY_S:.0f} s\n{self.last_words()}") from None

    async def stop(self, how: signal.Signals = signal.SIGTERM) -> int | None:
        """Send `how`, wait for the end (SIGKILL after a while) and return the exit status."""
        process, self.process = self.process, None
        if process is None:
            return None
        if process.returncode is None:
            process.send_signal(how)
        try:
            async with asyncio.timeout(END_S):
                await process.communicate()
        except TimeoutError:
            process.kill()
            await process.communicate()
        return process.returncode

    async def died(self) -> None:
        """Return never while the role lives; raise RoleDied when it ends by itself."""
        process = self.process
        if process is None:
            return
        status = await process.wait()
        if self.process is process:
            raise RoleDied(f"{self.name} ended with status {status}\n{self.last_words()}")

    def last_words(self) -> str:
        """The end of the role's log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-LAST_WORDS:])

    async def _ready_line(self, process: Process) -> Mapping[str, Any]:
        while process.stdout is not None and (line := await process.stdout.readline()):
            said = _json_object(line)
            if "ready" in said:
                return said
        await process.wait()
        raise RoleDied(f"{self.name} ended with status {process.returncode}\n{self.last_words()}")


def _json_object(line: bytes) -> dict[str, Any]:
    try:
        said = json.loads(line)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


@asynccontextmanager
async def open_role(name: str, module: str, arguments: Sequence[str], log: Path) -> AsyncIterator[Role]:
    """Run a role process for the length of the block."""
    role = Role(name, module, arguments, log)
    try:
        await role.start()  # a start that is interrupted leaves nothing running
        yield role
    finally:
        await role.stop()
