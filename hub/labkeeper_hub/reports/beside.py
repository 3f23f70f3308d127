"""Work in a process beside the hub: a module is given bytes on its standard input and answers on its output."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass

BLOCK = 1 << 16


class TooSlow(Exception):
    """It was not done in time, and was ended."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What it wrote, its last words, and the status it ended with; a signal's number is negative."""

    content: bytes
    said: str
    status: int


async def answer_of(module: str, asked: bytes, longest_s: float) -> Answer:
    """Return what `python -m module` answers; raises TooSlow. Whoever does not wait any more ends the process."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", module, stdin=PIPE, stdout=PIPE, stderr=PIPE)
    try:
        async with asyncio.timeout(longest_s):
            content, said = await process.communicate(asked)
    except TimeoutError as late:
        raise TooSlow(f"it took longer than {longest_s:g} s") from late
    finally:
        if process.returncode is None:
            await _end(process)
    return Answer(content, said.decode(errors="replace"), process.returncode or 0)


async def _end(process: Process) -> None:
    """Kill it, and read what nobody wants any more: a pipe that is full never ends, and `wait` waits for its end."""
    process.kill()
    for pipe in (process.stdout, process.stderr):
        while pipe is not None and await pipe.read(BLOCK):
            pass
    await process.wait()
