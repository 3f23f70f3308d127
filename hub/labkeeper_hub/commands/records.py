"""Commands on disk: written behind every change, all of them kept."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, bindparam, delete, insert, select

from labkeeper_hub.commands.lifecycle import Course
from labkeeper_hub.model import Command, DeviceKey, Order, PointKey, State
from labkeeper_hub.registry.tables import commands
from labkeeper_hub.sql import AsyncEngine

log = logging.getLogger(__name__)
# made once: SQLAlchemy takes a millisecond to word a statement, and a command was saved in four of them
FORGET = delete(commands).where(commands.c.id == bindparam("number"))
WRITE = insert(commands)


@dataclass(frozen=True, slots=True)
class CommandRecords:
    """The table `commands`."""

    engine: AsyncEngine

    async def save(self, courses: Iterable[Course]) -> None:
        """Insert or replace, in one transaction: no row refers to these."""
        rows = [row_of(course) for course in courses]
        async with self.engine.begin() as connection:
            await connection.execute(FORGET, [{"number": row["id"]} for row in rows])
            await connection.execute(WRITE, rows)

    async def get(self, command_id: str) -> Course | None:
        """Return one command's course."""
        found = await self._courses(select(commands).where(commands.c.id == command_id))
        return found[0] if found else None

    async def recent(self, limit: int, device: DeviceKey | None = None) -> list[Course]:
        """Return the newest first."""
        newest = select(commands).order_by(commands.c.created_ms.desc(), commands.c.id).limit(limit)
        if device is not None:
            newest = newest.where(
                commands.c.school == device.school,
                commands.c.node == device.node,
                commands.c.device == device.device,
            )
        return await self._courses(newest)

    async def between(self, from_ms: int, to_ms: int) -> list[Course]:
        """Return those asked for with from_ms <= time < to_ms, the oldest first."""
        asked = (commands.c.created_ms >= from_ms) & (commands.c.created_ms < to_ms)
        return await self._courses(select(commands).where(asked).order_by(commands.c.created_ms, commands.c.id))

    async def unfinished(self) -> list[Course]:
        """Return what earlier runs left open."""
        states = [state for state in State if not state.final]
        return await self._courses(select(commands).where(commands.c.state.in_(states)))

    async def _courses(self, query: Select[Any]) -> list[Course]:
        async with self.engine.connect() as connection:
            return [_course(row) for row in await connection.execute(query)]


def row_of(course: Course) -> dict[str, Any]:
    """Return a command as a row; the intent log has the same."""
    command, order = course.command, course.command.order
    return {
        "id": order.id,
        **order.target._asdict(),
        "value": order.value,
        "holder": order.holder,
        "fence": course.fence,
        "created_ms": order.created_ms,
        "deadline_ms": order.deadline_ms,
        "state": str(command.state),
        "code": command.code,
        "message": command.message,
        "updated_ms": command.updated_ms,
    }


def course_of(row: Mapping[str, Any]) -> Course:
    """Return what `row_of` was made of, but when it was last sent."""
    target = PointKey(*(row[name] for name in PointKey._fields))
    order = Order(row["id"], target, row["value"], row["holder"], row["created_ms"], row["deadline_ms"])
    command = Command(order, State(row["state"]), row["code"], row["message"], row["updated_ms"])
    return Course(command, row["fence"])


def _course(row: Row[Any]) -> Course:
    return course_of(row._asdict())


def newest_first(courses: Sequence[Course]) -> tuple[Command, ...]:
    """Return the commands alone."""
    return tuple(course.command for course in courses)
