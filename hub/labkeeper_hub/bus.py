"""The stream of changes: what changed is noted as often as it changes, and told at most ten times a second.

One history serves every listener: a slow one costs nothing, because what it missed is merged when it comes for it.
"""

import asyncio
from collections import deque
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Protocol
from uuid import uuid4

from labkeeper_hub.model import Change, Changes, Command
from labkeeper_hub.ports import HistoryLost

FLUSH_S = 0.1
HISTORY = 50_000  # changes remembered: about a minute of a school's readings


class Changing(Protocol):
    """Something whose present state can be told; noting it twice before the telling tells it once."""

    def change(self) -> Change | None:
        """Return its present state; None if there is nothing to tell."""

    def __hash__(self) -> int: ...


@dataclass(slots=True)
class EventBus:
    """In-process, for one event loop."""

    flush_s: float = FLUSH_S
    limit: int = HISTORY
    stream: str = field(default_factory=lambda: str(uuid4()))
    at: int = 0
    _noted: dict[Changing, None] = field(default_factory=dict)
    _history: deque[Changes] = field(default_factory=deque)
    _remembered: int = 0
    _timer: asyncio.TimerHandle | None = None
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def note(self, thing: Changing) -> None:
        """Tell its state with the next flush."""
        self.note_all((thing,))

    def note_all(self, things: Iterable[Changing]) -> None:
        """Tell the states of all of them with the next flush."""
        self._noted.update(dict.fromkeys(things))
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self.flush_s, self.flush)

    def announce(self, command: Command, *also: Changing) -> None:
        """Tell a command's change at once, with what it brought about if that is noted."""
        things = [thing for thing in also if self._noted.pop(thing, self) is None]
        self._tell((*_states(things), command))

    def flush(self) -> None:
        """Tell everything noted now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        noted, self._noted = self._noted, {}
        self._tell(_states(noted))

    def remembers(self, at: int) -> bool:
        """Tell whether `after(at)` can still be answered."""
        return self.at - len(self._history) <= at <= self.at

    async def after(self, at: int) -> Changes:
        """Wait until something changed after place `at` and return it, merged; raises HistoryLost."""
        while at == self.at:
            await self._news.wait()
        if not self.remembers(at):
            raise HistoryLost(f"the stream is at {self.at} and begins after {self.at - len(self._history)}, not {at}")
        missed = self.at - at
        return self._history[-1] if missed == 1 else merged([self._history[i] for i in range(-missed, 0)])

    def _tell(self, changes: tuple[Change, ...]) -> None:
        if not changes:
            return
        self.at += 1
        self._history.append(Changes(self.at, changes))
        self._remembered += len(changes)
        while self._remembered > self.limit and len(self._history) > 1:
            self._remembered -= len(self._history.popleft().changes)
        self._news.set()
        self._news = asyncio.Event()


def merged(missed: Iterable[Changes]) -> Changes:
    """Return several as one: of each point, device and node the latest, of commands every change, in order."""
    at, latest = 0, dict[Hashable, Change]()
    for changes in missed:
        at = changes.at
        for number, change in enumerate(changes.changes):
            name: Hashable = (at, number) if isinstance(change, Command) else change.key
            latest.pop(name, None)
            latest[name] = change
    return Changes(at, tuple(latest.values()))


def _states(things: Iterable[Changing]) -> tuple[Change, ...]:
    states = (thing.change() for thing in things)
    return tuple(state for state in states if state is not None)
