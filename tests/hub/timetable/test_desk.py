"""The desk, the register and the bell over a real database: on disk first, once, and never before anybody else."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from labkeeper_hub.accounts import OWNER, Grant, Person, Role, Scope
from labkeeper_hub.lessons.lesson import UNDO_MS, Lesson, LessonRefused, Phase
from labkeeper_hub.registry.database import open_database
from labkeeper_hub.timetable import desk as desks
from labkeeper_hub.timetable.bell import Bell
from labkeeper_hub.timetable.bookings import LATE_MS, Opening, TimetableRefused
from labkeeper_hub.timetable.calendar import calendar_of
from labkeeper_hub.timetable.desk import TimetableDesk
from labkeeper_hub.timetable.differences import Differences
from labkeeper_hub.timetable.importer import Taken
from labkeeper_hub.timetable.importing import KEPT, TASK, Came, File, Task, outcome
from labkeeper_hub.timetable.records import TimetableRecords
from labkeeper_hub.timetable.register import Register
from labkeeper_hub.timetable.slots import Teaching
from labkeeper_hub.timetable.year import Year
from labkeeper_wire.leases.book import LeaseRefused, Room
from tests.hub.migrated import lay_registry

from .school import KNOWN, MONDAY, YEAR, booked, ms

ROOM = Room("demo", "lab-301")
TABLE = "lab,class,course,teacher,day,period,starts\nlab-301,4(1),AI,p-1,Mon,1,yes\n"


async def read_here(task: Task) -> Taken:
    """What `read_beside` gives, without the third of a second that a process costs."""
    came, after = outcome(TASK.validate_json(TASK.dump_json(task)))
    return Taken(came, KEPT.dump_json(after).decode(), after.weekly, after.dated)


@dataclass
class School:
    """A hub's timetable, which a test can end and begin again."""

    engine: AsyncEngine
    now_ms: int = ms(MONDAY, 7)

    async def begin(self) -> TimetableDesk:
        self.desk = TimetableDesk(TimetableRecords(self.engine), lambda: self.now_ms, read_here)
        await self.desk.load()
        self.register = Register(self.desk.records, self.desk.fits, lambda: self.now_ms)
        await self.register.load()
        return self.desk

    async def take_in(self, text: str, school: str = "demo", *, check: bool = False) -> Came:
        return await self.desk.take_in(school, File("csv", text, KNOWN), check=check)

    def lesson(self) -> Lesson:
        return Lesson("l-1", ROOM, "p-1", 7, self.now_ms, self.now_ms + 2_700_000)


@pytest.fixture
async def school(tmp_path: Path) -> AsyncIterator[School]:
    async with open_database(lay_registry(tmp_path)) as engine:
        made = School(engine)
        await made.begin()
        await made.desk.set_year("demo", YEAR)
        yield made


async def test_everything_is_there_after_a_restart(school: School) -> None:
    desk = school.desk
    assert (await school.take_in(TABLE)).differences.added == 1
    await desk.book(booked(hours=(9, 10)))
    await desk.open([Opening("o-1", *ROOM, ms(MONDAY, 13), ms(MONDAY, 15), ("school-2",))])
    link, token = await desk.link("", "", "p-1", "p-1")
    again = await school.begin()
    assert (again.timetables, again.booked, again.opened) == (desk.timetables, desk.booked, desk.opened)
    assert again.link_of(token) == link
    assert token not in str(again.linked)


async def test_an_import_gives_way_to_what_is_booked_and_to_nothing_that_is_over(school: School) -> None:
    await school.desk.book(booked(what=Teaching("", "", "p-2")))
    (clash,) = (await school.take_in(TABLE)).clashes
    assert "p-2" in {clash.conflict.wanted.what.teacher, clash.conflict.there.what.teacher}
    assert clash.rows == (2,)
    assert school.desk.timetable("demo").weekly == ()
    school.now_ms = ms(MONDAY, 10)
    assert (await school.take_in(TABLE)).fits


async def test_everybody_who_goes_by_days_asks_the_year(school: School) -> None:
    assert school.desk.calendar("demo") == calendar_of(YEAR) == school.desk.calendar("")
    await school.desk.set_year("other", Year())
    assert school.desk.calendar("").holidays == frozenset()  # somebody works


async def test_a_file_taken_in_twice_changes_nothing_and_writes_nothing(school: School) -> None:
    await school.take_in(TABLE)
    before = school.desk.timetables
    again = await school.take_in(TABLE)
    assert (again.fits, again.differences) == (True, Differences(kept=1))
    assert school.desk.timetables is before


async def test_an_import_without_a_year_has_nothing_in_its_way(school: School) -> None:
    free = "lab,day,start,end\nlab-301,1,08:00,09:00\n"
    assert (await school.take_in(free, "other")).fits
    assert await school.desk.balances("other") == ()


async def test_two_who_book_at_once_do_not_both_get_it(school: School) -> None:
    first, second = booked("b-1"), booked("b-2", what=Teaching("", "", "p-2"))
    found = await asyncio.gather(school.desk.book(first), school.desk.book(second), return_exceptions=True)
    assert [isinstance(one, TimetableRefused) for one in found] == [False, True]


async def test_nobody_books_or_links_without_end(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desks, "MOST_BOOKINGS", 1)
    monkeypatch.setattr(desks, "MOST_LINKS", 1)
    await school.desk.book(booked())
    await school.desk.link("", "", "p-1", "p-1")
    for more in (school.desk.book(booked("b-2", hours=(10, 11))), school.desk.link("", "", "p-1", "p-1")):
        with pytest.raises(TimetableRefused, match="already"):
            await more


