"""Documents drawn beside the hub: a process each, two at a time."""

import asyncio
from dataclasses import dataclass, field

from labkeeper_hub.reports.beside import TooSlow, answer_of
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
            try:
                answer = await answer_of("labkeeper_hub.reports", document.model_dump_json().encode(), LONGEST_S)
            except TooSlow as late:
                raise CannotDraw(str(late)) from late
        if answer.status:
            raise CannotDraw(answer.said)
        return answer.content
