"""What upkeep changes in the file, beside compaction: with the writer's connection, in the writer's thread."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from labkeeper_hub.timeseries.retention import READINGS, Gone, Retirement
from labkeeper_hub.timeseries.rollup import Rolled
from labkeeper_hub.timeseries.writer import transaction


@dataclass(frozen=True, slots=True)
class UpkeepWriter:
    """Short transactions, so that no commit waits long behind one."""

    connection: sqlite3.Connection

    def roll(self, rolled: Rolled) -> None:
        """Put what chunks bring into the roll-ups, in one transaction."""
        write = self.connection.executemany
        with transaction(self.connection):
            write("DELETE FROM rollups WHERE id = ?", [(number,) for number in rolled.old])
            write(
                "INSERT INTO rollups (series, level, first_ms, last_ms, buckets, body) VALUES (?, ?, ?, ?, ?, ?)",
                rolled.new,
            )
            write("DELETE FROM unrolled WHERE chunk = ?", [(number,) for number in rolled.chunks])

    def seal(self, chunks: Sequence[int]) -> None:
        """Let these chunks wait for nothing more: they are to be rolled as they are."""
        numbers = [(number,) for number in chunks]
        with transaction(self.connection):
            self.connection.executemany(
                "UPDATE series SET tail = NULL WHERE id = (SELECT series FROM chunks WHERE id = ?1) AND tail = ?1",
                numbers,
            )
            self.connection.executemany("UPDATE unrolled SET sealed = 1 WHERE chunk = ?", numbers)

    def retire(self, retirement: Retirement) -> None:
        """Delete chunks or leaves and put on record what they were, in one transaction."""
        gone = retirement.gone
        with transaction(self.connection):
            if retirement.level == READINGS:
                self._forget(gone)
            else:
                self.connection.executemany("DELETE FROM rollups WHERE id = ?", [one[:1] for one in gone])
            self.connection.execute(
                "INSERT INTO retired VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
                "chunks = chunks + excluded.chunks, rows = rows + excluded.rows, bytes = bytes + excluded.bytes, "
                "first_ms = MIN(first_ms, excluded.first_ms), last_ms = MAX(last_ms, excluded.last_ms)",
                (*retirement[:3], len(gone), *_extent(gone)),
            )

    def give_back(self, pages: int) -> None:
        """Give so many free pages at the end of the file back to the disk."""
        self.connection.execute(f"PRAGMA incremental_vacuum({pages})").fetchall()

    def _forget(self, gone: Sequence[Gone]) -> None:
        write = self.connection.executemany
        write("DELETE FROM chunks WHERE id = ?", [(one.id,) for one in gone])
        write(
            "INSERT INTO missed SELECT sink, ?1 FROM forwarded WHERE history >= ?2 "
            "ON CONFLICT DO UPDATE SET readings = readings + excluded.readings",
            [(one.rows, one.id) for one in gone],
        )
        write("UPDATE series SET tail = NULL WHERE id = ? AND tail = ?", [(one.series, one.id) for one in gone])
        write(
            "UPDATE series SET retired = retired + ?1, retired_ms = MAX(COALESCE(retired_ms, ?2), ?2) WHERE id = ?3",
            [(one.rows, one.last_ms, one.series) for one in gone],
        )


def _extent(gone: Sequence[Gone]) -> tuple[int, int, int, int]:
    """Return rows, bytes, first and last time."""
    return (
        sum(one.rows for one in gone),
        sum(one.bytes for one in gone),
        min(one.first_ms for one in gone),
        max(one.last_ms for one in gone),
    )
