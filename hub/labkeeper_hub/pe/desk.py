"""The desk of PE classes: hears the bands, keeps what may be kept, deletes what is due, shows the board."""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar
from uuid import uuid4

from labkeeper_hub.audit import Unheard
from labkeeper_hub.pe.board import Board, board_of
from labkeeper_hub.pe.lesson import (
    Changed,
    End,
    Event,
    Keep,
    OffSkin,
    Passed,
    PeClass,
    Seen,
    Share,
    Told,
    begun,
    happened,
    replayed,
)
from labkeeper_hub.pe.roster import ClassKey, Roster, withdrawn
from labkeeper_hub.pe.shared import ClassMinute
from labkeeper_hub.pe.store import Store, open_store
from labkeeper_hub.registry.known import KnownDevice
from labkeeper_sdk import LabkeeperError, Quality
from labkeeper_sdk.personal import Says, Sense
from labkeeper_wire.leases.book import Room
from labkeeper_wire.payload import Metric, quality_of

log = logging.getLogger(__name__)
TICK_S = 1.0
SAVE_EVERY = 5  # ticks: a card is written that often while a class is on
TIDY_EVERY = 60
HOUR_MS = 3_600_000
MOST_UNSAVED = 50_000  # readings in memory while the disk refuses
T = TypeVar("T")


