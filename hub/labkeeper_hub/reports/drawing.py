"""Documents drawn beside the hub: a process each, two at a time."""

import asyncio
import sys
from asyncio.subprocess import PIPE
from dataclasses import dataclass, field

from labkeeper_hub.reports.document import Document

MOST_AT_ONCE = 2
LONGEST_S = 60.0


class CannotDraw(Exception):
    """The drawing process failed; its last words are the message."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """Waits for its turn."""

    _turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MOST_AT_ONCE))

    async def drawn(self, document: Document) -> bytes:
        """Return the page; raises CannotDraw."""
        async with self._turn:
            command = (sys.executable, "-m", "labkeeper_hub.reports")
            process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, stderr=PIPE)
            try:
                async with asyncio.timeout(LONGEST_S):
                    page, said = await process.communicate(document.model_dump_json().encode())
            except TimeoutError as late:
                raise CannotDraw("it took too long") from late
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
        if process.returncode:
            raise CannotDraw(said.decode(errors="replace"))
        return page
