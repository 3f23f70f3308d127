"""Alarms on disk: what stands, and the line of history that made it so, in one transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Row, bindparam, delete, insert, select

from labkeeper_hub.alarms.calls import calls
from labkeeper_hub.alarms.entry import AlarmEntry
from labkeeper_hub.alarms.states import Alarm, Core, Priority, Service, Shelf
from labkeeper_hub.model import AlarmKey, AlarmNow, PointKey
from labkeeper_hub.registry.tables import alarm_entries, alarms
from labkeeper_hub.sql import AsyncEngine

KEY = ("rule", "school", "node", "device", "point")
FORGET = delete(alarms).where(*(alarms.c[name] == bindparam(f"the_{name}") for name in KEY))
WRITE = insert(alarms)
ADD = insert(alarm_entries)


@dataclass(frozen=True, slots=True)
class AlarmRecords:
    """The tables `alarms` and `alarm_entries`."""

    engine: AsyncEngine

    async def save(self, standing: Iterable[AlarmNow], entries: Iterable[AlarmEntry]) -> None:
        """Write both or neither; an alarm's row replaces the one before."""
        rows, lines = [_row(now) for now in standing], [_line(entry) for entry in entries]
        async with self.engine.begin() as connection:
            if rows:
                await connection.execute(FORGET, [{f"the_{name}": row[name] for name in KEY} for row in rows])
                await connection.execute(WRITE, rows)
            if lines:
                await connection.execute(ADD, lines)

    async def load(self) -> list[AlarmNow]:
        """Return every alarm there ever was, as it stands."""
        async with self.engine.connect() as connection:
            return [_now(row) for row in await connection.execute(select(alarms))]

    async def of_lab(self, school: str, lab: str, from_ms: int, to_ms: int) -> list[AlarmEntry]:
        """Return a lab's lines with from_ms <= time < to_ms, all of them, the newest first."""
        names = alarm_entries.c
        query = select(alarm_entries).where(
            names.school == school, names.lab == lab, names.at_ms >= from_ms, names.at_ms < to_ms
        )
        async with self.engine.connect() as connection:
            return [_entry(row) for row in await connection.execute(query.order_by(names.number.desc()))]

    async def history(
        self,
        *,
        limit: int,
        since_ms: int = 0,
        before: int | None = None,
        rule: str | None = None,
        source: PointKey | None = None,
    ) -> list[AlarmEntry]:
        """Return the newest lines first; `before` a line, by its number."""
        query = select(alarm_entries).where(alarm_entries.c.at_ms >= since_ms)
        if before is not None:
            query = query.where(alarm_entries.c.number < before)
        if rule is not None:
            query = query.where(alarm_entries.c.rule == rule)
        if source is not None:
            query = query.where(*(alarm_entries.c[name] == part for name, part in source._asdict().items()))
        newest = query.order_by(alarm_entries.c.number.desc()).limit(limit)
        async with self.engine.connect() as connection:
            return [_entry(row) for row in await connection.execute(newest)]

    async def called_since(self, since_ms: int) -> Sequence[AlarmEntry]:
        """Return the lines with which alarms called since then, the oldest first."""
        names = alarm_entries.c
        query = select(alarm_entries).where(names.late.is_(False), names.at_ms >= since_ms)
        async with self.engine.connect() as connection:
            lines = await connection.execute(query.order_by(names.number))
            return list(calls(_entry(row) for row in lines))


def _row(now: AlarmNow) -> dict[str, Any]:
    state = now.state
    return {
        **_key(now.key),
        "lab": now.lab,
        "level": now.level,
        **{
            name: getattr(state, name)
            for name in ("latch", "safety", "since_ms", "raised_ms", "value", "version", "called")
        },
        "core": str(state.core),
        "priority": int(state.priority),
        "shelf": None if state.shelf is None else asdict(state.shelf),
        "design": state.design,
        "service": None if state.service is None else asdict(state.service),
    }


def _now(row: Row[Any]) -> AlarmNow:
    state = Alarm(
        core=Core(row.core),
        priority=Priority(row.priority),
        latch=row.latch,
        safety=row.safety,
        since_ms=row.since_ms,
        raised_ms=row.raised_ms,
        value=row.value,
        shelf=None if row.shelf is None else Shelf(**row.shelf),
        design=row.design,
        service=None if row.service is None else Service(**row.service),
        version=row.version,
        called=row.called,
    )
    return AlarmNow(_key_of(row), row.lab, row.level, state)


def _line(entry: AlarmEntry) -> dict[str, Any]:
    names = ("lab", "kind", "level", "time_ms", "at_ms", "value", "who", "why", "late")
    return {**_key(entry.key), **{name: getattr(entry, name) for name in names}}


def _entry(row: Row[Any]) -> AlarmEntry:
    return AlarmEntry(
        key=_key_of(row),
        lab=row.lab,
        kind=row.kind,
        level=row.level,
        time_ms=row.time_ms,
        at_ms=row.at_ms,
        value=row.value,
        who=row.who,
        why=row.why,
        late=row.late,
        number=row.number,
    )


def _key(key: AlarmKey) -> dict[str, str]:
    return {"rule": key.rule, **key.source._asdict()}


def _key_of(row: Row[Any]) -> AlarmKey:
    return AlarmKey(row.rule, PointKey(row.school, row.node, row.device, row.point))
