"""How long what is kept, and what is to go: whole chunks and leaves, oldest first.

Readings go only when the roll-ups have them, and never while somebody has pinned their time (`pins.py`). A series' last
small chunk, which would be taken up again, is sealed when it is too old, rolled, and goes then. What a forwarder still
has to send waits for it, whatever its age; the limit in bytes alone takes it, after everything sent, and counts it.
"""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Final, Literal, NamedTuple

from labkeeper_hub.model import PointKey
from labkeeper_hub.timeseries.rollup import LEVELS

READINGS: Final = 0
"""The level of what is no roll-up."""
Reason = Literal["age", "bytes", "rule_bytes"]
UNPINNED: Final = (
    "NOT EXISTS (SELECT 1 FROM pins WHERE pins.series = chunks.series AND from_ms <= chunks.last_ms"
    " AND to_ms > chunks.first_ms)"
)
SENT: Final = "chunks.id > COALESCE((SELECT MAX(history) FROM forwarded), 0)"
OF_SERIES: Final = "series IN (SELECT value FROM json_each(?))"
Ages = Mapping[int, int]
"""Milliseconds for which a level is kept; a level that is not there is kept for ever."""


class Rule(NamedTuple):
    """How long what `match` fits (`school/node/device/point`) is kept, and how many bytes of it; None: any number."""

    match: str
    ages: Ages
    max_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Retention:
    """Ages of all points; those of the first rule that fits a point, if one does; and a limit for everything."""

    ages: Ages = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    max_bytes: int | None = None

    def rule_of(self, key: PointKey) -> Rule | None:
        """Return the rule that decides for a point."""
        name = "/".join(key)
        return next((rule for rule in self.rules if fnmatchcase(name, rule.match)), None)

    def of(self, key: PointKey) -> Ages:
        """Return how long a point's readings and roll-ups are kept."""
        rule = self.rule_of(key)
        return self.ages if rule is None else rule.ages


class Gone(NamedTuple):
    """A chunk or leaf that is to go."""

    id: int
    series: int
    first_ms: int
    last_ms: int
    rows: int
    bytes: int


class Retirement(NamedTuple):
    """What goes at once: of one level, for one reason; `run_ms` names the run it is accounted to."""

    run_ms: int
    reason: Reason
    level: int
    gone: tuple[Gone, ...]


@dataclass(slots=True)
class Retirer:
    """Works in the upkeep's thread with its reading connection; the writer does what it finds."""

    connection: sqlite3.Connection

    def aged(self, series: Sequence[tuple[int, Ages]], most: int, now_ms: int) -> Retirement | None:
        """Return some of what is too old of these series, of one level; None: nothing is."""
        for level in (READINGS, *LEVELS):
            found: list[Gone] = []
            for number, ages in series:
                if level in ages and len(found) < most:
                    found += self._before(number, level, now_ms - ages[level], most - len(found))
            if found:
                return Retirement(now_ms, "age", level, tuple(found))
        return None

    def to_seal(self, series: Sequence[tuple[int, Ages]], now_ms: int) -> tuple[int, ...]:
        """Return the last chunks of these series that are too old to wait for more."""
        too_old = [(number, now_ms - ages[READINGS]) for number, ages in series if READINGS in ages]
        words = "SELECT chunk FROM unrolled JOIN chunks ON id = chunk WHERE unrolled.series = ? AND NOT sealed"
        found = (self.connection.execute(f"{words} AND last_ms < ?", one).fetchone() for one in too_old)
        return tuple(row[0] for row in found if row is not None)

    def oldest(self, most: int, now_ms: int) -> Retirement | None:
        """Return what goes first when there is too much: the oldest readings (sent ones first), then fine roll-ups."""
        if chunks := self._oldest(SENT, most) or self._oldest(f"NOT {SENT}", most):
            return Retirement(now_ms, "bytes", READINGS, chunks)
        for level in LEVELS:
            leaves = self._gone(
                "SELECT id, series, first_ms, last_ms, buckets, length(body) FROM rollups WHERE level = ? "
                "ORDER BY last_ms LIMIT ?",
                level,
                most,
            )
            if leaves:
                return Retirement(now_ms, "bytes", level, leaves)
        return None

    def weighed(self, series: Sequence[int]) -> int:
        """Return how many bytes the chunks and leaves of these series have; their bodies are not read."""
        sizes = (f"SELECT SUM(length(body)) FROM {table} WHERE {OF_SERIES}" for table in ("chunks", "rollups"))  # noqa: S608 -- our own words
        return sum(self.connection.execute(size, (json.dumps(series),)).fetchone()[0] or 0 for size in sizes)

    def oldest_of(self, series: Sequence[int], most: int) -> tuple[int, tuple[Gone, ...]]:
        """Return the level of what goes first of these series, and that; nothing, where nothing may go."""
        numbers = json.dumps(series)
        for sent in (SENT, f"NOT {SENT}"):
            if chunks := self._oldest(f"{OF_SERIES} AND {sent}", numbers, most):
                return READINGS, chunks
        for level in LEVELS:
            if leaves := self._gone(
                "SELECT id, series, first_ms, last_ms, buckets, length(body) FROM rollups "  # noqa: S608 -- our own words
                f"WHERE {OF_SERIES} AND level = ? ORDER BY last_ms LIMIT ?",
                numbers,
                level,
                most,
            ):
                return level, leaves
        return READINGS, ()

    def _oldest(self, which: str, *values: str | int) -> tuple[Gone, ...]:
        return self._gone(
            "SELECT id, series, first_ms, last_ms, readings, length(body) FROM chunks "  # noqa: S608 -- our own words
            f"WHERE {which} AND id NOT IN (SELECT chunk FROM unrolled) AND {UNPINNED} ORDER BY last_ms LIMIT ?",
            *values,
        )

    def _before(self, series: int, level: int, end_ms: int, most: int) -> tuple[Gone, ...]:
        if level == READINGS:
            return self._gone(
                "SELECT id, series, first_ms, last_ms, readings, length(body) FROM chunks "  # noqa: S608 -- our own words
                "WHERE series = ?1 AND last_ms < ?2 AND id NOT IN (SELECT chunk FROM unrolled WHERE series = ?1) "
                f"AND {UNPINNED} AND {SENT} ORDER BY last_ms LIMIT ?3",
                series,
                end_ms,
                most,
            )
        return self._gone(
            "SELECT id, series, first_ms, last_ms, buckets, length(body) FROM rollups WHERE series = ?1 AND level = ?2 "
            "AND first_ms < ?3 AND last_ms < ?3 ORDER BY last_ms LIMIT ?4",
            series,
            level,
            end_ms - level,
            most,
        )

    def _gone(self, words: str, *values: str | int) -> tuple[Gone, ...]:
        return tuple(map(Gone._make, self.connection.execute(words, values)))