class PeRefused(LabkeeperError):
    """It cannot be as asked: `code` is unknown_class, no_class, class_on, unknown_band or hub_disk."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Record(Protocol):
    """Where deletions are told, until they are on disk."""

    def note(self, who: str, what: str, subject: str, result: str) -> None: ...
    async def save(self) -> None: ...


@dataclass(slots=True, eq=False)
class PeDesk:
    """The classes that are on, by lab. `keep_h` 0: no reading is kept at all."""

    store: Store
    thread: ThreadPoolExecutor
    keep_h: float
    lesson_on: Callable[[str, str], bool]
    now_ms: Callable[[], int]
    audit: Record = field(default_factory=Unheard)
    on: dict[Room, PeClass] = field(default_factory=dict)
    _unsaved: list[tuple[str, Keep]] = field(default_factory=list)
    _minutes: dict[Room, ClassMinute] = field(default_factory=dict)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def resume(self) -> None:
        """Take up the classes of the last run."""
        for pe in await self._stored(self.store.open_classes):
            kept = await self._stored(partial(self.store.kept, pe.id))
            self.on[Room(pe.key.school, pe.key.lab)] = await asyncio.to_thread(replayed, pe, kept)

    # --- what bands tell --------------------------------------------------------------------------------------------
    def heard(self, device: KnownDevice, sense: Sense, metric: Metric, now_ms: int) -> None:
        """Take what a band tells now; late readings, bad ones, and those of a lab without a class are forgotten."""
        room = Room(device.key.school, device.node.lab)
        if room not in self.on or sense.number is None or metric.historical or quality_of(metric) != Quality.GOOD:
            return
        event = _said(sense, sense.number, metric, now_ms)
        if event is not None:
            self._happened(room, event)

    # --- what people ask --------------------------------------------------------------------------------------------
    def board(self, room: Room) -> Board | None:
        """Return the board of the class that is on."""
        return board_of(self.on[room]) if room in self.on else None

    def minutes(self) -> tuple[ClassMinute, ...]:
        """Return what may be told of classes as a whole since this was asked last: each lab's newest minute."""
        told, self._minutes = tuple(self._minutes.values()), {}
        return told

    async def news(self) -> None:
        """Wait until boards may show something else."""
        await self._news.wait()

    async def start(self, key: ClassKey) -> Board:
        """Begin a class; one's own that is on already is returned. Raises PeRefused."""
        room, roster = Room(key.school, key.lab), await self._roster(key)
        if room in self.on and self.on[room].key != key:
            raise PeRefused("class_on", f"{self.on[room].key.code} is on here")
        if room not in self.on:
            with_lesson = self.lesson_on(*room)
            fresh = begun(str(uuid4()), roster, self.now_ms(), with_lesson=with_lesson)
            await self._stored(lambda: self.store.begin(fresh))
            self.on.setdefault(room, fresh)
            self._tell()
        return board_of(self.on[room])

    async def end(self, room: Room) -> None:
        """End the class of a lab. Raises PeRefused."""
        self._class(room)
        await self._end(room)

    def seen(self, room: Room, number: int) -> Board:
        """The teacher looks after a child. Raises PeRefused."""
        if number not in self._class(room).bands:
            raise PeRefused("unknown_band", f"there is no band {number} in this class")
        self._happened(room, Seen(number))
        self._tell()
        return board_of(self.on[room])

    async def rosters(self, room: Room) -> tuple[Roster, ...]:
        """Return the classes of a lab."""
        return await self._stored(lambda: self.store.rosters(*room))

    async def write_roster(self, roster: Roster, by: str) -> None:
        """Put a class in the place of what was known of it; of whoever is out of it everything is deleted."""
        before = await self._stored(lambda: self.store.roster(roster.key))
        await self._stored(lambda: self.store.write_roster(roster))
        self._changed(roster)
        await self._delete_bands(roster.key, withdrawn(before, roster), by)

    async def remove_roster(self, key: ClassKey, by: str) -> None:
        """Forget a class and everything kept of it. Raises PeRefused: it is on, or unknown."""
        before, room = await self._roster(key), Room(key.school, key.lab)
        if room in self.on and self.on[room].key == key:
            raise PeRefused("class_on", "end the class first")
        await self._stored(lambda: self.store.remove_roster(key))
        await self._delete_bands(key, withdrawn(before, None), by)

    # --- work -------------------------------------------------------------------------------------------------------
    async def run(self) -> None:
        """Let time pass, for ever."""
        tick = 0
        while True:
            if tick % TIDY_EVERY == 0:
                await self._trying(self.tidy)
            await asyncio.sleep(TICK_S)
            await self.tick()
            tick += 1
            if tick % SAVE_EVERY == 0:
                await self._trying(self.save)

    async def tick(self) -> None:
        """Let time pass in every class."""
        for room in list(self.on):
            effects = self._happened(room, Passed(self.now_ms(), self.lesson_on(*room)))
            if any(isinstance(one, End) for one in effects):
                await self._trying(partial(self._end, room))
        if self.on:
            self._tell()

    async def save(self) -> None:
        """Keep what was told since the last time."""
        unsaved, self._unsaved = self._unsaved, []
        try:
            if unsaved:
                await self._stored(partial(self.store.keep, unsaved))
        except PeRefused:
            self._unsaved = (unsaved + self._unsaved)[-MOST_UNSAVED:]
            raise

    async def tidy(self) -> None:
        """Delete what was kept long enough, and have the record say so."""
        now_ms = self.now_ms()
        await self._stored(lambda: self.store.delete_ended(now_ms - round(self.keep_h * HOUR_MS), now_ms))
        await self._tell_deletions()

    def _happened(self, room: Room, event: Event) -> tuple[object, ...]:
        self.on[room], effects = happened(self.on[room], event)
        for one in effects:
            if isinstance(one, Share):
                self._minutes[room] = one.minute
        if self.keep_h:
            identity = self.on[room].id
            self._unsaved += [(identity, one) for one in effects if isinstance(one, Keep)]
        return effects

    async def _end(self, room: Room) -> None:
        ended = self.on[room]
        await self.save()
        await self._stored(lambda: self.store.end(ended.id, self.now_ms()))
        self.on.pop(room, None)
        self._tell()

    def _changed(self, roster: Roster) -> None:
        room = Room(roster.key.school, roster.key.lab)
        if room in self.on and self.on[room].key == roster.key:
            self._happened(room, Changed(roster, self.now_ms()))
            self._tell()

    async def _delete_bands(self, key: ClassKey, numbers: Iterable[int], by: str) -> None:
        await self.save()  # what is not on disk yet is not deleted otherwise
        for number in numbers:
            await self._stored(partial(self.store.delete_band, key, number, by, self.now_ms()))
        await self._tell_deletions()

    async def _tell_deletions(self) -> None:
        deletions = await self._stored(self.store.unnoted)
        for one in deletions:
            self.audit.note(one.by, "delete_class_readings", one.subject, one.words())
        if deletions:
            await self.audit.save()
            await self._stored(lambda: self.store.noted(deletions))

    def _class(self, room: Room) -> PeClass:
        if room not in self.on:
            raise PeRefused("no_class", "no class is on here")
        return self.on[room]

    async def _roster(self, key: ClassKey) -> Roster:
        found = await self._stored(lambda: self.store.roster(key))
        if found is None:
            raise PeRefused("unknown_class", f"there is no class {key.code} here")
        return found

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    async def _stored(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self.thread, work)
        except sqlite3.Error as error:
            raise PeRefused("hub_disk", f"the hub's disk refuses ({error})") from error

    async def _trying(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except PeRefused as refused:
            log.error("PE classes: %s", refused)  # noqa: TRY400 -- one line


@asynccontextmanager
async def open_pe(
    folder: Path, keep_h: float, lesson_on: Callable[[str, str], bool], now_ms: Callable[[], int]
) -> AsyncIterator[PeDesk]:
    """Open the desk of a data folder; at the end everything told is kept."""
    store = await asyncio.to_thread(open_store, folder)
    with ThreadPoolExecutor(1, "pe") as thread:
        desk = PeDesk(store, thread, keep_h, lesson_on, now_ms)
        await desk.resume()
        try:
            yield desk
        finally:
            await desk.save()
            store.connection.close()


def _said(sense: Sense, number: int, metric: Metric, now_ms: int) -> Event | None:
    value = metric.value
    if sense.says is Says.RATE and isinstance(value, int | float) and not isinstance(value, bool):
        return Told(number, round(value), now_ms)
    return OffSkin(number) if sense.says is Says.CONTACT and value is False else None
