"""The desk of the timetable: in memory for every question, on disk before anybody is told."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import time
from itertools import chain, islice
from uuid import uuid4

from labkeeper_hub.accounts.person import Grant
from labkeeper_hub.accounts.tokens import digest, make_token
from labkeeper_hub.lessons.lesson import Lesson
from labkeeper_hub.registry.database import Written
from labkeeper_hub.telling.hours import Calendar, in_common
from labkeeper_hub.timetable.bookings import (
    EARLY_MS,
    CalendarLink,
    Opening,
    Refused,
    TimetableRefused,
    check_times,
    fitting,
    in_its_way,
    lent,
    refused,
)
from labkeeper_hub.timetable.calendar import calendar_of
from labkeeper_hub.timetable.conflicts import Conflict, conflicts
from labkeeper_hub.timetable.importer import Taken, read_beside
from labkeeper_hub.timetable.importing import MOST_TOLD, Came, File, Task
from labkeeper_hub.timetable.ledger import Balance, Taught, ledger, lessons_of
from labkeeper_hub.timetable.records import TimetableRecords
from labkeeper_hub.timetable.slots import Dated, Occurrence, Slot, Source, Teaching, Timetable, occurrences
from labkeeper_hub.timetable.year import Year
from labkeeper_sdk import Title

DAY_MS = 86_400_000
KEPT_MS = 400 * DAY_MS  # a school year and a summer
MOST_BOOKINGS = 200  # of one person, still to come
MOST_LINKS = 50  # of one person
EMPTY = Timetable()
_MIDNIGHT = time()


@dataclass(slots=True, eq=False)
class TimetableDesk:
    """Timetables, bookings, openings and links of all schools."""

    records: TimetableRecords
    now_ms: Callable[[], int]
    reader: Callable[[Task], Awaitable[Taken]] = read_beside
    timetables: dict[str, Timetable] = field(default_factory=dict)
    booked: dict[str, Occurrence] = field(default_factory=dict)
    opened: dict[str, Opening] = field(default_factory=dict)
    linked: dict[str, CalendarLink] = field(default_factory=dict)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def load(self) -> None:
        """Read everything that is not long over."""
        since_ms = self.now_ms() - KEPT_MS
        self.timetables = await self.records.timetables()
        self.booked = {one.name: one for one in await self.records.bookings(since_ms)}
        self.opened = {one.id: one for one in await self.records.openings(since_ms)}
        self.linked = {one.id: one for one in await self.records.links()}

    # --- what there is -----------------------------------------------------------------------------------------------
    def timetable(self, school: str) -> Timetable:
        """Return a school's timetable; an empty one before there is any."""
        return self.timetables.get(school, EMPTY)

    def calendar(self, school: str) -> Calendar:
        """Return a school's holidays and days worked instead; for "": what all schools of the hub have in common."""
        if school:
            return calendar_of(self.timetable(school).year)
        return in_common([calendar_of(one.year) for _, one in sorted(self.timetables.items())])

    def found(
        self, from_ms: int, to_ms: int, keep: Callable[[Slot | Dated], bool] | None = None
    ) -> Iterator[Occurrence]:
        """Return everything of all schools that is on at some time in [from, to); of slots those that are wanted."""
        for school, whole in self.timetables.items():
            timetable = whole.only(keep) if keep else whole
            first, last = timetable.year.local(from_ms).date(), timetable.year.local(to_ms).date()
            days = occurrences(school, timetable, first, last)
            yield from (one for one in days if one.start_ms < to_ms and from_ms < one.end_ms)
        yield from (one for one in list(self.booked.values()) if one.start_ms < to_ms and from_ms < one.end_ms)

    def of_lab(self, school: str, lab: str, from_ms: int, to_ms: int) -> list[Occurrence]:
        """Return what a lab has in [from, to), in the order of time."""
        mine = (
            one
            for one in self.found(from_ms, to_ms, lambda one: one.lab == lab)
            if (one.school, one.lab) == (school, lab)
        )
        return sorted(mine, key=lambda one: one.start_ms)

    def of_teacher(self, teacher: str, from_ms: int, to_ms: int) -> list[Occurrence]:
        """Return what a teacher has in [from, to), in the order of time."""
        mine = (
            one
            for one in self.found(from_ms, to_ms, lambda one: one.what.teacher == teacher)
            if one.what.teacher == teacher
        )
        return sorted(mine, key=lambda one: one.start_ms)

    def fits(self, lesson: Lesson) -> Occurrence | None:
        """Return what a lesson is by the timetable."""
        found = self.of_lab(*lesson.room, lesson.started_ms, lesson.started_ms + EARLY_MS + 1)
        return fitting(found, lesson.teacher, lesson.started_ms)

    def openings(self, from_ms: int, to_ms: int) -> list[Opening]:
        """Return the openings in [from, to), in the order of time."""
        found = (one for one in self.opened.values() if one.start_ms < to_ms and from_ms < one.end_ms)
        return sorted(found, key=lambda one: one.start_ms)

    def grants(self, name: str) -> tuple[Grant, ...]:
        """Return the rights that a person's bookings in other schools lend now."""
        return lent((one for one in self.booked.values() if one.guest), name, self.now_ms())

    async def balances(self, school: str) -> tuple[Balance, ...]:
        """Return the ledger of a school's year: taught up to now, planned from now on."""
        timetable, now_ms = self.timetable(school), self.now_ms()
        span = _span_ms(timetable.year)
        if span is None:
            return ()
        first_ms, end_ms = span
        taught = await self.records.taught(school, first_ms, end_ms)
        coming = [one for one in self.found(max(now_ms, first_ms), end_ms) if school == (one.guest or one.school)]
        planned = [one for one in coming if one.start_ms >= now_ms]
        return ledger(timetable.year, taught, planned)

    async def lessons_of(self, school: str, class_name: str) -> tuple[tuple[Taught, int], ...]:
        """Return what a class was taught in a school's year, the last first, each with its periods."""
        year = self.timetable(school).year
        span = _span_ms(year)
        return () if span is None else lessons_of(class_name, await self.records.taught(school, *span), year)

    # --- the timetable itself ----------------------------------------------------------------------------------------
    async def set_year(self, school: str, year: Year) -> Timetable:
        """Put a school's year in the place of the one before; the slots stay."""
        async with self._turn:
            return await self._keep(school, replace(self.timetable(school), year=year))

    async def take_in(self, school: str, file: File, *, check: bool) -> Came:
        """Put what a file says in the place of all slots of its labs, unless something is wrong or in the way, or this
        is only a check, or nothing would change; returns what it came to. Raises CannotRead.
        """
        async with self._turn:
            now_ms = self.now_ms()
            booked = tuple(one for one in self.booked.values() if one.end_ms > now_ms)
            taken = await self.reader(Task(file, school, await self.records.kept(school), booked, now_ms))
            if taken.came.fits and taken.came.differences.first and not check:
                timetable = Timetable(taken.weekly, taken.dated, self.timetable(school).year)
                await self._keep(school, timetable, Written(taken.kept))
            return taken.came

    async def _keep(self, school: str, timetable: Timetable, written: Written | None = None) -> Timetable:
        await self.records.keep(school, written or timetable)
        self.timetables = self.timetables | {school: timetable}
        return timetable

    # --- bookings ----------------------------------------------------------------------------------------------------
    def in_the_way(self, wanted: Occurrence) -> list[Conflict]:
        """Return what an occurrence would clash with."""
        return list(conflicts(wanted, self.found(wanted.start_ms, wanted.end_ms)))

    async def book(self, wanted: Occurrence) -> Occurrence:
        """Book a lab; raises TimetableRefused that says what is in the way."""
        async with self._turn:
            now_ms = self.now_ms()
            check_times(wanted.start_ms, wanted.end_ms, now_ms)
            mine = [one for one in self.booked.values() if one.what.teacher == wanted.what.teacher]
            if sum(one.end_ms > now_ms for one in mine) >= MOST_BOOKINGS:
                raise refused(
                    "too_many", f"您已有 {MOST_BOOKINGS} 个预订。", f"You have {MOST_BOOKINGS} bookings already."
                )
            if found := self.in_the_way(wanted):
                told = Title("这个时间已有安排。", "Something is in the way.")
                raise TimetableRefused(Refused("conflict", told, tuple(found)))
            await self.records.book(wanted)
            self.booked[wanted.name] = wanted
            return wanted

    def booking(self, name: str) -> Occurrence:
        """Return a booking; raises TimetableRefused."""
        if name not in self.booked:
            raise refused("unknown_booking", "没有这个预订。", "There is no such booking.")
        return self.booked[name]

    async def cancel(self, name: str) -> None:
        """Take a booking back; raises TimetableRefused."""
        async with self._turn:
            self.booking(name)
            await self.records.cancel([name])
            del self.booked[name]

    def in_the_openings_way(self, found: Iterable[Opening]) -> list[Conflict]:
        """Return why a lab cannot be opened at these times; the first of them."""
        ways = (in_its_way(one, self.of_lab(*one[1:5]), self.openings(one.start_ms, one.end_ms)) for one in found)
        return list(islice(chain.from_iterable(ways), MOST_TOLD))

    async def open(self, found: Iterable[Opening]) -> None:
        """Open a lab to other schools; raises TimetableRefused that says what is in the way."""
        async with self._turn:
            found = tuple(found)
            if clashes := self.in_the_openings_way(found):
                told = Title("这个时间已有安排。", "Something is in the way.")
                raise TimetableRefused(Refused("conflict", told, tuple(clashes)))
            await self.records.open(found)
            self.opened |= {one.id: one for one in found}

    def opening(self, identity: str) -> Opening:
        """Return an opening; raises TimetableRefused."""
        if identity not in self.opened:
            raise refused("unknown_opening", "没有这个开放时段。", "There is no such opening.")
        return self.opened[identity]

    async def close(self, identity: str) -> list[Occurrence]:
        """Take an opening back; returns the guests' bookings that end with it, and with them their rights."""
        async with self._turn:
            gone = self.opening(identity)
            place, span = (gone.school, gone.lab), (gone.start_ms, gone.end_ms)
            on_it = [one for one in self.booked.values() if one.guest and (one.school, one.lab) == place]
            ended = [one for one in on_it if span[0] <= one.start_ms and one.end_ms <= span[1]]
            await self.records.close(identity, [one.name for one in ended])
            del self.opened[identity]
            for one in ended:
                del self.booked[one.name]
            return ended

    # --- links -------------------------------------------------------------------------------------------------------
    async def link(self, school: str, lab: str, teacher: str, by: str) -> tuple[CalendarLink, str]:
        """Make a link to what a lab or a teacher has; returns its token, which nobody can tell again."""
        async with self._turn:
            if sum(one.made_by == by for one in self.linked.values()) >= MOST_LINKS:
                raise refused("too_many", f"您已有 {MOST_LINKS} 个日历链接。", f"You have {MOST_LINKS} links already.")
            token = make_token()
            made = CalendarLink(str(uuid4()), digest(token), school, lab, teacher, by, self.now_ms())
            await self.records.add_link(made)
            self.linked[made.id] = made
            return made, token

    def links(self, by: str) -> list[CalendarLink]:
        """Return a person's links, the oldest first."""
        return sorted((one for one in self.linked.values() if one.made_by == by), key=lambda one: one.made_ms)

    def link_of(self, token: str) -> CalendarLink | None:
        """Return the link that a token opens."""
        key = digest(token)
        return next((one for one in self.linked.values() if one.digest == key), None)

    def link_called(self, identity: str) -> CalendarLink:
        """Return a link; raises TimetableRefused."""
        if identity not in self.linked:
            raise refused("unknown_link", "没有这个链接。", "There is no such link.")
        return self.linked[identity]

    async def unlink(self, identity: str) -> None:
        """Let a link open nothing any more; raises TimetableRefused."""
        async with self._turn:
            self.link_called(identity)
            await self.records.remove_link(identity)
            del self.linked[identity]


def booking(place: tuple[str, str], span: tuple[int, int], what: Teaching, title: str, guest: str) -> Occurrence:
    """Return a new booking, not yet made."""
    return Occurrence(str(uuid4()), *place, *span, what, Source.BOOKING, title=title, guest=guest)


def _span_ms(year: Year) -> tuple[int, int] | None:
    """Return a school year as [first, end); None without terms."""
    span = year.span
    return span and (year.at_ms(span[0], _MIDNIGHT), year.at_ms(span[1], _MIDNIGHT) + DAY_MS)
