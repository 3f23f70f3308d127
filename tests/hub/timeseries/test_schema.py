"""The journal's file is opened safely or not at all."""

import sqlite3
from pathlib import Path

import pytest

from labkeeper_hub.timeseries.schema import VERSION, JournalTooNew, open_for_reading, open_for_writing


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
