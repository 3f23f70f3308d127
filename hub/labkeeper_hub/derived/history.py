"""Derived points over history: the same machine on what the journal has. What is stored is never rewritten."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import isclose

from labkeeper_hub.derived.declarations import Declaration
from labkeeper_hub.derived.lineage import Outcome
from labkeeper_hub.derived.machine import DerivedRow, Machine, Reading, Sources, computed
from labkeeper_hub.model import PointKey, ReadingsQuery, Row
from labkeeper_hub.timeseries.columns import FLOAT, HISTORICAL
from labkeeper_hub.timeseries.journal import Journal

PAGE_ROWS = 50_000
LOOK_S = 0.02


@dataclass(frozen=True, slots=True)
class Kept:
    """A derived point as history knows it: its inputs' keys by series, its own key and series."""

    declaration: Declaration
    sources: tuple[Sources, ...]
    inputs: Mapping[int, PointKey]
    target: PointKey
    series: int


def compared(rows: Sequence[DerivedRow], stored: Mapping[int, float]) -> tuple[list[DerivedRow], Outcome]:
    """Return the rows that are not stored yet, and how many there are of each kind."""
    missing = [row for row in rows if row.time_ms not in stored]
    there = [row for row in rows if row.time_ms in stored]
    same = sum(isclose(row.value, stored[row.time_ms], rel_tol=1e-9, abs_tol=1e-9) for row in there)
    return missing, Outcome(len(missing), same, len(there) - same)


async def read(journal: Journal, kept: Kept, from_ms: int, to_ms: int) -> list[Reading]:
    """Return the inputs' committed readings in order of time."""
    found = []
    for series, key in kept.inputs.items():
        found += [Reading(row.time_ms, series, _number(row)) for row in await _rows(journal, key, from_ms, to_ms)]
    return sorted(found, key=lambda reading: reading[:2])


async def fill(journal: Journal, kept: Kept, from_ms: int, to_ms: int) -> Outcome:
    """Compute from <= time < to anew and store the missing rows, as historical; returns when they are on disk."""
    await _on_disk(journal)
    machine = Machine(kept.declaration, kept.sources)
    readings = await read(journal, kept, max(0, from_ms - machine.past_ms), to_ms)
    every = await asyncio.to_thread(lambda: list(computed(machine, readings, to_ms)))
    rows = [row for row in every if from_ms <= row.time_ms < to_ms]
    stored = {row.time_ms: _number(row) or 0.0 for row in await _rows(journal, kept.target, from_ms, to_ms)}
    missing, outcome = compared(rows, stored)
    for row in missing:
        journal.group.add(kept.series, row.time_ms, FLOAT | HISTORICAL, row.value)
    if missing:
        journal.filled()
        await _on_disk(journal)
    return outcome


async def _rows(journal: Journal, key: PointKey, from_ms: int, to_ms: int) -> list[Row]:
    found: list[Row] = []
    query = ReadingsQuery(key, from_ms, to_ms, limit=PAGE_ROWS)
    while True:
        page = await journal.page(query)
        found += page.rows
        if page.after is None:
            return found
        query = replace(query, after=page.after)


async def _on_disk(journal: Journal) -> None:
    """Wait until what waits now is committed: only then can it be read."""
    wanted = journal.committed + journal.queued
    while journal.committed < wanted:  # noqa: ASYNC110 -- the journal has no event for one of its commits
        await asyncio.sleep(LOOK_S)


def _number(row: Row) -> float | None:
    return float(row.value) if isinstance(row.value, bool | int | float) else None