async def test_what_is_not_there_is_said_so(school: School) -> None:
    for unknown in (school.desk.booking, school.desk.opening, school.desk.link_called):
        with pytest.raises(TimetableRefused) as refused:
            unknown("x")
        assert refused.value.code.startswith("unknown_")


# --- the register ----------------------------------------------------------------------------------------------------
async def test_a_lesson_that_ended_while_the_hub_was_away_counts_one_period_at_most(school: School) -> None:
    await school.take_in(TABLE)
    school.now_ms = ms(MONDAY, 8)
    await school.register.start(school.lesson())
    school.now_ms += 5 * 3_600_000
    await school.begin()
    await school.register.resume(())
    (balance, *_) = await school.desk.balances("demo")
    assert (balance.class_name, balance.taught) == ("4(1)", 1)
    assert school.register.on == {}


async def test_a_lesson_that_goes_on_is_not_begun_twice_and_ends_when_it_was_ended(school: School) -> None:
    lesson = school.lesson()
    await school.register.resume([lesson])
    await school.begin()
    await school.register.resume([lesson])
    ending = school.now_ms + 1_200_000 + UNDO_MS
    await school.register.seal(replace(lesson, phase=Phase.ENDING, ending_ms=ending, teacher="p-2"))
    (taught,) = await school.desk.records.taught("demo", 0, school.now_ms + 1)
    assert (taught.ended_ms, taught.teacher) == (school.now_ms + 1_200_000, "p-2")
    await school.register.seal(lesson)


async def test_a_register_that_cannot_be_written_stops_no_lesson(
    school: School, caplog: pytest.LogCaptureFixture
) -> None:
    async with school.engine.begin() as connection:
        await connection.execute(text("DROP TABLE taught_lessons"))
    await school.register.start(school.lesson())
    await school.register.seal(school.lesson())
    assert "is not kept" in caplog.text


# --- the bell --------------------------------------------------------------------------------------------------------
@dataclass
class Room301:
    """The lessons and leases of one lab, without devices."""

    refusal: Exception | None = None
    taken: bool = False
    started: list[tuple[str, Room, int]] = None  # type: ignore[assignment] # set as it begins

    def __post_init__(self) -> None:
        self.started = []

    @property
    def leases(self) -> "Room301":
        return self

    def held(self) -> tuple[object, ...]:
        scope = type("Scoped", (), {"room": ROOM})
        return (type("Held", (), {"scope": scope}),) if self.taken else ()

    def is_on(self, *_: str) -> bool:
        return False

    async def start(self, teacher: str, room: Room, for_ms: int) -> None:
        if self.refusal:
            raise self.refusal
        self.started.append((teacher, room, for_ms))


@pytest.fixture
async def bell(school: School) -> Bell:
    await school.take_in(TABLE)
    people = {"p-1": Person("p-1", (Grant(Role.TEACHER, Scope("demo")),))}
    return Bell(school.desk, Room301(), school.register, people.get)  # type: ignore[arg-type] # as much of a desk as is asked here


async def test_the_bell_starts_a_lesson_once_and_it_ends_with_its_slot(school: School, bell: Bell) -> None:
    await bell.ring()
    school.now_ms = ms(MONDAY, 8) + 60_000
    await bell.ring()
    await bell.ring()
    assert bell.lessons.started == [("p-1", ROOM, 39 * 60_000)]  # type: ignore[attr-defined] # a double of ours


async def test_the_bell_never_beats_anybody_and_gives_up_after_five_minutes(school: School, bell: Bell) -> None:
    school.now_ms, bell.lessons.taken = ms(MONDAY, 8), True  # type: ignore[attr-defined] # a double of ours
    await bell.ring()
    school.now_ms, bell.lessons.taken = ms(MONDAY, 8) + LATE_MS, False  # type: ignore[attr-defined] # a double of ours
    await bell.ring()
    assert bell.lessons.started == []  # type: ignore[attr-defined] # a double of ours


async def test_the_bell_starts_nothing_for_whoever_has_no_right_any_more(school: School, bell: Bell) -> None:
    school.now_ms = ms(MONDAY, 8)
    for person in (None, Person("p-1"), OWNER):
        bell.person = {"p-1": person}.get
        await bell.ring()
    assert len(bell.lessons.started) == 1  # type: ignore[attr-defined] # a double of ours


@pytest.mark.parametrize("refusal", [LeaseRefused("leased", "taken"), LessonRefused("lesson_on", "taken")])
async def test_who_comes_first_keeps_the_lab(school: School, bell: Bell, refusal: Exception) -> None:
    school.now_ms, bell.lessons.refusal = ms(MONDAY, 8), refusal  # type: ignore[attr-defined] # a double of ours
    await bell.ring()
    await bell.ring()
    assert bell.lessons.started == []  # type: ignore[attr-defined] # a double of ours
    bell.lessons.refusal = None  # type: ignore[attr-defined] # a double of ours
    await bell.ring()
    await bell.ring()
    assert len(bell.lessons.started) == 1, "what kept it has passed, and it is still due"  # type: ignore[attr-defined] # a double of ours


async def test_a_timetable_that_starts_nothing_has_no_bell(school: School, bell: Bell) -> None:
    await school.take_in(TABLE.replace("yes", "no"))
    school.now_ms = ms(MONDAY + timedelta(days=7), 8)
    await bell.ring()
    assert bell.lessons.started == []  # type: ignore[attr-defined] # a double of ours
