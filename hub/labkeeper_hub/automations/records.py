"""Runs on disk, each with why."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Row, delete, insert, select

from labkeeper_hub.automations.trace import Outcome, Part, Result, Trace, Why
from labkeeper_hub.registry.tables import automation_runs
from labkeeper_hub.sql import AsyncEngine

KEPT_MS = 400 * 24 * 3_600_000  # a school year and a summer


class RunRecords:
    """The table `automation_runs`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def add(self, traces: Sequence[Trace]) -> None:
        """Write them, all or none."""
        async with self._engine.begin() as connection:
            await connection.execute(insert(automation_runs), [_row(trace) for trace in traces])

    async def newest(self, most: int, automation: str | None = None, since_ms: int = 0) -> Sequence[Trace]:
        """Return the newest first."""
        names = automation_runs.c
        query = select(automation_runs).where(names.at_ms >= since_ms)
        if automation is not None:
            query = query.where(names.automation == automation)
        async with self._engine.connect() as connection:
            rows = await connection.execute(query.order_by(names.at_ms.desc(), names.number.desc()).limit(most))
            return [_trace(row) for row in rows]

    async def forget(self, now_ms: int) -> None:
        """Drop what is older than a school year."""
        async with self._engine.begin() as connection:
            await connection.execute(delete(automation_runs).where(automation_runs.c.at_ms < now_ms - KEPT_MS))


def _row(trace: Trace) -> dict[str, Any]:
    kept = {name: getattr(trace, name) for name in ("automation", "at_ms")}
    whole = asdict(trace)
    return {
        **kept,
        "outcome": trace.outcome.value,
        "why": trace.why.value if trace.why else "",
        "parts": whole["parts"],
        "results": whole["results"],
    }


def _trace(row: Row[Any]) -> Trace:
    parts = tuple(Part(text, truth, tuple((name, value) for name, value in seen)) for text, truth, seen in row.parts)
    results = tuple(Result(*one) for one in row.results)
    why = Why(row.why) if row.why else None
    return Trace(row.automation, row.at_ms, Outcome(row.outcome), why, parts, results)
