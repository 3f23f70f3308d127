"""PDFs made beside the hub: one at a time, few waiting, and only where the machine has what it takes."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum

from labkeeper_hub.reports.beside import TooSlow, answer_of
from labkeeper_hub.reports.paper import NO_FONT, NO_LIBRARY

log = logging.getLogger(__name__)
PAPER = "labkeeper_hub.reports.paper"
MOST_ASKED = 4  # the one that is made, and three that wait
LONGEST_S = 60.0
TRIAL = '<!doctype html><html lang="zh-CN"><title>1</title><p>中文 English'


class Lack(StrEnum):
    """What keeps this machine from making a PDF."""

    LIBRARY = "library"
    FONT = "font"
    FAILED = "failed"  # it is all there, and does not work; the log says more


LACKS = {NO_LIBRARY: Lack.LIBRARY, NO_FONT: Lack.FONT}


class CannotPrint(Exception):
    """The process failed; its last words are the message."""

    def __init__(self, lack: Lack, said: str) -> None:
        super().__init__(said)
        self.lack = lack


class TooManyPrints(Exception):
    """Others wait already: try again a little later."""


@dataclass(slots=True)
class Press:
    """`lack`: what a first try has found missing, None where nothing is; `tried`: there has been one."""

    longest_s: float = LONGEST_S
    lack: Lack | None = None
    tried: bool = False
    asked: int = 0
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold a place in the queue; raises TooManyPrints."""
        if self.asked >= MOST_ASKED:
            raise TooManyPrints
        self.asked += 1
        try:
            yield
        finally:
            self.asked -= 1

    async def printed(self, page: bytes) -> bytes:
        """Return the PDF of a page; raises CannotPrint. Whoever does not wait any more ends its process."""
        async with self._turn:
            return await self._printed(page)

    async def lacks(self) -> Lack | None:
        """Return what is missing here, found out once by making a small PDF; one that fails is tried again."""
        if not self.tried:
            async with self._turn:
                if not self.tried:
                    await self._try()
        return self.lack

    async def _try(self) -> None:
        try:
            await self._printed(TRIAL.encode())
            self.lack = None
        except CannotPrint as error:
            self.lack = error.lack
            log.info("reports: no PDFs here (%s)", error)
        self.tried = self.lack is not Lack.FAILED

    async def _printed(self, page: bytes) -> bytes:
        try:
            answer = await answer_of(PAPER, page, self.longest_s)
        except TooSlow as late:
            raise CannotPrint(Lack.FAILED, str(late)) from late
        if answer.status:
            raise CannotPrint(LACKS.get(answer.status, Lack.FAILED), answer.said or f"status {answer.status}")
        return answer.content
