"""The journal's file is opened safely or not at all."""

import sqlite3
from pathlib import Path

import pytest

from labkeeper_hub.model import PointKey, ReadingsQuery
from labkeeper_hub.timeseries import chunk
from labkeeper_hub.timeseries.journal import Pace
from labkeeper_hub.timeseries.schema import MIGRATIONS, VERSION, JournalTooNew, open_for_reading, open_for_writing

from .conftest import running
from .strategies import columns_of


def test_a_commit_waits_for_the_disk(tmp_path: Path) -> None:
    connection = open_for_writing(tmp_path / "journal.sqlite")
    assert connection.execute("PRAGMA synchronous").fetchone()[0] == 2
    assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    connection.close()


def test_a_journal_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    connection = open_for_writing(tmp_path / "journal.sqlite")
    connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    connection.close()
    with pytest.raises(JournalTooNew, match=r"journal\.sqlite"):
        open_for_writing(tmp_path / "journal.sqlite")


def test_a_reading_connection_can_change_nothing(tmp_path: Path) -> None:
    open_for_writing(tmp_path / "journal.sqlite").close()
    connection = open_for_reading(tmp_path / "journal.sqlite")
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute("DELETE FROM segments")
    connection.close()


def made_by_version_1(file: Path, parts: list[tuple[int, int]]) -> None:
    """Write what version 1 wrote: one series, a chunk for each (first, end), the last of them the tail."""
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.executescript(f"BEGIN; {MIGRATIONS[0]} PRAGMA user_version = 1; COMMIT;")
    connection.execute(
        "INSERT INTO series (id, school, node, device, point, tail) VALUES (1, 's', 'n', 'd', 'p', ?)", (len(parts),)
    )
    for first, end in parts:
        body = chunk.pack(columns_of([(1, i, 0, float(i)) for i in range(first, end)]))
        row = (1, first, end - 1, end - first, body)
        connection.execute("INSERT INTO chunks (series, first_ms, last_ms, readings, body) VALUES (?, ?, ?, ?, ?)", row)
    connection.execute("UPDATE places SET compacted = ?", (parts[-1][1],))
    connection.close()


async def test_a_file_of_version_1_is_brought_up_to_date_in_place(tmp_path: Path) -> None:
    file = tmp_path / "journal.sqlite"
    made_by_version_1(file, [(0, 3000), (3000, 3100)])
    async with running(file, Pace(commit_s=0)) as journal:
        read = journal.writer.connection.execute
        assert read("SELECT chunk, sealed FROM unrolled ORDER BY chunk").fetchall() == [(1, 1), (2, 0)]
        assert read("PRAGMA user_version").fetchone()[0] == VERSION
        page = await journal.page(ReadingsQuery(PointKey("s", "n", "d", "p"), 0, 1 << 60))
    assert [row.value for row in page.rows] == [float(i) for i in range(3100)]


def test_a_new_file_gives_free_pages_back_when_asked(tmp_path: Path) -> None:
    connection = open_for_writing(tmp_path / "journal.sqlite")
    assert connection.execute("PRAGMA auto_vacuum").fetchone()[0] == 2
    connection.close()


def test_a_migration_that_fails_leaves_the_older_file(tmp_path: Path) -> None:
    file = tmp_path / "journal.sqlite"
    made_by_version_1(file, [(0, 10)])
    spoiled = sqlite3.connect(file, isolation_level=None)
    spoiled.execute("CREATE TABLE retired (in_the_way)")
    with pytest.raises(sqlite3.OperationalError, match="retired"):
        open_for_writing(file)
    assert spoiled.execute("PRAGMA user_version").fetchone()[0] == 1
    assert spoiled.execute("SELECT COUNT(*) FROM sqlite_master WHERE name = 'unrolled'").fetchone()[0] == 0
    spoiled.close()
