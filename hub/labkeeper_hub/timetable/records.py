"""The timetable on disk: every change is one transaction."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row, Text, cast, delete, insert, select, update

from labkeeper_hub.registry.database import Written
from labkeeper_hub.registry.tables import bookings, calendar_links, openings, taught_lessons, timetables
from labkeeper_hub.sql import AsyncEngine
from labkeeper_hub.timetable.bookings import CalendarLink, Opening
from labkeeper_hub.timetable.importing import KEPT
from labkeeper_hub.timetable.ledger import Taught
from labkeeper_hub.timetable.slots import Occurrence, Source, Teaching, Timetable

MOST_LATELY = 100  # lessons of one teacher, of which the classes are asked for


class TimetableRecords:
    """The tables of the timetable."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def timetables(self) -> dict[str, Timetable]:
        """Return every school's timetable."""
        rows = await self._rows(select(timetables))
        return {row.school: KEPT.validate_python(row.timetable) for row in rows}

    async def kept(self, school: str) -> str:
        """Return a school's timetable as it is on disk; "" before there is any."""
        chosen = select(cast(timetables.c.timetable, Text)).where(timetables.c.school == school)
        rows = await self._rows(chosen)
        return str(rows[0][0]) if rows else ""

    async def keep(self, school: str, timetable: Timetable | Written) -> None:
        """Put a school's timetable in the place of the one before."""
        said = timetable if isinstance(timetable, Written) else KEPT.dump_python(timetable, mode="json")
        values = {"school": school, "timetable": said}
        async with self._engine.begin() as connection:
            await connection.execute(delete(timetables).where(timetables.c.school == school))
            await connection.execute(insert(timetables).values(**values))

    # --- bookings and openings ---------------------------------------------------------------------------------------
    async def bookings(self, since_ms: int) -> list[Occurrence]:
        """Return the bookings that ended no longer ago."""
        return [_booking(row) for row in await self._rows(select(bookings).where(bookings.c.end_ms > since_ms))]

    async def book(self, one: Occurrence) -> None:
        """Write a booking."""
        values = {name: getattr(one, name) for name in ("school", "lab", "start_ms", "end_ms", "title", "guest")}
        async with self._engine.begin() as connection:
            await connection.execute(insert(bookings).values(id=one.name, **values, **one.what._asdict()))

    async def cancel(self, names: Iterable[str]) -> None:
        """Forget bookings."""
        async with self._engine.begin() as connection:
            await connection.execute(delete(bookings).where(bookings.c.id.in_(list(names))))

    async def openings(self, since_ms: int) -> list[Opening]:
        """Return the openings that ended no longer ago."""
        rows = await self._rows(select(openings).where(openings.c.end_ms > since_ms))
        return [Opening(row.id, row.school, row.lab, row.start_ms, row.end_ms, tuple(row.schools)) for row in rows]

    async def open(self, found: Iterable[Opening]) -> None:
        """Write openings, all or none."""
        async with self._engine.begin() as connection:
            await connection.execute(
                insert(openings), [one._asdict() | {"schools": list(one.schools)} for one in found]
            )

    async def close(self, identity: str, cancelled: Iterable[str]) -> None:
        """Forget an opening, and the bookings that stood on it."""
        async with self._engine.begin() as connection:
            await connection.execute(delete(bookings).where(bookings.c.id.in_(list(cancelled))))
            await connection.execute(delete(openings).where(openings.c.id == identity))

    # --- what was taught ---------------------------------------------------------------------------------------------
    async def taught(self, school: str, from_ms: int, to_ms: int) -> list[Taught]:
        """Return a school's lessons that began in [from, to)."""
        when = taught_lessons.c.started_ms
        chosen = select(taught_lessons).where(taught_lessons.c.school == school, when >= from_ms, when < to_ms)
        return [_taught(row) for row in await self._rows(chosen)]

    async def taught_by(self, teacher: str, since_ms: int) -> list[Taught]:
        """Return a teacher's lessons since then, the last first."""
        mine, when = taught_lessons.c.teacher == teacher, taught_lessons.c.started_ms
        chosen = select(taught_lessons).where(mine, when >= since_ms).order_by(when.desc()).limit(MOST_LATELY)
        return [_taught(row) for row in await self._rows(chosen)]

    async def going_on(self) -> list[Taught]:
        """Return the lessons that have no end yet."""
        return [
            _taught(row) for row in await self._rows(select(taught_lessons).where(taught_lessons.c.ended_ms.is_(None)))
        ]

    async def begun(self, since_ms: int) -> set[str]:
        """Return the occurrences that lessons have been since then."""
        rows = await self._rows(select(taught_lessons.c.occurrence).where(taught_lessons.c.started_ms >= since_ms))
        return {row.occurrence for row in rows}

    async def add_taught(self, one: Taught) -> None:
        """Write a lesson that has begun."""
        async with self._engine.begin() as connection:
            await connection.execute(insert(taught_lessons).values(**one._asdict()))

    async def change_taught(self, one: Taught) -> None:
        """Write what is known of it now."""
        mine = taught_lessons.c.lesson == one.lesson
        async with self._engine.begin() as connection:
            await connection.execute(update(taught_lessons).where(mine).values(**one._asdict()))

    # --- links -------------------------------------------------------------------------------------------------------
    async def links(self) -> list[CalendarLink]:
        """Return every link."""
        return [CalendarLink(**row._mapping) for row in await self._rows(select(calendar_links))]  # noqa: SLF001 -- SQLAlchemy's public name

    async def add_link(self, link: CalendarLink) -> None:
        """Write a link."""
        async with self._engine.begin() as connection:
            await connection.execute(insert(calendar_links).values(**link._asdict()))

    async def remove_link(self, identity: str) -> None:
        """Forget a link: it opens nothing any more."""
        async with self._engine.begin() as connection:
            await connection.execute(delete(calendar_links).where(calendar_links.c.id == identity))

    async def _rows(self, chosen: Any) -> list[Row[Any]]:  # noqa: ANN401 -- a select of any columns
        async with self._engine.connect() as connection:
            return list((await connection.execute(chosen)).all())


def _booking(row: Row[Any]) -> Occurrence:
    what, source = Teaching(row.class_name, row.course, row.teacher), Source.BOOKING
    return Occurrence(
        row.id, row.school, row.lab, row.start_ms, row.end_ms, what, source, title=row.title, guest=row.guest
    )


def _taught(row: Row[Any]) -> Taught:
    return Taught(**row._mapping)  # noqa: SLF001 -- SQLAlchemy's public name
