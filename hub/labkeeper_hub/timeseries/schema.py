"""The journal's file: its tables, how it is opened, and how an older file becomes a present one."""

import sqlite3
from pathlib import Path
from typing import Final

# Each table and what it is for:
#   series    every point: its newest chunk, its live value as of the last compaction, what retention took of it
#   segments  the log: one row per commit, named by the position of its first reading; compaction empties it, but for
#             what a forwarder has not passed: who reads chunks and log together reads the log from `places` on
#   chunks    what left the log: per series, by time; chunks of one series may overlap in time, later ids arrived later
#   outboxes  which batches of which outbox are stored, written in the transaction that stores them (epoch '': foreign)
#   gaps      what an outbox had to give up
#   places    up to which position of the log everything is in chunks
#   unrolled  chunks that are in no roll-up yet; sealed ones do not change any more and wait for it
#   rollups   per series and level, leaves of buckets in order of time that never overlap
#   retired   what retention deleted: a row per run, reason and level (0: readings)
#   ahead     the series that a compaction under way has done, and up to which position; else empty
_JOURNAL: Final = """
CREATE TABLE series (
    id INTEGER PRIMARY KEY, school TEXT NOT NULL, node TEXT NOT NULL, device TEXT NOT NULL, point TEXT NOT NULL,
    tail INTEGER, live_ms INTEGER, live_mark INTEGER, live_bits BLOB, live_text TEXT,
    UNIQUE (school, node, device, point)
);
CREATE TABLE segments (first INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE chunks (
    id INTEGER PRIMARY KEY, series INTEGER NOT NULL, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,
    readings INTEGER NOT NULL, body BLOB NOT NULL
);
CREATE INDEX chunks_by_time ON chunks (series, first_ms, last_ms);
CREATE TABLE outboxes (
    school TEXT NOT NULL, node TEXT NOT NULL, epoch TEXT NOT NULL, high_water TEXT NOT NULL, ranges TEXT NOT NULL,
    stored INTEGER NOT NULL, duplicates INTEGER NOT NULL, gaps INTEGER NOT NULL,
    PRIMARY KEY (school, node, epoch)
) WITHOUT ROWID;
CREATE TABLE gaps (
    school TEXT NOT NULL, node TEXT NOT NULL, epoch TEXT NOT NULL, id TEXT NOT NULL, from_ms INTEGER NOT NULL,
    to_ms INTEGER NOT NULL, readings INTEGER NOT NULL, batches TEXT NOT NULL,
    PRIMARY KEY (school, node, epoch, id)
) WITHOUT ROWID;
CREATE TABLE places (compacted INTEGER NOT NULL);
INSERT INTO places VALUES (0);
"""
# What a forwarder has passed, docs/decisions/0018: made wherever it is not there yet, so that it needs no version.
#   forwarded         per sink: the log is passed up to `position`; of the chunks made before it was configured, those
#                     with ids up to `history` are still to go; `refused` readings were quarantined in all
#   forwarded_series  per sink and series: the newest time passed, and how many readings have it
#   quarantine        the newest readings that a sink refused, as they were sent, and why
#   missed            per sink: readings of its history that had to make room before they were sent
FORWARDING = """
CREATE TABLE IF NOT EXISTS forwarded (
    sink TEXT PRIMARY KEY, position INTEGER NOT NULL, history INTEGER NOT NULL, refused INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS forwarded_series (
    sink TEXT NOT NULL, series INTEGER NOT NULL, newest_ms INTEGER NOT NULL, readings INTEGER NOT NULL,
    PRIMARY KEY (sink, series)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS quarantine (
    id INTEGER PRIMARY KEY, sink TEXT NOT NULL, at_ms INTEGER NOT NULL, reason TEXT NOT NULL, line TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS missed (sink TEXT PRIMARY KEY, readings INTEGER NOT NULL) WITHOUT ROWID;
"""
# What retention leaves alone, docs/decisions/0034: made wherever it is not there yet, for the same reason.
#   pins  per holder (a recording) and series: readings with from_ms <= time < to_ms stay
PINS = """
CREATE TABLE IF NOT EXISTS pins (
    series INTEGER NOT NULL, holder TEXT NOT NULL, from_ms INTEGER NOT NULL, to_ms INTEGER NOT NULL,
    PRIMARY KEY (series, holder)
) WITHOUT ROWID;
"""
_ROLL_UPS_AND_RETENTION: Final = """
DROP INDEX chunks_by_time;
CREATE INDEX chunks_by_end ON chunks (series, last_ms, first_ms);
CREATE INDEX chunks_by_age ON chunks (last_ms);
CREATE TABLE unrolled (chunk INTEGER PRIMARY KEY, series INTEGER NOT NULL, sealed INTEGER NOT NULL);
CREATE INDEX unrolled_by_series ON unrolled (series);
CREATE INDEX unrolled_sealed ON unrolled (chunk) WHERE sealed;
INSERT INTO unrolled
    SELECT chunks.id, series, NOT (readings < 2048 AND EXISTS (SELECT 1 FROM series AS s WHERE s.tail = chunks.id
        AND s.id = chunks.series)) FROM chunks;
CREATE TABLE rollups (
    id INTEGER PRIMARY KEY, series INTEGER NOT NULL, level INTEGER NOT NULL, first_ms INTEGER NOT NULL,
    last_ms INTEGER NOT NULL, buckets INTEGER NOT NULL, body BLOB NOT NULL
);
CREATE UNIQUE INDEX rollups_by_time ON rollups (series, level, first_ms);
CREATE INDEX rollups_by_age ON rollups (level, last_ms);
CREATE TABLE retired (
    at_ms INTEGER NOT NULL, reason TEXT NOT NULL, level INTEGER NOT NULL, chunks INTEGER NOT NULL,
    rows INTEGER NOT NULL, bytes INTEGER NOT NULL, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,
    PRIMARY KEY (at_ms, reason, level)
) WITHOUT ROWID;
ALTER TABLE series ADD COLUMN retired INTEGER NOT NULL DEFAULT 0;
ALTER TABLE series ADD COLUMN retired_ms INTEGER;
"""
_COMPACTION_IN_PIECES: Final = "CREATE TABLE ahead (series INTEGER PRIMARY KEY, position INTEGER NOT NULL);"
_DECIMALS: Final = "/* chunks and leaves may hold decimals from now on, which an earlier version misreads */"
MIGRATIONS: Final = (_JOURNAL, _ROLL_UPS_AND_RETENTION, _COMPACTION_IN_PIECES, _DECIMALS)
"""What makes version n + 1 of version n, each in one transaction. Only ever append to it."""
VERSION: Final = len(MIGRATIONS)
CHECKPOINT_PAGES = 4000  # 16 MB of log between two copies into the file: half the writing of SQLite's default
LARGEST_WAL = 64 << 20  # what a long query made the log grow beyond is given back afterwards
BUSY_S = 10.0


class JournalTooNew(Exception):
    """The journal was written by a later version of Labkeeper."""


def open_for_writing(file: Path) -> sqlite3.Connection:
    """Open the journal, made if absent: WAL, and a commit returns when the disk has it; raises JournalTooNew.

    An older file is brought up to date in place, one version after the other.
    """
    connection = sqlite3.connect(file, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # of a new file only; an old one keeps what it has
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
    connection.execute(f"PRAGMA journal_size_limit = {LARGEST_WAL}")
    try:
        _migrate(connection, file)
        connection.executescript(FORWARDING + PINS)
    except BaseException:
        connection.close()
        raise
    return connection


def open_for_reading(file: Path) -> sqlite3.Connection:
    """Open a connection that sees committed readings only and can change nothing."""
    connection = sqlite3.connect(file, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA query_only = ON")
    return connection


def _migrate(connection: sqlite3.Connection, file: Path) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise JournalTooNew(f"{file} has version {version}, this Labkeeper knows {VERSION}")
    for number, script in enumerate(MIGRATIONS[version:], version + 1):
        connection.executescript(f"BEGIN IMMEDIATE; {script} PRAGMA user_version = {number}; COMMIT;")
