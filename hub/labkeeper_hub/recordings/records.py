"""Recordings on disk: a row each, written before anybody is told."""

from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row, delete, insert, select, update

from labkeeper_hub.recordings.recording import End, Mark, Plan, Recording, Seal
from labkeeper_hub.registry.tables import recordings
from labkeeper_hub.sql import AsyncEngine

PLAN: TypeAdapter[Plan] = TypeAdapter(Plan)
MARKS: TypeAdapter[tuple[Mark, ...]] = TypeAdapter(tuple[Mark, ...])
SEAL: TypeAdapter[Seal | None] = TypeAdapter(Seal | None)


class RecordingRecords:
    """The table `recordings`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def add(self, recording: Recording) -> None:
        """Write a new one."""
        async with self._engine.begin() as connection:
            await connection.execute(insert(recordings).values(**_row(recording)))

    async def change(self, recording: Recording, record: str | None = None) -> None:
        """Write how it stands; with its record, where it has got one."""
        values = _row(recording) | ({} if record is None else {"record": record})
        async with self._engine.begin() as connection:
            await connection.execute(update(recordings).where(recordings.c.id == recording.id).values(**values))

    async def remove(self, identity: str) -> None:
        """Forget one."""
        async with self._engine.begin() as connection:
            await connection.execute(delete(recordings).where(recordings.c.id == identity))

    async def load(self) -> list[Recording]:
        """Return all of them, the oldest first."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(select(recordings).order_by(recordings.c.started_ms, recordings.c.id))
            return [_recording(row) for row in rows]

    async def record(self, identity: str) -> str:
        """Return the record of a sealed one; "" before."""
        query = select(recordings.c.record).where(recordings.c.id == identity)
        async with self._engine.connect() as connection:
            return (await connection.execute(query)).scalar() or ""


def _row(recording: Recording) -> dict[str, Any]:
    end = recording.end
    return {
        "id": recording.id,
        "school": recording.plan.school,
        "lab": recording.plan.lab,
        "started_ms": recording.started_ms,
        "started_by": recording.by,
        "stopped_ms": None if end is None else end.time_ms,
        "stopped_by": "" if end is None else end.by,
        "plan": PLAN.dump_python(recording.plan, mode="json"),
        "marks": MARKS.dump_python(recording.marks, mode="json"),
        "seal": SEAL.dump_python(recording.seal, mode="json"),
    }


def _recording(row: Row[Any]) -> Recording:
    return Recording(
        id=row.id,
        plan=PLAN.validate_python(row.plan),
        by=row.started_by,
        started_ms=row.started_ms,
        end=None if row.stopped_ms is None else End(row.stopped_ms, row.stopped_by),
        marks=MARKS.validate_python(row.marks),
        seal=SEAL.validate_python(row.seal),
    )
