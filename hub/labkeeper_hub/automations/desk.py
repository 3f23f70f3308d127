"""The desk where automations are written, switched and tried, and the loop that lets them look."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from labkeeper_hub.automations.book import AutomationRefused, Book, Kept, read_book, write_book
from labkeeper_hub.automations.history import Archive
from labkeeper_hub.automations.loading import load
from labkeeper_hub.automations.machine import HOUR_MS, State, remembered_ms
from labkeeper_hub.automations.rules import Automation
from labkeeper_hub.automations.trace import Outcome, Trace
from labkeeper_hub.automations.trial import Span, Trial, try_out
from labkeeper_hub.automations.watch import AutomationWatch
from labkeeper_hub.pulse import Pulse
from labkeeper_sdk import BadConfiguration

LOOK_S = 0.25
MOST = 500  # automations of a hub
MOST_REMEMBERED = 10_000  # runs of the last hour


@dataclass(slots=True)
class AutomationDesk:
    """The automations; changes return when they are on disk, and raise AutomationRefused."""

    watch: AutomationWatch
    archive: Archive
    data: Path
    pulse: Pulse
    book: Book = field(default_factory=dict)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def resume(self) -> None:
        """Take up the automations of the last run, and how often each has acted; raises BadConfiguration."""
        self.book = await asyncio.to_thread(read_book, self.data)
        longest_ms = max((remembered_ms(kept.automation) for kept in self.book.values()), default=HOUR_MS)
        since_ms = self.watch.now_ms() - longest_ms
        for trace in reversed(await self.watch.diary.records.newest(MOST_REMEMBERED, since_ms=since_ms)):
            if trace.outcome is not Outcome.HELD:
                before = self.watch.states.get(trace.automation, State())
                self.watch.states[trace.automation] = State(acted_ms=(*before.acted_ms, trace.at_ms))

    # --- what people ask --------------------------------------------------------------------------------------------
    def all(self) -> tuple[Kept, ...]:
        """Return every automation, by id."""
        return tuple(kept for _, kept in sorted(self.book.items()))

    def get(self, name: str) -> Kept:
        """Return one."""
        found = self.book.get(name)
        if found is None:
            raise AutomationRefused("unknown_automation", "there is no such automation")
        return found

    async def put(self, text: str, by: str) -> Kept:
        """Keep a text in the place of the one of its id, on if that was, a new one off."""
        automation = loaded(text)
        before = self.book.get(automation.id)
        if before is not None and before.automation.room != automation.room:
            raise AutomationRefused("another_lab", "this id is an automation of another lab")
        if before is None and len(self.book) >= MOST:
            raise AutomationRefused("too_many_automations", f"a hub has at most {MOST}")
        return await self._keep(Kept(automation, text, before is not None and before.on, by, self.watch.now_ms()))

    async def switch(self, name: str, by: str, *, on: bool) -> Kept:
        """Let it act, or no longer; what it holds it gives back."""
        before = self.get(name)
        return await self._keep(Kept(before.automation, before.text, on, by, self.watch.now_ms()))

    async def remove(self, name: str) -> None:
        """Forget it; its runs stay on record."""
        self.get(name)
        await self._write({key: kept for key, kept in self.book.items() if key != name})
        await self.watch.drop(name)

    async def runs(self, most: int, name: str | None = None) -> Sequence[Trace]:
        """Return what was done and held up, and why, the newest first."""
        return await self.watch.diary.newest(most, name)

    async def tried(self, automation: Automation, span: Span) -> Trial:
        """Return what it would have done; raises TooMuch."""
        points = self.watch.world.points([automation])[automation.room]
        past = await self.archive.past(automation, span, points)
        return await asyncio.to_thread(try_out, automation, past, self.watch.calendars(automation.room.school))

    # --- what happens -----------------------------------------------------------------------------------------------
    async def run(self) -> None:
        """Let them look, and act, for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.watch.diary.run(), name="automations: diary")
            while True:
                with self.pulse.working():
                    for automation, act in self.watch.look([one.automation for one in self.book.values() if one.on]):
                        group.create_task(self.watch.act(automation, act), name=f"automation: {automation.id}")
                await asyncio.sleep(LOOK_S)

    async def _keep(self, kept: Kept) -> Kept:
        await self._write({**self.book, kept.automation.id: kept})
        await self.watch.drop(kept.automation.id)
        return kept

    async def _write(self, book: Mapping[str, Kept]) -> None:
        """Have it on disk, then in force."""
        async with self._turn:
            try:
                await asyncio.to_thread(write_book, self.data, book.values())
            except OSError as error:
                raise AutomationRefused("hub_disk", "the hub cannot write it down") from error
            self.book = book


def loaded(text: str) -> Automation:
    """Return what a text declares; raises AutomationRefused with the key and the place of a mistake."""
    try:
        return load(text)
    except BadConfiguration as wrong:
        raise AutomationRefused("bad_automation", wrong.problem, wrong.key) from wrong
